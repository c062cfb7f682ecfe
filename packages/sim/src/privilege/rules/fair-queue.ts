/**
 * Weighted fair queuing on open nonces, all weights equal: a free place goes to whoever wants it and holds fewest.
 * Nothing is taken from anybody, so who holds more keeps it until it is resolved.
 */
import type { Outcome, Requests, Rule, RuleContext } from './rule.ts';

export class FairQueue implements Rule {
  readonly deposit = 0;
  readonly #open: Float64Array;
  #free: number;

  constructor({ scenario, rows }: RuleContext) {
    this.#free = scenario.network.capacity;
    this.#open = new Float64Array(rows);
  }

  deal(requests: Requests): void {
    const { count, rows, wants, places, granted } = requests;
    const level = this.#level(requests);
    for (let i = 0; i < count; i++) granted[i] = this.#upTo(requests, i, level);
    for (let i = 0; i < count; i++) this.#take(rows[i]!, granted[i]! * places[i]!);
    // What the level's rounding left goes one by one, in the block's order.
    for (let i = 0; i < count && this.#free > 0; i++) {
      if (granted[i]! >= wants[i]! || places[i]! > this.#free) continue;
      if (this.#open[rows[i]!]! > level) continue;
      granted[i] = granted[i]! + 1;
      this.#take(rows[i]!, places[i]!);
    }
  }

  closed(row: number, nonces: number, places: number, _: Outcome): void {
    this.#take(row, -nonces * places);
  }

  standing(): number {
    return 1;
  }

  enter(): void {}

  #take(row: number, places: number): void {
    this.#open[row] = this.#open[row]! + places;
    this.#free -= places;
  }

  /** The most places up to which everybody can be filled with what is free. */
  #level(requests: Requests): number {
    let low = 0;
    let high = this.#free + Math.max(0, ...this.#holdings(requests));
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      let sum = 0;
      for (let i = 0; i < requests.count; i++) sum += this.#upTo(requests, i, middle) * requests.places[i]!;
      if (sum <= this.#free) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #holdings({ rows, count }: Requests): Float64Array {
    return Float64Array.from(rows.subarray(0, count), (row) => this.#open[row]!);
  }

  #upTo({ rows, wants, places }: Requests, i: number, level: number): number {
    const room = Math.floor((level - this.#open[rows[i]!]!) / places[i]!);
    return Math.max(0, Math.min(wants[i]!, room));
  }
}
