// What orders messages into final blocks. The embedded engine and the CometBFT engine pass the same suite
// (suite.ts). Messages go in joined and framed (docs/protocol.md, 3); one answer comes out for each, and only
// when it is durable.

import type { Item, MessageIndex } from '@upfront/core';

export type Answer =
  | { status: 'dealt'; height: number; first: number; count: number; clock: number }
  | { status: 'fulfilled'; height: number; nonce: number }
  /** On record: the sequence is used up. */
  | { status: 'refused'; height: number; sequence: bigint; code: number }
  /** Not on record: nothing happened. */
  | { status: 'rejected'; code: number };

/** What this node's watcher sees of the first layer, all of it finalised. */
export interface L1Observation {
  /** Time of the newest finalised L1 block, in ms. */
  readonly time: number;
  /** Count of items up to that block. */
  readonly items: number;
  /** Hash chain of the items: `heads[items]`. */
  readonly head: Uint8Array;
  /** Number of the newest settlement that the contract took. */
  readonly settled: number;
  /** keccak256 of the contract's validators, ascending, joined. */
  readonly validators: Uint8Array;
  /** Items from number n (counted from 1), in order, at most `most` of them. */
  itemsFrom(n: number, most: number): Item[];
}

export interface Engine {
  readonly kind: string;
  /** What it knows may be out of date, so that it takes no messages; absent: it makes the blocks itself. */
  readonly isBehind?: boolean;
  /** One answer a message, in order, when all of them are durable. Never rejects for what a message says. */
  submit(messages: Uint8Array): Promise<Answer[]>;
  /**
   * The same, answered in the layout of docs/api.md (27 bytes each): the hot path makes no object a message.
   *
   * @param index where the messages are, if the caller has split them already
   * @param peer whom they are from: signatures are checked in turns, a share of each peer's
   */
  submitBytes(messages: Uint8Array, index?: MessageIndex, peer?: object): Promise<Uint8Array>;
  observe(observation: L1Observation): void;
  /** Takes nothing more, finishes what was taken, and leaves everything durable. */
  close(): Promise<void>;
}
