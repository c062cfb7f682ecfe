/**
 * The binary frames of a node's socket, as bytes: built and taken apart here only.
 *
 * docs/api.md, WebSocket frames: type 1, id 4, payload.
 */
import { BadAnswerError } from '../errors/kinds.ts';

export const FRAME = {
  submit: 0x01,
  subscribe: 0x02,
  unsubscribe: 0x03,
  answers: 0x81,
  event: 0x82,
  caughtUp: 0x83,
  error: 0x8f,
} as const;

/** What a subscription lets through. */
export const FILTER = { all: 0, account: 1, topic: 2 } as const;

/** Bytes before a frame's payload. */
export const FRAME_HEAD = 5;
/** Bytes of one answer. */
export const ANSWER_SIZE = 27;
/** Messages a submit frame. */
export const MESSAGES_MOST = 4096;

/** What became of a message. */
export type Answer =
  /** `first` nonce; `clock` in ms at dealing. */
  | { readonly status: 'dealt'; readonly height: number; readonly first: number; readonly clock: number }
  | { readonly status: 'fulfilled'; readonly height: number; readonly nonce: number }
  /** On record: the sequence is used up. */
  | { readonly status: 'refused'; readonly code: number; readonly height: number; readonly sequence: bigint }
  /** Nothing happened. */
  | { readonly status: 'rejected'; readonly code: number };

/** A place in the stream of events: the first event wanted next. */
export interface Cursor {
  readonly height: number;
  readonly index: number;
}

export type NodeFrame =
  | { readonly type: 'answers'; readonly id: number; readonly answers: readonly Answer[] }
  | {
      readonly type: 'event';
      readonly id: number;
      readonly cursor: Cursor;
      readonly event: Uint8Array;
      readonly data: Uint8Array;
    }
  | { readonly type: 'caughtUp'; readonly id: number; readonly height: number }
  | { readonly type: 'error'; readonly id: number; readonly code: number; readonly text: string };

export function submitFrame(id: number, messages: readonly Uint8Array[]): Uint8Array {
  return frame(FRAME.submit, id, messages);
}

/** `key`: nothing, an account's 20 bytes or a topic's 32, as the filter wants. */
export function subscribeFrame(id: number, cursor: Cursor, filter: number, key: Uint8Array): Uint8Array {
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setBigUint64(0, BigInt(cursor.height));
  view.setUint32(8, cursor.index);
  view.setUint8(12, filter);
  return frame(FRAME.subscribe, id, [head, key]);
}

export function unsubscribeFrame(id: number): Uint8Array {
  return frame(FRAME.unsubscribe, id, []);
}

/** A frame from a node. Throws BadAnswerError if it is none. */
export function decodeNodeFrame(bytes: Uint8Array): NodeFrame {
  if (bytes.length < FRAME_HEAD) throw new BadAnswerError('socket', 'is shorter than a frame');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const id = view.getUint32(1);
  const size = bytes.length - FRAME_HEAD;
  switch (bytes[0]) {
    case FRAME.answers:
      if (size % ANSWER_SIZE !== 0) throw new BadAnswerError('submit', 'is not a whole number of answers');
      return { type: 'answers', id, answers: readAnswers(view, size / ANSWER_SIZE) };
    case FRAME.event: {
      const length = size < 14 ? -1 : view.getUint16(FRAME_HEAD + 12);
      if (length < 0 || size < 14 + length) throw new BadAnswerError('subscribe', 'is cut short');
      const at = FRAME_HEAD + 14;
      return {
        type: 'event',
        id,
        cursor: { height: readCount(view, FRAME_HEAD), index: view.getUint32(FRAME_HEAD + 8) },
        event: bytes.slice(at, at + length),
        data: bytes.slice(at + length),
      };
    }
    case FRAME.caughtUp:
      if (size !== 8) throw new BadAnswerError('subscribe', 'is no height');
      return { type: 'caughtUp', id, height: readCount(view, FRAME_HEAD) };
    case FRAME.error:
      if (size < 2) throw new BadAnswerError('socket', 'is an error without a code');
      return {
        type: 'error',
        id,
        code: view.getUint16(FRAME_HEAD),
        text: new TextDecoder().decode(bytes.subarray(FRAME_HEAD + 2)).slice(0, 1000),
      };
    default:
      throw new BadAnswerError('socket', `has the unknown type ${bytes[0]}`);
  }
}

function readAnswers(view: DataView, count: number): Answer[] {
  const answers: Answer[] = [];
  for (let i = 0; i < count; i++) {
    const at = FRAME_HEAD + ANSWER_SIZE * i;
    const code = view.getUint16(at + 1);
    const height = readCount(view, at + 3);
    switch (view.getUint8(at)) {
      case 1:
        answers.push({
          status: 'dealt',
          height,
          first: readCount(view, at + 11),
          clock: readCount(view, at + 19),
        });
        break;
      case 2:
        answers.push({ status: 'fulfilled', height, nonce: readCount(view, at + 11) });
        break;
      case 3:
        answers.push({ status: 'refused', code, height, sequence: view.getBigUint64(at + 11) });
        break;
      case 4:
        answers.push({ status: 'rejected', code });
        break;
      default:
        throw new BadAnswerError('submit', `has the unknown status ${view.getUint8(at)}`);
    }
  }
  return answers;
}

/** A u64 below 2^53. */
function readCount(view: DataView, at: number): number {
  const value = view.getBigUint64(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new BadAnswerError('socket', 'has a number above 2^53');
  return Number(value);
}

function frame(type: number, id: number, parts: readonly Uint8Array[]): Uint8Array {
  let size = FRAME_HEAD;
  for (const part of parts) size += part.length;
  const bytes = new Uint8Array(size);
  bytes[0] = type;
  new DataView(bytes.buffer).setUint32(1, id);
  let at = FRAME_HEAD;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
