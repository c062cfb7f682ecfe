/**
 * The accounts: one row each, in order of first appearance, in typed columns (docs/protocol.md, 6 to 9).
 * Invariants: 0 <= reserved <= balance; balance = l1Balance - unsettled (I2) when no entry of a cut is unformed.
 */
import { KeyIndex } from './key-index.ts';
import { SEQUENCE_WINDOW } from './units.ts';

/** Bits of the `flags` column. */
export const FLAG = { exiting: 1, listed: 2, unsettled: 4, inBlock: 8 } as const;

const NO_SEQUENCE = -1n;
const ALL_USED = 2n ** BigInt(SEQUENCE_WINDOW) - 1n;
const FIRST_ROWS = 1024;

/** One row's exit: the L1 item, and the sequence below which every authority is void. */
export interface Exit {
  item: number;
  sequence: bigint;
}

export class Accounts {
  count = 0;
  readonly index: KeyIndex;
  readonly #standingStart: number;

  balance = new BigUint64Array(FIRST_ROWS);
  reserved = new BigUint64Array(FIRST_ROWS);
  /** D: the posted debit, as the contract will have it. */
  debited = new BigUint64Array(FIRST_ROWS);
  /** u: what settlements have to take (positive) or to bring (negative). */
  unsettled = new BigInt64Array(FIRST_ROWS);
  payoutOwed = new BigUint64Array(FIRST_ROWS);
  highest = new BigInt64Array(FIRST_ROWS);
  /** Bit i: the sequence highest - i is used. */
  used = new BigUint64Array(FIRST_ROWS);
  standing = new Uint32Array(FIRST_ROWS);
  openNonces = new Uint32Array(FIRST_ROWS);
  openPlaces = new Uint32Array(FIRST_ROWS);
  flags = new Uint8Array(FIRST_ROWS);
  /** Entries of the present cut that are not yet formed: at most a debit or a credit, and a payout. */
  unformed = new Uint8Array(FIRST_ROWS);
  authoritySequence = new BigInt64Array(FIRST_ROWS);
  authorityLimit = new BigUint64Array(FIRST_ROWS);
  /** request 32, signature 64: what a debit line repeats. */
  authority = new Uint8Array(FIRST_ROWS * 96);
  /** The contract's model: its balance and stored sequence after every formed settlement and imported item. */
  l1Balance = new BigUint64Array(FIRST_ROWS);
  l1Sequence = new BigUint64Array(FIRST_ROWS);
  /** Rows that are exiting; few at any time, and each has paid L1 gas. */
  readonly exits = new Map<number, Exit>();

  constructor(standingStart: number, seed: number) {
    this.index = new KeyIndex(20, seed);
    this.#standingStart = standingStart;
  }

  /** The row of an address, or -1. */
  find(bytes: Uint8Array, offset: number): number {
    return this.index.find(bytes, offset);
  }

  /** The row of an address, which is created if it is new. */
  ensure(bytes: Uint8Array, offset: number): number {
    const found = this.index.find(bytes, offset);
    if (found >= 0) return found;
    const row = this.count++;
    if (row === this.balance.length) this.reserveRows(row * 2);
    this.index.add(bytes, offset, row);
    this.highest[row] = NO_SEQUENCE;
    this.standing[row] = this.#standingStart;
    this.authoritySequence[row] = NO_SEQUENCE;
    return row;
  }

  /** The address of a row: a view of the column, valid until an account is added. */
  address(row: number): Uint8Array {
    return this.index.keys.subarray(row * 20, row * 20 + 20);
  }

  free(row: number): bigint {
    return this.balance[row]! - this.reserved[row]!;
  }

  hasFlag(row: number, flag: number): boolean {
    return (this.flags[row]! & flag) !== 0;
  }

  setFlag(row: number, flag: number): void {
    this.flags[row] = this.flags[row]! | flag;
  }

  clearFlag(row: number, flag: number): void {
    this.flags[row] = this.flags[row]! & ~flag;
  }

  isUsed(row: number, sequence: bigint): boolean {
    const age = this.highest[row]! - sequence;
    return age >= 0n && age < SEQUENCE_WINDOW && ((this.used[row]! >> age) & 1n) === 1n;
  }

  inRange(row: number, sequence: bigint): boolean {
    const age = this.highest[row]! - sequence;
    return age < SEQUENCE_WINDOW && age >= -SEQUENCE_WINDOW;
  }

  /** Uses up a sequence that is in range and unused. */
  use(row: number, sequence: bigint): void {
    const ahead = sequence - this.highest[row]!;
    if (ahead > 0n) {
      this.used[row] = (this.used[row]! << ahead) | 1n;
      this.highest[row] = sequence;
    } else this.used[row] = this.used[row]! | (1n << -ahead);
  }

  /** Uses up every sequence below `end` (an exit that ended). */
  useBelow(row: number, end: bigint): void {
    const highest = this.highest[row]!;
    if (end - 1n >= highest) {
      if (end === 0n) return;
      this.highest[row] = end - 1n;
      this.used[row] = ALL_USED;
      return;
    }
    const kept = highest - end + 1n;
    if (kept < SEQUENCE_WINDOW) this.used[row] = this.used[row]! | ((ALL_USED << kept) & ALL_USED);
  }

  /** Makes room for `rows` rows; doubling, so that adding one costs the same however many there are. */
  reserveRows(rows: number): void {
    this.balance = grown(this.balance, new BigUint64Array(rows));
    this.reserved = grown(this.reserved, new BigUint64Array(rows));
    this.debited = grown(this.debited, new BigUint64Array(rows));
    this.unsettled = grown(this.unsettled, new BigInt64Array(rows));
    this.payoutOwed = grown(this.payoutOwed, new BigUint64Array(rows));
    this.highest = grown(this.highest, new BigInt64Array(rows));
    this.used = grown(this.used, new BigUint64Array(rows));
    this.standing = grown(this.standing, new Uint32Array(rows));
    this.openNonces = grown(this.openNonces, new Uint32Array(rows));
    this.openPlaces = grown(this.openPlaces, new Uint32Array(rows));
    this.flags = grown(this.flags, new Uint8Array(rows));
    this.unformed = grown(this.unformed, new Uint8Array(rows));
    this.authoritySequence = grown(this.authoritySequence, new BigInt64Array(rows));
    this.authorityLimit = grown(this.authorityLimit, new BigUint64Array(rows));
    this.authority = grown(this.authority, new Uint8Array(rows * 96));
    this.l1Balance = grown(this.l1Balance, new BigUint64Array(rows));
    this.l1Sequence = grown(this.l1Sequence, new BigUint64Array(rows));
  }
}

/** A wider column that begins with the old one. */
export function grown<
  T extends
    | Uint8Array
    | Uint16Array
    | Uint32Array
    | Int32Array
    | Float64Array
    | BigUint64Array
    | BigInt64Array,
>(old: T, wider: T): T {
  (wider as { set(from: T): void }).set(old);
  return wider;
}
