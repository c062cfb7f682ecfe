/**
 * One socket to a node: requests that survive a reconnect, subscriptions that are taken up again by their owner.
 *
 * What is pending is sent again on a new connection: messages are idempotent (docs/api.md). Bounded: so many messages
 * pending, each with a time limit; reconnecting backs off up to a cap. It connects when there is something to do.
 */
import {
  ClosedError,
  DisconnectedError,
  NodeError,
  TimeoutError,
  TooManyPendingError,
} from '../errors/kinds.ts';
import { type Backoff, backoffDelay } from './backoff.ts';
import {
  type Answer,
  type Cursor,
  decodeNodeFrame,
  MESSAGES_MOST,
  type NodeFrame,
  submitFrame,
  subscribeFrame,
  unsubscribeFrame,
} from './frames.ts';

export interface SocketOptions {
  /** ws: or wss:, with the path. */
  readonly url: string;
  /** ms that one request may take, reconnects included. */
  readonly timeout: number;
  /** Messages that may be pending. */
  readonly pendingMost: number;
  /** Bytes of messages in one frame. */
  readonly frameBytes: number;
  readonly backoff: Backoff;
  /** The platform's, or a stand-in. */
  readonly WebSocket: typeof globalThis.WebSocket;
}

/** What a subscription reports. After `onLost` nothing more comes: subscribe again from your cursor. */
export interface SubscriptionListener {
  onEvent(cursor: Cursor, event: Uint8Array, data: Uint8Array): void;
  onCaughtUp(height: number): void;
  onLost(error: Error): void;
}

export interface Socket {
  /** The answers, one a message, in order. Throws NodeError, TimeoutError, TooManyPendingError or ClosedError. */
  submit(messages: readonly Uint8Array[]): Promise<Answer[]>;
  /** Returns what ends the subscription. */
  subscribe(cursor: Cursor, filter: number, key: Uint8Array, listener: SubscriptionListener): () => void;
  close(): void;
}

interface Batch {
  readonly messages: readonly Uint8Array[];
  resolve(answers: Answer[]): void;
  reject(error: Error): void;
}

interface Pending extends Batch {
  readonly timer: ReturnType<typeof setTimeout>;
}

interface Subscription {
  readonly cursor: Cursor;
  readonly filter: number;
  readonly key: Uint8Array;
  readonly listener: SubscriptionListener;
}

export function createSocket(options: SocketOptions): Socket {
  return new ReconnectingSocket(options);
}

class ReconnectingSocket implements Socket {
  readonly #options: SocketOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #subscriptions = new Map<number, Subscription>();
  #queued: Batch[] = [];
  #pendingMessages = 0;
  #nextId = 1;
  #attempts = 0;
  #connection: WebSocket | undefined;
  #isOpen = false;
  #isClosed = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  async submit(messages: readonly Uint8Array[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    const batches = splitBatches(messages, this.#options.frameBytes);
    for (const part of await Promise.all(batches.map((batch) => this.#enqueue(batch)))) answers.push(...part);
    return answers;
  }

  subscribe(cursor: Cursor, filter: number, key: Uint8Array, listener: SubscriptionListener): () => void {
    if (this.#isClosed) throw new ClosedError();
    const id = this.#takeId();
    this.#subscriptions.set(id, { cursor, filter, key, listener });
    if (this.#isOpen) this.#send(subscribeFrame(id, cursor, filter, key));
    else this.#connect();
    return () => {
      if (this.#subscriptions.delete(id) && this.#isOpen) this.#send(unsubscribeFrame(id));
    };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#retry);
    const error = new ClosedError();
    for (const batch of this.#queued.splice(0)) batch.reject(error);
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(error);
    this.#loseSubscriptions(error);
    this.#connection?.close(1000);
    this.#connection = undefined;
  }

  #enqueue(messages: readonly Uint8Array[]): Promise<Answer[]> {
    if (this.#isClosed) return Promise.reject(new ClosedError());
    const most = this.#options.pendingMost;
    if (this.#pendingMessages + messages.length > most) return Promise.reject(new TooManyPendingError(most));
    this.#pendingMessages += messages.length;
    return new Promise((resolve, reject) => {
      this.#queued.push({ messages, resolve, reject });
      // PERF: what one turn of the event loop submits shares frames.
      if (this.#queued.length === 1) queueMicrotask(() => this.#flush());
    });
  }

  #flush(): void {
    if (this.#isClosed) return;
    for (const group of joinBatches(this.#queued.splice(0), this.#options.frameBytes)) this.#post(group);
  }

  /** Registers one frame and sends it, now or when connected. */
  #post(batches: readonly Batch[]): void {
    const id = this.#takeId();
    const messages = batches.flatMap((batch) => batch.messages);
    const { timeout } = this.#options;
    if (!this.#isOpen) this.#connect();
    const begun = this.#connection;
    const timer = setTimeout(() => {
      const silence = this.#silence();
      this.#settle(id)?.reject(silence);
      // A connection that is silent may be dead without knowing it, and one that has not opened all this time too.
      const isStuck = this.#isOpen || (begun !== undefined && this.#connection === begun);
      if (isStuck) this.#drop(silence);
    }, timeout);
    const deal = (answers: Answer[]): void => {
      let at = 0;
      for (const batch of batches) {
        batch.resolve(answers.slice(at, at + batch.messages.length));
        at += batch.messages.length;
      }
    };
    const reject = (error: Error): void => batches.forEach((batch) => void batch.reject(error));
    this.#pending.set(id, { messages, timer, resolve: deal, reject });
    if (this.#isOpen) this.#send(submitFrame(id, messages));
  }

  #silence(): TimeoutError {
    const { url, timeout } = this.#options;
    return new TimeoutError(`The node at ${url}`, timeout);
  }

  #connect(): void {
    if (this.#connection !== undefined || this.#retry !== undefined || this.#isClosed) return;
    const connection = new this.#options.WebSocket(this.#options.url);
    connection.binaryType = 'arraybuffer';
    this.#connection = connection;
    connection.addEventListener('open', () => {
      if (this.#connection !== connection) return;
      this.#isOpen = true;
      for (const [id, { messages }] of this.#pending) this.#send(submitFrame(id, messages));
      for (const [id, s] of this.#subscriptions) this.#send(subscribeFrame(id, s.cursor, s.filter, s.key));
    });
    connection.addEventListener('message', (message) => {
      if (this.#connection === connection) this.#receive(message.data);
    });
    const onGone = (reason: string): void => {
      if (this.#connection === connection)
        this.#drop(new DisconnectedError(this.#options.url, 'a socket', { details: [reason] }));
    };
    connection.addEventListener('error', () => onGone('the connection failed'));
    connection.addEventListener('close', (event) =>
      onGone(`closed with ${event.code} ${event.reason}`.trim()),
    );
  }

  #receive(data: unknown): void {
    let frame: NodeFrame;
    try {
      if (!(data instanceof ArrayBuffer)) throw new DisconnectedError(this.#options.url, 'a socket');
      frame = decodeNodeFrame(new Uint8Array(data));
    } catch (error) {
      this.#drop(error as Error);
      return;
    }
    this.#attempts = 0;
    if (frame.type === 'event') {
      this.#subscriptions.get(frame.id)?.listener.onEvent(frame.cursor, frame.event, frame.data);
    } else if (frame.type === 'caughtUp') {
      this.#subscriptions.get(frame.id)?.listener.onCaughtUp(frame.height);
    } else if (frame.type === 'answers') {
      this.#answer(frame.id, frame.answers);
    } else {
      this.#fail(frame.id, new NodeError(frame.code, 'socket', frame.text));
    }
  }

  #answer(id: number, answers: readonly Answer[]): void {
    const pending = this.#settle(id);
    if (pending === undefined) return;
    if (answers.length === pending.messages.length) pending.resolve([...answers]);
    else
      pending.reject(
        new NodeError(111, 'submit', `${answers.length} answers to ${pending.messages.length} messages`),
      );
  }

  #fail(id: number, error: NodeError): void {
    const subscription = this.#subscriptions.get(id);
    this.#subscriptions.delete(id);
    subscription?.listener.onLost(error);
    this.#settle(id)?.reject(error);
  }

  /** Takes a pending request out of the books. */
  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    this.#pendingMessages -= pending.messages.length;
    return pending;
  }

  /** Gives the connection up; what is pending waits for the next one. */
  #drop(error: Error): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#isOpen = false;
    connection?.close();
    this.#loseSubscriptions(error);
    if (this.#isClosed || this.#retry !== undefined) return;
    this.#retry = setTimeout(
      () => {
        this.#retry = undefined;
        if (this.#pending.size > 0 || this.#subscriptions.size > 0) this.#connect();
      },
      backoffDelay(this.#attempts++, this.#options.backoff),
    );
  }

  #loseSubscriptions(error: Error): void {
    const lost = [...this.#subscriptions.values()];
    this.#subscriptions.clear();
    for (const { listener } of lost) listener.onLost(error);
  }

  #send(frame: Uint8Array): void {
    this.#connection!.send(frame as Uint8Array<ArrayBuffer>);
  }

  #takeId(): number {
    const id = this.#nextId;
    this.#nextId = id === 0xffffffff ? 1 : id + 1;
    return id;
  }
}

/** Cuts messages into runs that one frame carries. */
function splitBatches(messages: readonly Uint8Array[], frameBytes: number): Uint8Array[][] {
  const runs: Uint8Array[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const run = runs.at(-1);
    if (run === undefined || run.length === MESSAGES_MOST || bytes + message.length > frameBytes) {
      runs.push([message]);
      bytes = message.length;
    } else {
      run.push(message);
      bytes += message.length;
    }
  }
  return runs;
}

/** Groups batches as long as one frame carries them. */
function joinBatches(batches: readonly Batch[], frameBytes: number): Batch[][] {
  const groups: Batch[][] = [];
  let bytes = 0;
  let count = 0;
  for (const batch of batches) {
    const size = batch.messages.reduce((sum, message) => sum + message.length, 0);
    const group = groups.at(-1);
    if (group === undefined || bytes + size > frameBytes || count + batch.messages.length > MESSAGES_MOST) {
      groups.push([batch]);
      bytes = size;
      count = batch.messages.length;
    } else {
      group.push(batch);
      bytes += size;
      count += batch.messages.length;
    }
  }
  return groups;
}
