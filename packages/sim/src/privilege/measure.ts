/**
 * What is counted of a run, after its warm-up: goodput, fairness, waiting, standing, and what an attacker pays.
 * Every figure of the report is made here.
 */

/** A weighted distribution of small whole numbers (blocks). */
export class Histogram {
  readonly #counts: number[] = [];
  total = 0;

  add(value: number, count: number): void {
    this.#counts[value] = (this.#counts[value] ?? 0) + count;
    this.total += count;
  }

  /** The least value that at least this part of the weight does not exceed; null of nothing. */
  quantile(part: number): number | null {
    if (this.total === 0) return null;
    let sum = 0;
    for (let value = 0; value < this.#counts.length; value++) {
      sum += this.#counts[value] ?? 0;
      if (sum >= this.total * part) return value;
    }
    return this.#counts.length - 1;
  }
}

/** Jain's index of fairness: 1 if all are equal, 1/n if one has everything; null of nothing. */
export function jain(values: readonly number[]): number | null {
  const sum = values.reduce((a, b) => a + b, 0);
  if (sum === 0) return null;
  return (sum * sum) / (values.length * values.reduce((a, b) => a + b * b, 0));
}

/** Counts of one group in the measured time. */
export class Tally {
  /** From the first block on. */
  everFulfilled = 0;
  /** Activities that it wanted, and that it gave up waiting for. */
  arrived = 0;
  givenUp = 0;
  dealt = 0;
  fulfilled = 0;
  annulled = 0;
  /** Units. */
  stakeBurnt = 0;
  depositsBurnt = 0;
  /** Units times seconds: bonds, deposits and stakes. */
  locked = 0;
  /** Identities that were used up. */
  identities = 0;
  /** Useful activities of each account, what it wanted, and when it was there (s). */
  readonly served: Float64Array;
  readonly wanted: Float64Array;
  /** Blocks from wanting to dealing, and of posts from the own fetch to delivery. */
  readonly waits = new Histogram();
  readonly delays = new Histogram();

  constructor(count: number) {
    this.served = new Float64Array(count);
    this.wanted = new Float64Array(count);
  }
}

/** How a participant that crashed came back. */
export interface Recovery {
  /** Nonces that were annulled while it was away. */
  annulled: number;
  before: number;
  after: number;
  /** From its return until standing is what it was; null if not in this run. */
  fulfilments: number | null;
  seconds: number | null;
  /** From its return until a block left nothing waiting. */
  served: number | null;
}

/** A line of a plot, one point each `every` seconds. */
export interface Series {
  goodput: number[];
  standing: number[];
  places: number[];
}

export const YEAR = 31_557_600;

/** Rounded to six significant digits, so that reports are short and the same everywhere. */
export function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
