/**
 * A node in the test's own process: docs/api.md over a real ledger of the core, with one validator and no first layer.
 *
 * Each frame becomes a block. It can be told to lose answers, to drop connections, to put off, and to lie.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  accountView,
  applyBlock,
  auditPath,
  blockChecks,
  createLedger,
  decodeEventList,
  decodeFetch,
  defaultParameters,
  type Event,
  encodeBlock,
  encodeGenesis,
  fromHex,
  type Genesis,
  genesisHash,
  type Header,
  type Item,
  itemHead,
  type Ledger,
  MESSAGE,
  nobleHashes,
  nonceView,
  type Parameters,
  receiptToJson,
  type SignedView,
  scanBlock,
  toHex,
} from '@upfront/core';
import type { Hex } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { type WebSocket, WebSocketServer } from 'ws';
import { compactSignature, recoverSigner } from '../src/signer.ts';
import { answerBytes, sendFrame, splitAll, stringified } from './test-frames.ts';

export const VALIDATOR: PrivateKeyAccount = privateKeyToAccount(`0x${'11'.repeat(32)}`);
export const CHAIN_ID = 31337;
export const CONTRACT = '0x00000000000000000000000000000000000c0ffe';

interface Sealed {
  readonly bytes: Uint8Array;
  readonly header: Header;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  readonly events: readonly Event[];
  readonly rawEvents: readonly Uint8Array[];
}

type Fate =
  | {
      readonly status: 'dealt';
      readonly first: number;
      readonly count: number;
      readonly clock: number;
      readonly height: number;
    }
  | { readonly status: 'refused'; readonly code: number; readonly height: number };

interface Subscriber {
  readonly socket: WebSocket;
  readonly id: number;
  readonly filter: number;
  readonly key: string;
}

/** What the test may change while it runs. */
export interface Mischief {
  /** Answers to this many frames are not sent, and the connection is dropped. */
  loseAnswers: number;
  /** This many frames are answered with the code `overloaded`. */
  putOff: number;
  /** Added to what the account's `debited` is said to be. */
  debitedLie: bigint;
  /** Messages are taken, and no block is made. */
  isSilent: boolean;
  /** The node's header is another one from this height on. */
  forgeFrom: number;
}

export class TestNode {
  readonly genesis: Genesis;
  readonly ledger: Ledger;
  readonly mischief: Mischief = {
    loseAnswers: 0,
    putOff: 0,
    debitedLie: 0n,
    isSilent: false,
    forgeFrom: Infinity,
  };
  readonly blocks: Sealed[] = [];
  /** Frames of messages that arrived. */
  frames = 0;
  time: number;
  readonly #fates = new Map<string, Fate & { readonly message: Hex }>();
  readonly #fulfilled = new Map<number, { readonly height: number; readonly message: Hex }>();
  /** Why the ledger refused a message, the last time. */
  readonly #codes = new Map<Hex, number>();
  readonly #posts = new Map<number, Uint8Array>();
  readonly #subscribers = new Set<Subscriber>();
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #server: Server;
  #items = 0;
  #itemHead: Uint8Array = new Uint8Array(32);
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parameters: Partial<Parameters> = {}, contract = fromHex(CONTRACT)!) {
    this.time = Date.now();
    this.genesis = {
      chainId: CHAIN_ID,
      contract,
      time: this.time,
      parameters: { ...defaultParameters, ...parameters },
      validators: [fromHex(VALIDATOR.address)!],
    };
    this.ledger = createLedger(this.genesis, nobleHashes);
    this.#server = createServer((request, response) => this.#serve(request.url ?? '', response));
    this.#server.on('upgrade', (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#connect(ws));
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.dropAll();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Ends every socket, as a restart would. */
  dropAll(): void {
    for (const client of this.#sockets.clients) client.terminate();
    this.#subscribers.clear();
  }

  /** Imports a deposit, as if L1 had finalised it. */
  async deposit(account: Hex, amount: bigint): Promise<void> {
    await this.block({ items: [{ kind: 1, account: fromHex(account)!, amount, data: new Uint8Array(32) }] });
  }

  /** Makes blocks a second apart. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.time += 1000;
      await this.block({});
    }
  }

  /** Makes the next block; what is said to be in it decides what happens. */
  block(parts: { items?: Item[]; fulfils?: Uint8Array[]; fetches?: Uint8Array[] }): Promise<Sealed> {
    const done = this.#turn.then(() => this.#seal(parts));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #seal(parts: { items?: Item[]; fulfils?: Uint8Array[]; fetches?: Uint8Array[] }): Promise<Sealed> {
    const { ledger } = this;
    const { items = [], fulfils = [], fetches = [] } = parts;
    this.time = Math.max(this.time, Date.now());
    for (const item of items) this.#itemHead = itemHead(nobleHashes, this.#itemHead, ++this.#items, item);
    const {
      height,
      time,
      digest: parent,
    } = { height: ledger.height + 1, time: this.time, digest: ledger.digest };
    const views = [await this.#view()];
    const bytes = encodeBlock({ height, time, parent, views, headerSignatures: [], items, fulfils, fetches });
    const block = scanBlock(bytes, this.genesis.parameters);
    if (block === undefined) throw new Error('malformed block');
    const verdicts: number[] = [];
    for (const check of blockChecks(ledger, block)) {
      const signer = check && (await recoverSigner(check.digest, check.signature));
      verdicts.push(check === undefined || (signer && toHex(signer) === toHex(check.signer)) ? 1 : 0);
    }
    const applied = applyBlock(ledger, block, Uint8Array.from(verdicts));
    const rawEvents = Array.from({ length: applied.events.count }, (_, i) => applied.events.event(i).slice());
    const events = decodeEventList(applied.events.bytes())!;
    const signature = compactSignature(await VALIDATOR.sign({ hash: toHex(applied.digest) }))!;
    const sealed = { bytes, header: applied.header, digest: applied.digest, signature, events, rawEvents };
    this.blocks.push(sealed);
    this.#remember(sealed, fulfils, fetches, applied.results, applied.firstNonces);
    for (const subscriber of this.#subscribers) this.#stream(subscriber, sealed, 0);
    return sealed;
  }

  async #view(): Promise<SignedView> {
    const { ledger } = this;
    const said = {
      time: this.time,
      items: this.#items,
      head: this.#itemHead,
      settled: ledger.settlements.formed,
      validators: nobleHashes.keccak256(ledger.validators[0]!),
      rotation: new Uint8Array(20),
      change: 0 as const,
    };
    const signature = compactSignature(
      await VALIDATOR.sign({ hash: toHex(ledger.domain.viewDigest(said)) }),
    )!;
    return { ...said, validator: ledger.validators[0]!, signature };
  }

  #remember(
    { header: { height } }: Sealed,
    fulfils: Uint8Array[],
    fetches: Uint8Array[],
    results: Uint16Array,
    firstNonces: Float64Array,
  ): void {
    [...fulfils, ...fetches].forEach((message, i) => void this.#codes.set(toHex(message), results[i]!));
    fulfils.forEach((message, i) => {
      if (results[i] !== 0) return;
      const nonce = Number(new DataView(message.buffer, message.byteOffset).getBigUint64(2));
      this.#fulfilled.set(nonce, { height, message: toHex(message) });
      if (message[1] === 4) this.#posts.set(nonce, message.slice(28));
    });
    fetches.forEach((message, i) => {
      const fetch = decodeFetch(message, this.genesis.parameters)!;
      const code = results[fulfils.length + i]!;
      if (code !== 0 && code <= 6) return;
      const key = `${toHex(fetch.account)}/${fetch.sequence}`;
      const fate: Fate =
        code === 0
          ? {
              status: 'dealt',
              first: firstNonces[i]!,
              count: fetch.intents.length,
              clock: this.ledger.clock,
              height,
            }
          : { status: 'refused', code, height };
      this.#fates.set(key, { ...fate, message: toHex(message) });
    });
  }

  /** Answers of 27 bytes for these messages. */
  async submit(messages: Uint8Array[]): Promise<Uint8Array> {
    const isOld = (message: Uint8Array): boolean => this.#oldAnswer(message) !== undefined;
    const fresh = messages.filter((message) => !isOld(message));
    const fulfils = fresh.filter((message) => message[0] === MESSAGE.fulfil);
    const fetches = fresh.filter((message) => message[0] === MESSAGE.fetch);
    if (fresh.length > 0) await this.block({ fulfils, fetches });
    const out = new Uint8Array(27 * messages.length);
    messages.forEach((message, i) => {
      const answer =
        this.#oldAnswer(message) ?? answerBytes(4, this.#codes.get(toHex(message)) ?? 5, 0, 0n, 0);
      out.set(answer, 27 * i);
    });
    return out;
  }

  #oldAnswer(message: Uint8Array): Uint8Array | undefined {
    if (message[0] === MESSAGE.fulfil) {
      const nonce = Number(new DataView(message.buffer, message.byteOffset).getBigUint64(2));
      const done = this.#fulfilled.get(nonce);
      return done?.message === toHex(message) ? answerBytes(2, 0, done.height, BigInt(nonce), 0) : undefined;
    }
    const fetch = decodeFetch(message, this.genesis.parameters);
    const fate = fetch && this.#fates.get(`${toHex(fetch.account)}/${fetch.sequence}`);
    if (fate === undefined || fate.message !== toHex(message)) return undefined;
    if (fate.status === 'refused') return answerBytes(3, fate.code, fate.height, fetch!.sequence, 0);
    return answerBytes(1, 0, fate.height, BigInt(fate.first), fate.clock);
  }

  #connect(socket: WebSocket): void {
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data: Buffer) => void this.#frame(socket, new Uint8Array(data)));
  }

  async #frame(socket: WebSocket, frame: Uint8Array): Promise<void> {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    const id = view.getUint32(1);
    const payload = frame.slice(5);
    if (frame[0] === 1) {
      this.frames++;
      if (this.mischief.isSilent) return;
      if (this.mischief.putOff > 0) {
        this.mischief.putOff--;
        const error = new Uint8Array(2);
        new DataView(error.buffer).setUint16(0, 100);
        return sendFrame(socket, 0x8f, id, error);
      }
      const answers = await this.submit(splitAll(payload, this.genesis.parameters));
      if (this.mischief.loseAnswers > 0) {
        this.mischief.loseAnswers--;
        return socket.terminate();
      }
      return sendFrame(socket, 0x81, id, answers);
    }
    if (frame[0] === 3) {
      for (const one of this.#subscribers)
        if (one.socket === socket && one.id === id) this.#subscribers.delete(one);
      return;
    }
    const from = { height: Number(view.getBigUint64(5)), index: view.getUint32(13) };
    const subscriber = { socket, id, filter: frame[17]!, key: toHex(frame.slice(18)) };
    for (const sealed of this.blocks.slice(Math.max(0, from.height - 1))) {
      this.#stream(subscriber, sealed, sealed.header.height === from.height ? from.index : 0);
    }
    this.#subscribers.add(subscriber);
    const caughtUp = new Uint8Array(8);
    new DataView(caughtUp.buffer).setBigUint64(0, BigInt(this.ledger.height));
    sendFrame(socket, 0x83, id, caughtUp);
  }

  #stream(
    { socket, id, filter, key }: Subscriber,
    { header, events, rawEvents }: Sealed,
    from: number,
  ): void {
    events.forEach((event, index) => {
      if (index < from) return;
      const named = Object.values(event).map((value) => (value instanceof Uint8Array ? toHex(value) : ''));
      if (filter === 1 && !named.includes(key as Hex)) return;
      if (filter === 2 && !(event.type === 'delivered' && toHex(event.topic) === key)) return;
      const isShown = event.type === 'posted' || (event.type === 'delivered' && event.fulfilled);
      const data = isShown ? (this.#posts.get(event.nonce) ?? new Uint8Array(0)) : new Uint8Array(0);
      const payload = new Uint8Array(14 + rawEvents[index]!.length + data.length);
      const view = new DataView(payload.buffer);
      view.setBigUint64(0, BigInt(header.height));
      view.setUint32(8, index);
      view.setUint16(12, rawEvents[index]!.length);
      payload.set(rawEvents[index]!, 14);
      payload.set(data, 14 + rawEvents[index]!.length);
      sendFrame(socket, 0x82, id, payload);
    });
  }

  #serve(url: string, response: ServerResponse): void {
    const path = new URL(url, 'http://x').pathname.split('/').slice(2);
    if (path[0] === 'blocks' && path[2] === 'bytes') {
      const sealed = this.blocks[Number(path[1]) - 1];
      if (sealed !== undefined) {
        response.end(sealed.bytes);
        return;
      }
    }
    const json = this.#json(path);
    response.statusCode = json === undefined ? 404 : 200;
    response.end(JSON.stringify(json ?? { error: { code: 107, name: 'not-found', message: '' } }));
  }

  #json([what, a = '', b = '']: string[]): object | undefined {
    const { ledger } = this;
    switch (what) {
      case 'genesis':
        return {
          hash: toHex(genesisHash(this.genesis, nobleHashes)),
          bytes: toHex(encodeGenesis(this.genesis)),
        };
      case 'blocks':
        return { events: this.#placedEvents(Number(a)) };
      case 'status':
        return this.#status();
      case 'accounts':
        return b === 'events' ? this.#accountEvents(a) : this.#account(a);
      case 'fetches':
        return stringified(this.#fates.get(`${a.toLowerCase()}/${b}`)) ?? { status: 'unknown' };
      case 'nonces':
        return b === 'receipt' ? this.#receiptOf(this.#resolution(Number(a))) : this.#nonce(Number(a));
      case 'receipts':
        return this.#receiptOf({ height: Number(a), index: Number(b) });
      case 'headers': {
        const sealed = this.blocks[Number(a) - 1];
        if (sealed === undefined) return undefined;
        const isForged = Number(a) >= this.mischief.forgeFrom;
        return {
          digest: isForged ? `0x${'ab'.repeat(32)}` : toHex(sealed.digest),
          signatures: [{ validator: VALIDATOR.address, signature: toHex(sealed.signature) }],
        };
      }
      default:
        return ledger === undefined ? {} : undefined;
    }
  }

  #status(): object {
    const { ledger } = this;
    return {
      chainId: CHAIN_ID,
      contract: CONTRACT,
      asset: null,
      unit: null,
      genesisHash: toHex(genesisHash(this.genesis, nobleHashes)),
      engine: 'test',
      version: '0',
      height: String(ledger.height),
      time: String(ledger.time),
      clock: String(ledger.clock),
      nonces: String(ledger.nextNonce),
      openNonces: ledger.nonces.count,
      validators: ledger.validators.map(toHex),
      l1: { time: '0', imported: String(ledger.imported), acknowledged: '0', formed: '0', settled: '0' },
      lagging: false,
    };
  }

  #account(address: string): object | undefined {
    const view = accountView(this.ledger, fromHex(address)!);
    if (view === undefined) return undefined;
    const debited = view.debited + this.mischief.debitedLie;
    return stringified({ ...view, debited, exiting: view.isExiting, height: this.ledger.height, address });
  }

  #placedEvents(height: number): { cursor: string; event: object }[] {
    const { events } = this.blocks[height - 1] ?? { events: [] };
    return events.map((event, index) => ({ cursor: `${height}.${index}`, event: stringified(event)! }));
  }

  #accountEvents(address: string): object {
    const all = this.blocks.flatMap(({ header }) => this.#placedEvents(header.height));
    const isNamed = (event: object): boolean => Object.values(event).includes(address.toLowerCase());
    return { events: all.filter(({ event }) => isNamed(event)), next: null };
  }

  #nonce(nonce: number): object {
    const open = nonceView(this.ledger, nonce);
    if (open !== undefined)
      return { status: 'open', open: { ...stringified(open), intent: stringified(open) } };
    const place = this.#resolution(nonce);
    if (place === undefined) return { status: 'unknown' };
    const event = this.blocks[place.height - 1]!.events[place.index]!;
    const status = event.type === 'annulled' ? 'annulled' : 'fulfilled';
    return { status, ...stringified(place), event: stringified(event) };
  }

  #resolution(nonce: number): { height: number; index: number } | undefined {
    for (const { events, header } of this.blocks) {
      for (const [index, event] of events.entries()) {
        const isIt = event.type !== 'delivered' && 'nonce' in event && event.nonce === nonce;
        const offset = event.type === 'annulled' ? nonce - event.first : -1;
        const bit =
          offset < 0 || offset > 255
            ? 0
            : (event as { bitmap: Uint8Array }).bitmap[offset >> 3]! & (0x80 >> (offset & 7));
        if (isIt || bit !== 0) return { height: header.height, index };
      }
    }
    return undefined;
  }

  #receiptOf(place: { height: number; index: number } | undefined): object | undefined {
    const sealed = place && this.blocks[place.height - 1];
    if (sealed === undefined || place!.index >= sealed.rawEvents.length) return undefined;
    const { header, signature, rawEvents } = sealed;
    const signatures = [{ validator: fromHex(VALIDATOR.address)!, signature }];
    const path = auditPath(nobleHashes, rawEvents, place!.index);
    const event = rawEvents[place!.index]!;
    return receiptToJson({ header, signatures, index: place!.index, count: rawEvents.length, path, event });
  }
}
