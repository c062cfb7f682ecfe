// What the node keeps on disk: blocks with their verdicts, headers, events, settlements, and indexes over the
// events. Reads by height are immediate. Index reads wait until the index has taken in every block that was
// durable when they were asked, so that whoever has seen an answer also finds what it speaks of.

import type { FormedSettlement, Header, HeaderSignature } from '@upfront/core';
import type { FinalBlock } from '../replica.ts';
import type { SnapshotFiles } from './snapshots.ts';

/** A place in the stream of events. */
export interface Cursor {
  readonly height: number;
  readonly index: number;
}

export interface FetchRecord {
  readonly digest: Uint8Array;
  readonly status: 'dealt' | 'refused';
  readonly height: number;
  /** Index of its event in the block. */
  readonly index: number;
  /** Of a dealt one. */
  readonly first: number;
  readonly count: number;
  readonly clock: number;
  /** Of a refused one. */
  readonly code: number;
}

export interface FetchOfNonce {
  readonly account: Uint8Array;
  readonly sequence: bigint;
  readonly first: number;
  readonly count: number;
  readonly height: number;
  /** Index of its *dealt* event in the block. */
  readonly index: number;
}

export interface Delivery extends Cursor {
  readonly nonce: number;
  readonly fulfilled: boolean;
}

export interface StoredSettlement {
  readonly height: number;
  readonly formed: FormedSettlement;
}

/** What is on disk. */
export interface StoreMeta {
  readonly genesisHash: Uint8Array;
  /** What is at or below this height is not here: the store began with a snapshot of it. 0: all is here. */
  readonly base: number;
  /** Highest durable block; 0 before the first. */
  readonly height: number;
  /** Highest block that the indexes, headers and events hold. */
  readonly indexed: number;
}

export interface StoreReader {
  readonly meta: StoreMeta;
  block(height: number): Uint8Array | undefined;
  header(height: number): { header: Header; digest: Uint8Array; signatures: HeaderSignature[] } | undefined;
  events(height: number): Uint8Array | undefined;
  settlement(number: number): StoredSettlement | undefined;
  /** The validators whose signatures count for the header of this height, ascending. */
  validatorsAt(height: number): Uint8Array[];

  fetch(account: Uint8Array, sequence: bigint): Promise<FetchRecord | undefined>;
  /** Where the event that resolved the nonce stands. */
  resolution(nonce: number): Promise<Cursor | undefined>;
  fetchOfNonce(nonce: number): Promise<FetchOfNonce | undefined>;
  /** Cursors of the events that name the address, from `after` (inclusive) on. */
  accountEvents(address: Uint8Array, after: Cursor, limit: number): Promise<Cursor[]>;
  topicDeliveries(topic: Uint8Array, after: Cursor, limit: number): Promise<Delivery[]>;
  /** The message that fulfilled the nonce, from its block. */
  fulfilBytes(nonce: number): Promise<Uint8Array | undefined>;
}

export interface Store extends StoreReader {
  readonly snapshots: SnapshotFiles;
  /** Resolves when the block is on disk. Heights come in order; two may be under way. */
  append(height: number, bytes: Uint8Array, verdicts: Uint8Array): Promise<void>;
  verdicts(height: number): Uint8Array | undefined;
  /**
   * Takes a durable block in: readable by height at once, by the indexes soon.
   *
   * @param validators the set after the block, joined
   * @param results of applying it, one a fulfil and then one a fetch
   */
  index(block: FinalBlock, validators: Uint8Array, results: Uint16Array): void;
  /** More signatures of a stored header; readable at once. */
  addSignatures(height: number, signatures: readonly HeaderSignature[]): void;
  /** Resolves when there is room for another block in the indexer's backlog; undefined if there is. */
  room(): Promise<void> | undefined;
  /** Resolves when the indexes hold the height; undefined if they do. */
  indexed(height: number): Promise<void> | undefined;
  close(): Promise<void>;
}
