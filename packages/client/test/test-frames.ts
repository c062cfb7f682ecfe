/**
 * What the test node sends: answers, frames and JSON as docs/api.md has them, laid out by hand.
 */
import { type Parameters, splitMessages, toHex } from '@upfront/core';
import { WebSocket } from 'ws';

export function answerBytes(
  status: number,
  code: number,
  height: number,
  number: bigint,
  clock: number,
): Uint8Array {
  const bytes = new Uint8Array(27);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, status);
  view.setUint16(1, code);
  view.setBigUint64(3, BigInt(height));
  view.setBigUint64(11, number);
  view.setBigUint64(19, BigInt(clock));
  return bytes;
}

export function sendFrame(socket: WebSocket, type: number, id: number, payload: Uint8Array): void {
  const frame = new Uint8Array(5 + payload.length);
  frame[0] = type;
  new DataView(frame.buffer).setUint32(1, id);
  frame.set(payload, 5);
  if (socket.readyState === WebSocket.OPEN) socket.send(frame);
}

export function splitAll(payload: Uint8Array, parameters: Parameters): Uint8Array[] {
  const index = splitMessages(payload, parameters);
  if (index === undefined) throw new Error('malformed messages');
  return Array.from(index.offsets, (offset, i) => payload.slice(offset, offset + index.sizes[i]!));
}

/** bigints and numbers as decimal strings, bytes as hex; as the API has them. */
export function stringified(value: object | undefined): Record<string, unknown> | undefined {
  if (value === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]: [string, unknown]) => {
      if (typeof field === 'bigint' || typeof field === 'number') return [name, String(field)];
      if (field instanceof Uint8Array) return [name, toHex(field)];
      if (typeof field === 'object' && field !== null) return [name, stringified(field)];
      return [name, field];
    }),
  );
}
