/**
 * What an engine has taken in and not answered yet: bounded, answered when it is durable, and waited for at the end.
 *
 * Both engines have one; what a message means is theirs. Invariant: every submission that was taken is completed once,
 * and only when each message has its answer and the blocks that these rest on are on disk.
 */
import { FETCH, type MessageIndex, splitMessages } from '@upfront/core';
import { nodeCodes } from '../api/errors.ts';
import type { Chain } from './chain.ts';
import type { Answer } from './engine.ts';
import { INTAKE_BYTES_MOST, INTAKE_MESSAGES_MOST } from './limits.ts';
import { decodeAnswers, Submission } from './submission.ts';

export interface SubmissionsOptions {
  readonly chain: Pick<Chain, 'durable' | 'ledger'>;
  /** Instead of INTAKE_MESSAGES_MOST. */
  readonly messagesMost?: number | undefined;
  /** A submission that was taken. */
  admit(submission: Submission, peer: object): void;
  /** The node code by which more of so many messages and bytes is refused just now; 0: none. */
  refusal?(messages: number, bytes: number): number;
}

export class Submissions {
  readonly #options: SubmissionsOptions;
  /** Taken and not completed: several look-ups of one submission may each find that all its answers are there. */
  readonly #open = new Set<Submission>();
  #messages = 0;
  #bytes = 0;
  #isClosed = false;
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(options: SubmissionsOptions) {
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Where the messages are. Throws RangeError if they are malformed. */
  split(messages: Uint8Array): MessageIndex {
    const { parameters } = this.#options.chain.ledger.genesis;
    const index = splitMessages(messages, parameters);
    if (index === undefined) throw new RangeError('malformed messages: split them before they are submitted');
    return index;
  }

  /** As {@link take}, with answers as objects: for whoever is not on the hot path. */
  async submit(messages: Uint8Array, peer: object): Promise<Answer[]> {
    const index = this.split(messages);
    const answers = await this.take(messages, index, peer);
    const view = new DataView(messages.buffer, messages.byteOffset, messages.length);
    return decodeAnswers(answers, (i) => view.getUint16(index.offsets[i]! + FETCH.count));
  }

  /** The answers, 27 bytes each; a node code for all of them if nothing more is taken. */
  take(messages: Uint8Array, index: MessageIndex, peer: object): Promise<Uint8Array> {
    // A Buffer's `slice` shares memory where the core relies on a copy.
    const bytes = new Uint8Array(messages.buffer, messages.byteOffset, messages.length);
    const submission = new Submission(bytes, index);
    const count = index.offsets.length;
    if (count === 0) return Promise.resolve(submission.answers);
    const code = this.#refusal(count, bytes.length);
    if (code !== 0) {
      for (let i = 0; i < count; i++) submission.rejected(i, 0, code);
      return Promise.resolve(submission.answers);
    }
    this.#messages += count;
    this.#bytes += bytes.length;
    this.#open.add(submission);
    this.#options.admit(submission, peer);
    return submission.promise;
  }

  /** Gives the answers out when all are there and durable; of what was not taken here nobody waits for any. */
  settle(submission: Submission): void {
    if (submission.left > 0 || !this.#open.has(submission)) return;
    const durable = this.#options.chain.durable(submission.height);
    if (durable === undefined) this.complete(submission);
    else void durable.then(() => this.complete(submission));
  }

  /** Gives the answers out: what they rest on is durable. */
  complete(submission: Submission): void {
    if (!this.#open.delete(submission)) return;
    this.#messages -= submission.stages.length;
    this.#bytes -= submission.bytes.length;
    submission.complete();
    if (this.#open.size === 0) this.#drained?.resolve();
  }

  /** Takes nothing more from now on. */
  close(): void {
    this.#isClosed = true;
  }

  /** Resolves when all that was taken is answered. */
  async drained(): Promise<void> {
    if (this.#open.size === 0) return;
    this.#drained ??= Promise.withResolvers<void>();
    await this.#drained.promise;
  }

  #refusal(count: number, bytes: number): number {
    const { messagesMost = INTAKE_MESSAGES_MOST, refusal } = this.#options;
    if (this.#isClosed) return nodeCodes.stopping;
    if (this.#messages + count > messagesMost || this.#bytes + bytes > INTAKE_BYTES_MOST)
      return nodeCodes.overloaded;
    return refusal?.(count, bytes) ?? 0;
  }
}
