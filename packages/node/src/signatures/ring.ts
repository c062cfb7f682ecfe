/**
 * Shared memory between the thread that asks for signature checks and those that make them.
 *
 * A ring of records: `tail` counts what was published, `cursor` what was claimed; both only grow, modulo
 * 2^32. A claim is one compare-and-swap, so threads that are faster take more. Each record names its batch; a
 * batch's counter falls with each verdict, and who brings it to 0 reports it. Invariant: cursor <= tail <=
 * released + RING_RECORDS.
 */
import { RECORD_SIZE } from './records.ts';

/** Records in the ring; a power of two. */
export const RING_RECORDS = 8192;
/** Batches under way at once. */
export const RING_BATCHES = 64;
/** Records a claim: 16 recoveries take about 0.7 ms, so claims cost nothing beside them. */
export const CLAIM_RECORDS = 16;

const TAIL = 0;
const CURSOR = 1;
const COUNTERS = 2;

export class Ring {
  readonly memory: SharedArrayBuffer;
  readonly records: Uint8Array;
  readonly verdicts: Uint8Array;
  readonly #batches: Uint8Array;
  readonly #control: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(sizeOf())) {
    this.memory = memory;
    const control = 4 * (COUNTERS + RING_BATCHES);
    this.#control = new Int32Array(memory, 0, COUNTERS + RING_BATCHES);
    this.verdicts = new Uint8Array(memory, control, RING_RECORDS);
    this.#batches = new Uint8Array(memory, control + RING_RECORDS, RING_RECORDS);
    this.records = new Uint8Array(memory, control + 2 * RING_RECORDS, RING_RECORDS * RECORD_SIZE);
  }

  get tail(): number {
    return Atomics.load(this.#control, TAIL);
  }

  /** Records published and not claimed. */
  get waiting(): number {
    return (this.tail - Atomics.load(this.#control, CURSOR)) | 0;
  }

  /**
   * Publishes records `from` to `to` of `records` as one batch and wakes who sleeps. The caller has seen to
   * room.
   */
  publish(batch: number, records: Uint8Array, from: number, to: number): void {
    const tail = this.tail;
    for (let i = from; i < to; i++) {
      const place = (tail + i - from) & (RING_RECORDS - 1);
      this.records.set(records.subarray(i * RECORD_SIZE, (i + 1) * RECORD_SIZE), place * RECORD_SIZE);
      this.#batches[place] = batch;
    }
    Atomics.store(this.#control, COUNTERS + batch, to - from);
    Atomics.store(this.#control, TAIL, (tail + to - from) | 0);
    Atomics.notify(this.#control, TAIL);
  }

  isDone(batch: number): boolean {
    return Atomics.load(this.#control, COUNTERS + batch) === 0;
  }

  /**
   * Claims up to `most` records and gives their verdicts; false if there were none. `done` is told of
   * finished batches.
   */
  work(
    most: number,
    check: (records: Uint8Array, offset: number) => boolean,
    done: (batch: number) => void,
  ): boolean {
    const cursor = Atomics.load(this.#control, CURSOR);
    const count = Math.min(most, (this.tail - cursor) | 0);
    if (count <= 0) return false;
    if (Atomics.compareExchange(this.#control, CURSOR, cursor, (cursor + count) | 0) !== cursor) return true;
    for (let i = 0; i < count; i++) {
      const place = (cursor + i) & (RING_RECORDS - 1);
      const batch = this.#batches[place]!;
      this.verdicts[place] = check(this.records, place * RECORD_SIZE) ? 1 : 0;
      if (Atomics.sub(this.#control, COUNTERS + batch, 1) === 1) done(batch);
    }
    return true;
  }

  /** Sleeps until something may have been published. Only on a thread that may block. */
  sleep(): void {
    const tail = this.tail;
    if (this.waiting <= 0) Atomics.wait(this.#control, TAIL, tail);
  }
}

function sizeOf(): number {
  return 4 * (COUNTERS + RING_BATCHES) + RING_RECORDS * (2 + RECORD_SIZE);
}
