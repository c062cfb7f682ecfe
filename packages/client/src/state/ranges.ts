/**
 * A set of sequences, kept as ranges: an account's are nearly gapless, so a few ranges hold millions.
 */

/** Inclusive, ascending, neither touching nor overlapping. */
export type Range = readonly [from: bigint, to: bigint];

export class Ranges {
  #ranges: [bigint, bigint][];

  constructor(ranges: readonly Range[] = []) {
    this.#ranges = ranges.map(([from, to]) => [from, to]);
  }

  has(value: bigint): boolean {
    return this.#ranges.some(([from, to]) => value >= from && value <= to);
  }

  /** PERF: what is added is nearly always next to the last range. */
  add(value: bigint): void {
    if (this.has(value)) return;
    let at = this.#ranges.length;
    while (at > 0 && this.#ranges[at - 1]![0] > value) at--;
    const before = this.#ranges[at - 1];
    const after = this.#ranges[at];
    if (before !== undefined && before[1] + 1n === value) {
      before[1] = value;
      if (after !== undefined && after[0] === value + 1n) {
        before[1] = after[1];
        this.#ranges.splice(at, 1);
      }
    } else if (after !== undefined && after[0] === value + 1n) after[0] = value;
    else this.#ranges.splice(at, 0, [value, value]);
  }

  list(): readonly Range[] {
    return this.#ranges.map(([from, to]) => [from, to]);
  }
}
