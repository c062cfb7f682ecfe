/**
 * Puts the next block together from what is ready: fulfilments first, then fetches, each in the order it
 * came.
 *
 * Which message came from where is kept in arrays that are used again, so that a block makes no object a
 * message.
 */
import { encodeBlock, FULFIL, MESSAGE, readSafe } from '@upfront/core';
import type { Evidence } from './evidence.ts';
import { BLOCK_BYTES_MOST, BLOCK_MESSAGES_MOST } from './limits.ts';
import { STAGE, type Submission } from './submission.ts';

/** Where a block's counts stand (docs/protocol.md, 5). */
const FULFIL_COUNT = 56;
const FETCH_COUNT = 60;

/** Chosen messages of one type, in order. */
class Chosen {
  readonly submissions: Submission[] = [];
  readonly indexes: number[] = [];
  bytes = 0;

  add(submission: Submission, index: number): void {
    this.submissions.push(submission);
    this.indexes.push(index);
    this.bytes += submission.sizes[index]!;
  }

  clear(): void {
    this.submissions.length = 0;
    this.indexes.length = 0;
    this.bytes = 0;
  }

  writeTo(target: Uint8Array, offset: number): number {
    let at = offset;
    for (let i = 0; i < this.indexes.length; i++) {
      const { bytes, offsets, sizes } = this.submissions[i]!;
      const index = this.indexes[i]!;
      const from = offsets[index]!;
      target.set(bytes.subarray(from, from + sizes[index]!), at);
      at += sizes[index]!;
    }
    return at;
  }
}

export class BlockBuilder {
  readonly fulfils = new Chosen();
  readonly fetches = new Chosen();
  /** Fulfilments whose nonce another one in this block names already. */
  readonly doubled = new Chosen();
  readonly #nonces = new Set<number>();

  /** Takes what fits from the head of the queue; gives how many submissions were taken whole. */
  choose(queue: readonly Submission[]): number {
    this.fulfils.clear();
    this.fetches.clear();
    this.doubled.clear();
    this.#nonces.clear();
    for (let whole = 0; whole < queue.length; whole++) if (!this.#take(queue[whole]!)) return whole;
    return queue.length;
  }

  get count(): number {
    return this.fulfils.indexes.length + this.fetches.indexes.length;
  }

  encode(height: number, time: number, parent: Uint8Array, { views, items }: Evidence): Uint8Array {
    const head = encodeBlock({
      height,
      time,
      parent,
      views,
      headerSignatures: [],
      items,
      fulfils: [],
      fetches: [],
    });
    const bytes = new Uint8Array(head.length + this.fulfils.bytes + this.fetches.bytes);
    bytes.set(head);
    const view = new DataView(bytes.buffer);
    view.setUint32(FULFIL_COUNT, this.fulfils.indexes.length);
    view.setUint32(FETCH_COUNT, this.fetches.indexes.length);
    this.fetches.writeTo(bytes, this.fulfils.writeTo(bytes, head.length));
    return bytes;
  }

  /** Whether all of its messages found a place. */
  #take(submission: Submission): boolean {
    const { bytes, view, stages, offsets, sizes } = submission;
    for (let i = submission.cursor; i < stages.length; i++) {
      submission.cursor = i;
      if (stages[i] !== STAGE.ready) continue;
      if (this.count === BLOCK_MESSAGES_MOST) return false;
      if (this.fulfils.bytes + this.fetches.bytes + sizes[i]! > BLOCK_BYTES_MOST) return false;
      if (bytes[offsets[i]!] === MESSAGE.fetch) {
        this.fetches.add(submission, i);
        continue;
      }
      const nonce = readSafe(view, offsets[i]! + FULFIL.nonce);
      if (this.#nonces.has(nonce)) this.doubled.add(submission, i);
      else {
        this.#nonces.add(nonce);
        this.fulfils.add(submission, i);
      }
    }
    submission.cursor = stages.length;
    return true;
  }
}
