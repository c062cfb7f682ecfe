/**
 * Messages that were sent before get the answer they got then (docs/api.md): looked up in the store, a few at
 * a time. Whatever is no repetition gets the code that the ledger gave.
 */
import { codes, equalBytes, FETCH, FULFIL, type Ledger, MESSAGE, readSafe, readU64 } from '@upfront/core';
import type { StoreReader } from '../store/store.ts';
import { LOOKUPS_IN_FLIGHT_MOST } from './limits.ts';
import type { Submission } from './submission.ts';

/** Node code (docs/api.md). */
const NOT_KEPT = 112;

interface Retry {
  readonly submission: Submission;
  readonly index: number;
  readonly code: number;
  /** The height of the state that gave the code. */
  readonly height: number;
}

export interface RetriesOptions {
  readonly ledger: Ledger;
  readonly store: StoreReader;
  /** Resolves when the height is durable; undefined if it is. */
  durable(height: number): Promise<void> | undefined;
  /** A message got its answer. */
  answered(submission: Submission): void;
  fail(error: unknown): void;
}

export class Retries {
  readonly #options: RetriesOptions;
  /** Taken from `#next` on; emptied when all is taken, so that taking costs the same however long it is. */
  #queue: Retry[] = [];
  #next = 0;
  #running = 0;

  constructor(options: RetriesOptions) {
    this.#options = options;
  }

  /** Whether a message with this code may be a repetition of one that is on record. */
  static isPossible(type: number, code: number): boolean {
    if (type === MESSAGE.fetch) return code >= codes.notParticipant && code <= codes.sequenceOutOfRange;
    return code === codes.notOpen;
  }

  add(submission: Submission, index: number, code: number, height: number): void {
    this.#queue.push({ submission, index, code, height });
    if (this.#running < LOOKUPS_IN_FLIGHT_MOST) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running++;
    try {
      for (let retry = this.#take(); retry !== undefined; retry = this.#take()) {
        await this.#options.durable(retry.height);
        const isFetch = retry.submission.bytes[retry.submission.offsets[retry.index]!] === MESSAGE.fetch;
        await (isFetch ? this.#lookUpFetch(retry) : this.#lookUpFulfil(retry));
        this.#options.answered(retry.submission);
      }
    } catch (error) {
      this.#options.fail(error);
    } finally {
      this.#running--;
    }
  }

  #take(): Retry | undefined {
    const retry = this.#queue[this.#next++];
    if (this.#next >= this.#queue.length) {
      this.#queue = [];
      this.#next = 0;
    }
    return retry;
  }

  async #lookUpFetch({ submission, index, code, height }: Retry): Promise<void> {
    const { bytes, view } = submission;
    const offset = submission.offsets[index]!;
    const sequence = readU64(view, offset + FETCH.sequence);
    const account = bytes.subarray(offset + FETCH.account, offset + FETCH.account + 20);
    const record = await this.#options.store.fetch(account, sequence);
    if (record === undefined) return submission.rejected(index, height, this.#orNotKept(code));
    const digest = this.#options.ledger.domain.fetchDigest(bytes, offset, submission.sizes[index]!);
    if (!equalBytes(digest, 0, record.digest, 0, 32)) {
      submission.rejected(index, height, code <= codes.lagging ? code : codes.sequenceUsed);
    } else if (record.status === 'dealt') {
      submission.dealt(index, record.height, record.first, record.clock);
    } else submission.refused(index, record.height, sequence, record.code);
  }

  async #lookUpFulfil({ submission, index, code, height }: Retry): Promise<void> {
    const offset = submission.offsets[index]!;
    const size = submission.sizes[index]!;
    const nonce = readSafe(submission.view, offset + FULFIL.nonce);
    const { nextNonce } = this.#options.ledger;
    const applied = nonce < nextNonce ? await this.#options.store.fulfilBytes(nonce) : undefined;
    const isSame =
      applied !== undefined &&
      applied.length === size &&
      equalBytes(applied, 0, submission.bytes, offset, size);
    if (applied === undefined && nonce < nextNonce) {
      const isResolved = (await this.#options.store.resolution(nonce)) !== undefined;
      return submission.rejected(index, height, isResolved ? code : this.#orNotKept(code));
    }
    if (!isSame) return submission.rejected(index, height, code);
    const resolution = await this.#options.store.resolution(nonce);
    submission.fulfilled(index, resolution!.height, nonce);
  }

  /** What became of a message before the snapshot that the store began with cannot be told here. */
  #orNotKept(code: number): number {
    const isPast = code === codes.sequenceUsed || code === codes.notOpen;
    return isPast && this.#options.store.meta.base > 0 ? NOT_KEPT : code;
  }
}
