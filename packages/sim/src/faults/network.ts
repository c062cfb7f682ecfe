/**
 * A simulated network: connections that carry frames in order until they break or go silent, requests that are answered
 * or not, and bundles that are lost, doubled, delayed and reordered. Both ends are processes; one that crashed hears nothing.
 */
import type { Platform, Process } from './platform.ts';
import type { Random } from './random.ts';

/** How bad it is; probabilities for each message. */
export interface Weather {
  readonly loss: number;
  readonly doubling: number;
  /** ms, at least and at most; most are near the least. */
  readonly least: number;
  readonly most: number;
}

export const FAIR: Weather = { loss: 0, doubling: 0, least: 0.2, most: 30 };
export const FOUL: Weather = { loss: 0.12, doubling: 0.15, least: 1, most: 6000 };

/** What listens for connections and requests at a name. */
export interface Host {
  readonly process: Process;
  /** A frame; `reply` sends one back on the same connection. */
  frame(bytes: Uint8Array, reply: (bytes: Uint8Array) => void, close: () => void): void;
  /** JSON, or bytes. Rejects with NodeError. */
  request(path: string): Promise<unknown>;
}

/** A NodeError's slice that the network carries. */
interface Refusal {
  readonly code: number;
  readonly message: string;
}

export class Network {
  weather: Weather = FAIR;
  /** Names that cannot be reached, nor reach anybody. */
  readonly cut = new Set<string>();
  readonly #platform: Platform;
  readonly #random: Random;
  readonly #hosts = new Map<string, Host>();

  constructor(platform: Platform, random: Random) {
    this.#platform = platform;
    this.#random = random;
  }

  listen(name: string, host: Host): void {
    this.#hosts.set(name, host);
  }

  /** A message by itself, for whoever does not care for order or loss. */
  send(from: string, to: string, process: Process, work: () => void): void {
    if (this.#isLost(from, to)) return;
    const copies = this.#random.chance(this.weather.doubling) ? 2 : 1;
    for (let i = 0; i < copies; i++) this.#platform.after(this.#delay(), process, work);
  }

  /** `fetch` for a client that speaks to the host of this name. */
  fetchFor(from: string, to: string): typeof globalThis.fetch {
    return (input, init) =>
      new Promise((resolve, reject) => {
        const client = this.#platform.current!;
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
        const host = this.#hosts.get(to);
        if (host === undefined || !host.process.isAlive) {
          this.#platform.after(this.#delay(), client, () =>
            reject(new Error('connection refused (simulated)')),
          );
          return;
        }
        const path = new URL(String(input)).pathname + new URL(String(input)).search;
        const back = (answer: Response): void => {
          if (!this.#isLost(to, from)) this.#platform.after(this.#delay(), client, () => resolve(answer));
        };
        if (this.#isLost(from, to)) return;
        this.#platform.after(this.#delay(), host.process, () => {
          host.request(path).then(
            (value) => back(answerOf(value)),
            (error: Refusal) => back(refusalOf(error)),
          );
        });
      });
  }

  /** The WebSocket of a client that speaks to the host of this name. */
  socketFor(from: string, to: string): typeof globalThis.WebSocket {
    const connect = (socket: SimSocket): void => this.#connect(socket, from, to);
    return class extends SimSocket {
      constructor() {
        super();
        connect(this);
      }
    } as unknown as typeof globalThis.WebSocket;
  }

  #connect(socket: SimSocket, from: string, to: string): void {
    const client = this.#platform.current!;
    const host = this.#hosts.get(to);
    const opening = this.#delay();
    if (host === undefined || !host.process.isAlive || this.cut.has(from) || this.cut.has(to)) {
      this.#platform.after(opening, client, () => socket.dispatch('error', {}));
      return;
    }
    // A silent connection loses all that comes, both ways, and nobody is told.
    let isSilent = false;
    const ends = { there: this.#platform.now + opening, here: this.#platform.now + opening };
    const isLost = (): boolean => {
      isSilent ||= this.#isLost(from, to);
      return isSilent;
    };
    const reply = (bytes: Uint8Array): void => {
      if (isLost()) return;
      ends.here = Math.max(ends.here, this.#platform.now + this.#delay());
      const data = bytes.slice().buffer;
      this.#platform.after(ends.here - this.#platform.now, client, () => {
        if (!host.process.isAlive && this.#random.chance(0.5))
          socket.dispatch('close', { code: 1006, reason: '' });
        else socket.dispatch('message', { data });
      });
    };
    const close = (): void => {
      this.#platform.after(this.#delay(), client, () => socket.dispatch('close', { code: 1008, reason: '' }));
    };
    socket.transmit = (bytes) => {
      if (isLost()) return;
      ends.there = Math.max(ends.there, this.#platform.now + this.#delay());
      const copy = bytes.slice();
      this.#platform.after(ends.there - this.#platform.now, undefined, () => {
        if (host.process.isAlive) {
          this.#platform.current = host.process;
          host.frame(copy, reply, close);
        } else {
          this.#platform.current = client;
          if (client.isAlive) socket.dispatch('close', { code: 1006, reason: '' });
        }
      });
    };
    this.#platform.after(opening, client, () => {
      if (!isSilent && !this.#isLost(from, to)) socket.dispatch('open', {});
      else this.#platform.after(20_000, client, () => socket.dispatch('error', {}));
    });
  }

  #isLost(from: string, to: string): boolean {
    return this.cut.has(from) || this.cut.has(to) || this.#random.chance(this.weather.loss);
  }

  #delay(): number {
    const { least, most } = this.weather;
    return least + this.#random.unit() ** 6 * (most - least);
  }
}

type Listener = (event: object) => void;

/** What production's socket needs of a WebSocket. */
class SimSocket {
  binaryType = 'blob';
  transmit: ((bytes: Uint8Array) => void) | undefined;
  readonly #listeners = new Map<string, Listener[]>();
  #isClosed = false;

  addEventListener(name: string, listener: Listener): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }

  send(bytes: Uint8Array): void {
    if (!this.#isClosed) this.transmit?.(bytes);
  }

  close(): void {
    this.#isClosed = true;
  }

  dispatch(name: string, event: object): void {
    if (this.#isClosed) return;
    if (name === 'close' || name === 'error') this.#isClosed = true;
    for (const listener of this.#listeners.get(name) ?? []) listener(event);
  }
}

function answerOf(value: unknown): Response {
  const body = {
    ok: true,
    status: 200,
    headers: { get: () => null },
    text: async () => JSON.stringify(value),
    arrayBuffer: async () => (value as Uint8Array).slice().buffer,
  };
  return body as unknown as Response;
}

function refusalOf({ code, message }: Refusal): Response {
  const body = {
    ok: false,
    status: code === 107 ? 404 : 503,
    json: async () => ({ error: { code, message } }),
  };
  return body as unknown as Response;
}
