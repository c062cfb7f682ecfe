/**
 * The frames of the WebSocket, as bytes.
 *
 * docs/api.md, WebSocket frames: type 1, id 4, payload. Reading checks every length; writing is given checked values.
 */
import { readSafe, viewOf } from '@upfront/core';
import { FRAME_HEAD_BYTES } from '../../limits.ts';
import { type NodeCode, nodeCodeName } from '../errors.ts';

export const FRAME = {
  submit: 0x01,
  subscribe: 0x02,
  unsubscribe: 0x03,
  answers: 0x81,
  event: 0x82,
  caughtUp: 0x83,
  error: 0x8f,
} as const;

/** Of a subscription: everything, what names an account, or a topic's deliveries. */
export const FILTER = { all: 0, account: 1, topic: 2 } as const;
export type Filter = (typeof FILTER)[keyof typeof FILTER];

export interface Cursor {
  readonly height: number;
  readonly index: number;
}

export interface Subscribe {
  /** The first event wanted. */
  readonly cursor: Cursor;
  readonly filter: Filter;
  /** Nothing, an address, or a topic. */
  readonly key: Uint8Array;
}

/** Offsets in a subscribe's payload. */
const SUBSCRIBE = { height: 0, index: 8, filter: 12, key: 13 } as const;
const KEY_SIZE: Record<Filter, number> = { 0: 0, 1: 20, 2: 32 };

/** Before an event's own length and bytes: height 8, index 4. */
const EVENT_PLACE_BYTES = 12;

/** What a payload asks for; undefined if it is malformed. A height above 2^53 is one that no chain reaches. */
export function decodeSubscribe(payload: Uint8Array): Subscribe | undefined {
  if (payload.length < SUBSCRIBE.key) return undefined;
  const view = viewOf(payload);
  const filter = payload[SUBSCRIBE.filter] as Filter;
  const size = KEY_SIZE[filter];
  if (size === undefined || payload.length !== SUBSCRIBE.key + size) return undefined;
  const height = readSafe(view, SUBSCRIBE.height);
  return {
    cursor: {
      height: height < 0 ? Number.MAX_SAFE_INTEGER : height,
      index: view.getUint32(SUBSCRIBE.index),
    },
    filter,
    key: payload.slice(SUBSCRIBE.key),
  };
}

export function encodeAnswers(id: number, answers: Uint8Array): Uint8Array {
  return frame(FRAME.answers, id, answers);
}

export function encodeError(id: number, code: NodeCode, text: string = nodeCodeName(code)): Uint8Array {
  const message = new TextEncoder().encode(text);
  const payload = new Uint8Array(2 + message.length);
  viewOf(payload).setUint16(0, code);
  payload.set(message, 2);
  return frame(FRAME.error, id, payload);
}

export function encodeCaughtUp(id: number, height: number): Uint8Array {
  const payload = new Uint8Array(8);
  viewOf(payload).setBigUint64(0, BigInt(height));
  return frame(FRAME.caughtUp, id, payload);
}

/**
 * An event's payload, to be shared by all its readers.
 *
 * @param lengthAndEvent the event behind its u16 length, as the core's EventLog packs it
 * @param data of a post, or nothing
 */
export function encodeEventPayload(
  height: number,
  index: number,
  lengthAndEvent: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  const dataAt = EVENT_PLACE_BYTES + lengthAndEvent.length;
  const payload = new Uint8Array(dataAt + data.length);
  const view = viewOf(payload);
  view.setBigUint64(0, BigInt(height));
  view.setUint32(8, index);
  payload.set(lengthAndEvent, EVENT_PLACE_BYTES);
  payload.set(data, dataAt);
  return payload;
}

/** A frame's first five bytes. */
export function frameHead(type: number, id: number): Uint8Array {
  const head = new Uint8Array(FRAME_HEAD_BYTES);
  head[0] = type;
  viewOf(head).setUint32(1, id);
  return head;
}

/** A whole frame. */
export function frame(type: number, id: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEAD_BYTES + payload.length);
  bytes[0] = type;
  viewOf(bytes).setUint32(1, id);
  bytes.set(payload, FRAME_HEAD_BYTES);
  return bytes;
}
