/**
 * Text from outside as typed values: decimals, addresses, hashes, cursors.
 *
 * Strict: no sign, no leading zero, no space, no exponent; whatever is not exactly that is undefined.
 */
import { fromHex, SEQUENCE_END } from '@upfront/core';

/** What a decimal integer looks like: u64 has at most 20 digits. */
export const DECIMAL = '^(0|[1-9][0-9]{0,19})$';
export const ADDRESS = '^0x[0-9a-fA-F]{40}$';
export const HASH = '^0x[0-9a-fA-F]{64}$';
export const BYTES = '^0x([0-9a-fA-F]{2})*$';
/** `{height}.{index}` */
export const CURSOR = '^(0|[1-9][0-9]{0,15})\\.(0|[1-9][0-9]{0,9})$';

const decimal = new RegExp(DECIMAL);
const cursor = new RegExp(CURSOR);

/** A count (height, nonce, time, index) from 0 to `most`, which is below 2^53. */
export function parseCount(text: string, most: number = Number.MAX_SAFE_INTEGER): number | undefined {
  if (!decimal.test(text)) return undefined;
  const value = Number(text);
  // A safe integer is exact, so the comparison is too; what is larger is not safe and out of range in any case.
  return Number.isSafeInteger(value) && value <= most ? value : undefined;
}

/** An account's own number of a fetch. */
export function parseSequence(text: string): bigint | undefined {
  if (!decimal.test(text)) return undefined;
  const value = BigInt(text);
  return value < SEQUENCE_END ? value : undefined;
}

export function parseAddress(text: string): Uint8Array | undefined {
  return fromHex(text, 20);
}

export function parseHash(text: string): Uint8Array | undefined {
  return fromHex(text, 32);
}

/** A place in the stream of events, as `12.0`. */
export function parseCursor(text: string): { height: number; index: number } | undefined {
  const parts = cursor.exec(text);
  const height = parts?.[1] === undefined ? undefined : parseCount(parts[1]);
  const index = parts?.[2] === undefined ? undefined : parseCount(parts[2], 0xffff_ffff);
  return height === undefined || index === undefined ? undefined : { height, index };
}

/** The deepest level of brackets in JSON text (UTF-8), or `most` + 1 as soon as it is deeper. PERF: no parse, one pass. */
export function jsonDepth(bytes: Uint8Array, most: number): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) {
      inString = true;
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > most) return depth;
      if (depth > deepest) deepest = depth;
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--;
    }
  }
  return deepest;
}
