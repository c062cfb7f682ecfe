// The relayer's transactions that are not mined, by L1 nonce, and which one to send next: pure, so that every
// case is a row of a table (slots.test.ts).
// Invariant: of the settlements that are sent, none is in two slots, and their order is the order of the
// nonces.

import type { Hex } from 'viem';
import type { Fees } from './fees.ts';

export interface Slot {
  readonly nonce: number;
  /**
   * The settlement in it; 0: nothing, an empty transaction; undefined: found pending, sent before a restart.
   */
  readonly number: number | undefined;
  readonly transaction: Hex | undefined;
  /** The signed transaction, to be sent once more. */
  readonly serialised: Hex | undefined;
  readonly data: Hex;
  readonly gas: bigint;
  readonly fees: Fees;
  /**
   * The L1 block since which it is waited for at the front, or in which it was last replaced; -1: not yet
   * known.
   */
  readonly since: number;
}

export interface Placement {
  readonly number: number;
  readonly nonce: number;
}

/** Slots whose settlement is still to come, in order. */
export function liveSlots(slots: readonly Slot[], settled: number): Slot[] {
  return slots.filter(({ number }) => number !== undefined && number > settled);
}

/**
 * Where settlements go that are in no slot.
 *
 * @param slots ascending by nonce, none below `mined`
 * @param mined the account's next L1 nonce
 * @param settled the contract's last settlement
 * @param pipeline how many settlements may be under way
 */
export function placements(
  slots: readonly Slot[],
  mined: number,
  settled: number,
  pipeline: number,
): Placement[] {
  // Nobody knows what an unknown one holds: it is waited for, or replaced as the first of all.
  if (slots.some(({ number }) => number === undefined)) return [];
  const live = liveSlots(slots, settled);
  // One in the middle failed: those behind it fail as well, so all get new places from the first nonce on.
  const isOrdered = live.every(({ number }, i) => number === settled + 1 + i);
  const begun = isOrdered ? live.length : 0;
  const nonce = begun === 0 ? mined : live.at(-1)!.nonce + 1;
  const count = Math.max(0, pipeline - begun);
  return Array.from({ length: count }, (_, i) => ({ number: settled + 1 + begun + i, nonce: nonce + i }));
}
