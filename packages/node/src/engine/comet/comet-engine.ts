/**
 * The CometBFT engine: a committee orders what comes in (DESIGN, Engines; docs/protocol.md, 5 to 7).
 *
 * A message goes: intake (bounded) -> cheap checks -> signatures, in batches -> the pool, and the pools of all validators'
 * nodes -> whoever proposes -> a decided block -> applied, durable -> answered.
 * Invariant: an answer leaves only when every block that it rests on is decided and on disk.
 */
import {
  type Applied,
  type BlockIndex,
  checkFetch,
  checkFulfil,
  codes,
  equalBytes,
  FETCH,
  FULFIL,
  isTraceless,
  MESSAGE,
  type MessageIndex,
  readSafe,
  readU64,
  splitMessages,
} from '@upfront/core';
import { nodeCodes } from '../../api/errors.ts';
import type { Verifier } from '../../signatures/verifier.ts';
import type { Chain, ChainLog } from '../chain.ts';
import type { Answer, Engine, L1Observation } from '../engine.ts';
import { Retries } from '../retries.ts';
import { SignatureBatches } from '../signature-batches.ts';
import { STAGE, Submission } from '../submission.ts';
import { Submissions } from '../submissions.ts';
import { Bundle, bundlesOf, type Waiter } from './bundle.ts';
import type { CometSettings } from './home.ts';
import { BEHIND_MS, EARLY_BLOCKS_MOST, RESEND_MS, SWEEP_MOST } from './limits.ts';
import type { Candidate, Pool } from './pool.ts';

export interface CometEngineOptions {
  readonly chain: Chain;
  readonly verifier: Verifier;
  readonly pool: Pool;
  readonly log: ChainLog;
  now(): number;
  readonly comet: Pick<CometSettings, 'blockMs'>;
  /** Hands messages to the other validators' nodes, each piece one or several. */
  broadcast(pieces: readonly Uint8Array[]): void;
  /** Instead of INTAKE_MESSAGES_MOST. */
  readonly intakeMessages?: number;
}

export class CometEngine implements Engine {
  readonly kind = 'cometbft';
  /** What this node's watcher sees of L1. */
  seen: L1Observation | undefined;
  readonly #options: CometEngineOptions;
  readonly #submissions: Submissions;
  readonly #batches: SignatureBatches;
  readonly #retries: Retries;
  /** Submissions from other nodes: nobody here waits for their answers, but the link for their signatures. */
  readonly #foreign = new WeakMap<Submission, () => void>();
  readonly #resend: NodeJS.Timeout;

  constructor(options: CometEngineOptions) {
    const { chain, verifier, pool } = options;
    const { ledger, store } = chain;
    this.#options = options;
    this.#submissions = new Submissions({
      chain,
      messagesMost: options.intakeMessages,
      admit: (submission, peer) => this.#admit(submission, peer),
      refusal: (messages, bytes) => {
        if (pool.isFull(messages, bytes)) return nodeCodes.overloaded;
        return this.isBehind ? nodeCodes.unavailable : 0;
      },
    });
    const fail = (error: unknown): void => chain.fail(error);
    this.#batches = new SignatureBatches(ledger, verifier, (done) => this.#signed(done), fail);
    const answered = (submission: Submission): void => this.#submissions.settle(submission);
    const durable = (height: number): Promise<void> | undefined => chain.durable(height);
    this.#retries = new Retries({ ledger, store, durable, answered, fail });
    this.#resend = setInterval(() => this.#handOn(), RESEND_MS);
  }

  /** No block came for long: the others may be further, so nothing certain can be said of a message here. */
  get isBehind(): boolean {
    const { chain, comet, now } = this.#options;
    return now() - chain.ledger.time > BEHIND_MS + 2 * comet.blockMs;
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

  /**
   * Messages that another node hands on; malformed ones say that it is no honest one, and give false.
   *
   * @param peer signatures are checked in turns, a share of each peer's
   * @param done they are checked, or there was no room for them
   */
  receive(bundle: Uint8Array, peer: object, done: () => void): boolean {
    const { chain, pool } = this.#options;
    const index = splitMessages(bundle, chain.ledger.genesis.parameters);
    if (index === undefined || index.offsets.length === 0) return false;
    if (this.#submissions.isClosed || pool.isFull(index.offsets.length, bundle.length)) {
      done();
      return true;
    }
    const submission = new Submission(bundle, index);
    this.#foreign.set(submission, done);
    this.#admit(submission, peer);
    return true;
  }

  observe(observation: L1Observation): void {
    this.seen = observation;
  }

  /** A block is final: whoever waits for something in it is answered. */
  delivered(block: BlockIndex, applied: Applied): void {
    const { clock } = this.#options.chain.ledger;
    const { fulfils, fetches, height } = block;
    const { results, firstNonces } = applied;
    for (let i = 0; i < fulfils.length; i++) {
      const code = results[i]!;
      this.#resolve(block, fulfils[i]!, block.fulfilSizes[i]!, code === 0, ({ submission, index }) => {
        if (code === 0) submission.fulfilled(index, height, readSafe(block.view, fulfils[i]! + FULFIL.nonce));
        else if (code === codes.notOpen) return code;
        else submission.rejected(index, height, code);
        return 0;
      });
    }
    for (let i = 0; i < fetches.length; i++) {
      const code = results[fulfils.length + i]!;
      const isTaken = code === 0 || !isTraceless(code);
      this.#resolve(block, fetches[i]!, block.fetchSizes[i]!, isTaken, ({ submission, index }) => {
        if (code === 0) submission.dealt(index, height, firstNonces[i]!, clock);
        else if (!isTraceless(code)) {
          submission.refused(index, height, readU64(block.view, fetches[i]! + FETCH.sequence), code);
        } else if (Retries.isPossible(MESSAGE.fetch, code)) return code;
        else submission.rejected(index, height, code);
        return 0;
      });
    }
    this.#sweep();
  }

  async close(): Promise<void> {
    this.#submissions.close();
    clearInterval(this.#resend);
    if (!this.#options.chain.isBroken) await this.#submissions.drained();
  }

  /** What nobody decided in time is answered so: it may still be decided later, and is asked for again. */
  abandon(): void {
    const { pool, chain } = this.#options;
    for (const candidate of [...pool.fetches(), ...pool.fulfils()]) {
      pool.remove(candidate);
      for (const { submission, index } of candidate.waiters) {
        submission.rejected(index, chain.height, nodeCodes.stopping);
        this.#submissions.settle(submission);
      }
    }
  }

  /** Cheap checks; what they leave over goes on to signatures or to the pool. */
  #admit(submission: Submission, peer: object): void {
    const { bytes, view, offsets, openings } = submission;
    const { ledger } = this.#options.chain;
    const isForeign = this.#foreign.has(submission);
    ledger.openings.check(ledger, bytes, view, offsets, openings);
    const time = Math.max(ledger.time, this.#options.now());
    let isUnsigned = false;
    for (let i = 0; i < offsets.length; i++) {
      const offset = offsets[i]!;
      const type = bytes[offset]!;
      const code =
        type === MESSAGE.fetch
          ? checkFetch(ledger, bytes, view, offset, time)
          : checkFulfil(ledger, bytes, view, offset, openings[i]);
      if (Retries.isPossible(type, code) && !this.#mayComeTrue(submission, i, code)) {
        submission.stages[i] = STAGE.done;
        if (isForeign) submission.rejected(i, 0, code);
        else this.#retries.add(submission, i, code, ledger.height);
      } else if (type === MESSAGE.fulfil && code === codes.notOpen) {
        // Not asked again later: it may be dealt while the others' signatures are checked.
        submission.stages[i] = STAGE.early;
      } else if (type === MESSAGE.fulfil && code !== 0) {
        submission.rejected(i, ledger.height, code);
      } else if (this.#batches.add(submission, i)) isUnsigned = true;
    }
    if (isUnsigned) this.#batches.enqueue(submission, peer);
    else this.#signed(submission);
  }

  /** A refusal that the blocks under way may lift: this node's view of L1, or of a nonce, may lie behind. */
  #mayComeTrue(submission: Submission, index: number, code: number): boolean {
    const { ledger } = this.#options.chain;
    if (code === codes.lagging) return this.seen !== undefined && this.seen.time > ledger.l1Time;
    if (code !== codes.notOpen || !this.#foreign.has(submission)) return false;
    return readSafe(submission.view, submission.offsets[index]! + FULFIL.nonce) >= ledger.nextNonce;
  }

  /** The signatures of a submission are checked, or it needs none: what is good waits for a block, here and elsewhere. */
  #signed(submission: Submission): void {
    const { pool, chain, broadcast } = this.#options;
    const isForeign = this.#foreign.has(submission);
    for (const bundle of bundlesOf(submission, chain.ledger.height, !isForeign)) {
      const fresh: Uint8Array[] = [];
      for (let i = 0; i < bundle.offsets.length; i++) {
        const candidate = pool.add(bundle, i);
        if (candidate?.bundle === bundle && candidate.index === i) {
          if (!isForeign) fresh.push(candidate.bytes);
          continue;
        }
        for (const waiter of bundle.waitersOf(i)) {
          if (candidate !== undefined) candidate.bundle.wait(candidate.index, waiter);
          else submission.rejected(waiter.index, chain.ledger.height, nodeCodes.overloaded);
        }
      }
      if (fresh.length === 0) continue;
      broadcast(fresh.length === bundle.offsets.length ? [bundle.bytes] : fresh);
    }
    if (isForeign) this.#foreign.get(submission)!();
    else this.#submissions.settle(submission);
  }

  /**
   * This message is decided: `answer` answers who sent these bytes, or gives the code to look up.
   *
   * @param isTaken its nonce is fulfilled, or its sequence used up. Otherwise a rival of the same key still has its chance:
   * a proposer could put a damaged copy of everybody's messages into its block
   */
  #resolve(
    block: BlockIndex,
    offset: number,
    size: number,
    isTaken: boolean,
    answer: (waiter: Waiter) => number,
  ): void {
    const { pool } = this.#options;
    const candidate = pool.find(block.bytes, block.view, offset);
    if (candidate === undefined) return;
    if (!isTaken && !candidate.isSame(block.bytes, offset, size)) return;
    pool.remove(candidate);
    for (const waiter of candidate.waiters) {
      const { submission, index } = waiter;
      const { bytes, offsets, sizes } = submission;
      const isSame = sizes[index] === size && equalBytes(bytes, offsets[index]!, block.bytes, offset, size);
      if (!isSame && !isTaken) {
        this.#waitOn(waiter);
        continue;
      }
      const code = isSame ? answer(waiter) : candidate.isFetch ? codes.sequenceUsed : codes.notOpen;
      if (code === 0) this.#submissions.settle(submission);
      else this.#retries.add(submission, index, code, block.height);
    }
  }

  /** Another message of its key came to nothing: this one is tried by itself. */
  #waitOn(waiter: Waiter): void {
    const { pool, chain } = this.#options;
    const { submission, index } = waiter;
    const { bytes, offsets, sizes, openings } = submission;
    const own = bytes.slice(offsets[index]!, offsets[index]! + sizes[index]!);
    const candidate = pool.add(Bundle.of(own, openings[index]!, chain.height), 0);
    if (candidate !== undefined) candidate.bundle.wait(candidate.index, waiter);
    else {
      submission.rejected(index, chain.height, nodeCodes.overloaded);
      this.#submissions.settle(submission);
    }
  }

  /** Takes out what no block will take any more. The oldest are looked at; what waits long comes first. */
  #sweep(): void {
    const { pool, chain } = this.#options;
    const { ledger } = chain;
    const drop = (candidate: Candidate, code: number): void => {
      pool.remove(candidate);
      for (const { submission, index } of candidate.waiters)
        this.#retries.add(submission, index, code, ledger.height);
    };
    let left = SWEEP_MOST;
    for (const candidate of pool.fulfils()) {
      if (left-- === 0) break;
      const isEarly =
        candidate.nonce >= ledger.nextNonce && ledger.height - candidate.height < EARLY_BLOCKS_MOST;
      if (!isEarly && ledger.nonces.find(candidate.nonce) < 0) drop(candidate, codes.notOpen);
    }
    left = SWEEP_MOST;
    for (const candidate of pool.fetches()) {
      if (left-- === 0) break;
      const { bundle, offset } = candidate;
      const code = checkFetch(ledger, bundle.bytes, bundle.view, offset, ledger.time);
      if (code !== 0 && isTraceless(code) && code !== codes.lagging) drop(candidate, code);
    }
  }

  /** What users of this node wait for is handed on again: a node may have missed it. */
  #handOn(): void {
    const { pool, chain, broadcast } = this.#options;
    const late: Uint8Array[] = [];
    for (const list of [pool.fulfils(), pool.fetches()]) {
      let left = SWEEP_MOST;
      for (const candidate of list) {
        const { waiters, height } = candidate;
        if (left-- === 0) break;
        if (waiters.length > 0 && (height < chain.height || chain.height === 0)) late.push(candidate.bytes);
      }
    }
    if (late.length > 0) broadcast(late);
  }
}
