/**
 * Checks signatures in batches on worker threads; the main thread helps while they have more than they can
 * hold.
 *
 * Records and verdicts pass through shared memory (ring.ts). Batches are answered in any order; what finds no
 * place in the ring waits here, and how much may wait is the callers' to bound (engine/limits.ts).
 */
import { Worker } from 'node:worker_threads';
import type { Hashes } from '@upfront/core';
import { workerUrl } from '../worker-url.ts';
import { type Curve, createCurve } from './curve.ts';
import { createChecker, RECORD_SIZE } from './records.ts';
import { CLAIM_RECORDS, RING_BATCHES, RING_RECORDS, Ring } from './ring.ts';

export interface Verifier {
  /** Worker threads, and how they compute. */
  readonly workers: number;
  readonly curve: Curve;
  /** Signatures checked so far, and those that wait or are under way. */
  readonly checked: number;
  readonly waiting: number;
  /** One verdict a record (records.ts): 1 valid, 0 not. */
  check(records: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface VerifierOptions {
  readonly hashes: Hashes;
  /** Threads beside the main one; 0: the main thread alone. */
  readonly workers: number;
  warn(message: string): void;
  /** A worker died: nothing can be verified any more. */
  fatal(error: Error): void;
}

/** Records that the main thread takes in one turn: about 0.2 ms, so that sockets are not kept waiting. */
const HELP_RECORDS = 4;

interface Job {
  readonly records: Uint8Array;
  readonly verdicts: Uint8Array;
  /** Records that are in the ring or done. */
  sent: number;
  left: number;
  readonly resolve: (verdicts: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** Part of a job in the ring. */
interface Batch {
  readonly job: Job;
  readonly from: number;
  readonly count: number;
  readonly place: number;
  isDone: boolean;
}

export async function createVerifier(options: VerifierOptions): Promise<Verifier> {
  const curve = createCurve(options.hashes, options.warn);
  const ring = new Ring();
  const workers = await Promise.all(Array.from({ length: options.workers }, () => startWorker(ring)));
  const verifier = new RingVerifier(curve, ring, workers);
  for (const worker of workers) {
    worker.on('message', (batch: number) => verifier.finish(batch));
    worker.on('error', options.fatal);
  }
  return verifier;
}

class RingVerifier implements Verifier {
  readonly curve: Curve;
  checked = 0;
  waiting = 0;
  readonly #ring: Ring;
  readonly #workers: Worker[];
  readonly #check: (records: Uint8Array, offset: number) => boolean;
  /** Jobs with records that are not in the ring yet. */
  readonly #jobs: Job[] = [];
  readonly #batches: (Batch | undefined)[] = new Array(RING_BATCHES).fill(undefined);
  /** Batch numbers in the order of their places in the ring. */
  readonly #order: number[] = [];
  readonly #free: number[] = Array.from({ length: RING_BATCHES }, (_, i) => i);
  #used = 0;
  #isHelping = false;
  #isClosed = false;

  constructor(curve: Curve, ring: Ring, workers: Worker[]) {
    this.curve = curve;
    this.#ring = ring;
    this.#workers = workers;
    this.#check = createChecker(curve);
  }

  get workers(): number {
    return this.#workers.length;
  }

  check(records: Uint8Array): Promise<Uint8Array> {
    if (records.length % RECORD_SIZE !== 0) throw new RangeError('not a whole number of records');
    if (this.#isClosed) return Promise.reject(new Error('the verifier is closed'));
    const count = records.length / RECORD_SIZE;
    if (count === 0) return Promise.resolve(new Uint8Array(0));
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    this.waiting += count;
    this.#jobs.push({ records, verdicts: new Uint8Array(count), sent: 0, left: count, resolve, reject });
    this.#pump();
    return promise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
    const closed = new Error('the verifier is closed');
    for (const batch of this.#batches) batch?.job.reject(closed);
    for (const job of this.#jobs) job.reject(closed);
  }

  /** A batch has all its verdicts. */
  finish(number: number): void {
    const batch = this.#batches[number];
    // A report can arrive after the batch was found done while its places were freed.
    if (batch === undefined || batch.isDone || !this.#ring.isDone(number)) return;
    batch.isDone = true;
    const { job, from, count, place } = batch;
    for (let i = 0; i < count; i++) {
      job.verdicts[from + i] = this.#ring.verdicts[(place + i) & (RING_RECORDS - 1)]!;
    }
    this.checked += count;
    this.waiting -= count;
    job.left -= count;
    if (job.left === 0) job.resolve(job.verdicts);
    this.#release();
    this.#pump();
  }

  /** Places are freed in the order they were taken. */
  #release(): void {
    for (;;) {
      const number = this.#order[0];
      if (number === undefined || !this.#batches[number]!.isDone) return;
      this.#order.shift();
      this.#used -= this.#batches[number]!.count;
      this.#batches[number] = undefined;
      this.#free.push(number);
    }
  }

  #pump(): void {
    for (;;) {
      const job = this.#jobs[0];
      const room = RING_RECORDS - this.#used;
      if (job === undefined || room === 0 || this.#free.length === 0) break;
      const from = job.sent;
      const to = Math.min(job.verdicts.length, from + room);
      const number = this.#free.pop()!;
      this.#batches[number] = { job, from, count: to - from, place: this.#ring.tail, isDone: false };
      this.#order.push(number);
      this.#used += to - from;
      this.#ring.publish(number, job.records, from, to);
      job.sent = to;
      if (to === job.verdicts.length) this.#jobs.shift();
    }
    this.#help();
  }

  /** One turn of the event loop at a time, so that the main thread's own work goes on between. */
  #help(): void {
    const enough = this.#workers.length * CLAIM_RECORDS;
    if (this.#isHelping || this.#isClosed || this.#ring.waiting <= enough) return;
    this.#isHelping = true;
    setImmediate(() => {
      this.#isHelping = false;
      if (this.#isClosed) return;
      this.#ring.work(HELP_RECORDS, this.#check, (number) => this.finish(number));
      this.#help();
    });
  }
}

function startWorker(ring: Ring): Promise<Worker> {
  const { promise, resolve, reject } = Promise.withResolvers<Worker>();
  const worker = new Worker(workerUrl('verifier', import.meta.url), { workerData: { memory: ring.memory } });
  worker.once('error', reject);
  worker.once('message', () => {
    worker.removeListener('error', reject);
    resolve(worker);
  });
  return promise;
}
