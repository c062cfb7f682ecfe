// Items of the first layer that the network has not imported yet: one run without a gap, of bounded length.
// Invariant: items[i] has number first + i, and heads[i] is the head of the chain behind it.

import type { Item } from '@upfront/core';

export class HeldItems {
  readonly #most: number;
  #first = 1;
  #items: Item[] = [];
  #heads: Uint8Array[] = [];

  /** @param most how many are held at once */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The number of the next item that would be held. */
  get next(): number {
    return this.#first + this.#items.length;
  }

  get isFull(): boolean {
    return this.#items.length >= this.#most;
  }

  /** Holds the item if it is the next one and there is room. */
  offer(number: number, item: Item, head: Uint8Array): void {
    if (number !== this.next || this.isFull) return;
    this.#items.push(item);
    this.#heads.push(head);
  }

  /** At most `most` items from number n on, none above `last`; none if n is not held. */
  from(n: number, most: number, last: number): Item[] {
    const start = n - this.#first;
    if (start < 0) return [];
    return this.#items.slice(start, Math.max(start, Math.min(start + most, last + 1 - this.#first)));
  }

  headAt(n: number): Uint8Array | undefined {
    return this.#heads[n - this.#first];
  }

  /** Lets go of everything before number n; the run begins there, empty if n is not held. */
  moveTo(n: number): void {
    const dropped = n - this.#first;
    if (dropped < 0 || dropped > this.#items.length) {
      this.#items = [];
      this.#heads = [];
    } else {
      this.#items.splice(0, dropped);
      this.#heads.splice(0, dropped);
    }
    this.#first = n;
  }

  /** Lets go of everything behind number n. */
  truncate(n: number): void {
    const kept = Math.max(0, n + 1 - this.#first);
    if (kept >= this.#items.length) return;
    this.#items.length = kept;
    this.#heads.length = kept;
  }
}
