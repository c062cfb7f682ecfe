/**
 * The accounts: one row each, in order of first appearance (docs/protocol.md, 6 to 9; account-rows.ts).
 * Invariants: 0 <= reserved <= balance; balance = l1Balance - unsettled (I2) when no entry of a cut is unformed.
 */
import { AccountRows, I64Column, PLACE, U8Column, U32Column, U64Column } from './account-rows.ts';
import { KeyIndex } from './key-index.ts';
import { SEQUENCE_WINDOW } from './units.ts';

/** Bits of the `flags` column. */
export const FLAG = { exiting: 1, listed: 2, unsettled: 4, inBlock: 8 } as const;

const NO_SEQUENCE = -1n;
const ALL_USED = 2n ** BigInt(SEQUENCE_WINDOW) - 1n;
const FIRST_ROWS = 1024;
export const AUTHORITY_SIZE = 96;

/** One row's exit: the L1 item, and the sequence below which every authority is void. */
export interface Exit {
  item: number;
  sequence: bigint;
}

export class Accounts {
  count = 0;
  readonly rows = new AccountRows();
  readonly #index: KeyIndex;
  readonly #standingStart: number;

  readonly balance = new U64Column(this.rows, PLACE.balance);
  readonly reserved = new U64Column(this.rows, PLACE.reserved);
  /** D: the posted debit, as the contract will have it. */
  readonly debited = new U64Column(this.rows, PLACE.debited);
  /** u: what settlements have to take (positive) or to bring (negative). */
  readonly unsettled = new I64Column(this.rows, PLACE.unsettled);
  readonly payoutOwed = new U64Column(this.rows, PLACE.payoutOwed);
  readonly highest = new I64Column(this.rows, PLACE.highest);
  /** Bit i: the sequence highest - i is used. */
  readonly used = new U64Column(this.rows, PLACE.used);
  readonly standing = new U32Column(this.rows, PLACE.standing);
  readonly openNonces = new U32Column(this.rows, PLACE.openNonces);
  readonly openPlaces = new U32Column(this.rows, PLACE.openPlaces);
  readonly flags = new U8Column(this.rows, PLACE.flags);
  /** Entries of the present cut that are not yet formed: at most a debit or a credit, and a payout. */
  readonly unformed = new U8Column(this.rows, PLACE.unformed);
  readonly authoritySequence = new I64Column(this.rows, PLACE.authoritySequence);
  readonly authorityLimit = new U64Column(this.rows, PLACE.authorityLimit);
  /** The contract's model: its balance and stored sequence after every formed settlement and imported item. */
  readonly l1Balance = new U64Column(this.rows, PLACE.l1Balance);
  readonly l1Sequence = new U64Column(this.rows, PLACE.l1Sequence);
  /** Rows that are exiting; few at any time, and each has paid L1 gas. */
  readonly exits = new Map<number, Exit>();

  constructor(standingStart: number, seed: number) {
    this.#index = new KeyIndex(20, seed, { stride: this.rows.at(1, 0), place: PLACE.address });
    this.#standingStart = standingStart;
    this.reserveRows(FIRST_ROWS);
  }

  /** The row of an address, or -1. */
  find(bytes: Uint8Array, offset: number): number {
    return this.#index.find(bytes, offset);
  }

  /** The rows of the addresses that stand `place` bytes behind each of these offsets, or -1. */
  findAll(bytes: Uint8Array, offsets: Uint32Array, place: number): Int32Array {
    return this.#index.findAll(bytes, offsets, place);
  }

  /** The row of an address, which is created if it is new. */
  ensure(bytes: Uint8Array, offset: number): number {
    const found = this.#index.find(bytes, offset);
    if (found >= 0) return found;
    const row = this.count++;
    if (row === this.rows.capacity) this.reserveRows(row * 2);
    this.#index.add(bytes, offset, row);
    this.highest.set(row, NO_SEQUENCE);
    this.standing.set(row, this.#standingStart);
    this.authoritySequence.set(row, NO_SEQUENCE);
    return row;
  }

  /** The address of a row: a view, valid until an account is added. */
  address(row: number): Uint8Array {
    const at = this.addressAt(row);
    return this.rows.bytes.subarray(at, at + 20);
  }

  /** Where the address of a row stands in the bytes of all. */
  addressAt(row: number): number {
    return this.rows.at(row, PLACE.address);
  }

  /** The authority of a row, as a debit line repeats it: request 32, signature 64; a view. */
  authority(row: number): Uint8Array {
    const at = this.authorityAt(row);
    return this.rows.bytes.subarray(at, at + AUTHORITY_SIZE);
  }

  authorityAt(row: number): number {
    return this.rows.at(row, PLACE.authority);
  }

  free(row: number): bigint {
    return this.balance.get(row) - this.reserved.get(row);
  }

  hasFlag(row: number, flag: number): boolean {
    return (this.flags.get(row) & flag) !== 0;
  }

  setFlag(row: number, flag: number): void {
    this.flags.set(row, this.flags.get(row) | flag);
  }

  clearFlag(row: number, flag: number): void {
    this.flags.set(row, this.flags.get(row) & ~flag);
  }

  isUsed(row: number, sequence: bigint): boolean {
    const age = this.highest.get(row) - sequence;
    return age >= 0n && age < SEQUENCE_WINDOW && ((this.used.get(row) >> age) & 1n) === 1n;
  }

  inRange(row: number, sequence: bigint): boolean {
    const age = this.highest.get(row) - sequence;
    return age < SEQUENCE_WINDOW && age >= -SEQUENCE_WINDOW;
  }

  /** Uses up a sequence that is in range and unused. */
  use(row: number, sequence: bigint): void {
    const ahead = sequence - this.highest.get(row);
    if (ahead > 0n) {
      this.used.set(row, (this.used.get(row) << ahead) | 1n);
      this.highest.set(row, sequence);
    } else this.used.set(row, this.used.get(row) | (1n << -ahead));
  }

  /** Uses up every sequence below `end` (an exit that ended). */
  useBelow(row: number, end: bigint): void {
    const highest = this.highest.get(row);
    if (end - 1n >= highest) {
      if (end === 0n) return;
      this.highest.set(row, end - 1n);
      this.used.set(row, ALL_USED);
      return;
    }
    const kept = highest - end + 1n;
    if (kept < SEQUENCE_WINDOW) this.used.set(row, this.used.get(row) | ((ALL_USED << kept) & ALL_USED));
  }

  /** Makes room for `rows` rows; doubling, so that adding one costs the same however many there are. */
  reserveRows(rows: number): void {
    this.rows.reserve(rows);
    this.#index.keys = this.rows.bytes;
    this.#index.reserve(rows);
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
