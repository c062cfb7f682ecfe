/**
 * What waits for a block: one candidate for each (account, sequence) and one for each nonce, from users and from the
 * other validators' nodes. CometBFT's own mempool is off.
 *
 * Bounded by count and bytes: a bundle counts whole while one of its messages waits. A candidate leaves with the block that
 * holds its key, whatever became of it there, or when the state says that no block will take it.
 */
import { equalBytes, FETCH, FULFIL, MESSAGE, readSafe, viewOf } from '@upfront/core';
import type { Submission } from '../submission.ts';

export interface Waiter {
  readonly submission: Submission;
  readonly index: number;
}

/** Messages that were admitted together. PERF: their candidates share its bytes; a copy and a view of each cost 1 us. */
export class Bundle {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Of its messages so many are in the pool. */
  left = 0;

  constructor(bytes: Uint8Array, view: DataView = viewOf(bytes)) {
    this.bytes = bytes;
    this.view = view;
  }
}

/** What was found of a message when it came in. */
export interface Finding {
  /** Its signature, if it has one, is good. */
  readonly isChecked: boolean;
  /** One of the core's OPENING: right for as long as its nonce is open. */
  readonly opening: number;
}

export interface Candidate extends Finding {
  readonly bundle: Bundle;
  /** Where it stands in the bundle. */
  readonly offset: number;
  readonly size: number;
  readonly isFetch: boolean;
  /** Of a fulfilment. */
  readonly nonce: number;
  /** Height of the state when it came. */
  readonly height: number;
  /** Users of this node that wait for its answer. */
  readonly waiters: Waiter[];
}

export interface PoolLimits {
  readonly messages: number;
  readonly bytes: number;
}

type Key = string | number;

export class Pool {
  /** In the order they came. */
  readonly fetches = new Map<string, Candidate>();
  readonly fulfils = new Map<number, Candidate>();
  readonly #limits: PoolLimits;
  #bytes = 0;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.fetches.size + this.fulfils.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  isFull(messages: number, bytes: number): boolean {
    return this.count + messages > this.#limits.messages || this.#bytes + bytes > this.#limits.bytes;
  }

  /**
   * The candidate of the message's key, whichever came first; but what was checked takes the place of what came too early to
   * be checked, or anybody could keep the places of nonces that are not dealt yet. Undefined if there is no room for a new one.
   */
  add(
    bundle: Bundle,
    offset: number,
    size: number,
    height: number,
    { isChecked, opening }: Finding,
  ): Candidate | undefined {
    const key = keyOf(bundle.bytes, bundle.view, offset);
    const known = this.#get(key);
    if (known !== undefined && (known.isChecked || !isChecked)) return known;
    if (known !== undefined) this.remove(known);
    if (this.isFull(1, bundle.left === 0 ? bundle.bytes.length : 0)) return undefined;
    const isFetch = typeof key === 'string';
    const nonce = isFetch ? -1 : key;
    // Whoever waits for this key goes on waiting for it.
    const waiters = known?.waiters ?? [];
    const candidate = { bundle, offset, size, isFetch, nonce, height, isChecked, opening, waiters };
    if (typeof key === 'string') this.fetches.set(key, candidate);
    else this.fulfils.set(key, candidate);
    if (bundle.left++ === 0) this.#bytes += bundle.bytes.length;
    return candidate;
  }

  /** The candidate with the key of the message that stands here. */
  find(bytes: Uint8Array, view: DataView, offset: number): Candidate | undefined {
    return this.#get(keyOf(bytes, view, offset));
  }

  /** The candidate that is this very message, to the byte. */
  findSame(bytes: Uint8Array, view: DataView, offset: number, size: number): Candidate | undefined {
    const candidate = this.find(bytes, view, offset);
    return candidate !== undefined && isSameMessage(candidate, bytes, offset, size) ? candidate : undefined;
  }

  /** Nothing happens if it has left already, whoever has its key now. */
  remove(candidate: Candidate): void {
    const { bundle, offset } = candidate;
    const key = keyOf(bundle.bytes, bundle.view, offset);
    if (this.#get(key) !== candidate) return;
    if (typeof key === 'string') this.fetches.delete(key);
    else this.fulfils.delete(key);
    if (--bundle.left === 0) this.#bytes -= bundle.bytes.length;
  }

  #get(key: Key): Candidate | undefined {
    return typeof key === 'string' ? this.fetches.get(key) : this.fulfils.get(key);
  }
}

/** The candidate's own bytes, shared with its bundle. */
export function bytesOf({ bundle, offset, size }: Candidate): Uint8Array {
  return bundle.bytes.subarray(offset, offset + size);
}

/** Whether the candidate is the message that stands here, to the byte. */
export function isSameMessage(
  candidate: Candidate,
  bytes: Uint8Array,
  offset: number,
  size: number,
): boolean {
  return candidate.size === size && equalBytes(candidate.bundle.bytes, candidate.offset, bytes, offset, size);
}

function keyOf(bytes: Uint8Array, view: DataView, offset: number): Key {
  if (bytes[offset] !== MESSAGE.fetch) return readSafe(view, offset + FULFIL.nonce);
  const from = offset + FETCH.account;
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, 28).toString('latin1');
}
