/**
 * The way in for messages, from the socket and from HTTP: every limit first, then the engine.
 *
 * docs/api.md, Node codes. `admit` checks in the order it reads; none of its checks looks at a signature.
 * Invariant: what was taken in and is not yet answered never exceeds `intakeBytes`, nor one peer's its share.
 */
import { type MessageIndex, type Parameters, splitMessages } from '@upfront/core';
import type { Limits } from '../limits.ts';
import { type NodeCode, nodeCodes } from './errors.ts';

/** The slice of the engine that the intake uses. */
export interface Submits {
  /** `index` says where the messages are, so that they are taken apart once. */
  submitBytes(messages: Uint8Array, index: MessageIndex, peer: object): Promise<Uint8Array>;
}

/** One who submits: a socket, or one HTTP request. */
export interface Peer {
  /** Takes tokens of the peer's message rate, or none. */
  takeMessages(count: number, now: number): boolean;
  /** Bytes taken in and not yet answered. */
  intakeBytes: number;
}

/** What the intake tells the metrics. */
export interface IntakeMetrics {
  /** Answers as they go out, 27 bytes each, and the ms from taking the messages in. */
  answered(answers: Uint8Array, milliseconds: number): void;
}

export interface IntakeOptions {
  /** Undefined: this node takes no messages. */
  readonly engine: Submits | undefined;
  readonly parameters: Parameters;
  readonly limits: Pick<Limits, 'frameMessages' | 'intakeBytes' | 'connectionIntakeBytes'>;
  readonly metrics: IntakeMetrics;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

export class Intake {
  readonly #options: IntakeOptions;
  #bytes = 0;
  #frames = 0;
  #isStopping = false;
  #drained: (() => void) | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Bytes taken in and not yet answered. */
  get bytes(): number {
    return this.#bytes;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Where the messages are, if they may be submitted; else the node code that says why not. */
  admit(messages: Uint8Array, peer: Peer): MessageIndex | NodeCode {
    const { engine, parameters, limits, now } = this.#options;
    if (this.#isStopping) return nodeCodes.stopping;
    if (engine === undefined) return nodeCodes.unavailable;
    const index = splitMessages(messages, parameters);
    const count = index?.offsets.length ?? 0;
    if (index === undefined || count === 0) return nodeCodes.malformedRequest;
    if (count > limits.frameMessages) return nodeCodes.tooManyMessages;
    if (!peer.takeMessages(count, now())) return nodeCodes.rateLimited;
    if (peer.intakeBytes + messages.length > limits.connectionIntakeBytes) return nodeCodes.overloaded;
    if (this.#bytes + messages.length > limits.intakeBytes) return nodeCodes.overloaded;
    return index;
  }

  /** The answers, 27 bytes each, when they are durable; of messages that were admitted in this turn. */
  async submit(messages: Uint8Array, index: MessageIndex, peer: Peer): Promise<Uint8Array> {
    const { engine, metrics, now } = this.#options;
    if (engine === undefined || this.#isStopping) throw new Error('submitted without being admitted');
    const begin = now();
    this.#bytes += messages.length;
    peer.intakeBytes += messages.length;
    this.#frames++;
    try {
      const answers = await engine.submitBytes(messages, index, peer);
      metrics.answered(answers, now() - begin);
      return answers;
    } finally {
      this.#bytes -= messages.length;
      peer.intakeBytes -= messages.length;
      if (--this.#frames === 0) this.#drained?.();
    }
  }

  /** Refuses what comes from now on; resolves when all that was taken in is answered, or after `milliseconds`. */
  async drain(milliseconds: number): Promise<boolean> {
    this.#isStopping = true;
    if (this.#frames === 0) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), milliseconds);
      this.#drained = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
