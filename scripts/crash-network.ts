// What `npm run crash` runs on: parameters that make everything happen often, a first layer that outlives the
// node, and one seed for all choices. Parent and child make the same network from the same genesis time.

import type { Item, Parameters } from '@upfront/core';
import { createTestNetwork, type TestNetwork } from '../packages/node/src/engine/testing.ts';

export const TOPIC = new Uint8Array(32).fill(0x70);

/** Snapshots every few seconds of load, cuts every second or two, windows short enough that nonces are annulled. */
export const PARAMETERS: Partial<Parameters> = {
  standingStart: 65_536,
  standingGain: 4096,
  windowTransfer: 8000,
  windowPost: 5000,
  windowHoldLeast: 1,
  interval: 1500,
  // Credits reach L1 whole, so that balances are sums of what the accounts did themselves.
  entryFee: 0n,
  dust: 1000n,
  snapshotMessages: 3000,
  snapshotDelay: 16,
};

export const createCrashNetwork = (payers: number, time: number): Promise<TestNetwork> =>
  createTestNetwork(payers, time, PARAMETERS);

/** The first layer as it goes over to the node's process. */
export interface Observed {
  readonly time: number;
  readonly items: readonly Item[];
  readonly head: Uint8Array;
  readonly settled: number;
  readonly validators: Uint8Array;
}

export type ToNode = { readonly observed: Observed } | 'memory' | 'close';

export type FromNode =
  /** The data directory is about to be opened. */
  | { readonly opening: true }
  | { readonly url: string; readonly socketUrl: string }
  /** A settlement is on record. */
  | { readonly formed: number }
  | { readonly memory: NodeJS.MemoryUsage };

/** Numbers from a seed: the same each run (splitmix, 32 bits). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 up to, not including, `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return Math.floor((((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32) * end);
  }

  /** From `least` to `most`, both included. */
  from(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}
