/**
 * Gathers the signatures that submissions need into batches: while some are checked, the next batch is what
 * is waiting, a share of each peer's in turn.
 *
 * Invariants: a peer's signatures keep their order; however much one peer sends, what another brings is in the batch after
 * those that are under way, or its first CHECKS_A_TURN are.
 */
import { codes, FULFIL, KIND, type Ledger, MESSAGE, messageCheck } from '@upfront/core';
import { RECORD_SIZE, Records } from '../signatures/records.ts';
import type { Verifier } from '../signatures/verifier.ts';
import { CHECKS_A_BATCH_MOST, CHECKS_A_TURN, CHECKS_IN_FLIGHT_MOST } from './limits.ts';
import { STAGE, type Submission } from './submission.ts';

/** A submission whose signatures wait for a batch, or for several. */
interface Waiting {
  readonly submission: Submission;
  readonly records: Uint8Array;
  /** Bytes of records that are in a batch, or were. */
  sent: number;
  /** The first message that may have a record to send. */
  cursor: number;
  /** Records without a verdict. */
  left: number;
}

/** The unsigned messages `from` to `to` of a submission, as a batch has them. */
interface Slice {
  readonly of: Waiting;
  readonly from: number;
  readonly to: number;
}

export class SignatureBatches {
  readonly #ledger: Ledger;
  readonly #verifier: Verifier;
  readonly #signed: (submission: Submission) => void;
  readonly #fail: (error: unknown) => void;
  readonly #records = new Records();
  /** What waits, by peer; the first has the next turn. */
  readonly #queues = new Map<object, Waiting[]>();
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

  /** Takes note of the message's signature; false if it needs none. `enqueue` has to follow. */
  add(submission: Submission, index: number): boolean {
    const { bytes, view, offsets, sizes, stages } = submission;
    const check = messageCheck(this.#ledger, bytes, view, offsets[index]!, sizes[index]!);
    if (check === undefined) return false;
    this.#records.add(check.digest, check.signature, check.signer);
    stages[index] = STAGE.unsigned;
    return true;
  }

  /** The submission whose messages were just added, and whom it is from. */
  enqueue(submission: Submission, peer: object): void {
    const left = this.#records.count;
    const waiting = { submission, records: this.#records.take(), sent: 0, cursor: 0, left };
    const queue = this.#queues.get(peer);
    if (queue === undefined) this.#queues.set(peer, [waiting]);
    else queue.push(waiting);
    this.#start();
  }

  #start(): void {
    if (this.#running >= CHECKS_IN_FLIGHT_MOST || this.#queues.size === 0) return;
    const slices = this.#gather();
    this.#running++;
    this.#verifier.check(this.#records.take()).then(
      (verdicts) => {
        this.#running--;
        this.#finish(slices, verdicts);
        this.#start();
      },
      (error) => this.#fail(error),
    );
  }

  /** The next batch, into `#records`. */
  #gather(): Slice[] {
    const slices: Slice[] = [];
    while (this.#records.count < CHECKS_A_BATCH_MOST) {
      const [next] = this.#queues;
      if (next === undefined) break;
      const [peer, queue] = next;
      this.#queues.delete(peer);
      const room = Math.min(CHECKS_A_TURN, CHECKS_A_BATCH_MOST - this.#records.count);
      const end = this.#records.count + room;
      let taken = 0;
      while (taken < queue.length && this.#records.count < end) {
        slices.push(this.#slice(queue[taken]!, end - this.#records.count));
        if (queue[taken]!.sent === queue[taken]!.records.length) taken++;
      }
      if (taken === queue.length) continue;
      // PERF: once a turn, not once a submission.
      queue.splice(0, taken);
      this.#queues.set(peer, queue);
    }
    return slices;
  }

  #slice(waiting: Waiting, most: number): Slice {
    const { submission, records, sent, cursor: from } = waiting;
    const { stages } = submission;
    const size = Math.min(most * RECORD_SIZE, records.length - sent);
    let to = from;
    for (let left = size / RECORD_SIZE; left > 0; to++) if (stages[to] === STAGE.unsigned) left--;
    this.#records.append(records.subarray(sent, sent + size));
    waiting.sent += size;
    waiting.cursor = to;
    return { of: waiting, from, to };
  }

  #finish(slices: readonly Slice[], verdicts: Uint8Array): void {
    let next = 0;
    for (const { of, from, to } of slices) {
      const { submission } = of;
      const { stages } = submission;
      for (let i = from; i < to; i++) {
        if (stages[i] !== STAGE.unsigned) continue;
        of.left--;
        if (verdicts[next++] === 1) stages[i] = STAGE.ready;
        else submission.rejected(i, this.#ledger.height, badSignature(submission, i));
      }
      if (of.left === 0) this.#signed(submission);
    }
  }
}

function badSignature({ bytes, offsets }: Submission, index: number): number {
  const offset = offsets[index]!;
  if (bytes[offset] === MESSAGE.fetch) return codes.badSignature;
  return bytes[offset + FULFIL.kind] === KIND.hold ? codes.badCaptureSignature : codes.badValidationSignature;
}
