/**
 * Gathers the signatures that submissions need into batches: while some are checked, the next batch is what
 * is waiting.
 */
import { codes, FULFIL, KIND, type Ledger, MESSAGE, messageCheck } from '@upfront/core';
import { Records } from '../signatures/records.ts';
import type { Verifier } from '../signatures/verifier.ts';
import { CHECKS_IN_FLIGHT_MOST } from './limits.ts';
import { STAGE, type Submission } from './submission.ts';

export class SignatureBatches {
  readonly #ledger: Ledger;
  readonly #verifier: Verifier;
  readonly #signed: (submission: Submission) => void;
  readonly #fail: (error: unknown) => void;
  readonly #records = new Records();
  #waiting: Submission[] = [];
  #running = 0;

  /** `signed`: all verdicts of a submission are in; a message that failed has its answer. */
  constructor(
    ledger: Ledger,
    verifier: Verifier,
    signed: (submission: Submission) => void,
    fail: (error: unknown) => void,
  ) {
    this.#ledger = ledger;
    this.#verifier = verifier;
    this.#signed = signed;
    this.#fail = fail;
  }

  /** Adds the message's signature to the next batch; false if it needs none. `enqueue` has to follow. */
  add(submission: Submission, index: number): boolean {
    const { bytes, view, offsets, sizes, stages } = submission;
    const check = messageCheck(this.#ledger, bytes, view, offsets[index]!, sizes[index]!);
    if (check === undefined) return false;
    this.#records.add(check.digest, check.signature, check.signer);
    stages[index] = STAGE.unsigned;
    return true;
  }

  /** The submission whose messages were just added. */
  enqueue(submission: Submission): void {
    this.#waiting.push(submission);
    this.#start();
  }

  #start(): void {
    if (this.#running >= CHECKS_IN_FLIGHT_MOST || this.#waiting.length === 0) return;
    const submissions = this.#waiting;
    this.#waiting = [];
    this.#running++;
    this.#verifier.check(this.#records.take()).then(
      (verdicts) => {
        this.#running--;
        this.#finish(submissions, verdicts);
        this.#start();
      },
      (error) => this.#fail(error),
    );
  }

  #finish(submissions: Submission[], verdicts: Uint8Array): void {
    let next = 0;
    for (const submission of submissions) {
      const { stages } = submission;
      for (let i = 0; i < stages.length; i++) {
        if (stages[i] !== STAGE.unsigned) continue;
        if (verdicts[next++] === 1) stages[i] = STAGE.ready;
        else submission.rejected(i, this.#ledger.height, badSignature(submission, i));
      }
      this.#signed(submission);
    }
  }
}

function badSignature({ bytes, offsets }: Submission, index: number): number {
  const offset = offsets[index]!;
  if (bytes[offset] === MESSAGE.fetch) return codes.badSignature;
  return bytes[offset + FULFIL.kind] === KIND.hold ? codes.badCaptureSignature : codes.badValidationSignature;
}
