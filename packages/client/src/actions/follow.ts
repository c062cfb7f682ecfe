/**
 * Following the stream of events, without a gap: from a cursor on, over reconnects, never buffering without bound.
 *
 * docs/api.md, WebSocket frames. A reader that is slower than the stream is unsubscribed, and takes it up again later.
 */
import { decodeEvent, type Event, fromHex } from '@upfront/core';
import type { Address, Hex } from 'viem';
import type { BaseClient } from '../client.ts';
import { BadAnswerError, ClosedError, NodeError, ParameterError } from '../errors/kinds.ts';
import { backoffDelay, delay } from '../transport/backoff.ts';
import { type Cursor, FILTER } from '../transport/frames.ts';
import { addressOf, assertBytes32 } from './parameters.ts';

export interface FollowParameters {
  /** Events that name this account. */
  readonly account?: Address | undefined;
  /** Deliveries of this topic, with their data. Neither: everything. */
  readonly topic?: Hex | undefined;
  /** The first event wanted; `now`: what is new. Default: from the beginning. */
  readonly from?: Cursor | 'now' | undefined;
  /** Called when all up to this height has been delivered, and with each block from then on. */
  readonly onCaughtUp?: ((height: number) => void) | undefined;
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

export interface Followed {
  readonly cursor: Cursor;
  /** To be kept: `from` of a later call. */
  readonly next: Cursor;
  readonly event: Event;
  /** Of posted and delivered events: the post. Else empty. */
  readonly data: Uint8Array;
}

/** Events that wait for the reader; then the stream is left until it has caught up. */
const WAITING_MOST = 10_000;
const PAUSE = { first: 100, most: 5000 };

/** Ends with the signal or the client. Throws NodeError if the node does not serve it, ParameterError, BadAnswerError. */
export async function* follow(
  client: BaseClient,
  parameters: FollowParameters = {},
): AsyncGenerator<Followed, void> {
  const { filter, key } = filterOf(parameters);
  const { from, signal } = parameters;
  let next: Cursor =
    from === 'now'
      ? { height: (await client.node.status()).height + 1, index: 0 }
      : (from ?? { height: 1, index: 0 });
  for (let attempt = 0; !signal?.aborted; attempt++) {
    const stream = new Stream(next, signal, parameters.onCaughtUp);
    const end = client.socket.subscribe(next, filter, key, stream);
    try {
      for (;;) {
        const followed = await stream.take();
        if (followed === undefined) break;
        attempt = 0;
        next = followed.next;
        yield followed;
      }
    } finally {
      end();
      stream.release();
    }
    next = stream.next;
    if (stream.lost instanceof ClosedError) return;
    assertGoesOn(stream.lost);
    if (!stream.isFull && !signal?.aborted) await pause(attempt, signal);
  }
}

/** What one subscription has brought and nobody has taken. */
class Stream {
  next: Cursor;
  lost: Error | undefined;
  isFull = false;
  readonly #waiting: Followed[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #reportHeight: ((height: number) => void) | undefined;
  /** A height to be reported once the reader has taken what came before. */
  #caughtUp = 0;
  #wake: () => void = () => undefined;
  readonly #onAbort = (): void => this.#wake();

  constructor(
    next: Cursor,
    signal: AbortSignal | undefined,
    onHeight: ((height: number) => void) | undefined,
  ) {
    this.next = next;
    this.#signal = signal;
    this.#reportHeight = onHeight;
    signal?.addEventListener('abort', this.#onAbort);
  }

  onEvent(cursor: Cursor, bytes: Uint8Array, data: Uint8Array): void {
    if (this.lost !== undefined || this.isFull) return;
    // Said before: nothing is delivered twice.
    if (
      cursor.height < this.next.height ||
      (cursor.height === this.next.height && cursor.index < this.next.index)
    )
      return;
    const event = decodeEvent(bytes);
    if (event === undefined) {
      this.onLost(new BadAnswerError('follow', 'has an event that is none of upfront/1'));
      return;
    }
    const next = { height: cursor.height, index: cursor.index + 1 };
    this.#waiting.push({ cursor, next, event, data });
    this.next = next;
    if (this.#waiting.length >= WAITING_MOST) this.isFull = true;
    this.#wake();
  }

  onCaughtUp(height: number): void {
    if (this.lost !== undefined || this.isFull) return;
    if (height >= this.next.height) this.next = { height: height + 1, index: 0 };
    this.#caughtUp = height;
    this.#wake();
  }

  onLost(error: Error): void {
    this.lost ??= error;
    this.#wake();
  }

  /** The next event; undefined when this subscription will bring no more. */
  async take(): Promise<Followed | undefined> {
    for (;;) {
      if (this.#signal?.aborted) return undefined;
      const first = this.#waiting.shift();
      if (first !== undefined) return first;
      if (this.#caughtUp > 0) {
        const height = this.#caughtUp;
        this.#caughtUp = 0;
        this.#reportHeight?.(height);
        continue;
      }
      if (this.lost !== undefined || this.isFull) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  release(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}

function filterOf({ account, topic }: FollowParameters): { filter: number; key: Uint8Array } {
  if (account !== undefined && topic !== undefined)
    throw new ParameterError('follow', 'takes an account or a topic');
  if (account !== undefined) return { filter: FILTER.account, key: fromHex(addressOf('account', account))! };
  if (topic === undefined) return { filter: FILTER.all, key: new Uint8Array(0) };
  assertBytes32('topic', topic);
  return { filter: FILTER.topic, key: fromHex(topic)! };
}

/** A lost connection is taken up again; a node that will not serve it is not asked for ever. */
function assertGoesOn(lost: Error | undefined): void {
  if (lost instanceof BadAnswerError) throw lost;
  if (lost instanceof NodeError && !lost.passing) throw lost;
}

async function pause(attempt: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(backoffDelay(attempt, PAUSE), signal);
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
