/**
 * The links between nodes over which messages reach every validator's pool.
 *
 * Each node connects to every validator's node that it knows. Both sides send a random challenge and answer it with a
 * signature: a validator's node with the validator's key, a follower's with one of its own. What comes over a link is
 * signed by users, so the link itself is not enciphered. A bundle goes one hop: from the node that a user sent it to.
 */

import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { compareBytes, concatBytes, genesisHash, type Hashes, type Ledger } from '@upfront/core';
import type { Curve } from '../../signatures/curve.ts';
import type { ChainLog } from '../chain.ts';
import { FrameReader, frame } from './frames.ts';
import {
  BUNDLE_BYTES_MOST,
  FOLLOWER_BYTES_MOST,
  FOLLOWERS_MOST,
  HANDSHAKE_MS,
  LINK_QUEUE_BYTES_MOST,
  RECONNECT_MS,
} from './limits.ts';

export interface LinkAddress {
  readonly host: string;
  readonly port: number;
  /** Whose node is there; this validator's own is left out. */
  readonly validator?: Uint8Array;
}

export interface LinksOptions {
  readonly ledger: Ledger;
  readonly hashes: Hashes;
  readonly curve: Curve;
  readonly listen: LinkAddress;
  readonly links: readonly LinkAddress[];
  readonly privateKey: Uint8Array | undefined;
  readonly log: ChainLog;
  /** Takes a bundle; false: it was malformed, and the link is closed. */
  receive(bundle: Uint8Array): boolean;
}

const TAG = Buffer.from('upfront/link/1', 'ascii');
const CHALLENGE = 32;
const SIGNATURE = 64;

export class Links {
  readonly #options: LinksOptions;
  readonly #key: Uint8Array;
  readonly #server: Server;
  readonly #incoming = new Set<Link>();
  readonly #outgoing = new Map<LinkAddress, Link>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Handed on in this turn of the event loop. */
  #pieces: Uint8Array[] = [];
  #isClosed = false;

  constructor(options: LinksOptions) {
    this.#options = options;
    this.#key = options.privateKey ?? randomBytes(32);
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Where it listens. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async start(): Promise<void> {
    const { listen, links } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(listen.port, listen.host, resolve);
    });
    const own = this.#options.curve.addressOf(this.#key).slice();
    for (const address of links) {
      if (address.validator === undefined || compareBytes(address.validator, own) !== 0) this.#reach(address);
    }
  }

  /**
   * To every validator's node that is connected; who is too far behind misses it, and is handed it again.
   *
   * @param pieces each one message or several, no longer than BUNDLE_BYTES_MOST. PERF: those of a turn go out together
   */
  broadcast(pieces: readonly Uint8Array[]): void {
    if (this.#pieces.length === 0) setImmediate(() => this.#flush());
    for (const piece of pieces) this.#pieces.push(piece);
  }

  #flush(): void {
    const pieces = this.#pieces;
    this.#pieces = [];
    if (this.#isClosed) return;
    for (const bundle of bundlesOf(pieces)) {
      const framed = frame(bundle);
      for (const link of this.#outgoing.values()) link.send(framed);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const link of [...this.#incoming, ...this.#outgoing.values()]) link.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #accept(socket: Socket): void {
    const { ledger } = this.#options;
    const most = ledger.validators.length + FOLLOWERS_MOST;
    if (this.#isClosed || this.#incoming.size >= most) {
      socket.destroy();
      return;
    }
    const link = new Link(socket, this.#options, this.#key);
    this.#incoming.add(link);
    socket.once('close', () => this.#incoming.delete(link));
  }

  #reach(address: LinkAddress): void {
    const socket = connect(address.port, address.host);
    const link = new Link(socket, this.#options, this.#key);
    this.#outgoing.set(address, link);
    socket.once('close', () => {
      if (this.#isClosed) return;
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#reach(address);
      }, RECONNECT_MS);
      this.#timers.add(timer);
    });
  }
}

/** One connection: challenges, proofs, then bundles. */
class Link {
  readonly #socket: Socket;
  readonly #options: LinksOptions;
  readonly #key: Uint8Array;
  readonly #challenge = new Uint8Array(randomBytes(CHALLENGE));
  readonly #reader = new FrameReader();
  #stage: 'challenge' | 'proof' | 'open' = 'challenge';
  /** Theirs, until the address that goes with it is there. */
  #signature: Uint8Array | undefined;
  /** Who it is; what a node that is no validator's may send is bounded. */
  #peer: Uint8Array | undefined;
  #bytes = 0;

  constructor(socket: Socket, options: LinksOptions, key: Uint8Array) {
    this.#socket = socket;
    this.#options = options;
    this.#key = key;
    socket.setNoDelay(true);
    const timer = setTimeout(() => socket.destroy(), HANDSHAKE_MS);
    socket.once('close', () => clearTimeout(timer));
    socket.on('error', (error) => options.log.info({ err: error.message }, 'a link broke'));
    socket.on('data', (chunk) => {
      try {
        for (const message of this.#reader.push(chunk)) this.#take(message);
      } catch (error) {
        options.log.warn({ err: error }, 'a link is closed: what came over it is no frame');
        socket.destroy();
      }
      if (this.#stage === 'open') clearTimeout(timer);
    });
    socket.write(frame(this.#challenge));
  }

  /** A bundle with its length before it. */
  send(framed: Uint8Array): void {
    if (this.#stage !== 'open' || this.#socket.writableLength > LINK_QUEUE_BYTES_MOST) return;
    this.#socket.write(framed);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(message: Uint8Array): void {
    if (this.#socket.destroyed) return;
    const isGood =
      this.#stage === 'challenge'
        ? this.#answer(message)
        : this.#stage === 'proof'
          ? this.#prove(message)
          : this.#bundle(message);
    if (isGood) return;
    this.#options.log.warn({ stage: this.#stage }, 'a link is closed: what came over it makes no sense');
    this.destroy();
  }

  #answer(challenge: Uint8Array): boolean {
    // A challenge of our own that comes back would make us sign for whoever sent it.
    if (challenge.length !== CHALLENGE || compareBytes(challenge, this.#challenge) === 0) return false;
    const { curve } = this.#options;
    const own = curve.addressOf(this.#key);
    this.#socket.write(frame(curve.sign(this.#digest(challenge, own), this.#key)));
    this.#socket.write(frame(own));
    this.#stage = 'proof';
    return true;
  }

  /** The signature first, then the address that it is of. */
  #prove(message: Uint8Array): boolean {
    if (this.#signature === undefined) {
      this.#signature = message;
      return message.length === SIGNATURE;
    }
    const signer = this.#options.curve.recover(this.#digest(this.#challenge, message), this.#signature);
    if (message.length !== 20 || signer === undefined || compareBytes(signer, message) !== 0) return false;
    this.#peer = message;
    this.#stage = 'open';
    return true;
  }

  #bundle(bytes: Uint8Array): boolean {
    this.#measure(bytes.length);
    return bytes.length <= BUNDLE_BYTES_MOST && this.#options.receive(bytes);
  }

  /** A follower that sends more than its share is read again when the second is over. */
  #measure(bytes: number): void {
    const { validators } = this.#options.ledger;
    if (validators.some((validator) => compareBytes(validator, this.#peer!) === 0)) return;
    if (this.#bytes === 0) {
      setTimeout(() => {
        this.#bytes = 0;
        this.#socket.resume();
      }, 1000).unref();
    }
    this.#bytes += bytes;
    if (this.#bytes > FOLLOWER_BYTES_MOST) this.#socket.pause();
  }

  #digest(challenge: Uint8Array, address: Uint8Array): Uint8Array {
    const { hashes, ledger } = this.#options;
    return hashes.sha256(concatBytes(TAG, genesisHash(ledger.genesis, hashes), challenge, address));
  }
}

/** Joined into bundles, as many pieces in each as it holds. */
function bundlesOf(pieces: readonly Uint8Array[]): Uint8Array[] {
  const bundles: Uint8Array[] = [];
  let some: Uint8Array[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    if (some.length > 0 && bytes + piece.length > BUNDLE_BYTES_MOST) {
      bundles.push(concatBytes(...some));
      some = [];
      bytes = 0;
    }
    some.push(piece);
    bytes += piece.length;
  }
  if (some.length > 0) bundles.push(concatBytes(...some));
  return bundles;
}
