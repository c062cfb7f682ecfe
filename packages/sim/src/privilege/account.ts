/**
 * What a participant is to the model: what it asks for in a block, and what it means to do with what it is dealt.
 * It knows its own record, its places, the windows and the blocks, as anybody does who follows the network.
 */
import type { Lot } from './lots.ts';
import type { Tally } from './measure.ts';
import type { Outcome } from './rules/rule.ts';
import type { Scenario, Stake } from './scenario.ts';

/** What becomes of nonces that were dealt together, in blocks from their dealing. */
export interface Plan {
  readonly nonces: number;
  /** Never, if it withholds. */
  readonly fulfilAfter: number;
  readonly annulAfter: number;
  readonly lapse: Outcome;
}

export interface Account {
  readonly row: number;
  readonly tally: Tally;
  readonly post: Stake | undefined;
  /** Places of each of its nonces. */
  readonly places: number;
  /** Units that are its own and not locked in deposits. */
  funds: number;
  open: number;
  /** Nonces that it asks for in this block, once a block. */
  want(block: number): number;
  /** What it does with what it was dealt, which is at most what it wanted. */
  dealt(nonces: number, block: number): Plan[];
  /** One of its lots was resolved. */
  resolved(lot: Lot, block: number): void;
  /** The first block from this one on in which it is there. */
  backAt(block: number): number;
}

/** Blocks for times. */
export class Blocks {
  /** Seconds of one. */
  readonly seconds: number;
  readonly #ms: number;
  readonly #leastAge: number;

  constructor({ network }: Scenario) {
    this.#ms = network.block;
    this.seconds = network.block / 1000;
    this.#leastAge = network.leastAge;
  }

  /** At least one: nothing is fulfilled in the block of its fetch. */
  of(seconds: number): number {
    return Math.max(1, Math.ceil((seconds * 1000) / this.#ms));
  }

  /** The first that begins at that time. */
  at(seconds: number): number {
    return Math.ceil((seconds * 1000) / this.#ms);
  }

  /** From dealing to annulment: the first with clock > deadline that is old enough. */
  annulAfter(window: number): number {
    return Math.max(this.#leastAge, Math.floor(window / this.#ms) + 1);
  }
}
