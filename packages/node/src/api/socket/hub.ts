/**
 * The live end of all streams: each final block goes once through here, to whoever follows.
 *
 * docs/api.md, WebSocket frames. An event is encoded once, however many read it. Invariant: blocks are given out in
 * order and each in one turn, so a reader that joins between two turns at `height` + 1 misses and repeats nothing.
 */
import { EVENT, FULFIL, KIND, type Parameters, readSafe, scanBlock, viewOf } from '@upfront/core';
import {
  accountOffsets,
  DELIVERED,
  type EventPlaces,
  eventPlaces,
  keyOf,
  lengthAndEventAt,
  postNonceOf,
} from '../event-bytes.ts';
import { encodeEventPayload, FILTER, type Filter } from './frames.ts';

/** The slice of a final block that streams use. */
export interface StreamBlock {
  readonly height: number;
  readonly bytes: Uint8Array;
  readonly events: Uint8Array;
}

/** Someone who follows, from a place on. */
export interface LiveReader {
  readonly filter: Filter;
  /** Key of the map of its filter: see keyOf. */
  readonly key: string;
  /** The first place not yet given. */
  nextHeight: number;
  nextIndex: number;
  /** A block begins in which it will get something. */
  open(): void;
  /** Takes one event; false: it left the hub. */
  give(payload: Uint8Array): boolean;
  /** All of the blocks up to `height` was given. */
  caughtUp(height: number): void;
  /** The block's events were given. */
  flush(): void;
  /** Something failed here: it leaves, and reads on from disk. */
  fallBack(): void;
}

export interface HubOptions {
  /** The newest final block when the hub begins. */
  readonly height: number;
  readonly parameters: Parameters;
  /** The message that fulfilled a nonce. */
  readonly fulfilBytes: (nonce: number) => Promise<Uint8Array | undefined>;
  /** What failed, of the block at `height`; its readers were told to go back to history. */
  readonly onError: (error: unknown, height: number) => void;
}

const NOTHING = new Uint8Array(0);
/** Of a block without posts; nothing is ever put in. */
const NO_POSTS = new Map<number, Uint8Array>();

export class Hub {
  readonly #options: HubOptions;
  readonly #all = new Set<LiveReader>();
  readonly #accounts = new Map<string, Set<LiveReader>>();
  readonly #topics = new Map<string, Set<LiveReader>>();
  readonly #queue: StreamBlock[] = [];
  #readers = 0;
  #isBusy = false;
  #height: number;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#height = options.height;
  }

  /** Everything up to here was given to the live readers; history ends here. */
  get height(): number {
    return this.#height;
  }

  get readers(): number {
    return this.#readers;
  }

  /** From now on `reader` gets what is at or above its place, which is above `height`. */
  join(reader: LiveReader): void {
    if (reader.nextHeight <= this.#height) throw new Error('joined below the live end');
    this.#setOf(reader, true)?.add(reader);
    this.#readers++;
  }

  leave(reader: LiveReader): void {
    const set = this.#setOf(reader, false);
    if (set?.delete(reader) !== true) return;
    this.#readers--;
    if (set.size === 0 && reader.filter === FILTER.account) this.#accounts.delete(reader.key);
    if (set.size === 0 && reader.filter === FILTER.topic) this.#topics.delete(reader.key);
  }

  /** A block that became final; in order. */
  push(block: StreamBlock): void {
    this.#queue.push(block);
    if (!this.#isBusy) void this.#drain();
  }

  /** Tells every live reader how far it is. */
  announceHeight(): void {
    for (const reader of this.#everyReader()) reader.caughtUp(this.#height);
  }

  /** PERF: no await unless a post that is delivered now was fulfilled in an earlier block. */
  async #drain(): Promise<void> {
    this.#isBusy = true;
    for (let block = this.#queue.shift(); block !== undefined; block = this.#queue.shift()) {
      try {
        if (this.#readers > 0) {
          const places = eventPlaces(block.events);
          const wanted = wantedPosts(block.events, places);
          const posts = wanted.size === 0 ? NO_POSTS : postsOf(block, this.#options.parameters);
          for (const nonce of wanted) {
            if (posts.has(nonce)) continue;
            const message = await this.#options.fulfilBytes(nonce);
            posts.set(nonce, message?.subarray(FULFIL.post.data) ?? NOTHING);
          }
          this.#give(block, places, posts);
        }
      } catch (error) {
        this.#options.onError(error, block.height);
        for (const reader of [...this.#everyReader()]) reader.fallBack();
      }
      this.#height = block.height;
    }
    this.#isBusy = false;
  }

  #give(block: StreamBlock, places: EventPlaces, posts: ReadonlyMap<number, Uint8Array>): void {
    const { events, height } = block;
    const view = viewOf(events);
    const touched = new Set<LiveReader>();
    for (let index = 0; index < places.count; index++) {
      const at = places.at[index]!;
      let payload: Uint8Array | undefined;
      for (const readers of this.#readersOf(events, at)) {
        for (const reader of readers) {
          if (isBefore(height, index, reader)) continue;
          payload ??= encodeEventPayload(
            height,
            index,
            lengthAndEventAt(events, places, index),
            posts.get(postNonceOf(events, view, at)) ?? NOTHING,
          );
          if (!touched.has(reader)) reader.open();
          touched.add(reader);
          if (!reader.give(payload)) continue;
          reader.nextHeight = height;
          reader.nextIndex = index + 1;
        }
      }
    }
    for (const reader of touched) reader.flush();
  }

  /** The sets of readers of the event at `at`; one reader may be in two of them. */
  #readersOf(events: Uint8Array, at: number): Set<LiveReader>[] {
    const sets = this.#all.size > 0 ? [this.#all] : [];
    const type = events[at]!;
    if (this.#accounts.size > 0) {
      for (const offset of accountOffsets(type)) {
        const set = this.#accounts.get(keyOf(events, at + offset, 20));
        if (set !== undefined) sets.push(set);
      }
    }
    if (this.#topics.size > 0 && type === EVENT.delivered) {
      const set = this.#topics.get(keyOf(events, at + DELIVERED.topic, 32));
      if (set !== undefined) sets.push(set);
    }
    return sets;
  }

  #setOf(reader: LiveReader, make: boolean): Set<LiveReader> | undefined {
    if (reader.filter === FILTER.all) return this.#all;
    const sets = reader.filter === FILTER.account ? this.#accounts : this.#topics;
    const found = sets.get(reader.key);
    if (found !== undefined || !make) return found;
    const set = new Set<LiveReader>();
    sets.set(reader.key, set);
    return set;
  }

  *#everyReader(): Iterable<LiveReader> {
    yield* this.#all;
    for (const set of this.#accounts.values()) yield* set;
    for (const set of this.#topics.values()) yield* set;
  }
}

function isBefore(height: number, index: number, reader: LiveReader): boolean {
  return height < reader.nextHeight || (height === reader.nextHeight && index < reader.nextIndex);
}

/** Data of the posts that this block fulfils, by nonce; of a nonce that two messages name, the store knows which won. */
function postsOf(block: StreamBlock, parameters: Parameters): Map<number, Uint8Array> {
  const posts = new Map<number, Uint8Array>();
  const doubtful = new Set<number>();
  const index = scanBlock(block.bytes, parameters);
  if (index === undefined) throw new Error(`block ${block.height} is malformed`);
  for (let i = 0; i < index.fulfils.length; i++) {
    const at = index.fulfils[i]!;
    if (block.bytes[at + FULFIL.kind] !== KIND.post) continue;
    const nonce = readSafe(index.view, at + FULFIL.nonce);
    if (posts.has(nonce)) doubtful.add(nonce);
    posts.set(nonce, block.bytes.subarray(at + FULFIL.post.data, at + index.fulfilSizes[i]!));
  }
  for (const nonce of doubtful) posts.delete(nonce);
  return posts;
}

/** Nonces whose posts stand behind events of this block. */
function wantedPosts(events: Uint8Array, places: EventPlaces): Set<number> {
  const view = viewOf(events);
  const wanted = new Set<number>();
  for (let i = 0; i < places.count; i++) {
    const nonce = postNonceOf(events, view, places.at[i]!);
    if (nonce >= 0) wanted.add(nonce);
  }
  return wanted;
}
