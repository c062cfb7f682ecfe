/**
 * The links between nodes over which messages reach every validator's pool (docs/operators.md, Links).
 *
 * Each node connects to every validator's node that it knows, over TLS 1.3. Both sides then sign what only this connection's
 * two ends can know: a validator's node with the validator's key, a follower's with one of its own. So whoever stands between
 * two nodes can cut a link and nothing more. A bundle goes one hop: from the node that a user sent it to.
 */

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
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
  LINK_UNCHECKED_BYTES_MOST,
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
  /** Takes a bundle, and says when its signatures are checked; false: it was malformed, and the link is closed. */
  receive(bundle: Uint8Array, link: object, done: () => void): boolean;
}

const TAG = Buffer.from('upfront/link/2', 'ascii');
/** Keyed by a secret that every node of the network knows, so no certificates; who is there, the proofs say. */
const TLS = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' } as const;
/** Of the 32 bytes that TLS derives for both ends of this one connection (RFC 8446, 7.5). */
const EXPORTED = { label: 'EXPORTER-upfront-link', size: 32 } as const;
const SIGNATURE = 64;
const ADDRESS = 20;

/** Who of the two called: each signs as what it is, so that a proof that comes back proves nothing. */
const ROLE = { caller: 1, called: 2 } as const;
type Role = (typeof ROLE)[keyof typeof ROLE];

export class Links {
  readonly #options: LinksOptions;
  readonly #key: Uint8Array;
  readonly #server: Server;
  readonly #secret: Buffer;
  readonly #sockets = new Set<Socket>();
  readonly #outgoing = new Map<LinkAddress, Link>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Handed on in this turn of the event loop. */
  #pieces: Uint8Array[] = [];
  #isClosed = false;

  constructor(options: LinksOptions) {
    this.#options = options;
    this.#key = options.privateKey ?? randomBytes(32);
    const { hashes, ledger, log } = options;
    this.#secret = Buffer.from(hashes.sha256(concatBytes(TAG, genesisHash(ledger.genesis, hashes))));
    const settings = { ...TLS, handshakeTimeout: HANDSHAKE_MS, pskCallback: () => this.#secret };
    this.#server = createServer(settings, (socket) => new Link(socket, options, this.#key, ROLE.called));
    this.#server.on('connection', (socket: Socket) => this.#accept(socket));
    this.#server.on('tlsClientError', (error) => log.info({ err: error.message }, 'a link was not made'));
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
    for (const end of [...this.#sockets, ...this.#outgoing.values()]) end.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  /** Counted before it says anything. */
  #accept(socket: Socket): void {
    const { ledger } = this.#options;
    const most = ledger.validators.length + FOLLOWERS_MOST;
    if (this.#isClosed || this.#sockets.size >= most) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #reach(address: LinkAddress): void {
    const { host, port } = address;
    const pskCallback = () => ({ psk: this.#secret, identity: 'upfront' });
    // There are no certificates whose names could be looked at.
    const socket = connect({ ...TLS, host, port, pskCallback, checkServerIdentity: () => undefined });
    const link = new Link(socket, this.#options, this.#key, ROLE.caller);
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

/** One connection: a proof each way, then bundles. */
class Link {
  readonly #socket: TLSSocket;
  readonly #options: LinksOptions;
  readonly #role: Role;
  readonly #reader = new FrameReader();
  /** What this connection's two ends know, once it is made. */
  #exported: Uint8Array | undefined;
  /** Who it is, once that is proved; what a node that is no validator's may send is bounded. */
  #peer: Uint8Array | undefined;
  /** Bytes of this second, of a node that is no validator's. */
  #bytes = 0;
  /** Bytes whose signatures are not checked yet. */
  #unchecked = 0;

  constructor(socket: TLSSocket, options: LinksOptions, key: Uint8Array, role: Role) {
    this.#socket = socket;
    this.#options = options;
    this.#role = role;
    socket.setNoDelay(true);
    const timer = setTimeout(() => socket.destroy(), HANDSHAKE_MS);
    socket.once('close', () => clearTimeout(timer));
    socket.on('error', (error) => {
      options.log.info({ err: error.message }, 'a link broke');
      // A record that was changed on its way leaves the socket open otherwise.
      socket.destroy();
    });
    socket.on('data', (chunk) => {
      try {
        for (const message of this.#reader.push(chunk)) this.#take(message);
      } catch (error) {
        options.log.warn({ err: error }, 'a link is closed: what came over it is no frame');
        socket.destroy();
      }
      if (this.#peer !== undefined) clearTimeout(timer);
    });
    if (role === ROLE.called) this.#introduce(key);
    else socket.once('secureConnect', () => this.#introduce(key));
  }

  /** A bundle with its length before it. */
  send(framed: Uint8Array): void {
    if (this.#peer === undefined || this.#socket.writableLength > LINK_QUEUE_BYTES_MOST) return;
    this.#socket.write(framed);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #introduce(key: Uint8Array): void {
    const { curve } = this.#options;
    this.#exported = this.#socket.exportKeyingMaterial(EXPORTED.size, EXPORTED.label, Buffer.alloc(0));
    const own = curve.addressOf(key).slice();
    const signature = curve.sign(this.#digest(this.#role, own), key);
    this.#socket.write(frame(concatBytes(signature, own)));
  }

  #take(message: Uint8Array): void {
    if (this.#socket.destroyed) return;
    if (this.#peer === undefined ? this.#prove(message) : this.#bundle(message)) return;
    const stage = this.#peer === undefined ? 'proof' : 'open';
    this.#options.log.warn({ stage }, 'a link is closed: what came over it makes no sense');
    this.destroy();
  }

  /** A signature, and the address that it is of. */
  #prove(message: Uint8Array): boolean {
    if (message.length !== SIGNATURE + ADDRESS) return false;
    const address = message.slice(SIGNATURE);
    const said = this.#digest(this.#role === ROLE.caller ? ROLE.called : ROLE.caller, address);
    const signer = this.#options.curve.recover(said, message.slice(0, SIGNATURE));
    if (signer === undefined || compareBytes(signer, address) !== 0) return false;
    this.#peer = address;
    return true;
  }

  #bundle(bytes: Uint8Array): boolean {
    if (bytes.length > BUNDLE_BYTES_MOST) return false;
    this.#measure(bytes.length);
    this.#unchecked += bytes.length;
    this.#flow();
    return this.#options.receive(bytes, this, () => {
      this.#unchecked -= bytes.length;
      this.#flow();
    });
  }

  /** What a follower sends, which is not the validators', has a share of each second. */
  #measure(bytes: number): void {
    const { validators } = this.#options.ledger;
    if (validators.some((validator) => compareBytes(validator, this.#peer!) === 0)) return;
    if (this.#bytes === 0) {
      setTimeout(() => {
        this.#bytes = 0;
        this.#flow();
      }, 1000).unref();
    }
    this.#bytes += bytes;
  }

  /** It is read on while it keeps to its share, and while its signatures are checked as fast as they come. */
  #flow(): void {
    if (this.#bytes > FOLLOWER_BYTES_MOST || this.#unchecked > LINK_UNCHECKED_BYTES_MOST)
      this.#socket.pause();
    else this.#socket.resume();
  }

  #digest(role: Role, address: Uint8Array): Uint8Array {
    const { hashes, ledger } = this.#options;
    const of = genesisHash(ledger.genesis, hashes);
    return hashes.sha256(concatBytes(TAG, of, this.#exported!, Uint8Array.of(role), address));
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
