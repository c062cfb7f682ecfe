/**
 * A node for the tests of its outside: real sockets, engine and store; the first layer is one that the test writes.
 *
 * Not part of what is published: test files alone import it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  commitment,
  concatBytes,
  createDomain,
  type Domain,
  defaultParameters,
  encodeFetch,
  encodeFulfil,
  type Genesis,
  type Hashes,
  type Intent,
  ITEM,
  type Item,
  itemHead,
  nobleHashes,
  type Parameters,
  transferActivity,
} from '@upfront/core';
import { WebSocket } from 'ws';
import { loadConfig } from '../config/config.ts';
import type { Config } from '../config/settings.ts';
import type { L1Observation } from '../engine/engine.ts';
import type { FirstLayer, FirstLayerOptions } from '../first-layer.ts';
import type { Limits } from '../limits.ts';
import { createLog } from '../log.ts';
import { type NodeOverrides, type RunningNode, startNode } from '../node.ts';
import { type Curve, createCurve } from '../signatures/curve.ts';

const ZERO = new Uint8Array(32);
const OPERATOR_KEY = new Uint8Array(32).fill(7);

/** Somebody with a key and a deposit. */
export interface User {
  readonly key: Uint8Array;
  readonly address: Uint8Array;
  sequence: bigint;
}

export interface TestNodeOptions {
  readonly users?: number;
  readonly limits?: Partial<Limits>;
  readonly parameters?: Partial<Parameters>;
  readonly overrides?: Partial<NodeOverrides>;
}

/** An announced transfer or post: the fetch, and the fulfilments once the first nonce is known. */
export interface Announced {
  readonly fetch: Uint8Array;
  fulfils(first: number): Uint8Array[];
}

export class TestNode {
  readonly genesis: Genesis;
  readonly users: User[];
  readonly config: Config;
  readonly directory = mkdtempSync(join(tmpdir(), 'upfront-api-'));
  node!: RunningNode;
  readonly #curve: Curve;
  readonly #domain: Domain;
  readonly #options: TestNodeOptions;
  readonly #items: Item[] = [];
  #observe: ((observation: L1Observation) => void) | undefined;
  #head: Uint8Array = ZERO;

  private constructor(options: TestNodeOptions, hashes: Hashes) {
    this.#options = options;
    this.#curve = createCurve(hashes, () => undefined);
    this.genesis = {
      chainId: 31_337,
      contract: new Uint8Array(20).fill(0xc0),
      time: Date.now(),
      parameters: { ...defaultParameters, standingStart: 65_536, ...options.parameters },
      validators: [this.#curve.addressOf(OPERATOR_KEY).slice()],
    };
    this.#domain = createDomain(this.genesis.chainId, this.genesis.contract, hashes);
    this.users = Array.from({ length: options.users ?? 2 }, (_, i) => this.newUser(i + 1));
    const dataDir = join(this.directory, 'data');
    this.config = loadConfig({ flags: { dataDir, port: 0, metricsPort: 0, workers: 1 } });
  }

  /** Started, and its users' deposits imported. */
  static async start(options: TestNodeOptions = {}): Promise<TestNode> {
    const test = new TestNode(options, nobleHashes);
    await test.open();
    for (const { address } of test.users) test.item(ITEM.deposit, address, 10n ** 12n);
    await test.observe();
    return test;
  }

  /** Starts the node, or starts it again on the same data. */
  async open(overrides: Partial<NodeOverrides> = {}): Promise<void> {
    this.node = await startNode(this.config, {
      validatorKey: OPERATOR_KEY,
      genesis: this.genesis,
      log: createLog('silent'),
      limits: this.#options.limits ?? {},
      firstLayer: async (options) => this.#firstLayer(options),
      fatal: (error) => {
        throw error;
      },
      ...this.#options.overrides,
      ...overrides,
    });
  }

  async close(): Promise<void> {
    await this.node.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  newUser(n: number): User {
    const key = new Uint8Array(32).fill(n);
    key[0] = 1;
    return { key, address: this.#curve.addressOf(key).slice(), sequence: 0n };
  }

  item(kind: number, account: Uint8Array, amount: bigint): void {
    const item = { kind, account, amount, data: ZERO };
    this.#items.push(item);
    this.#head = itemHead(nobleHashes, this.#head, this.#items.length, item);
  }

  /** Shows the node what is on the first layer, and waits until its items are imported. */
  async observe(): Promise<void> {
    const items = [...this.#items];
    this.#observe?.({
      time: Date.now(),
      items: items.length,
      head: this.#head,
      settled: 0,
      validators: nobleHashes.keccak256(concatBytes(...this.genesis.validators)),
      itemsFrom: (n, most) => items.slice(n - 1, n - 1 + most),
    });
    await until(async () => {
      const status = (await (await fetch(`${this.node.url}/v1/status`)).json()) as {
        l1: { imported: string };
      };
      return status.l1.imported === String(items.length);
    });
  }

  sign(
    user: User,
    fields: { intents: Intent[]; budget: bigint; expires?: number; limit?: bigint; sequence?: bigint },
  ): Uint8Array {
    const sequence = fields.sequence ?? user.sequence++;
    const unsigned = {
      account: user.address,
      sequence,
      limit: fields.limit ?? 2n ** 62n,
      budget: fields.budget,
      expires: fields.expires ?? Date.now() + 60_000,
      signature: new Uint8Array(64),
      intents: fields.intents,
    };
    const bytes = encodeFetch(unsigned);
    const signature = this.#curve.sign(this.#domain.fetchDigest(bytes, 0, bytes.length), user.key);
    return encodeFetch({ ...unsigned, signature });
  }

  /** `count` transfers under one fetch. */
  transfers(user: User, to: Uint8Array, amount: bigint, count = 1): Announced {
    const { sequence } = user;
    const salt = new Uint8Array(16).fill(9);
    const activity = transferActivity(to, amount, ZERO);
    const intents = Array.from({ length: count }, (_, index): Intent => {
      return {
        kind: 'transfer',
        commitment: commitment(nobleHashes, user.address, sequence, index, 1, salt, activity),
      };
    });
    const fetch = this.sign(user, {
      intents,
      budget: BigInt(count) * (amount + this.genesis.parameters.fee),
    });
    const fulfils = (first: number): Uint8Array[] =>
      intents.map((_, i) =>
        encodeFulfil({ kind: 'transfer', nonce: first + i, salt, to, amount, reference: ZERO }),
      );
    return { fetch, fulfils };
  }

  /** One post. */
  post(user: User, topic: Uint8Array, data: Uint8Array): Announced {
    const { sequence } = user;
    const salt = new Uint8Array(16).fill(5);
    const sealed = commitment(nobleHashes, user.address, sequence, 0, 4, salt, data);
    const intents: Intent[] = [{ kind: 'post', topic, stake: 0n, size: data.length, commitment: sealed }];
    const fetch = this.sign(user, { intents, budget: this.genesis.parameters.fee });
    return { fetch, fulfils: (first) => [encodeFulfil({ kind: 'post', nonce: first, salt, data })] };
  }

  /** Fetches and fulfils; the nonces. */
  async pay(client: TestSocket, user: User, to: Uint8Array, amount: bigint, count = 1): Promise<number[]> {
    return this.perform(client, this.transfers(user, to, amount, count), count);
  }

  async perform(client: TestSocket, announced: Announced, count = 1): Promise<number[]> {
    const [dealt] = readAnswers(await client.submit(announced.fetch));
    if (dealt?.status !== 1) throw new Error(`not dealt: ${JSON.stringify(dealt)}`);
    const answers = readAnswers(await client.submit(concatBytes(...announced.fulfils(dealt.number))));
    for (const answer of answers)
      if (answer.status !== 2) throw new Error(`not fulfilled: ${JSON.stringify(answer)}`);
    return Array.from({ length: count }, (_, i) => dealt.number + i);
  }

  async get(path: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(this.node.url + path);
    return { status: response.status, body: await response.json() };
  }

  #firstLayer({ onObservation }: FirstLayerOptions): FirstLayer {
    this.#observe = onObservation;
    return {
      status: () => 'following',
      facts: () => ({ asset: `0x${'00'.repeat(20)}`, symbol: 'ETH', decimals: 18, unit: 10n ** 9n }),
      settlement: async () => undefined,
      faults: () => [],
      onBlock: () => undefined,
      close: async () => undefined,
    };
  }
}

export interface ReadAnswer {
  readonly status: number;
  readonly code: number;
  readonly height: number;
  readonly number: number;
}

export function readAnswers(bytes: Uint8Array): ReadAnswer[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 27 }, (_, i) => ({
    status: bytes[27 * i]!,
    code: view.getUint16(27 * i + 1),
    height: Number(view.getBigUint64(27 * i + 3)),
    number: Number(view.getBigUint64(27 * i + 11)),
  }));
}

export interface Frame {
  readonly type: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** A client of the socket that knows the frames and nothing else. */
export class TestSocket {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  closed: { code: number; reason: string } | undefined;
  #waiters: (() => void)[] = [];
  #id = 1;

  constructor(url: string) {
    this.socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 64 << 20 });
    this.socket.on('message', (data: Buffer) => {
      this.frames.push({ type: data[0]!, id: data.readUInt32BE(1), payload: data.subarray(5) });
      this.#wake();
    });
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#wake();
    });
    this.socket.on('error', () => this.#wake());
  }

  static async open(url: string): Promise<TestSocket> {
    const client = new TestSocket(url);
    await new Promise<void>((resolve, reject) => {
      client.socket.once('open', resolve);
      client.socket.once('error', reject);
    });
    return client;
  }

  nextId(): number {
    return this.#id++;
  }

  send(type: number, id: number, payload: Uint8Array = new Uint8Array(0)): void {
    const head = Buffer.alloc(5);
    head[0] = type;
    head.writeUInt32BE(id, 1);
    this.socket.send(Buffer.concat([head, payload]));
  }

  /** The answers; throws the code of an error frame. */
  async submit(messages: Uint8Array): Promise<Uint8Array> {
    const id = this.nextId();
    this.send(0x01, id, messages);
    const frame = await this.next((one) => one.id === id && (one.type === 0x81 || one.type === 0x8f));
    if (frame.type === 0x8f) throw new Error(`refused with ${frame.payload.readUInt16BE(0)}`);
    return frame.payload;
  }

  subscribe(height: number, index: number, filter = 0, key: Uint8Array = new Uint8Array(0)): number {
    const id = this.nextId();
    const payload = Buffer.alloc(13);
    payload.writeBigUInt64BE(BigInt(height));
    payload.writeUInt32BE(index, 8);
    payload[12] = filter;
    this.send(0x02, id, Buffer.concat([payload, key]));
    return id;
  }

  /** The first frame that is wanted, from `from` on. */
  async next(isWanted: (frame: Frame) => boolean, from = 0): Promise<Frame> {
    return this.wait(() => this.frames.slice(from).find(isWanted));
  }

  async error(id: number): Promise<number> {
    return (await this.next((frame) => frame.type === 0x8f && frame.id === id)).payload.readUInt16BE(0);
  }

  async wait<T>(look: () => T | undefined, milliseconds = 10_000): Promise<T> {
    const end = Date.now() + milliseconds;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (Date.now() > end) throw new Error('waited in vain');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** The events that came for a subscription: cursor and bytes. */
  events(id: number): { height: number; index: number; event: Buffer; data: Buffer }[] {
    return this.frames
      .filter((frame) => frame.type === 0x82 && frame.id === id)
      .map(({ payload }) => {
        const length = payload.readUInt16BE(12);
        return {
          height: Number(payload.readBigUInt64BE(0)),
          index: payload.readUInt32BE(8),
          event: payload.subarray(14, 14 + length),
          data: payload.subarray(14 + length),
        };
      });
  }

  async close(): Promise<void> {
    if (this.closed !== undefined) return;
    this.socket.close();
    await this.wait(() => this.closed);
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

export async function until(isSo: () => Promise<boolean> | boolean, milliseconds = 10_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
