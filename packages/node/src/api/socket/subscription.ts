/**
 * One subscription: history from its cursor, cutover, live.
 *
 * docs/api.md, subscribe. History is read from disk in pages and waits for its reader; live events come from the hub.
 * Invariant: the reader gets every event of its filter from its cursor on, in order, once; nothing is queued
 * beyond the socket's bound. A reader that kept up and is overrun by a burst of blocks reads on from disk.
 */
import { FULFIL, viewOf } from '@upfront/core';
import type { Limits } from '../../limits.ts';
import { type EventPlaces, eventPlaces, keyOf, lengthAndEventAt, postNonceOf } from '../event-bytes.ts';
import {
  type Cursor,
  encodeCaughtUp,
  encodeEventPayload,
  FILTER,
  type Filter,
  type Subscribe,
} from './frames.ts';
import type { Hub, LiveReader } from './hub.ts';

/** The slice of the store that history is read from. */
export interface History {
  readonly meta: { readonly base: number };
  events(height: number): Uint8Array | undefined;
  accountEvents(address: Uint8Array, from: Cursor, limit: number): Promise<readonly Cursor[]>;
  topicDeliveries(topic: Uint8Array, from: Cursor, limit: number): Promise<readonly Cursor[]>;
  fulfilBytes(nonce: number): Promise<Uint8Array | undefined>;
}

/** The socket as a subscription sees it. */
export interface Sink {
  readonly isOpen: boolean;
  /** Bytes that the peer has not taken yet. */
  readonly queued: number;
  send(frame: Uint8Array): void;
  /** One event frame; the payload is shared with other readers. */
  sendEvent(id: number, payload: Uint8Array): void;
  cork(): void;
  uncork(): void;
  /** Whether the queue fell below the high water before the time was up. */
  drained(milliseconds: number): Promise<boolean>;
  /** Closes with 4001, slow-reader. */
  cutSlowReader(): void;
  /** The subscription failed for a reason of ours. */
  fail(id: number, error: unknown): void;
}

export interface SubscriptionOptions {
  readonly id: number;
  readonly wanted: Subscribe;
  readonly hub: Hub;
  readonly history: History;
  readonly sink: Sink;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly limits: Pick<
    Limits,
    | 'streamQueueBytes'
    | 'streamHighWaterBytes'
    | 'streamGraceMs'
    | 'streamStallMs'
    | 'historyEvents'
    | 'historyBlocks'
  >;
}

/** One block's events. */
interface EventList {
  readonly height: number;
  readonly bytes: Uint8Array;
  readonly places: EventPlaces;
}

const NOTHING = new Uint8Array(0);
/** Of height 0: heights count from 1, a cursor may begin at 0. */
const EMPTY_LIST = new Uint8Array(4);

export class Subscription implements LiveReader {
  readonly filter: Filter;
  readonly key: string;
  nextHeight: number;
  nextIndex: number;

  readonly #options: SubscriptionOptions;
  #isEnded = false;
  #isReading = false;
  #caughtUp = -1;
  /** When it was last seen at or below the high water. */
  #keptUpAt = 0;
  /** The list of the block that is being read, and its height. */
  #list: EventList | undefined;

  constructor(options: SubscriptionOptions) {
    const { cursor, filter, key } = options.wanted;
    this.#options = options;
    this.filter = filter;
    this.key = keyOf(key, 0, key.length);
    this.nextHeight = cursor.height;
    this.nextIndex = cursor.index;
  }

  /** Begins; from then on the sink gets its events. */
  start(): void {
    if (this.#isEnded || this.#isReading) return;
    this.#isReading = true;
    this.#read().then(
      () => {
        this.#isReading = false;
      },
      (error: unknown) => {
        this.#isReading = false;
        if (!this.#isEnded) this.#options.sink.fail(this.#options.id, error);
      },
    );
  }

  end(): void {
    this.#isEnded = true;
    this.#list = undefined;
    this.#options.hub.leave(this);
  }

  open(): void {
    const { sink, limits, now } = this.#options;
    if (sink.queued <= limits.streamHighWaterBytes) this.#keptUpAt = now();
    sink.cork();
  }

  give(payload: Uint8Array): boolean {
    const { id, sink, limits, now } = this.#options;
    if (!sink.isOpen) return false;
    if (sink.queued + payload.length > limits.streamQueueBytes) {
      if (now() - this.#keptUpAt < limits.streamGraceMs) this.fallBack();
      else sink.cutSlowReader();
      return false;
    }
    sink.sendEvent(id, payload);
    return true;
  }

  flush(): void {
    this.#options.sink.uncork();
  }

  fallBack(): void {
    this.#options.hub.leave(this);
    // In a later turn: the hub is in the middle of a block, which is history only when it is through.
    setImmediate(() => this.start());
  }

  caughtUp(height: number): void {
    // A cursor ahead of the chain is not pulled back.
    if (height === this.#caughtUp || height < this.nextHeight - 1) return;
    this.#caughtUp = height;
    this.#options.sink.send(encodeCaughtUp(this.#options.id, height));
  }

  async #read(): Promise<void> {
    const { hub, sink, limits } = this.#options;
    while (!this.#isEnded && sink.isOpen) {
      if (sink.queued > limits.streamHighWaterBytes) {
        if (await sink.drained(limits.streamStallMs)) continue;
        sink.cutSlowReader();
        return;
      }
      // From here to `join` no await: between the last page and the live end nothing can come in.
      const end = hub.height;
      if (this.nextHeight > end) {
        hub.join(this);
        this.#keptUpAt = this.#options.now();
        this.#list = undefined;
        this.caughtUp(end);
        return;
      }
      await (this.filter === FILTER.all ? this.#readAll(end) : this.#readIndexed(end));
      await turn();
    }
  }

  /** A page of everything, up to the block at `end`. */
  async #readAll(end: number): Promise<void> {
    const { history, limits } = this.#options;
    let left = limits.historyEvents;
    let blocks = limits.historyBlocks;
    while (this.nextHeight <= end && left > 0 && blocks-- > 0) {
      const list = this.#listOf(this.nextHeight, history);
      while (this.nextIndex < list.places.count && left-- > 0) {
        if (!(await this.#sendOne(list, this.nextIndex))) return;
        this.nextIndex++;
      }
      if (this.nextIndex >= list.places.count) this.#toNextBlock(this.nextHeight + 1);
    }
  }

  /** A page of one account's or topic's events, up to the block at `end`. */
  async #readIndexed(end: number): Promise<void> {
    const { history, limits, wanted } = this.#options;
    const from = { height: this.nextHeight, index: this.nextIndex };
    const most = limits.historyEvents;
    const places =
      this.filter === FILTER.account
        ? await history.accountEvents(wanted.key, from, most)
        : await history.topicDeliveries(wanted.key, from, most);
    for (const { height, index } of places) {
      if (height > end) break;
      this.nextHeight = height;
      this.nextIndex = index;
      if (!(await this.#sendOne(this.#listOf(height, history), index))) return;
      this.nextIndex++;
    }
    const last = places.at(-1);
    if (places.length < most || (last !== undefined && last.height > end)) this.#toNextBlock(end + 1);
  }

  #toNextBlock(height: number): void {
    if (height <= this.nextHeight) return;
    this.nextHeight = height;
    this.nextIndex = 0;
  }

  /** False: the reader has enough for now, or has ended. */
  async #sendOne(list: EventList, index: number): Promise<boolean> {
    const { id, sink, history, limits } = this.#options;
    if (this.#isEnded || !sink.isOpen || sink.queued > limits.streamHighWaterBytes) return false;
    const at = list.places.at[index];
    if (at === undefined)
      throw new Error(`the index names event ${index} of block ${list.height}: it has none`);
    let data: Uint8Array = NOTHING;
    const nonce = postNonceOf(list.bytes, viewOf(list.bytes), at);
    if (nonce >= 0) {
      data = (await history.fulfilBytes(nonce))?.subarray(FULFIL.post.data) ?? NOTHING;
      if (this.#isEnded || !sink.isOpen) return false;
    }
    const event = lengthAndEventAt(list.bytes, list.places, index);
    sink.sendEvent(id, encodeEventPayload(list.height, index, event, data));
    return true;
  }

  #listOf(height: number, history: History): EventList {
    if (this.#list?.height === height) return this.#list;
    const bytes = height === 0 ? EMPTY_LIST : history.events(height);
    if (bytes === undefined) throw new Error(`the events of block ${height} are not in the store`);
    this.#list = { height, bytes, places: eventPlaces(bytes) };
    return this.#list;
  }
}

/** Lets others have their turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
