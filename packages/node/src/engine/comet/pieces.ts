/**
 * The messages of a submission that are ready for the pool, in pieces that are kept and handed on whole.
 *
 * Invariant: a piece has no byte beside the messages that are named with it, and is no longer than a link takes.
 */
import { concatBytes } from '@upfront/core';
import { STAGE, type Submission } from '../submission.ts';
import { BUNDLE_BYTES_MOST } from './limits.ts';
import { Bundle } from './pool.ts';

export interface Piece {
  readonly bundle: Bundle;
  /** Which messages of the submission, and where in the bundle each stands. */
  readonly indexes: number[];
  readonly offsets: number[];
}

/** PERF: as a rule all of a submission is good, and its own bytes are the piece. */
export function piecesOf(submission: Submission): Piece[] {
  const { bytes, view, offsets, stages } = submission;
  const isWhole = bytes.length <= BUNDLE_BYTES_MOST && stages.every((stage) => stage === STAGE.ready);
  if (isWhole) {
    const indexes = Array.from(offsets, (_, i) => i);
    return [{ bundle: new Bundle(bytes, view), indexes, offsets: Array.from(offsets) }];
  }
  return copied(submission);
}

/** What is ready is copied together, so that nothing else of the submission is kept with it. */
function copied({ bytes, offsets, sizes, stages }: Submission): Piece[] {
  const pieces: Piece[] = [];
  let parts: Uint8Array[] = [];
  let indexes: number[] = [];
  let starts: number[] = [];
  let length = 0;
  const finish = (): void => {
    if (parts.length > 0)
      pieces.push({ bundle: new Bundle(concatBytes(...parts)), indexes, offsets: starts });
    [parts, indexes, starts, length] = [[], [], [], 0];
  };
  for (let i = 0; i < offsets.length; i++) {
    if (stages[i] !== STAGE.ready) continue;
    const size = sizes[i]!;
    if (length + size > BUNDLE_BYTES_MOST) finish();
    parts.push(bytes.subarray(offsets[i]!, offsets[i]! + size));
    indexes.push(i);
    starts.push(length);
    length += size;
  }
  finish();
  return pieces;
}
