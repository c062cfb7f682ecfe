// One socket to the node that may be killed at any moment, and streams that outlive it.
// Invariant: a stream goes on where it stopped; what it received is kept in order until it is compared.

import { WebSocket } from 'ws';

const HEAD = 5;
const FRAME = {
  submit: 0x01,
  subscribe: 0x02,
  answers: 0x81,
  event: 0x82,
  caughtUp: 0x83,
  error: 0x8f,
} as const;
/** ms that an answer may take. */
const ANSWER_MOST_MS = 30_000;

/** The connection ended before the answer. */
export class LostError extends Error {
  override readonly name = 'LostError';
}

export interface Streamed {
  readonly height: number;
  readonly index: number;
  readonly event: Buffer;
  /** A post's. */
  readonly data: Buffer;
}

/** A subscription over many connections. */
export class Stream {
  readonly filter: number;
  readonly key: Uint8Array;
  /** The first event that is still wanted. */
  cursor = { height: 0, index: 0 };
  /** Every event up to and including this height was given. */
  caughtUp = 0;
  /** What came and was not compared yet. */
  received: Streamed[] = [];

  constructor(filter: number, key: Uint8Array = new Uint8Array(0)) {
    this.filter = filter;
    this.key = key;
  }

  subscribe(): Buffer {
    const head = Buffer.alloc(13);
    head.writeBigUInt64BE(BigInt(this.cursor.height));
    head.writeUInt32BE(this.cursor.index, 8);
    head[12] = this.filter;
    return Buffer.concat([head, this.key]);
  }

  event(payload: Buffer): void {
    const height = Number(payload.readBigUInt64BE());
    const index = payload.readUInt32BE(8);
    const end = 14 + payload.readUInt16BE(12);
    this.received.push({ height, index, event: payload.subarray(14, end), data: payload.subarray(end) });
    this.cursor = { height, index: index + 1 };
  }

  advance(height: number): void {
    this.caughtUp = Math.max(this.caughtUp, height);
    if (height >= this.cursor.height) this.cursor = { height: height + 1, index: 0 };
  }
}

interface Waiter {
  readonly resolve: (answers: Buffer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class Link {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiter>();
  readonly #streams = new Map<number, Stream>();
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (frame: Buffer) => this.#receive(frame));
    socket.on('close', () => this.#lose());
    socket.on('error', () => this.#lose());
  }

  static open(url: string): Promise<Link> {
    const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 1 << 26 });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('open', () => {
        socket.off('error', reject);
        resolve(new Link(socket));
      });
    });
  }

  /** The answers, 27 bytes each. Throws LostError, or Error with what the node said of the frame. */
  submit(messages: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#socket.readyState !== WebSocket.OPEN) {
        reject(new LostError('the socket is closed'));
        return;
      }
      const id = this.#send(FRAME.submit, messages);
      const late = (): void => reject(new Error(`no answer within ${ANSWER_MOST_MS} ms`));
      this.#waiting.set(id, { resolve, reject, timer: setTimeout(late, ANSWER_MOST_MS) });
    });
  }

  follow(stream: Stream): void {
    this.#streams.set(this.#send(FRAME.subscribe, stream.subscribe()), stream);
  }

  close(): void {
    this.#socket.terminate();
  }

  #send(type: number, payload: Uint8Array): number {
    const frame = Buffer.allocUnsafe(HEAD + payload.length);
    const id = ++this.#id;
    frame[0] = type;
    frame.writeUInt32BE(id, 1);
    frame.set(payload, HEAD);
    this.#socket.send(frame, () => undefined);
    return id;
  }

  #receive(frame: Buffer): void {
    const id = frame.readUInt32BE(1);
    const payload = frame.subarray(HEAD);
    const waiter = this.#waiting.get(id);
    switch (frame[0]) {
      case FRAME.answers:
        this.#forget(id);
        waiter?.resolve(payload);
        break;
      case FRAME.error: {
        const error = new Error(`the node refuses: ${payload.readUInt16BE()} ${payload.subarray(2)}`);
        this.#forget(id);
        if (waiter === undefined) throw error;
        waiter.reject(error);
        break;
      }
      case FRAME.event:
        this.#streams.get(id)!.event(payload);
        break;
      case FRAME.caughtUp:
        this.#streams.get(id)!.advance(Number(payload.readBigUInt64BE()));
        break;
      default:
        throw new Error(`a frame of type ${frame[0]}`);
    }
  }

  #forget(id: number): void {
    clearTimeout(this.#waiting.get(id)?.timer);
    this.#waiting.delete(id);
  }

  #lose(): void {
    for (const [id, { reject }] of this.#waiting) {
      this.#forget(id);
      reject(new LostError('the connection ended'));
    }
  }
}
