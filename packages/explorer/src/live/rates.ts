/**
 * How much happens a second, and how long a nonce takes: over the last minute, in bounded memory.
 */

/** Seconds that are kept. */
export const SECONDS = 60;
/** Latencies that are kept: the newest. */
const LATENCIES = 512;

export class Rates {
  readonly #counts = new Uint32Array(SECONDS);
  #second = 0;
  readonly #latencies = new Float64Array(LATENCIES);
  #measured = 0;

  /** `count` nonces were resolved at this second. */
  add(second: number, count: number): void {
    this.#moveTo(second);
    this.#counts[second % SECONDS]! += count;
  }

  latency(milliseconds: number): void {
    this.#latencies[this.#measured++ % LATENCIES] = milliseconds;
  }

  /** Counts of the whole seconds before this one, oldest first. */
  history(second: number): number[] {
    this.#moveTo(second);
    return Array.from({ length: SECONDS - 1 }, (_, i) => this.#counts[(second + 1 + i) % SECONDS]!);
  }

  /** The median and the 99th percentile of the newest; undefined before the first. */
  percentiles(): { median: number; p99: number; of: number } | undefined {
    const of = Math.min(this.#measured, LATENCIES);
    if (of === 0) return undefined;
    const sorted = this.#latencies.slice(0, of).sort();
    return { median: sorted[of >> 1]!, p99: sorted[Math.min(of - 1, Math.floor(of * 0.99))]!, of };
  }

  #moveTo(second: number): void {
    if (second - this.#second >= SECONDS) this.#counts.fill(0);
    else for (let s = this.#second + 1; s <= second; s++) this.#counts[s % SECONDS] = 0;
    this.#second = Math.max(this.#second, second);
  }
}
