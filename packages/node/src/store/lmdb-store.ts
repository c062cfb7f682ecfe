/**
 * The store on disk: `blocks` (what must not be lost), `index` (what follows from it), `snapshots`, and a
 * lock. Invariant: the indexes never reach further than the blocks; a snapshot never further than the
 * indexes.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Domain, Header, HeaderSignature, Parameters } from '@upfront/core';
import type { FinalBlock } from '../replica.ts';
import { readSafe, viewOf } from './bytes.ts';
import { type Environment, openEnvironment } from './environment.ts';
import { Indexer, type Indexing } from './indexer.ts';
import { BASE, BLOCKS, FORMAT, GENESIS, INDEX, numberKey } from './keys.ts';
import { acquireLock } from './lock.ts';
import {
  lookUpFetch,
  lookUpFetchOfNonce,
  lookUpFulfil,
  lookUpResolution,
  readDelivery,
  readStream,
  type Sources,
  tracelessPositions,
} from './lookups.ts';
import {
  type HeaderRecord,
  packBlock,
  packHeader,
  packSettlement,
  packSignatures,
  unpackBlock,
  unpackHeader,
  unpackSettlement,
  unpackSignatures,
} from './records.ts';
import { openSnapshots, type SnapshotFiles } from './snapshots.ts';
import type {
  Cursor,
  Delivery,
  FetchOfNonce,
  FetchRecord,
  Store,
  StoredSettlement,
  StoreMeta,
} from './store.ts';

export interface StoreOptions {
  readonly path: string;
  readonly genesisHash: Uint8Array;
  readonly parameters: Parameters;
  readonly domain: Domain;
  /** A commit failed or the indexer died: the process must end. */
  fatal(error: Error): void;
}

/** Layout of the records; a store of another one is refused. */
export const FORMAT_NUMBER = 1;

/** A block that is durable and not yet indexed. */
interface Recent {
  readonly block: FinalBlock;
  readonly record: HeaderRecord;
  readonly validators: Uint8Array;
}

/** Throws Error if another process uses the directory, or if it holds another network's blocks. */
export async function openStore(options: StoreOptions): Promise<Store> {
  mkdirSync(options.path, { recursive: true });
  const lock = acquireLock(join(options.path, 'lock'));
  let blocks: Environment | undefined;
  try {
    blocks = openEnvironment(join(options.path, 'blocks'));
    await assertIdentity(blocks, options);
    await dropAboveGap(blocks);
    const snapshots = openSnapshots(join(options.path, 'snapshots'));
    const indexPath = join(options.path, 'index');
    let store: EnvironmentStore | undefined;
    const indexer = await Indexer.start(indexPath, options.fatal, (height) => store?.forget(height));
    const index = openEnvironment(indexPath);
    store = new EnvironmentStore(options, {
      blocks,
      index,
      indexer,
      snapshots,
      release: () => lock.release(),
    });
    return store;
  } catch (error) {
    await blocks?.close();
    lock.release();
    throw error;
  }
}

async function assertIdentity(blocks: Environment, { path, genesisHash }: StoreOptions): Promise<void> {
  const format = blocks.get(FORMAT);
  if (format === undefined) {
    await Promise.all([
      blocks.put(FORMAT, Buffer.of(FORMAT_NUMBER)),
      blocks.put(GENESIS, Buffer.from(genesisHash)),
    ]);
    return;
  }
  if (format[0] !== FORMAT_NUMBER)
    throw new Error(`${path} has store format ${format[0]}, not ${FORMAT_NUMBER}`);
  const stored = blocks.get(GENESIS)?.toString('hex');
  const expected = Buffer.from(genesisHash).toString('hex');
  if (stored !== expected) {
    throw new Error(
      `${path} holds the network with genesis ${stored}, not ${expected}: use another data directory`,
    );
  }
}

/** What a store stands on. */
export interface StoreGround {
  readonly blocks: Environment;
  readonly index: Environment;
  readonly indexer: Indexing;
  readonly snapshots: SnapshotFiles;
  /** Lets go of the directory. */
  release(): void;
}

export class EnvironmentStore implements Store {
  readonly snapshots: SnapshotFiles;
  readonly #options: StoreOptions;
  readonly #release: () => void;
  readonly #blocks: Environment;
  readonly #index: Environment;
  readonly #indexer: Indexing;
  readonly #sources: Sources;
  readonly #recent = new Map<number, Recent>();
  /** Signatures that are being written. */
  readonly #added = new Map<number, HeaderSignature[]>();
  readonly #base: number;
  #height: number;
  #validators: string | undefined;

  constructor(options: StoreOptions, { blocks, index, indexer, snapshots, release }: StoreGround) {
    this.#options = options;
    this.#release = release;
    this.#blocks = blocks;
    this.#index = index;
    this.#indexer = indexer;
    this.snapshots = snapshots;
    this.#height = lastHeight(blocks);
    const base = blocks.get(BASE);
    this.#base = base === undefined ? 0 : readSafe(viewOf(base), 0);
    this.#sources = {
      index,
      parameters: options.parameters,
      domain: options.domain,
      block: (height) => this.block(height),
      events: (height) => this.events(height),
      headerRecord: (height) => this.#headerRecord(height),
    };
    if (indexer.indexed > this.#height) {
      throw new Error(
        `${options.path}: the index reaches ${indexer.indexed}, the blocks only ${this.#height}`,
      );
    }
  }

  get meta(): StoreMeta {
    const { genesisHash } = this.#options;
    return { genesisHash, base: this.#base, height: this.#height, indexed: this.#indexer.indexed };
  }

  async append(height: number, bytes: Uint8Array, verdicts: Uint8Array): Promise<void> {
    await this.#blocks.put(numberKey(BLOCKS.block, height), packBlock(bytes, verdicts));
    this.#height = height;
  }

  index(block: FinalBlock, validators: Uint8Array, results: Uint16Array): void {
    const traceless = tracelessPositions(results);
    const { height, events, formed } = block;
    const record = {
      header: block.header,
      digest: block.digest,
      signatures: [...block.signatures],
      traceless,
    };
    this.#recent.set(height, { block, record, validators });
    const set = Buffer.from(validators).toString('latin1');
    const isChanged = set !== this.#validators;
    this.#validators = set;
    this.#indexer.add({
      height,
      header: packHeader(block, traceless),
      events,
      ...(formed && { settlement: { number: formed.number, record: packSettlement(height, formed) } }),
      ...(isChanged && { validators }),
    });
  }

  room(): Promise<void> | undefined {
    return this.#indexer.room();
  }

  indexed(height: number): Promise<void> | undefined {
    return this.#indexer.reaches(height);
  }

  /** The indexes hold this height and all below it. */
  forget(height: number): void {
    this.#index.resetReadTxn();
    for (const recent of this.#recent.keys()) {
      if (recent > height) break;
      this.#recent.delete(recent);
    }
  }

  block(height: number): Uint8Array | undefined {
    const recent = this.#recent.get(height);
    if (recent !== undefined) return recent.block.bytes;
    const record = this.#blocks.getBinary(numberKey(BLOCKS.block, height));
    return record && unpackBlock(plain(record)).bytes;
  }

  verdicts(height: number): Uint8Array | undefined {
    const record = this.#blocks.getBinary(numberKey(BLOCKS.block, height));
    return record && unpackBlock(plain(record)).verdicts;
  }

  header(height: number): { header: Header; digest: Uint8Array; signatures: HeaderSignature[] } | undefined {
    const record = this.#headerRecord(height);
    if (record === undefined) return undefined;
    return { ...record, signatures: joined(record.signatures, this.#later(height)) };
  }

  addSignatures(height: number, signatures: readonly HeaderSignature[]): void {
    const all = joined(this.#later(height), signatures);
    this.#added.set(height, all);
    const written = this.#blocks.put(numberKey(BLOCKS.signatures, height), packSignatures(all));
    written.then(() => {
      if (this.#added.get(height) === all) this.#added.delete(height);
    }, this.#options.fatal);
  }

  /** The header's signatures that came after its block. */
  #later(height: number): HeaderSignature[] {
    const added = this.#added.get(height);
    if (added !== undefined) return added;
    const record = this.#blocks.getBinary(numberKey(BLOCKS.signatures, height));
    return record ? unpackSignatures(plain(record)) : [];
  }

  events(height: number): Uint8Array | undefined {
    const recent = this.#recent.get(height);
    if (recent !== undefined) return recent.block.events;
    const record = this.#index.getBinary(numberKey(INDEX.events, height));
    return record && plain(record);
  }

  settlement(number: number): StoredSettlement | undefined {
    for (const { block } of this.#recent.values()) {
      if (block.formed?.number === number) return { height: block.height, formed: block.formed };
    }
    const record = this.#index.getBinary(numberKey(INDEX.settlement, number));
    return record && unpackSettlement(number, plain(record));
  }

  validatorsAt(height: number): Uint8Array[] {
    const recent = this.#recent.get(height);
    if (recent !== undefined) return splitAddresses(recent.validators);
    const start = numberKey(INDEX.validators, height);
    const end = numberKey(INDEX.validators, 0);
    for (const { value } of this.#index.getRange({ start, end, reverse: true, limit: 1 })) {
      return splitAddresses(plain(value));
    }
    return [];
  }

  async fetch(account: Uint8Array, sequence: bigint): Promise<FetchRecord | undefined> {
    await this.#indexer.caughtUp();
    return lookUpFetch(this.#sources, account, sequence);
  }

  async resolution(nonce: number): Promise<Cursor | undefined> {
    await this.#indexer.caughtUp();
    return lookUpResolution(this.#sources, nonce);
  }

  async fetchOfNonce(nonce: number): Promise<FetchOfNonce | undefined> {
    await this.#indexer.caughtUp();
    return lookUpFetchOfNonce(this.#sources, nonce);
  }

  async accountEvents(address: Uint8Array, after: Cursor, limit: number): Promise<Cursor[]> {
    await this.#indexer.caughtUp();
    const cursors: Cursor[] = [];
    if (limit < 1) return cursors;
    for (const record of readStream(this.#index, INDEX.account, address, after)) {
      const view = viewOf(record);
      if (cursors.push({ height: readSafe(view, 0), index: view.getUint32(8) }) === limit) break;
    }
    return cursors;
  }

  async topicDeliveries(topic: Uint8Array, after: Cursor, limit: number): Promise<Delivery[]> {
    await this.#indexer.caughtUp();
    const deliveries: Delivery[] = [];
    if (limit < 1) return deliveries;
    for (const record of readStream(this.#index, INDEX.topic, topic, after)) {
      if (deliveries.push(readDelivery(record)) === limit) break;
    }
    return deliveries;
  }

  async fulfilBytes(nonce: number): Promise<Uint8Array | undefined> {
    await this.#indexer.caughtUp();
    return lookUpFulfil(this.#sources, nonce);
  }

  async close(): Promise<void> {
    await this.snapshots.idle();
    await this.#indexer.close();
    await this.#index.close();
    await this.#blocks.close();
    this.#release();
  }

  #headerRecord(height: number): HeaderRecord | undefined {
    const recent = this.#recent.get(height);
    if (recent !== undefined) return recent.record;
    const record = this.#index.getBinary(numberKey(INDEX.header, height));
    return record && unpackHeader(plain(record));
  }
}

/**
 * Two blocks may be under way when a sync fails: if the first one is lost and the second is there, nobody was ever told of it,
 * since blocks are given out in order. It goes, so that the chain is whole again.
 */
export async function dropAboveGap(blocks: Environment): Promise<void> {
  const last = lastHeight(blocks);
  if (last > 1 && blocks.get(numberKey(BLOCKS.block, last - 1)) === undefined) {
    await blocks.remove(numberKey(BLOCKS.block, last));
  }
}

function lastHeight(blocks: Environment): number {
  const start = numberKey(BLOCKS.block, Number.MAX_SAFE_INTEGER);
  for (const key of blocks.getKeys({ start, end: numberKey(BLOCKS.block, 0), reverse: true, limit: 1 })) {
    return readSafe(viewOf(key), 1);
  }
  return 0;
}

/** A Buffer's `slice` shares its memory, a Uint8Array's copies: the core relies on the copy. */
function plain(record: Buffer): Uint8Array {
  return new Uint8Array(record.buffer, record.byteOffset, record.length);
}

/** Of both lists, one a validator, ascending. */
function joined(some: readonly HeaderSignature[], more: readonly HeaderSignature[]): HeaderSignature[] {
  const all = new Map<string, HeaderSignature>();
  for (const one of [...more, ...some]) all.set(Buffer.from(one.validator).toString('hex'), one);
  return [...all.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function splitAddresses(joined: Uint8Array): Uint8Array[] {
  const addresses: Uint8Array[] = [];
  for (let at = 0; at < joined.length; at += 20) addresses.push(joined.slice(at, at + 20));
  return addresses;
}
