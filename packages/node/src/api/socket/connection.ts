/**
 * One WebSocket: frames in, each checked and answered; subscriptions out.
 *
 * docs/api.md, WebSocket frames and Node codes. Invariant: whatever a peer sends or leaves unread, what is held for it is
 * bounded by the limits, and every frame that is not served is answered with its code.
 */
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { FRAME_HEAD_BYTES, type Limits } from '../../limits.ts';
import type { Logger } from '../../log.ts';
import { type NodeCode, nodeCodes } from '../errors.ts';
import type { Intake, Peer } from '../intake.ts';
import { TokenBucket } from '../token-bucket.ts';
import { decodeSubscribe, encodeError, FRAME, frame, frameHead } from './frames.ts';
import type { Hub } from './hub.ts';
import { Outbox } from './outbox.ts';
import { type History, type Sink, Subscription } from './subscription.ts';

/** What connections tell the metrics. */
export interface SocketMetrics {
  refused(code: NodeCode): void;
  cutReader(): void;
}

export interface ConnectionOptions {
  readonly socket: WebSocket;
  /** The stream under it, for corking, and for the answers' frames. */
  readonly stream: Duplex;
  readonly limits: Limits;
  readonly intake: Intake;
  readonly hub: Hub;
  readonly history: History;
  readonly metrics: SocketMetrics;
  readonly log: Logger;
  readonly now: () => number;
}

/** Close codes: of docs/api.md 4001, else those of RFC 6455. */
export const CLOSE = { goingAway: 1001, policy: 1008, tooLong: 1009, slowReader: 4001 } as const;

/** Bytes of a payload above which a frame is sent in two parts rather than copied for each reader. */
const SHARE_BYTES = 1024;

const FAULTS: ReadonlySet<NodeCode> = new Set([
  nodeCodes.unknownFrame,
  nodeCodes.malformedRequest,
  nodeCodes.tooManyMessages,
]);

export class Connection implements Sink, Peer {
  intakeBytes = 0;
  readonly #options: ConnectionOptions;
  readonly #messages: TokenBucket;
  readonly #requests: TokenBucket;
  readonly #subscriptions = new Map<number, Subscription>();
  /** Whoever waits for the queue to fall. */
  readonly #looks = new Set<() => void>();
  #faults = 0;
  #isAlive = true;
  #isCut = false;
  /** Answers of this turn, held back until it ends. */
  readonly #answers = new Outbox();

  constructor(options: ConnectionOptions) {
    const { socket, limits, now } = options;
    this.#options = options;
    this.#messages = new TokenBucket(limits.messageRate, limits.messageBurst, now());
    this.#requests = new TokenBucket(limits.requestRate, limits.requestBurst, now());
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on('pong', () => {
      this.#isAlive = true;
    });
    socket.on('error', (error) => this.#onSocketError(error));
    socket.on('close', () => this.#end());
    options.stream.on('drain', () => this.#look());
  }

  get isOpen(): boolean {
    return !this.#isCut && this.#options.socket.readyState === this.#options.socket.OPEN;
  }

  get queued(): number {
    return this.#options.socket.bufferedAmount + this.#answers.length;
  }

  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  takeMessages(count: number, now: number): boolean {
    return this.#messages.take(count, now);
  }

  send(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    this.#flush();
    if (this.queued + bytes.length > this.#options.limits.streamQueueBytes) this.cutSlowReader();
    else this.#options.socket.send(bytes);
  }

  sendEvent(id: number, payload: Uint8Array): void {
    if (!this.isOpen) return;
    if (payload.length <= SHARE_BYTES) {
      this.#options.socket.send(frame(FRAME.event, id, payload));
    } else {
      this.#options.socket.send(frameHead(FRAME.event, id), { binary: true, fin: false });
      this.#options.socket.send(payload, { binary: true, fin: true });
    }
  }

  cork(): void {
    this.#options.stream.cork();
  }

  uncork(): void {
    this.#options.stream.uncork();
  }

  async drained(milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (isDrained: boolean): void => {
        clearTimeout(timer);
        this.#looks.delete(look);
        resolve(isDrained);
      };
      const look = (): void => {
        if (!this.isOpen || this.queued <= this.#options.limits.streamHighWaterBytes) finish(true);
      };
      const timer = setTimeout(() => finish(false), milliseconds);
      this.#looks.add(look);
      look();
    });
  }

  cutSlowReader(): void {
    if (this.#isCut) return;
    this.#options.metrics.cutReader();
    this.close(CLOSE.slowReader, 'slow-reader');
  }

  fail(id: number, error: unknown): void {
    this.#options.log.error({ err: error }, 'a stream failed');
    this.#dropSubscription(id);
    this.#refuse(id, nodeCodes.internal, 'the stream failed: subscribe again with your cursor');
  }

  /** Ends all subscriptions, says why, and cuts the line if the peer does not answer in time. */
  close(code: number, reason: string): void {
    if (this.#isCut) return;
    this.#flush();
    this.#isCut = true;
    this.#end();
    const { socket, limits } = this.#options;
    socket.close(code, reason);
    const timer = setTimeout(() => socket.terminate(), limits.closeMs);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
  }

  /** Drops a peer that was silent since the last call, and asks it again. */
  checkAlive(): void {
    const { socket } = this.#options;
    if (!this.#isAlive) {
      socket.terminate();
      return;
    }
    this.#isAlive = false;
    if (this.isOpen) socket.ping();
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    this.#isAlive = true;
    if (!this.isOpen) return;
    const bytes = data as Buffer; // binaryType is nodebuffer
    if (!isBinary) {
      this.#refuse(0, nodeCodes.malformedRequest, 'frames are binary');
      return;
    }
    if (bytes.length < FRAME_HEAD_BYTES) {
      this.#refuse(0, nodeCodes.malformedRequest, 'a frame has a type and an id');
      return;
    }
    const id = bytes.readUInt32BE(1);
    const payload = bytes.subarray(FRAME_HEAD_BYTES);
    if (bytes[0] === FRAME.submit) {
      this.#submit(id, payload);
      return;
    }
    if (!this.#requests.take(1, this.#options.now())) {
      this.#refuse(id, nodeCodes.rateLimited);
      return;
    }
    if (bytes[0] === FRAME.subscribe) this.#subscribe(id, payload);
    else if (bytes[0] === FRAME.unsubscribe) this.#unsubscribe(id, payload);
    else this.#refuse(id, nodeCodes.unknownFrame);
  }

  #submit(id: number, payload: Uint8Array): void {
    const { intake, log } = this.#options;
    const index = intake.admit(payload, this);
    if (typeof index === 'number') {
      this.#refuse(id, index);
      return;
    }
    intake.submit(payload, index, this).then(
      (answers) => this.#answer(id, answers),
      (error: unknown) => {
        if (!intake.isStopping) log.error({ err: error }, 'the engine failed');
        this.#refuse(id, intake.isStopping ? nodeCodes.stopping : nodeCodes.internal);
      },
    );
  }

  /** PERF: a block's answers are given out in one turn, and go out in one write. */
  #answer(id: number, answers: Uint8Array): void {
    if (!this.isOpen) return;
    if (this.queued + FRAME_HEAD_BYTES + answers.length > this.#options.limits.streamQueueBytes) {
      this.cutSlowReader();
      return;
    }
    if (this.#answers.length === 0) process.nextTick(() => this.#flush());
    this.#answers.add(id, answers);
  }

  #flush(): void {
    if (this.#answers.length === 0) return;
    const bytes = this.#answers.take();
    if (this.isOpen) this.#options.stream.write(bytes);
  }

  #subscribe(id: number, payload: Uint8Array): void {
    const { hub, history, limits, now } = this.#options;
    const wanted = decodeSubscribe(payload);
    if (wanted === undefined) {
      this.#refuse(id, nodeCodes.malformedRequest, 'no such subscription');
      return;
    }
    if (this.#subscriptions.has(id)) {
      this.#refuse(id, nodeCodes.malformedRequest, 'the id has a subscription');
      return;
    }
    if (this.#subscriptions.size >= limits.subscriptions) {
      this.#refuse(id, nodeCodes.tooManySubscriptions);
      return;
    }
    if (history.meta.base > 0 && wanted.cursor.height <= history.meta.base) {
      this.#refuse(id, nodeCodes.notKept, `history begins behind height ${history.meta.base}`);
      return;
    }
    const subscription = new Subscription({ id, wanted, hub, history, sink: this, limits, now });
    this.#subscriptions.set(id, subscription);
    subscription.start();
  }

  #unsubscribe(id: number, payload: Uint8Array): void {
    if (payload.length > 0) this.#refuse(id, nodeCodes.malformedRequest, 'nothing follows the id');
    else if (!this.#dropSubscription(id)) this.#refuse(id, nodeCodes.notFound, 'no subscription of this id');
  }

  #dropSubscription(id: number): boolean {
    this.#subscriptions.get(id)?.end();
    return this.#subscriptions.delete(id);
  }

  #refuse(id: number, code: NodeCode, text?: string): void {
    const { metrics, limits } = this.#options;
    metrics.refused(code);
    this.send(encodeError(id, code, text));
    if (FAULTS.has(code) && ++this.#faults >= limits.faults) this.close(CLOSE.policy, 'too-many-faults');
  }

  #onSocketError(error: Error & { code?: string }): void {
    this.#options.log.debug({ err: error }, 'a socket failed');
    // ws has begun to close: with 1009 for a message above maxPayload, which CodedWebSocket answered before.
    if (error.code !== 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return;
    this.#options.metrics.refused(nodeCodes.frameTooLarge);
    this.close(CLOSE.tooLong, '');
  }

  #end(): void {
    for (const subscription of this.#subscriptions.values()) subscription.end();
    this.#subscriptions.clear();
    this.#look();
  }

  #look(): void {
    for (const look of this.#looks) look();
  }
}
