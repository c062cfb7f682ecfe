/**
 * Nonces that were dealt together and share one fate, and the calendar of what becomes of them.
 * Invariant: what is due at a block is due once, and annulments come in the order of dealing.
 */
import type { Outcome } from './rules/rule.ts';

export interface Lot {
  /** In the order of dealing. */
  readonly id: number;
  readonly row: number;
  readonly nonces: number;
  /** Of each nonce. */
  readonly places: number;
  /** Blocks. */
  readonly dealtAt: number;
  readonly annulAt: number;
  /** When its owner means to fulfil it; never if it withholds. */
  readonly fulfilAt: number;
  /** What it does to standing if it is annulled: 0 for a hold that lapses. */
  readonly lapse: Outcome;
  readonly isPost: boolean;
  state: 'open' | 'fulfilled' | 'annulled';
}

export class Calendar {
  readonly #due: (Lot[] | undefined)[] = [];
  readonly #last: number;

  /** What is due after the block `last` is nobody's business. */
  constructor(last: number) {
    this.#last = last;
  }

  add(lot: Lot, block: number): void {
    if (block > this.#last) return;
    const due = this.#due[block];
    if (due === undefined) this.#due[block] = [lot];
    else due.push(lot);
  }

  /** Takes out what is due: annulments first, in the order of dealing, then what may be fulfilled. */
  take(block: number): { annulled: Lot[]; ready: Lot[] } {
    const due = this.#due[block] ?? [];
    this.#due[block] = undefined;
    const annulled = due.filter(({ annulAt }) => annulAt <= block).sort((a, b) => a.id - b.id);
    return { annulled, ready: due.filter(({ annulAt }) => annulAt > block) };
  }
}

/** One topic: posts in the order of their nonces, delivered when everything before them is resolved. */
export class Topic {
  readonly #posts: Lot[] = [];
  #head = 0;

  add(lot: Lot): void {
    this.#posts.push(lot);
  }

  /** Takes what can be delivered now. */
  deliver(): Lot[] {
    const from = this.#head;
    while (this.#head < this.#posts.length && this.#posts[this.#head]!.state !== 'open') this.#head++;
    return this.#posts.slice(from, this.#head);
  }
}
