/**
 * The main thread's side of the indexer: hands it durable blocks, keeps them readable until they are indexed,
 * and says when its backlog is full. Blocks come in order of height.
 */
import { Worker } from 'node:worker_threads';
import { workerUrl } from '../worker-url.ts';
import type { IndexedBlock } from './indexing.ts';

/** Blocks and bytes of events that may wait for the indexer; beyond it no block is made (backpressure). */
export const BACKLOG_BLOCKS = 4096;
export const BACKLOG_BYTES = 256 << 20;

interface Waiter {
  readonly height: number;
  readonly resolve: () => void;
}

/** What the store needs of an indexer. */
export interface Indexing {
  /** Highest block that the indexes hold. */
  readonly indexed: number;
  add(block: IndexedBlock): void;
  /** Resolves when all that was handed over so far is in the indexes. */
  caughtUp(): Promise<void> | undefined;
  /** Resolves when the indexes hold this height; undefined if they do. */
  reaches(height: number): Promise<void> | undefined;
  /** Resolves when the backlog has room again; undefined if it has. */
  room(): Promise<void> | undefined;
  close(): Promise<void>;
}

export class Indexer implements Indexing {
  /** Highest block that the indexes hold. */
  indexed: number;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #onIndexed: (height: number) => void;
  readonly #sizes: { height: number; bytes: number }[] = [];
  #bytes = 0;
  #handed: number;
  /** All up to this height was asked to be written at once. */
  #asked = 0;
  #waiters: Waiter[] = [];
  #room: PromiseWithResolvers<void> | undefined;

  private constructor(worker: Worker, indexed: number, onIndexed: (height: number) => void) {
    this.#worker = worker;
    this.indexed = indexed;
    this.#handed = indexed;
    this.#onIndexed = onIndexed;
    this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()));
    worker.on('message', (height: number) => this.#reached(height));
  }

  /** `fatal` is told if the thread dies; `onIndexed` of each height that the indexes reach. */
  static async start(
    path: string,
    fatal: (error: Error) => void,
    onIndexed: (height: number) => void,
  ): Promise<Indexer> {
    const worker = new Worker(workerUrl('indexer', import.meta.url), { workerData: { path } });
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    worker.once('message', resolve);
    worker.once('error', reject);
    const indexed = await promise;
    worker.removeListener('error', reject);
    worker.on('error', fatal);
    return new Indexer(worker, indexed, onIndexed);
  }

  add(block: IndexedBlock): void {
    if (block.height !== this.#handed + 1) {
      throw new Error(`block ${block.height} to index where ${this.#handed + 1} is next`);
    }
    this.#handed = block.height;
    this.#bytes += block.events.length;
    this.#sizes.push({ height: block.height, bytes: block.events.length });
    this.#worker.postMessage(block);
  }

  /** Resolves when all that was handed over so far is in the indexes. */
  caughtUp(): Promise<void> | undefined {
    return this.reaches(this.#handed);
  }

  /** Resolves when the indexes hold this height; undefined if they do. */
  reaches(height: number): Promise<void> | undefined {
    if (this.indexed >= height) return undefined;
    if (height > this.#asked) {
      this.#asked = this.#handed;
      this.#worker.postMessage('flush');
    }
    return new Promise((resolve) => {
      this.#waiters.push({ height, resolve });
    });
  }

  /** Resolves when the backlog has room again; undefined if it has. */
  room(): Promise<void> | undefined {
    if (this.#hasRoom()) return undefined;
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  async close(): Promise<void> {
    this.#worker.postMessage('close');
    await this.#exited;
  }

  #hasRoom(): boolean {
    return this.#sizes.length < BACKLOG_BLOCKS && this.#bytes < BACKLOG_BYTES;
  }

  #reached(height: number): void {
    this.indexed = height;
    while (this.#sizes[0] !== undefined && this.#sizes[0].height <= height) {
      this.#bytes -= this.#sizes.shift()!.bytes;
    }
    this.#onIndexed(height);
    const due = this.#waiters.filter((waiter) => waiter.height <= height);
    if (due.length > 0) this.#waiters = this.#waiters.filter((waiter) => waiter.height > height);
    for (const { resolve } of due) resolve();
    if (this.#room !== undefined && this.#hasRoom()) {
      this.#room.resolve();
      this.#room = undefined;
    }
  }
}
