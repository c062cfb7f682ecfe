/**
 * The operator's own view of L1 and the items it imports, as a block carries them (docs/protocol.md, 6.0 and
 * 6.3).
 *
 * A view reaches only as far as the items listed beside it: the chain can judge a head no further than it is
 * listed.
 */
import {
  compareBytes,
  equalBytes,
  type Item,
  itemHead,
  type L1View,
  type Ledger,
  type SignedView,
} from '@upfront/core';
import type { Signer } from '../signatures/signer.ts';
import type { L1Observation } from './engine.ts';
import { BLOCK_ITEMS_MOST } from './limits.ts';

/** The validator that the operator wants in or out. */
export interface WantedRotation {
  readonly validator: Uint8Array;
  readonly isIn: boolean;
}

export interface Evidence {
  readonly views: SignedView[];
  readonly items: Item[];
}

export const NO_EVIDENCE: Evidence = { views: [], items: [] };

/** Why L1 contradicts this chain; the node must not go on. */
export class L1Contradiction extends Error {
  override readonly name = 'L1Contradiction';
}

/**
 * Whether what L1 shows is worth a block of its own: items, confirmations, another set, or a lag that
 * threatens.
 */
export function isUrgent(
  ledger: Ledger,
  own: number,
  seen: L1Observation,
  wanted: WantedRotation | undefined,
  now: number,
): boolean {
  const newest = ledger.views[own];
  if (seen.items > ledger.imported) return true;
  const { unconfirmed } = ledger.settlements;
  if (
    unconfirmed[0] !== undefined &&
    seen.settled >= unconfirmed[0].number &&
    seen.settled > (newest?.settled ?? 0)
  ) {
    return true;
  }
  if (newest === undefined || compareBytes(newest.validators, seen.validators) !== 0) return true;
  const [rotation, change] = changeOf(wanted);
  if (newest.change !== change || compareBytes(newest.rotation, rotation) !== 0) return true;
  return seen.time > newest.time && now - ledger.l1Time > ledger.genesis.parameters.lag / 2;
}

/**
 * The view to put into the next block, signed, with its items; nothing if the newest one says the same.
 *
 * @throws L1Contradiction if L1's items are not those imported, or L1 took a settlement that was never formed
 * here
 */
export function gatherEvidence(
  ledger: Ledger,
  own: number,
  seen: L1Observation,
  wanted: WantedRotation | undefined,
  signer: Signer,
): Evidence {
  if (seen.settled > ledger.settlements.formed) {
    throw new L1Contradiction(
      `L1 took settlement ${seen.settled}; this chain has formed ${ledger.settlements.formed}`,
    );
  }
  if (seen.items < ledger.imported) {
    throw new L1Contradiction(`L1 shows ${seen.items} items; this chain has imported ${ledger.imported}`);
  }
  const items = seen.itemsFrom(ledger.imported + 1, Math.min(BLOCK_ITEMS_MOST, seen.items - ledger.imported));
  const reach = ledger.imported + items.length;
  const head = headAfter(ledger, items);
  if (reach === seen.items && compareBytes(head, seen.head) !== 0) {
    throw new L1Contradiction(`L1's chain of items up to ${reach} is not the one that was imported`);
  }
  const newest = ledger.views[own];
  const view = signedView(ledger, seen, { items: reach, head }, wanted, signer);
  if (newest !== undefined && (isSame(newest, view) || isOlder(view, newest))) return NO_EVIDENCE;
  return { views: [view], items };
}

/** What is seen of L1, up to an item that a block can list, as its signer says it. */
export function signedView(
  ledger: Ledger,
  { time, settled, validators }: L1Observation,
  reach: { readonly items: number; readonly head: Uint8Array },
  wanted: WantedRotation | undefined,
  signer: Signer,
): SignedView {
  const [rotation, change] = changeOf(wanted);
  const view: L1View = { time, ...reach, settled, validators, rotation, change };
  return { ...view, validator: signer.address, signature: signer.sign(ledger.domain.viewDigest(view)) };
}

/** How far a block can list what is seen; undefined if its items are not those that were imported. */
export function reachOf(
  ledger: Ledger,
  seen: L1Observation,
): { items: number; head: Uint8Array } | undefined {
  if (seen.items < ledger.imported) return undefined;
  const items = seen.itemsFrom(ledger.imported + 1, Math.min(BLOCK_ITEMS_MOST, seen.items - ledger.imported));
  const reach = ledger.imported + items.length;
  const head = headAfter(ledger, items);
  if (reach === seen.items && compareBytes(head, seen.head) !== 0) return undefined;
  return { items: reach, head };
}

/** The signer's place among the validators, or -1. */
export function placeOf(ledger: Ledger, address: Uint8Array): number {
  return ledger.validators.findIndex((validator) => equalBytes(validator, 0, address, 0, 20));
}

function headAfter(ledger: Ledger, items: readonly Item[]): Uint8Array {
  let head = ledger.heads.at(-1)!;
  items.forEach((item, i) => {
    head = itemHead(ledger.hashes, head, ledger.imported + 1 + i, item);
  });
  return head;
}

function isSame(a: L1View, b: L1View): boolean {
  return (
    a.time === b.time &&
    a.items === b.items &&
    a.settled === b.settled &&
    a.change === b.change &&
    compareBytes(a.rotation, b.rotation) === 0 &&
    compareBytes(a.validators, b.validators) === 0
  );
}

/** A view that goes back in anything is passed over by the chain; it comes from a watcher that lags. */
function isOlder(a: L1View, b: L1View): boolean {
  return a.time < b.time || a.items < b.items || a.settled < b.settled;
}

function changeOf(wanted: WantedRotation | undefined): [rotation: Uint8Array, change: 0 | 1 | 2] {
  if (wanted === undefined) return [new Uint8Array(20), 0];
  return [wanted.validator, wanted.isIn ? 1 : 2];
}
