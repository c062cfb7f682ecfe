/**
 * A simulated disk under the node's real store: what was put is there when it was synced, in order, and not before. A crash
 * keeps some of what was under way; a sync can fail. Snapshots are files: a crash can leave the last one out, or corrupt.
 */
import { hash } from 'node:crypto';
import {
  type Environment,
  IndexBatch,
  type IndexedBlock,
  type Indexing,
  type KeyRange,
  type SnapshotFiles,
  type SnapshotName,
} from '@upfront/node/parts';
import type { Platform, Process } from './platform.ts';
import type { Random } from './random.ts';

interface Put {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Ordered keys and their values, as far as they are synced. */
class Table {
  readonly #values = new Map<string, Put>();
  #keys: string[] = [];

  get(key: Buffer): Buffer | undefined {
    return this.#values.get(key.toString('latin1'))?.value;
  }

  put({ key, value }: Put): void {
    const name = key.toString('latin1');
    if (!this.#values.has(name)) {
      const last = this.#keys.at(-1);
      if (last === undefined || name > last) this.#keys.push(name);
      else this.#keys.splice(this.#place(name), 0, name);
    }
    this.#values.set(name, { key, value });
  }

  remove(key: Buffer): void {
    const name = key.toString('latin1');
    if (this.#values.delete(name)) this.#keys.splice(this.#place(name), 1);
  }

  *range({
    start,
    end,
    reverse = false,
    limit = Number.POSITIVE_INFINITY,
    inclusiveEnd = false,
  }: KeyRange): Generator<Put> {
    const [from, to] = [start.toString('latin1'), end.toString('latin1')];
    let left = limit;
    let at = this.#place(from);
    if (reverse && this.#keys[at] !== from) at--;
    for (; at >= 0 && at < this.#keys.length && left-- > 0; at += reverse ? -1 : 1) {
      const name = this.#keys[at]!;
      if (reverse ? name < to : name > to) return;
      if (name === to && !inclusiveEnd) return;
      yield this.#values.get(name)!;
    }
  }

  /** Index of the first key that is not below `name`. */
  #place(name: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#keys[middle]! < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** ms that a sync takes, at least and at most. */
export interface DiskSpeed {
  readonly least: number;
  readonly most: number;
}

export class Disk {
  readonly blocks = new Table();
  readonly index = new Table();
  readonly snapshots = new Map<number, { bytes: Uint8Array; digest: Uint8Array }>();
  /** Small records that are written in place, each synced at once. */
  readonly cells = new Map<string, Uint8Array>();
  /** Transactions under way, by table, oldest first. */
  readonly underWay = new Map<Table, Put[][]>([
    [this.blocks, []],
    [this.index, []],
  ]);
  /** The next sync fails. */
  failsNext = false;
  speed: DiskSpeed = { least: 0.5, most: 4 };
  readonly #platform: Platform;
  readonly #random: Random;
  #busyUntil = 0;

  constructor(platform: Platform, random: Random) {
    this.#platform = platform;
    this.#random = random;
  }

  /** One transaction of a process: all of it at once, behind those before it. Rejects if the sync fails. */
  commit(table: Table, puts: Put[]): Promise<void> {
    const waiting = this.underWay.get(table)!;
    const process = this.#platform.current;
    waiting.push(puts);
    return new Promise((resolve, reject) => {
      this.#platform.after(this.#latency(), process, () => {
        if (this.failsNext) {
          this.failsNext = false;
          waiting.splice(waiting.indexOf(puts), 1);
          reject(new Error('EIO: fsync failed (simulated)'));
          return;
        }
        waiting.splice(waiting.indexOf(puts), 1);
        for (const put of puts) table.put(put);
        // What is on disk is not told at once: a crash can come between.
        this.#platform.after(0.05, process, resolve);
      });
    });
  }

  /** The process is gone: some of what was under way is there, in order, the rest is not. */
  crash(): void {
    for (const [table, waiting] of this.underWay) {
      const kept = this.#random.below(waiting.length + 1);
      for (const puts of waiting.slice(0, kept)) for (const put of puts) table.put(put);
      waiting.length = 0;
    }
    const newest = Math.max(...this.snapshots.keys(), -1);
    if (newest >= 0 && this.#random.chance(0.1)) this.snapshots.get(newest)!.bytes[8]! ^= 1;
    this.#busyUntil = 0;
    this.failsNext = false;
  }

  environment(table: Table): Environment {
    return {
      get: (key) => table.get(key),
      getBinary: (key) => table.get(key),
      getRange: (range) => table.range(range),
      *getKeys(range) {
        for (const { key } of table.range(range)) yield key;
      },
      put: (key, value) => this.commit(table, [{ key, value: Buffer.from(value) }]),
      remove: async (key) => table.remove(key),
      resetReadTxn() {},
      async close() {},
    };
  }

  files(): SnapshotFiles {
    const list = (): SnapshotName[] =>
      [...this.snapshots.keys()]
        .sort((a, b) => b - a)
        .map((height) => ({
          height,
          hash: this.snapshots.get(height)!.digest,
          path: String(height),
        }));
    return {
      list,
      read: ({ height }) => {
        const { bytes, digest } = this.snapshots.get(height)!;
        const found = new Uint8Array(hash('sha256', bytes, 'buffer'));
        return Buffer.compare(found, digest) === 0 ? { bytes: bytes.slice(), hash: found } : undefined;
      },
      write: async (height, digest, bytes) => {
        const copy = bytes.slice();
        await this.#platform.sleep(this.#random.between(1, 50));
        this.snapshots.set(height, { bytes: copy, digest });
        for (const { height: old } of list().slice(2)) this.snapshots.delete(old);
      },
      idle: async () => {},
    };
  }

  /** Syncs follow each other. */
  #latency(): number {
    const { least, most } = this.speed;
    const start = Math.max(this.#busyUntil, this.#platform.now);
    this.#busyUntil = start + least + this.#random.unit() * (most - least);
    return this.#busyUntil - this.#platform.now;
  }
}

const INDEXED = Buffer.concat([Buffer.of(1), Buffer.from('indexed')]);
/** ms that the indexer gathers. */
const GATHER = 20;

/** The indexer without its thread: production's batches, on the simulated disk. */
export class SimIndexer implements Indexing {
  indexed: number;
  readonly #disk: Disk;
  readonly #platform: Platform;
  readonly #process: Process;
  readonly #onIndexed: (height: number) => void;
  readonly #fatal: (error: Error) => void;
  #waiting: IndexedBlock[] = [];
  #handed: number;
  #isWriting = false;
  #isDue = false;
  #waiters: { height: number; resolve: () => void }[] = [];

  constructor(
    disk: Disk,
    platform: Platform,
    process: Process,
    onIndexed: (height: number) => void,
    fatal: (error: Error) => void,
  ) {
    this.#fatal = fatal;
    this.#disk = disk;
    this.#platform = platform;
    this.#process = process;
    this.#onIndexed = onIndexed;
    const record = disk.index.get(INDEXED);
    this.indexed = record === undefined ? 0 : Number(record.readBigUInt64BE(0));
    this.#handed = this.indexed;
  }

  add(block: IndexedBlock): void {
    if (block.height !== this.#handed + 1)
      throw new Error(`block ${block.height} to index after ${this.#handed}`);
    this.#handed = block.height;
    this.#waiting.push(block);
    this.#soon(GATHER);
  }

  caughtUp(): Promise<void> | undefined {
    return this.reaches(this.#handed);
  }

  reaches(height: number): Promise<void> | undefined {
    if (this.indexed >= height) return undefined;
    this.#soon(0);
    return new Promise((resolve) => void this.#waiters.push({ height, resolve }));
  }

  room(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    await this.caughtUp();
  }

  #soon(delay: number): void {
    if (this.#isDue && delay > 0) return;
    this.#isDue = true;
    this.#platform.after(delay, this.#process, () => {
      this.#write().catch(this.#fatal);
    });
  }

  async #write(): Promise<void> {
    this.#isDue = false;
    if (this.#isWriting || this.#waiting.length === 0) return;
    this.#isWriting = true;
    const written = new Map<string, Put>();
    const batch = new IndexBatch({
      get: (key) => written.get(key.toString('latin1'))?.value ?? this.#disk.index.get(key),
      put: (key, value) => void written.set(key.toString('latin1'), { key, value: Buffer.from(value) }),
    });
    for (const block of this.#waiting.splice(0)) batch.add(block);
    batch.finish();
    await this.#disk.commit(this.#disk.index, [...written.values()]);
    this.indexed = batch.height;
    this.#isWriting = false;
    this.#onIndexed(batch.height);
    const due = this.#waiters.filter(({ height }) => height <= this.indexed);
    this.#waiters = this.#waiters.filter(({ height }) => height > this.indexed);
    for (const { resolve } of due) resolve();
    if (this.#waiting.length > 0) this.#soon(this.#waiters.length > 0 ? 0 : GATHER);
  }
}
