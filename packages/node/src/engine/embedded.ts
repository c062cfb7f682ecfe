/**
 * The embedded engine: one operator in this process orders what comes in (docs/protocol.md, 5 to 7).
 *
 * A message goes: intake (bounded) -> cheap checks against the ledger -> signatures, in batches -> the next
 * block -> applied -> durable -> answered. No step waits for a single message; no await stands between
 * sealing and applying. Invariant: an answer leaves only when every block that it rests on is on disk.
 */
import {
  type Applied,
  checkFetch,
  checkFulfil,
  codes,
  FETCH,
  FULFIL,
  isTraceless,
  type Ledger,
  MESSAGE,
  type MessageIndex,
  readSafe,
  readU64,
  scanBlock,
} from '@upfront/core';
import type { Signer } from '../signatures/signer.ts';
import type { Verifier } from '../signatures/verifier.ts';
import { BlockBuilder } from './block-builder.ts';
import type { Chain, ChainLog } from './chain.ts';
import type { Answer, Engine, L1Observation } from './engine.ts';
import {
  type Evidence,
  gatherEvidence,
  isUrgent,
  NO_EVIDENCE,
  placeOf,
  type WantedRotation,
} from './evidence.ts';
import { BLOCK_SPACING, BLOCKS_IN_FLIGHT_MOST, BUSY_INTERVAL } from './limits.ts';
import { Retries } from './retries.ts';
import { SignatureBatches } from './signature-batches.ts';
import { STAGE, type Submission } from './submission.ts';
import { Submissions } from './submissions.ts';

export interface EmbeddedOptions {
  readonly chain: Chain;
  readonly verifier: Verifier;
  readonly signer: Signer;
  readonly log: ChainLog;
  /** ms since the Unix epoch; may go back, blocks do not follow. */
  now(): number;
  /** What the operator wants changed in the validators' set. */
  wanted?(): WantedRotation | undefined;
  /** Instead of INTAKE_MESSAGES_MOST. */
  readonly intakeMessages?: number;
}

export class EmbeddedEngine implements Engine {
  readonly kind = 'embedded';
  readonly #chain: Chain;
  readonly #ledger: Ledger;
  readonly #options: EmbeddedOptions;
  readonly #submissions: Submissions;
  readonly #batches: SignatureBatches;
  readonly #retries: Retries;
  readonly #builder = new BlockBuilder();
  /** Submissions with messages for a block, in order. */
  readonly #ready: Submission[] = [];
  #seen: L1Observation | undefined;
  #isUrgent = false;
  #sealed = Number.NEGATIVE_INFINITY;
  #isScheduled = false;
  #isWaitingForRoom = false;
  #tick: NodeJS.Timeout | undefined;

  /** Throws Error if the signer alone is no quorum: then no block of its could be final. */
  constructor(options: EmbeddedOptions) {
    const { chain, verifier, signer } = options;
    this.#options = options;
    this.#chain = chain;
    this.#ledger = chain.ledger;
    if (placeOf(chain.ledger, signer.address) < 0 || !chain.ledger.isQuorum(1)) {
      throw new Error('the embedded engine needs the key of the one validator');
    }
    const admit = (submission: Submission, peer: object): void => this.#admit(submission, peer);
    this.#submissions = new Submissions({ chain, messagesMost: options.intakeMessages, admit });
    const fail = (error: unknown): void => chain.fail(error);
    this.#batches = new SignatureBatches(chain.ledger, verifier, (done) => this.#signed(done), fail);
    const answered = (submission: Submission): void => this.#submissions.settle(submission);
    const durable = (height: number): Promise<void> | undefined => chain.durable(height);
    this.#retries = new Retries({ ledger: chain.ledger, store: chain.store, durable, answered, fail });
    this.#keepTicking();
  }

  submit(messages: Uint8Array): Promise<Answer[]> {
    return this.#submissions.submit(messages, this);
  }

  submitBytes(
    messages: Uint8Array,
    index: MessageIndex = this.#submissions.split(messages),
    peer: object = this,
  ): Promise<Uint8Array> {
    return this.#submissions.take(messages, index, peer);
  }

  observe(observation: L1Observation): void {
    this.#seen = observation;
    this.#look();
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#submissions.close();
    clearTimeout(this.#tick);
    if (this.#chain.isBroken) return;
    await this.#submissions.drained();
    await this.#chain.durable(this.#ledger.height);
    await this.#chain.store.indexed(this.#chain.height);
  }

  /** Cheap checks; what they leave over goes on to signatures or to the next block. */
  #admit(submission: Submission, peer: object): void {
    const { bytes, view, offsets } = submission;
    const { openings } = submission;
    const time = this.#time();
    this.#ledger.openings.check(this.#ledger, bytes, view, offsets, openings);
    let isUnsigned = false;
    for (let i = 0; i < offsets.length; i++) {
      const offset = offsets[i]!;
      const type = bytes[offset]!;
      const code =
        type === MESSAGE.fetch
          ? checkFetch(this.#ledger, bytes, view, offset, time)
          : checkFulfil(this.#ledger, bytes, view, offset, openings[i]);
      if (Retries.isPossible(type, code) && !this.#mayCatchUp(code)) {
        submission.stages[i] = STAGE.done;
        this.#retries.add(submission, i, code, this.#ledger.height);
      } else if (type === MESSAGE.fulfil && code !== 0) submission.rejected(i, this.#ledger.height, code);
      else if (this.#batches.add(submission, i)) isUnsigned = true;
    }
    if (isUnsigned) this.#batches.enqueue(submission, peer);
    else this.#signed(submission);
  }

  /** The signatures of a submission are checked, or it needs none. */
  #signed(submission: Submission): void {
    if (submission.stages.includes(STAGE.ready)) {
      this.#ready.push(submission);
      this.#schedule();
    } else this.#submissions.settle(submission);
  }

  /** A block in a turn of its own, so that whatever came in with this turn is in it too. */
  #schedule(): void {
    if (this.#isScheduled || this.#isWaitingForRoom || this.#chain.inFlight >= BLOCKS_IN_FLIGHT_MOST) return;
    if (this.#ready.length === 0 && !this.#isUrgent) return;
    this.#isScheduled = true;
    const make = (): void => {
      this.#isScheduled = false;
      this.#make();
    };
    if (performance.now() - this.#sealed >= BLOCK_SPACING) setImmediate(make);
    else setTimeout(make, 1);
  }

  #make(): void {
    if (this.#chain.inFlight >= BLOCKS_IN_FLIGHT_MOST) return;
    const room = this.#chain.store.room();
    if (room !== undefined) {
      this.#isWaitingForRoom = true;
      void room.then(() => {
        this.#isWaitingForRoom = false;
        this.#schedule();
      });
      return;
    }
    try {
      this.#seal();
    } catch (error) {
      this.#chain.fail(error);
      return;
    }
    this.#keepTicking();
    this.#schedule();
  }

  /** Chooses, seals, writes and applies one block, all in one turn; its answers wait for the disk. */
  #seal(): void {
    const evidence = this.#evidence();
    this.#ready.splice(0, this.#builder.choose(this.#ready));
    const ledger = this.#ledger;
    const bytes = this.#builder.encode(ledger.height + 1, this.#time(), ledger.digest, evidence);
    const block = scanBlock(bytes, ledger.genesis.parameters);
    if (block === undefined) throw new Error('a block of our own is malformed');
    const verdicts = new Uint8Array(evidence.views.length + this.#builder.count).fill(1);
    const complete: Submission[] = [];
    const applied = this.#chain.append(block, verdicts, this.#builder.openings(), () => {
      for (const submission of complete) this.#submissions.complete(submission);
      this.#schedule();
    });
    this.#sealed = performance.now();
    this.#answer(applied, complete);
    // Evidence that brought nothing will bring nothing again before the next observation.
    this.#isUrgent = false;
    if (evidence.views.length > 0) this.#look();
  }

  /** Writes down what became of each message; `complete` gets the submissions whose last answer this was. */
  #answer({ results, firstNonces }: Applied, complete: Submission[]): void {
    const { fulfils, fetches, doubled } = this.#builder;
    const { height, clock } = this.#ledger;
    for (let i = 0; i < fulfils.indexes.length; i++) {
      const submission = fulfils.submissions[i]!;
      const index = fulfils.indexes[i]!;
      const code = results[i]!;
      if (code === 0) {
        submission.fulfilled(
          index,
          height,
          readSafe(submission.view, submission.offsets[index]! + FULFIL.nonce),
        );
      } else if (code === codes.notOpen) this.#retries.add(submission, index, code, height);
      else submission.rejected(index, height, code);
      if (submission.left === 0) complete.push(submission);
    }
    for (let i = 0; i < fetches.indexes.length; i++) {
      const submission = fetches.submissions[i]!;
      const index = fetches.indexes[i]!;
      const code = results[fulfils.indexes.length + i]!;
      if (code === 0) submission.dealt(index, height, firstNonces[i]!, clock);
      else if (!isTraceless(code)) {
        const sequence = readU64(submission.view, submission.offsets[index]! + FETCH.sequence);
        submission.refused(index, height, sequence, code);
      } else if (Retries.isPossible(MESSAGE.fetch, code)) this.#retries.add(submission, index, code, height);
      else submission.rejected(index, height, code);
      if (submission.left === 0) complete.push(submission);
    }
    for (let i = 0; i < doubled.indexes.length; i++) {
      this.#retries.add(doubled.submissions[i]!, doubled.indexes[i]!, codes.notOpen, height);
    }
  }

  #evidence(): Evidence {
    const { signer, wanted } = this.#options;
    const own = placeOf(this.#ledger, signer.address);
    if (this.#seen === undefined || own < 0) return NO_EVIDENCE;
    return gatherEvidence(this.#ledger, own, this.#seen, wanted?.(), signer);
  }

  /** Whether what was seen of L1 needs a block by itself. */
  #look(): void {
    const { signer, wanted, now } = this.#options;
    const own = placeOf(this.#ledger, signer.address);
    const seen = this.#seen;
    this.#isUrgent = seen !== undefined && own >= 0 && isUrgent(this.#ledger, own, seen, wanted?.(), now());
  }

  /** *Lagging* may be over with the view that the next block will carry. */
  #mayCatchUp(code: number): boolean {
    return code === codes.lagging && this.#seen !== undefined && this.#seen.time > this.#ledger.l1Time;
  }

  /** While the ledger is busy, a block a second, so that its clock goes on. */
  #keepTicking(): void {
    clearTimeout(this.#tick);
    if (this.#submissions.isClosed || !this.#ledger.isBusy()) return;
    this.#tick = setTimeout(() => {
      if (this.#submissions.isClosed) return;
      if (this.#chain.inFlight < BLOCKS_IN_FLIGHT_MOST) this.#make();
      this.#keepTicking();
    }, BUSY_INTERVAL);
  }

  #time(): number {
    return Math.max(this.#ledger.time, this.#options.now());
  }
}
