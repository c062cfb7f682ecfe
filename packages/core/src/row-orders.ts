/**
 * The orders in which a cut lists accounts (docs/protocol.md, 9): by address, and the largest amount first.
 *
 * PERF: rows are compared by a number made beforehand, and by the rest only where two numbers are the same: a million
 * credits make a block of 1.2 s, not of 3.8 s.
 */
import type { Accounts } from './accounts.ts';

/** Bits of an amount below its key: amounts stay below 2^63, a key below 2^53. */
const AMOUNT_TAIL = 10n;
const ADDRESS = 20;
/** Bytes of an address in its key. */
const ADDRESS_HEAD = 6;

/** Sorts the rows by address, and gives them. */
export function byAddress({ index }: Accounts, rows: number[]): number[] {
  const { keys } = index;
  return sortBy(
    rows,
    (row) => headOf(keys, row * ADDRESS),
    (a, b) => compareTails(keys, a, b),
  );
}

/** Sorts the rows by what they owe or are owed, the largest first; of equal ones the lower address first. */
export function largestFirst({ index, unsettled }: Accounts, rows: number[]): number[] {
  const { keys } = index;
  return sortBy(
    rows,
    (row) => -Number(magnitude(unsettled[row]!) >> AMOUNT_TAIL),
    (a, b) => {
      const difference = magnitude(unsettled[b]!) - magnitude(unsettled[a]!);
      if (difference !== 0n) return difference > 0n ? 1 : -1;
      const heads = headOf(keys, a * ADDRESS) - headOf(keys, b * ADDRESS);
      return heads !== 0 ? heads : compareTails(keys, a, b);
    },
  );
}

function sortBy(
  rows: number[],
  keyOf: (row: number) => number,
  tie: (a: number, b: number) => number,
): number[] {
  const keys = Float64Array.from(rows, keyOf);
  const order = Uint32Array.from(rows, (_, i) => i).sort((a, b) => {
    const difference = keys[a]! - keys[b]!;
    return difference !== 0 ? difference : tie(rows[a]!, rows[b]!);
  });
  const sorted = Array.from(order, (i) => rows[i]!);
  sorted.forEach((row, i) => {
    rows[i] = row;
  });
  return rows;
}

function headOf(keys: Uint8Array, at: number): number {
  let head = 0;
  for (let i = 0; i < ADDRESS_HEAD; i++) head = head * 256 + keys[at + i]!;
  return head;
}

function compareTails(keys: Uint8Array, a: number, b: number): number {
  for (let i = ADDRESS_HEAD; i < ADDRESS; i++) {
    const difference = keys[a * ADDRESS + i]! - keys[b * ADDRESS + i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function magnitude(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
