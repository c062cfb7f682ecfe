/**
 * What the API reads out of packed events without decoding them, and events as JSON.
 *
 * docs/protocol.md, section 10; the core's EventLog packs a block's events as u32 count, then u16 length and event.
 * Offsets are held together with the core's decoder by a test. Lists given here come from the node's own store or engine.
 */
import { EVENT, EVENT_ADDRESSES, type Event, readSafe, toHex, viewOf } from '@upfront/core';

/** Where the event stands in its list: the event is `size` bytes at `at`, its u16 length right before it. */
export interface EventPlaces {
  readonly count: number;
  readonly at: Uint32Array;
}

/** Where the events of a packed list are. Throws RangeError if it is cut short: it is the node's own. */
export function eventPlaces(list: Uint8Array): EventPlaces {
  const view = viewOf(list);
  const count = view.getUint32(0);
  const at = new Uint32Array(count);
  let end = 4;
  for (let i = 0; i < count; i++) {
    at[i] = end + 2;
    end += 2 + view.getUint16(end);
  }
  if (end !== list.length)
    throw new RangeError(`a list of ${count} events ends at ${end}, not ${list.length}`);
  return { count, at };
}

/** One event of a list, as a window on it. */
export function eventAt(list: Uint8Array, places: EventPlaces, index: number): Uint8Array {
  const at = places.at[index]!;
  return list.subarray(at, at + sizeAt(list, at));
}

/** The same with its u16 length before it. */
export function lengthAndEventAt(list: Uint8Array, places: EventPlaces, index: number): Uint8Array {
  const at = places.at[index]!;
  return list.subarray(at - 2, at + sizeAt(list, at));
}

/** Offsets of the addresses that an event of this type names; the type byte is at 0. */
export function accountOffsets(type: number): readonly number[] {
  return EVENT_ADDRESSES[type] ?? [];
}

/** The topic of a *delivered* event is at 1; its nonce and outcome here. A *posted* event has its nonce at 1. */
export const DELIVERED = { topic: 1, nonce: 33, fulfilled: 41 } as const;

/** The nonce whose post belongs behind the event in a frame, or -1 if nothing does. */
export function postNonceOf(list: Uint8Array, view: DataView, at: number): number {
  if (list[at] === EVENT.posted) return readSafe(view, at + 1);
  if (list[at] === EVENT.delivered && list[at + DELIVERED.fulfilled] === 1) {
    return readSafe(view, at + DELIVERED.nonce);
  }
  return -1;
}

/** A run of bytes as a key of a map: one character a byte. */
export function keyOf(bytes: Uint8Array, offset: number, size: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, size).toString('latin1');
}

/** Fields that are small counts or codes: JSON numbers. All other numbers are decimal strings. */
const SMALL = new Set(['count', 'code', 'size', 'kind', 'debits', 'credits', 'payouts', 'entries']);

/** An event as the API's JSON: bytes as hex; amounts, nonces, heights, sequences and times as decimal strings. */
export function eventToJson(event: Event): EventJson {
  const json: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(event) as [string, EventValue][]) {
    if (value instanceof Uint8Array) json[name] = toHex(value);
    else if (typeof value === 'bigint' || (typeof value === 'number' && !SMALL.has(name)))
      json[name] = String(value);
    else json[name] = value;
  }
  return { ...json, type: event.type };
}

export type EventJson = { readonly type: Event['type'] } & Record<string, string | number | boolean>;
type EventValue = bigint | number | boolean | string | Uint8Array;

function sizeAt(list: Uint8Array, at: number): number {
  return (list[at - 2]! << 8) | list[at - 1]!;
}
