/**
 * A plain AIMD window, as TCP has it: 1/window more with each fulfilled nonce, half of it for each annulled one and once
 * for a block that had no room; first come, first served within the window and the capacity.
 */
import { STANDING_ONE } from '@upfront/core';
import { type Outcome, type Requests, type Rule, type RuleContext, serveInTurn } from './rule.ts';

export class AimdWindow implements Rule {
  readonly deposit = 0;
  readonly #most: number;
  readonly #window: Float64Array;
  readonly #open: Float64Array;
  #free: number;

  constructor({ scenario, rows }: RuleContext) {
    const { capacity, maxPlaces, standingStart } = scenario.network;
    this.#free = capacity;
    this.#most = maxPlaces;
    this.#window = new Float64Array(rows).fill(Math.max(1, (maxPlaces * standingStart) / STANDING_ONE));
    this.#open = new Float64Array(rows);
  }

  deal(requests: Requests): void {
    const { count, rows, wants, places, granted } = requests;
    const room = (row: number, each: number): number =>
      Math.max(0, Math.floor((this.#window[row]! - this.#open[row]!) / each));
    const before = Float64Array.from({ length: count }, (_, i) => room(rows[i]!, places[i]!));
    this.#free = serveInTurn(requests, this.#free, room);
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      this.#open[row] = this.#open[row]! + granted[i]! * places[i]!;
      if (granted[i]! < Math.min(wants[i]!, before[i]!)) this.#halve(row);
    }
  }

  closed(row: number, nonces: number, places: number, outcome: Outcome): void {
    this.#open[row] = this.#open[row]! - nonces * places;
    this.#free += nonces * places;
    for (let i = 0; i < nonces; i++) {
      if (outcome > 0) this.#window[row] = Math.min(this.#most, this.#window[row]! + 1 / this.#window[row]!);
      else if (outcome < 0) this.#halve(row);
    }
  }

  standing(row: number): number {
    return this.#window[row]! / this.#most;
  }

  enter(row: number, standing: number): void {
    this.#window[row] = Math.max(1, this.#most * standing);
  }

  #halve(row: number): void {
    this.#window[row] = Math.max(1, this.#window[row]! / 2);
  }
}
