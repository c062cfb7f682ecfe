/**
 * Messages that were admitted together: kept in one piece while one of them waits, and handed on in one piece.
 *
 * PERF: columns instead of objects; a pool of 50,000 messages that each were an object cost a tenth of the CPU in garbage
 * collection. Invariant: a bundle has no byte beside its messages, and is no longer than a link takes.
 */
import { concatBytes, viewOf } from '@upfront/core';
import { STAGE, type Submission } from '../submission.ts';
import { BUNDLE_BYTES_MOST } from './limits.ts';

/** A user of this node that waits for a message's answer. */
export interface Waiter {
  readonly submission: Submission;
  readonly index: number;
}

/** Where a message stands: outside of the pool, in it and come too early to be checked, in it and good. */
export const PLACE = { outside: 0, early: 1, checked: 2 } as const;

const NOBODY: readonly Waiter[] = [];

export interface Messages {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly offsets: Uint32Array;
  readonly sizes: Uint32Array;
  readonly openings: Uint8Array;
  /** One of STAGE each: ready or early, if it is for the pool. */
  readonly stages: Uint8Array;
}

export class Bundle implements Messages {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly offsets: Uint32Array;
  readonly sizes: Uint32Array;
  readonly openings: Uint8Array;
  readonly stages: Uint8Array;
  /** Height of the state when they came. */
  readonly height: number;
  /** One of PLACE each; the pool's. */
  readonly places: Uint8Array;
  /** The pool's name for it, and how many of its messages are there. */
  number = -1;
  left = 0;
  /** Of a user's messages: the submission that waits for each, and which of its messages each is. */
  readonly #owner:
    | { readonly submission: Submission; readonly indexes: ArrayLike<number> | undefined }
    | undefined;
  /** Who else waits, by message. */
  #others: Map<number, Waiter[]> | undefined;

  constructor(
    { bytes, view, offsets, sizes, openings, stages }: Messages,
    height: number,
    owner?: { readonly submission: Submission; readonly indexes?: ArrayLike<number> },
  ) {
    this.bytes = bytes;
    this.view = view;
    this.offsets = offsets;
    this.sizes = sizes;
    this.openings = openings;
    this.stages = stages;
    this.height = height;
    this.places = new Uint8Array(offsets.length);
    this.#owner = owner && { submission: owner.submission, indexes: owner.indexes };
  }

  /** One message, by itself. */
  static of(message: Uint8Array, opening: number, height: number): Bundle {
    const offsets = Uint32Array.of(0);
    const sizes = Uint32Array.of(message.length);
    const openings = Uint8Array.of(opening);
    const stages = Uint8Array.of(STAGE.ready);
    return new Bundle({ bytes: message, view: viewOf(message), offsets, sizes, openings, stages }, height);
  }

  wait(index: number, waiter: Waiter): void {
    this.#others ??= new Map();
    const list = this.#others.get(index);
    if (list === undefined) this.#others.set(index, [waiter]);
    else list.push(waiter);
  }

  waitersOf(index: number): readonly Waiter[] {
    const others = this.#others?.get(index) ?? NOBODY;
    if (this.#owner === undefined) return others;
    const { submission, indexes } = this.#owner;
    return [{ submission, index: indexes === undefined ? index : indexes[index]! }, ...others];
  }
}

function isForPool(stage: number): boolean {
  return stage === STAGE.ready || stage === STAGE.early;
}

/**
 * The messages of a submission that are for the pool.
 *
 * @param isOwned the submission waits for their answers
 */
export function bundlesOf(submission: Submission, height: number, isOwned: boolean): Bundle[] {
  const { bytes, stages } = submission;
  const isWhole = bytes.length <= BUNDLE_BYTES_MOST && stages.every(isForPool);
  if (!isWhole) return copied(submission, height, isOwned);
  return [new Bundle(submission, height, isOwned ? { submission } : undefined)];
}

/** What is ready is copied together, so that nothing else of the submission is kept with it. */
function copied(submission: Submission, height: number, isOwned: boolean): Bundle[] {
  const { bytes, offsets, sizes, stages, openings } = submission;
  const bundles: Bundle[] = [];
  let indexes: number[] = [];
  let length = 0;
  const finish = (): void => {
    if (indexes.length === 0) return;
    const parts = indexes.map((i) => bytes.subarray(offsets[i]!, offsets[i]! + sizes[i]!));
    const joined = concatBytes(...parts);
    const ends = Uint32Array.from(parts, (part) => part.length);
    for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!;
    const messages = {
      bytes: joined,
      view: viewOf(joined),
      offsets: Uint32Array.from(parts, (part, i) => ends[i]! - part.length),
      sizes: Uint32Array.from(parts, (part) => part.length),
      openings: Uint8Array.from(indexes, (i) => openings[i]!),
      stages: Uint8Array.from(indexes, (i) => stages[i]!),
    };
    bundles.push(new Bundle(messages, height, isOwned ? { submission, indexes } : undefined));
    [indexes, length] = [[], 0];
  };
  for (let i = 0; i < offsets.length; i++) {
    if (!isForPool(stages[i]!)) continue;
    if (length + sizes[i]! > BUNDLE_BYTES_MOST) finish();
    indexes.push(i);
    length += sizes[i]!;
  }
  finish();
  return bundles;
}
