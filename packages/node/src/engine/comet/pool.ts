/**
 * What waits for a block: one candidate for each (account, sequence) and one for each nonce, from users and from the
 * other validators' nodes. CometBFT's own mempool is off.
 *
 * Bounded by count and bytes. A candidate leaves with the block that holds its key, whatever became of it there, or
 * when the state says that no block will take it.
 */
import { equalBytes, FETCH, FULFIL, MESSAGE, readSafe, viewOf } from '@upfront/core';
import type { Submission } from '../submission.ts';

export interface Waiter {
  readonly submission: Submission;
  readonly index: number;
}

export interface Candidate {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly isFetch: boolean;
  /** Of a fulfilment. */
  readonly nonce: number;
  /** Height of the state when it came. */
  readonly height: number;
  /** Its signature, if it has one, is good. */
  readonly isChecked: boolean;
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
  add(bytes: Uint8Array, height: number, isChecked: boolean): Candidate | undefined {
    const key = keyOf(bytes, viewOf(bytes), 0);
    const known = this.#get(key);
    if (known !== undefined && (known.isChecked || !isChecked)) return known;
    if (known !== undefined) this.remove(known);
    if (this.isFull(1, bytes.length)) return undefined;
    const view = viewOf(bytes);
    const isFetch = typeof key === 'string';
    const nonce = isFetch ? -1 : key;
    // Whoever waits for this key goes on waiting for it.
    const waiters = known?.waiters ?? [];
    const candidate: Candidate = { bytes, view, isFetch, nonce, height, isChecked, waiters };
    if (typeof key === 'string') this.fetches.set(key, candidate);
    else this.fulfils.set(key, candidate);
    this.#bytes += bytes.length;
    return candidate;
  }

  /** The candidate with the key of the message that stands here. */
  find(bytes: Uint8Array, view: DataView, offset: number): Candidate | undefined {
    return this.#get(keyOf(bytes, view, offset));
  }

  /** Nothing happens if it has left already, whoever has its key now. */
  remove(candidate: Candidate): void {
    const { bytes, view } = candidate;
    const key = keyOf(bytes, view, 0);
    if (this.#get(key) !== candidate) return;
    if (typeof key === 'string') this.fetches.delete(key);
    else this.fulfils.delete(key);
    this.#bytes -= bytes.length;
  }

  #get(key: Key): Candidate | undefined {
    return typeof key === 'string' ? this.fetches.get(key) : this.fulfils.get(key);
  }
}

/** Whether the candidate is the message that stands here, to the byte. */
export function isSameMessage(
  candidate: Candidate,
  bytes: Uint8Array,
  offset: number,
  size: number,
): boolean {
  return candidate.bytes.length === size && equalBytes(candidate.bytes, 0, bytes, offset, size);
}

function keyOf(bytes: Uint8Array, view: DataView, offset: number): Key {
  if (bytes[offset] !== MESSAGE.fetch) return readSafe(view, offset + FULFIL.nonce);
  const from = offset + FETCH.account;
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, 28).toString('latin1');
}
