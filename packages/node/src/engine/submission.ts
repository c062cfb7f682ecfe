/**
 * Messages that came in together and are answered together: one object and a few typed arrays for any number
 * of them.
 *
 * Answers are written in the layout of docs/api.md as they are found; the last one completes the submission,
 * which is given out once `height` is durable. Invariant: `left` counts the messages without an answer.
 */
import { type MessageIndex, viewOf } from '@upfront/core';
import type { Answer } from './engine.ts';

export const ANSWER_SIZE = 27;
export const ANSWER = { status: 0, code: 1, height: 3, number: 11, clock: 19 } as const;
export const STATUS = { dealt: 1, fulfilled: 2, refused: 3, rejected: 4 } as const;

/** Where a message stands; early: its nonce was not dealt yet when it came, so whose signature it needs was not known. */
export const STAGE = { ready: 0, unsigned: 1, done: 2, early: 3 } as const;

export class Submission {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly offsets: Uint32Array;
  readonly sizes: Uint32Array;
  readonly stages: Uint8Array;
  /** What was found of the openings that fulfilments show, when they came in. */
  readonly openings: Uint8Array;
  readonly answers: Uint8Array;
  readonly promise: Promise<Uint8Array>;
  /** The first message that may still be waiting for a block. */
  cursor = 0;
  left: number;
  /** The height that its answers rest on. */
  height = 0;
  readonly #resolve: (answers: Uint8Array) => void;

  constructor(bytes: Uint8Array, { view, offsets, sizes }: MessageIndex) {
    this.bytes = bytes;
    this.view = view;
    this.offsets = offsets;
    this.sizes = sizes;
    this.left = offsets.length;
    this.stages = new Uint8Array(offsets.length);
    this.openings = new Uint8Array(offsets.length);
    this.answers = new Uint8Array(offsets.length * ANSWER_SIZE);
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    this.promise = promise;
    this.#resolve = resolve;
  }

  dealt(index: number, height: number, first: number, clock: number): void {
    this.#answer(index, STATUS.dealt, 0, height, first, clock);
  }

  fulfilled(index: number, height: number, nonce: number): void {
    this.#answer(index, STATUS.fulfilled, 0, height, nonce, 0);
  }

  refused(index: number, height: number, sequence: bigint, code: number): void {
    this.#answer(index, STATUS.refused, code, height, Number(sequence & 0xffffffffn), 0);
    viewOf(this.answers).setBigUint64(index * ANSWER_SIZE + ANSWER.number, sequence);
  }

  /** `height`: of the state that gave the code. */
  rejected(index: number, height: number, code: number): void {
    this.#answer(index, STATUS.rejected, code, 0, 0, 0);
    this.height = Math.max(this.height, height);
  }

  /** Gives the answers out. */
  complete(): void {
    this.#resolve(this.answers);
  }

  #answer(index: number, status: number, code: number, height: number, number: number, clock: number): void {
    const at = index * ANSWER_SIZE;
    const { answers } = this;
    answers[at] = status;
    answers[at + ANSWER.code] = code >>> 8;
    answers[at + ANSWER.code + 1] = code;
    writeSafe(answers, at + ANSWER.height, height);
    writeSafe(answers, at + ANSWER.number, number);
    writeSafe(answers, at + ANSWER.clock, clock);
    this.stages[index] = STAGE.done;
    this.height = Math.max(this.height, height);
    this.left--;
  }
}

/** Answers as objects, for whoever is not on the hot path; a fetch's count is in its message. */
export function decodeAnswers(answers: Uint8Array, countOf: (index: number) => number): Answer[] {
  const view = viewOf(answers);
  const decoded: Answer[] = [];
  for (let at = 0; at < answers.length; at += ANSWER_SIZE) {
    const code = view.getUint16(at + ANSWER.code);
    const height = Number(view.getBigUint64(at + ANSWER.height));
    const number = view.getBigUint64(at + ANSWER.number);
    switch (answers[at]) {
      case STATUS.dealt: {
        const clock = Number(view.getBigUint64(at + ANSWER.clock));
        decoded.push({
          status: 'dealt',
          height,
          first: Number(number),
          count: countOf(at / ANSWER_SIZE),
          clock,
        });
        break;
      }
      case STATUS.fulfilled:
        decoded.push({ status: 'fulfilled', height, nonce: Number(number) });
        break;
      case STATUS.refused:
        decoded.push({ status: 'refused', height, sequence: number, code });
        break;
      default:
        decoded.push({ status: 'rejected', code });
    }
  }
  return decoded;
}

/** PERF: without a DataView, which would take the few answers of a small frame out of the young heap. */
function writeSafe(bytes: Uint8Array, offset: number, value: number): void {
  writeU32(bytes, offset, Math.floor(value / 2 ** 32));
  writeU32(bytes, offset + 4, value >>> 0);
}

function writeU32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}
