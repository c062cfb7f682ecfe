/**
 * What honest participants want: activities that arrive, wait for a place in a line, and are given up after a while.
 * Invariant: arrived = taken + given up + waiting.
 */
import { pareto, poisson, uniform } from './random.ts';
import type { HonestGroup } from './scenario.ts';

/** One account's waiting line. */
export class Demand {
  /** Activities waiting. */
  waiting = 0;
  /** A second. */
  readonly rate: number;
  readonly #law: HonestGroup['demand']['law'];
  readonly #seed: number;
  readonly #account: number;
  /** Arrivals of one block each: block, count. */
  #line: { block: number; count: number }[] = [];
  #head = 0;
  #carry = 0;

  constructor({ demand }: HonestGroup, seed: number, account: number) {
    this.#law = demand.law;
    this.#seed = seed;
    this.#account = account;
    this.rate =
      demand.law === 'pareto' ? pareto(demand.rate, demand.alpha, uniform(seed, account)) : demand.rate;
  }

  /** What comes in one block. */
  arrive(block: number, seconds: number): number {
    const mean = this.rate * seconds;
    const count = this.#law === 'steady' ? this.#steady(mean) : this.#random(mean, block);
    if (count > 0) this.#line.push({ block, count });
    this.waiting += count;
    return count;
  }

  /** Gives up what came before a block. */
  giveUp(before: number): number {
    let count = 0;
    while (this.#head < this.#line.length && this.#line[this.#head]!.block < before)
      count += this.#line[this.#head++]!.count;
    this.waiting -= count;
    this.#compact();
    return count;
  }

  /** Takes the first `count` out of the line; tells how many waited for how many blocks. */
  take(count: number, block: number, waited: (blocks: number, count: number) => void): void {
    this.waiting -= count;
    for (let rest = count; rest > 0; ) {
      const first = this.#line[this.#head]!;
      const part = Math.min(rest, first.count);
      waited(block - first.block, part);
      first.count -= part;
      rest -= part;
      if (first.count === 0) this.#head++;
    }
    this.#compact();
  }

  #steady(mean: number): number {
    this.#carry += mean;
    const count = Math.floor(this.#carry);
    this.#carry -= count;
    return count;
  }

  #random(mean: number, block: number): number {
    return poisson(
      mean,
      uniform(this.#seed, this.#account, block, 1),
      uniform(this.#seed, this.#account, block, 2),
    );
  }

  #compact(): void {
    if (this.#head < 64) return;
    this.#line = this.#line.slice(this.#head);
    this.#head = 0;
  }
}
