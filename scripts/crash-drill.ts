// The rounds of `npm run crash`: start, load, SIGKILL, start again on the same data, and an audit of everything that
// was ever said (docs/api.md: nothing is answered before its block is durable).
// Invariant: an audit believes only what left the node before the kill, and the rules.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatBytes, toHex } from '@upfront/core';
import type { TestNetwork } from '../packages/node/src/engine/testing.ts';
import { Follower } from './crash-follower.ts';
import { Link, LostError, Stream } from './crash-link.ts';
import { createCrashNetwork, Random, TOPIC } from './crash-network.ts';
import { Book, PayingAccount, type Said } from './crash-payer.ts';
import { type Addresses, NodeProcess } from './crash-process.ts';

export interface DrillOptions {
  readonly times: number;
  readonly seed: number;
  readonly payers?: number;
  /** Least and most ms of load before a kill. */
  readonly load?: readonly [number, number];
  /** Told after each kill and audit. */
  say?(line: string): void;
}

export interface DrillResult {
  readonly seed: number;
  readonly kills: number;
  readonly killsUnderLoad: number;
  readonly killsAtStart: number;
  /** Each from starting the process to the first answer over its socket. */
  readonly restarts: readonly number[];
  readonly median: number;
  readonly worst: number;
  readonly payments: number;
  readonly blocks: number;
  readonly answers: { dealt: number; fulfilled: number; refused: number; rejected: number; repeated: number };
  /** Answers asked for again, and the same. */
  readonly rechecked: number;
  readonly eventsStreamed: number;
  readonly headersCompared: number;
  readonly snapshotsWritten: number;
  readonly restoredFromSnapshot: number;
  readonly replayedFromGenesis: number;
  readonly settlements: number;
  readonly annulled: number;
  readonly seconds: number;
}

/** Messages a frame of an audit, frames of one lot of earlier answers, and how many of those are asked again a round. */
const FRAME_MESSAGES = 2000;
const SAMPLE = 300;
const HEADERS_SAMPLED = 25;
/** ms in which a process that is ending has ended. */
const ENDING_MS = 500;
/** ms between two looks at the newest header under load. */
const LOOK_MS = 25;

interface Announced {
  readonly height: number;
  readonly digest: string;
  readonly signature: string;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the API, compared or read in one place each
type Json = Record<string, any>;

/** Throws what failed first; the data directory stays then, and the message names it and the seed. */
export async function runDrill(options: DrillOptions): Promise<DrillResult> {
  const dataDir = mkdtempSync(join(tmpdir(), 'upfront-crash-'));
  const network = await createCrashNetwork(options.payers ?? 8, Date.now());
  const drill = new Drill(options, network, dataDir);
  try {
    const result = await drill.run();
    rmSync(dataDir, { recursive: true, force: true });
    return result;
  } catch (error) {
    // A node that ended by itself is the cause of whatever was seen first.
    await sleep(ENDING_MS);
    throw new Error(`seed ${options.seed}, after ${drill.kills} kills; the data are in ${dataDir}`, {
      cause: drill.ended ?? error,
    });
  } finally {
    await drill.end();
  }
}

class Drill {
  readonly #options: DrillOptions;
  readonly #network: TestNetwork;
  readonly #dataDir: string;
  readonly #random: Random;
  readonly #book: Book;
  readonly #accounts: PayingAccount[];
  readonly #follower: Follower;
  readonly #streams: Stream[];
  #node: NodeProcess | undefined;
  #link: Link | undefined;
  /** Deposits that are in the book. */
  #deposits = 0;
  readonly #headers: Announced[] = [];
  readonly #restarts: number[] = [];
  readonly #seen = {
    rechecked: 0,
    events: 0,
    headers: 0,
    snapshots: 0,
    restored: 0,
    genesis: 0,
    underLoad: 0,
    atStart: 0,
  };
  /** ms from opening the data directory to serving, the last time. */
  #openingMs = 300;
  /** ms from starting the process to its first answer, of this life. */
  #answeredMs: number | undefined;
  readonly #started = performance.now();
  kills = 0;

  constructor(options: DrillOptions, network: TestNetwork, dataDir: string) {
    this.#options = options;
    this.#network = network;
    this.#dataDir = dataDir;
    this.#random = new Random(options.seed);
    this.#book = new Book(network, this.#random);
    this.#accounts = network.payers.map((payer) => new PayingAccount(this.#book, payer));
    this.#follower = new Follower(network);
    this.#streams = [new Stream(0), new Stream(1, network.payers[0]!.address), new Stream(2, TOPIC)];
  }

  async run(): Promise<DrillResult> {
    const { times } = this.#options;
    while (this.kills < times) {
      if (this.#random.below(5) === 0) {
        await this.#killAtStart();
        continue;
      }
      const addresses = await this.#start();
      await this.#audit(addresses, this.#sample());
      await this.#killUnderLoad(addresses);
    }
    const addresses = await this.#start();
    await this.#audit(addresses, this.#book.old);
    await this.#node!.close();
    return this.#result();
  }

  /** The node ended by itself. */
  get ended(): Error | undefined {
    return this.#node?.ended;
  }

  /** Whatever still runs. */
  async end(): Promise<void> {
    this.#link?.close();
    await this.#node?.kill();
  }

  /** Kills it between opening its data and serving, while it replays. */
  async #killAtStart(): Promise<void> {
    this.#damageSnapshots();
    const node = this.#launch();
    await node.opening;
    const after = this.#random.below(Math.ceil(this.#openingMs));
    await sleep(after);
    await this.#kill(`${after} ms after opening its data`);
    this.#seen.atStart++;
  }

  async #start(): Promise<Addresses> {
    this.#damageSnapshots();
    const node = this.#launch();
    await node.opening;
    const opening = performance.now();
    const addresses = await node.serving;
    this.#openingMs = performance.now() - opening;
    this.#link = await Link.open(addresses.socketUrl);
    const last = this.#book.fresh.at(-1);
    if (last === undefined) await getJson(addresses.url, '/v1/status');
    else assertSame(await this.#link.submit(last.messages), last);
    this.#answeredMs = Math.round(performance.now() - node.started);
    if (this.kills > 0) this.#restarts.push(this.#answeredMs);
    for (const stream of this.#streams) this.#link.follow(stream);
    return addresses;
  }

  #launch(): NodeProcess {
    const network = this.#network;
    const node = new NodeProcess({ dataDir: this.#dataDir, payers: network.payers.length, network });
    this.#node = node;
    return node;
  }

  /** Snapshots are an aid: without one, or with a torn one, the same state has to come out. */
  #damageSnapshots(): void {
    const dice = this.#random.below(10);
    if (dice > 1) return;
    const folder = join(this.#dataDir, 'snapshots');
    let names: string[];
    try {
      names = readdirSync(folder).filter((name) => name.endsWith('.snapshot'));
    } catch {
      return; // killed before it made the folder
    }
    const newest = names.sort((a, b) => Number(a.split('-')[0]) - Number(b.split('-')[0])).at(-1);
    if (newest === undefined) return;
    if (dice === 0) for (const name of names) rmSync(join(folder, name));
    else truncateSync(join(folder, newest), 1000);
  }

  async #killUnderLoad({ url }: Addresses): Promise<void> {
    const link = this.#link!;
    const [least, most] = this.#options.load ?? [30, 1200];
    const after = this.#random.from(least, most);
    this.#deposit();
    const paying = Promise.all(this.#accounts.map((account) => account.run(link, () => false)));
    const looking = this.#look(url);
    const lost = Promise.allSettled([paying, looking]);
    await Promise.race([sleep(after), paying]);
    await this.#kill(`${after} ms under load`);
    for (const one of await lost) {
      const isLost = one.status === 'rejected' && (one.reason instanceof LostError || isCutOff(one.reason));
      if (one.status === 'rejected' && !isLost) throw one.reason;
    }
    this.#seen.underLoad++;
  }

  async #kill(when: string): Promise<void> {
    const node = this.#node!;
    await node.kill();
    this.#link?.close();
    this.#link = undefined;
    this.kills++;
    this.#seen.snapshots += node.snapshots;
    if (node.opened !== undefined) this.#seen[node.opened.from > 0 ? 'restored' : 'genesis']++;
    const { opened } = node;
    const range = opened === undefined ? '' : `opened ${opened.from} to ${opened.height}, `;
    const answered = this.#answeredMs === undefined ? '' : `answered after ${this.#answeredMs} ms, `;
    this.#answeredMs = undefined;
    const { payments } = this.#book;
    this.#options.say?.(`kill ${this.kills}: ${range}${answered}killed ${when}; ${payments} payments so far`);
  }

  /** Somebody pays in on the first layer. */
  #deposit(): void {
    this.#network.l1.add(
      1,
      this.#random.pick(this.#network.payers).address,
      BigInt(this.#random.from(1, 9999)),
    );
    this.#node!.observe();
  }

  /** Takes down headers as they are announced, until the node is gone. */
  async #look(url: string): Promise<void> {
    for (;;) {
      const { height } = await getJson(url, '/v1/status');
      if (Number(height) > 0) this.#headers.push(await announcedAt(url, Number(height)));
      await sleep(LOOK_MS);
    }
  }

  /** Everything that was said is still so; everything that is said follows from the rules. */
  async #audit({ url }: Addresses, again: readonly Said[]): Promise<void> {
    const link = this.#link!;
    const book = this.#book;
    await this.#askAgain([...book.fresh, ...again]);
    book.old.push(...book.fresh);
    book.fresh = [];
    // What was in doubt is sent again and finished.
    await Promise.all(this.#accounts.map((account) => account.run(link, () => true)));

    await this.#imported(url);
    const { height } = await getJson(url, '/v1/status');
    await this.#follower.advance(url, Number(height));
    await this.#checkHeaders(url);
    for (const nonce of book.annulled)
      assert.ok(this.#follower.isAnnulled(nonce), `nonce ${nonce} is annulled`);
    await this.#checkAccounts(url);
    this.#follower.assertInvariants();
    const { settlements } = this.#follower.ledger;
    assert.ok(settlements.formed >= this.#network.l1.settled, 'the chain has every settlement that L1 took');
    await waitFor(() => this.#streams.every((stream) => stream.caughtUp >= this.#follower.height));
    this.#seen.events += this.#follower.compare(this.#streams);
    await this.#checkRecords(url);
  }

  /** The same messages get the same answers, byte for byte. */
  async #askAgain(said: readonly Said[]): Promise<void> {
    for (let at = 0; at < said.length; ) {
      const lot: Said[] = [];
      for (let count = 0; at < said.length && count + said[at]!.count <= FRAME_MESSAGES; at++) {
        count += said[at]!.count;
        lot.push(said[at]!);
      }
      const answers = await this.#link!.submit(concatBytes(...lot.map(({ messages }) => messages)));
      let offset = 0;
      for (const one of lot) {
        assertSame(answers.subarray(offset, offset + one.answers.length), one);
        offset += one.answers.length;
        this.#seen.rechecked += one.count;
      }
    }
  }

  async #imported(url: string): Promise<void> {
    const { items } = this.#network.l1;
    await waitFor(async () => Number((await getJson(url, '/v1/status')).l1.imported) === items.length);
    for (; this.#deposits < items.length; this.#deposits++) {
      const { account, amount } = items[this.#deposits]!;
      this.#book.move({ address: account, key: account }, amount);
    }
  }

  async #checkHeaders(url: string): Promise<void> {
    const { digests } = this.#follower;
    const tip = await announcedAt(url, this.#follower.height);
    assert.equal(tip.digest, digests[tip.height], 'the header of the tip, and with it the state');
    for (const { height, digest } of this.#headers) {
      if (height <= this.#follower.height) assert.equal(digests[height], digest, `header ${height}`);
    }
    for (let i = 0; i < HEADERS_SAMPLED && this.#headers.length > 0; i++) {
      const header = this.#random.pick(this.#headers);
      assert.deepEqual(await announcedAt(url, header.height), header, 'a header is what it was');
      this.#seen.headers++;
    }
  }

  /** Each account as the rules have it, and its balance as the answers have it. */
  async #checkAccounts(url: string): Promise<void> {
    for (const { address } of [...this.#network.payers, this.#network.operator]) {
      const account = await getJson(url, `/v1/accounts/${toHex(address)}`);
      await this.#follower.advance(url, Number(account.height));
      assert.deepEqual(account, this.#follower.account(address));
    }
    for (const [key, balance] of this.#book.balances) {
      const account = (await getJson(url, `/v1/accounts/0x${key}`)) as { balance: string };
      assert.equal(account.balance, String(balance), `the balance of ${key}`);
    }
  }

  /** A few answers against /v1/fetches and /v1/nonces. */
  async #checkRecords(url: string): Promise<void> {
    for (let i = 0; i < HEADERS_SAMPLED && this.#book.old.length > 0; i++) {
      const { messages, answers } = this.#random.pick(this.#book.old);
      const [status, code, height] = [
        answers[0],
        answers.readUInt16BE(1),
        String(answers.readBigUInt64BE(3)),
      ];
      const number = String(answers.readBigUInt64BE(11));
      if (status === 2) {
        const nonce = await getJson(url, `/v1/nonces/${number}`);
        assert.deepEqual([nonce.status, nonce.height], ['fulfilled', height], `nonce ${number}`);
        continue;
      }
      const sequence = Buffer.from(messages).readBigUInt64BE(21);
      const record = await getJson(url, `/v1/fetches/${toHex(messages.slice(1, 21))}/${sequence}`);
      const count = Buffer.from(messages).readUInt16BE(117);
      const { first, code: refused } = record;
      if (status === 1) assert.deepEqual([record.status, first, record.count], ['dealt', number, count]);
      else assert.deepEqual([record.status, refused], ['refused', code]);
      assert.equal(record.height, height);
    }
  }

  #sample(): Said[] {
    const { old } = this.#book;
    if (old.length <= SAMPLE) return [...old];
    return Array.from({ length: SAMPLE }, () => this.#random.pick(old));
  }

  #result(): DrillResult {
    const restarts = this.#restarts;
    const sorted = restarts.toSorted((a, b) => a - b);
    const { rechecked, events, headers, snapshots, restored, genesis, underLoad, atStart } = this.#seen;
    return {
      seed: this.#options.seed,
      kills: this.kills,
      killsUnderLoad: underLoad,
      killsAtStart: atStart,
      restarts,
      median: sorted[sorted.length >> 1] ?? 0,
      worst: sorted.at(-1) ?? 0,
      payments: this.#book.payments,
      blocks: this.#follower.height,
      answers: this.#book.counts,
      rechecked,
      eventsStreamed: events,
      headersCompared: headers + this.#headers.length,
      snapshotsWritten: snapshots,
      restoredFromSnapshot: restored,
      replayedFromGenesis: genesis,
      settlements: this.#follower.ledger.settlements.formed,
      annulled: this.#follower.annulled,
      seconds: Math.round((performance.now() - this.#started) / 1000),
    };
  }
}

function assertSame(answers: Buffer, said: Said): void {
  if (Buffer.compare(answers, said.answers) === 0) return;
  assert.equal(answers.toString('hex'), said.answers.toString('hex'), 'the same messages, another answer');
}

async function announcedAt(url: string, height: number): Promise<Announced> {
  const { digest, signatures } = await getJson(url, `/v1/headers/${height}`);
  return { height, digest, signature: signatures[0].signature };
}

async function getJson(url: string, path: string): Promise<Json> {
  const response = await fetch(url + path);
  const body = (await response.json()) as Json;
  assert.equal(response.status, 200, `${path}: ${JSON.stringify(body)}`);
  return body;
}

/** A request that the kill cut off: what fetch throws then. */
function isCutOff(reason: unknown): boolean {
  return reason instanceof TypeError;
}

async function waitFor(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error('waited in vain');
    await sleep(10);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
