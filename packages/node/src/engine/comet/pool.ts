/**
 * What waits for a block: one candidate for each (account, sequence) and one for each nonce, from users and from the
 * other validators' nodes. CometBFT's own mempool is off.
 *
 * Bounded by count and bytes: a bundle counts whole while one of its messages waits. A candidate leaves with the block that
 * holds its key, whatever became of it there, or when the state says that no block will take it.
 */
import { equalBytes, FETCH, FULFIL, MESSAGE, readSafe } from '@upfront/core';
import { STAGE } from '../submission.ts';
import { type Bundle, PLACE, type Waiter } from './bundle.ts';
import { MESSAGES_A_BUNDLE } from './limits.ts';

export interface PoolLimits {
  readonly messages: number;
  readonly bytes: number;
}

type Key = string | number;

/** A message that waits. PERF: made when it is looked at; what stays is a few bytes in its bundle's columns. */
export class Candidate {
  readonly bundle: Bundle;
  readonly index: number;

  constructor(bundle: Bundle, index: number) {
    this.bundle = bundle;
    this.index = index;
  }

  get offset(): number {
    return this.bundle.offsets[this.index]!;
  }

  get size(): number {
    return this.bundle.sizes[this.index]!;
  }

  /** Shared with its bundle. */
  get bytes(): Uint8Array {
    return this.bundle.bytes.subarray(this.offset, this.offset + this.size);
  }

  /** Height of the state when it came. */
  get height(): number {
    return this.bundle.height;
  }

  get isFetch(): boolean {
    return this.bundle.bytes[this.offset] === MESSAGE.fetch;
  }

  /** Of a fulfilment. */
  get nonce(): number {
    return readSafe(this.bundle.view, this.offset + FULFIL.nonce);
  }

  /** Its signature, if it has one, is good. */
  get isChecked(): boolean {
    return this.bundle.places[this.index] === PLACE.checked;
  }

  /** One of the core's OPENING: what was found when it came is right for as long as its nonce is open. */
  get opening(): number {
    return this.bundle.openings[this.index]!;
  }

  /** Users of this node that wait for its answer. */
  get waiters(): readonly Waiter[] {
    return this.bundle.waitersOf(this.index);
  }

  /** Whether it is the message that stands here, to the byte. */
  isSame(bytes: Uint8Array, offset: number, size: number): boolean {
    return this.size === size && equalBytes(this.bundle.bytes, this.offset, bytes, offset, size);
  }
}

export class Pool {
  /** Places by key, in the order they came: the bundle's number times MESSAGES_A_BUNDLE, and the index in it. */
  readonly #fetches = new Map<string, number>();
  readonly #fulfils = new Map<number, number>();
  /** By number; undefined: free, and in the list of the free ones. */
  readonly #bundles: (Bundle | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #limits: PoolLimits;
  #bytes = 0;
  /** Found last, in the pool or no longer. */
  #last: Candidate | undefined;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#fetches.size + this.#fulfils.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  isFull(messages: number, bytes: number): boolean {
    return this.count + messages > this.#limits.messages || this.#bytes + bytes > this.#limits.bytes;
  }

  /** In the order they came. */
  *fetches(): Generator<Candidate> {
    for (const place of this.#fetches.values()) yield this.#at(place);
  }

  *fulfils(): Generator<Candidate> {
    for (const place of this.#fulfils.values()) yield this.#at(place);
  }

  /**
   * The candidate of the message's key, whichever came first; but what was checked takes the place of what came too early to
   * be checked, or anybody could keep the places of nonces that are not dealt yet. Undefined if there is no room for a new one.
   */
  add(bundle: Bundle, index: number): Candidate | undefined {
    const isChecked = bundle.stages[index] === STAGE.ready;
    const key = keyOf(bundle.bytes, bundle.view, bundle.offsets[index]!);
    const known = this.#get(key);
    if (known !== undefined && (known.isChecked || !isChecked)) return known;
    if (this.isFull(known === undefined ? 1 : 0, bundle.left === 0 ? bundle.bytes.length : 0))
      return undefined;
    // Whoever waits for this key goes on waiting for it.
    const waiters = known?.waiters ?? [];
    if (known !== undefined) this.remove(known);
    if (bundle.left === 0) this.#keep(bundle);
    bundle.left++;
    bundle.places[index] = isChecked ? PLACE.checked : PLACE.early;
    const place = bundle.number * MESSAGES_A_BUNDLE + index;
    if (typeof key === 'string') this.#fetches.set(key, place);
    else this.#fulfils.set(key, place);
    for (const waiter of waiters) bundle.wait(index, waiter);
    return new Candidate(bundle, index);
  }

  /**
   * The candidate with the key of the message that stands here.
   *
   * PERF: a block has most messages beside those that they came with, so the one behind the last is compared before any is
   * looked up: what has the same bytes has the same key.
   */
  find(bytes: Uint8Array, view: DataView, offset: number): Candidate | undefined {
    return this.#following(bytes, offset) ?? this.#keyed(bytes, view, offset);
  }

  /** The candidate that is this very message. */
  findSame(bytes: Uint8Array, view: DataView, offset: number, size: number): Candidate | undefined {
    const following = this.#following(bytes, offset);
    if (following !== undefined) return following.size === size ? following : undefined;
    const candidate = this.#keyed(bytes, view, offset);
    return candidate?.isSame(bytes, offset, size) ? candidate : undefined;
  }

  /** Nothing happens if it has left already, whoever has its key now. */
  remove({ bundle, index, offset }: Candidate): void {
    if (bundle.places[index] === PLACE.outside) return;
    const key = keyOf(bundle.bytes, bundle.view, offset);
    if (typeof key === 'string') this.#fetches.delete(key);
    else this.#fulfils.delete(key);
    bundle.places[index] = PLACE.outside;
    bundle.left--;
    if (bundle.left === 0) this.#drop(bundle);
  }

  #following(bytes: Uint8Array, offset: number): Candidate | undefined {
    if (this.#last === undefined) return undefined;
    const { bundle, index } = this.#last;
    // Behind the last one there is `undefined`.
    if (!bundle.places[index + 1]) return undefined;
    const next = new Candidate(bundle, index + 1);
    if (offset + next.size > bytes.length || !next.isSame(bytes, offset, next.size)) return undefined;
    this.#last = next;
    return next;
  }

  #keyed(bytes: Uint8Array, view: DataView, offset: number): Candidate | undefined {
    const found = this.#get(keyOf(bytes, view, offset));
    if (found !== undefined) this.#last = found;
    return found;
  }

  #get(key: Key): Candidate | undefined {
    const place = typeof key === 'string' ? this.#fetches.get(key) : this.#fulfils.get(key);
    return place === undefined ? undefined : this.#at(place);
  }

  #at(place: number): Candidate {
    const index = place % MESSAGES_A_BUNDLE;
    return new Candidate(this.#bundles[(place - index) / MESSAGES_A_BUNDLE]!, index);
  }

  #keep(bundle: Bundle): void {
    bundle.number = this.#free.pop() ?? this.#bundles.length;
    this.#bundles[bundle.number] = bundle;
    this.#bytes += bundle.bytes.length;
  }

  #drop(bundle: Bundle): void {
    this.#bundles[bundle.number] = undefined;
    this.#free.push(bundle.number);
    this.#bytes -= bundle.bytes.length;
  }
}

function keyOf(bytes: Uint8Array, view: DataView, offset: number): Key {
  if (bytes[offset] !== MESSAGE.fetch) return readSafe(view, offset + FULFIL.nonce);
  const from = offset + FETCH.account;
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, 28).toString('latin1');
}
