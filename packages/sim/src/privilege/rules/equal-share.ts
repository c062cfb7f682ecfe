/** Equal static share: the capacity divided by all accounts, idle ones included; nobody can use another's part. */
import type { Outcome, Requests, Rule, RuleContext } from './rule.ts';

export class EqualShare implements Rule {
  readonly deposit = 0;
  readonly #share: number;
  readonly #open: Float64Array;

  constructor({ scenario, rows }: RuleContext) {
    this.#share = Math.max(1, Math.floor(scenario.network.capacity / rows));
    this.#open = new Float64Array(rows);
  }

  deal({ count, rows, wants, places, granted }: Requests): void {
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      const room = Math.floor((this.#share - this.#open[row]!) / places[i]!);
      granted[i] = Math.max(0, Math.min(wants[i]!, room));
      this.#open[row] = this.#open[row]! + granted[i]! * places[i]!;
    }
  }

  closed(row: number, nonces: number, places: number, _: Outcome): void {
    this.#open[row] = this.#open[row]! - nonces * places;
  }

  standing(): number {
    return 1;
  }

  enter(): void {}
}
