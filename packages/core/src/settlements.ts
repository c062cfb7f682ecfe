/**
 * What settlements still have to do, kept between blocks (docs/protocol.md, 9).
 * Invariant I5: sum(u) + pool = payouts owed + fee pot + burnt, after every step.
 */
import type { Hash, Height } from './units.ts';

/** The classes of a cut's entries. */
export const ENTRY = { debit: 0, credit: 1, payout: 2 } as const;

/** A change of the validators' set that settlements carry: one line. */
export interface Rotation {
  validator: Uint8Array;
  isIn: boolean;
}

/** What a block formed: the contract's `settle` takes exactly these bytes. */
export interface FormedSettlement {
  number: number;
  inbox: number;
  height: Height;
  hash: Hash;
  debits: Uint8Array;
  credits: Uint8Array;
  payouts: Uint8Array;
  rotation: Uint8Array;
}

/** A formed settlement that L1 has not confirmed. */
export interface Unconfirmed {
  number: number;
  /** Block time of its cut, ms. */
  cutTime: number;
  rotation?: Rotation;
}

export class Settlements {
  pool = 0n;
  feePot = 0n;
  burnt = 0n;
  payoutsOwed = 0n;
  /** The number of the last formed settlement; 0 at first. */
  formed = 0;
  /** The highest item acknowledged by a formed settlement. */
  inbox = 0;
  /** The contract's model: its pool after every formed settlement. */
  l1Pool = 0n;
  cuts = 0;
  lastCut: number;
  /** Something changed since the last cut was attempted. */
  touched = false;
  // The present cut: one row an entry, formed up to `next`.
  entryAccounts: Uint32Array = new Uint32Array(0);
  entryAmounts: BigUint64Array = new BigUint64Array(0);
  entryClasses: Uint8Array = new Uint8Array(0);
  next = 0;
  unformedDebits = 0;
  /** The present cut's last part carries this. */
  rotation: Rotation | undefined;
  /** The last part of the present cut is still to be formed (it may be empty). */
  isPending = false;
  readonly unconfirmed: Unconfirmed[] = [];

  constructor(genesisTime: number) {
    this.lastCut = genesisTime;
  }
}
