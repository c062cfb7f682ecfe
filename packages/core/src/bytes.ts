/**
 * Reading and writing big-endian integers and byte runs in place.
 *
 * docs/protocol.md, opening paragraph. Readers and copies take unchecked offsets: who calls them has checked
 * lengths before. The writer is for cold paths, and checks every width.
 */

const WORD = 2 ** 32;

/** A view of the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The u64 at `offset`. */
export function readU64(view: DataView, offset: number): bigint {
  return view.getBigUint64(offset);
}

/** The u64 at `offset` as a number, or -1 if it is above 2^53 - 1. */
export function readSafe(view: DataView, offset: number): number {
  const high = view.getUint32(offset);
  return high > 0x1fffff ? -1 : high * WORD + view.getUint32(offset + 4);
}

/** Writes a u64; `value` is taken modulo 2^64. */
export function writeU64(view: DataView, offset: number, value: bigint): void {
  view.setBigUint64(offset, value);
}

/** Writes a u64 from a number, 0 <= value < 2^53. PERF: no bigint is made. */
export function writeSafe(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, Math.floor(value / WORD));
  view.setUint32(offset + 4, value >>> 0);
}

/** Copies `length` bytes. PERF: for 8..32 bytes a loop beats `set(subarray())`, which allocates a view. */
export function copyBytes(
  target: Uint8Array,
  targetOffset: number,
  source: Uint8Array,
  sourceOffset: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) target[targetOffset + i] = source[sourceOffset + i]!;
}

/** Whether `length` bytes are the same on both sides. */
export function equalBytes(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) if (a[aOffset + i] !== b[bOffset + i]) return false;
  return true;
}

/** Whether `length` bytes are all 0. */
export function isZero(bytes: Uint8Array, offset: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[offset + i] !== 0) return false;
  return true;
}

/** Lexicographic order: below 0, 0, or above 0; a prefix comes before what it begins. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Whether a list of byte strings is strictly ascending, so without duplicates. */
export function isStrictlyAscending(list: readonly Uint8Array[]): boolean {
  for (let i = 1; i < list.length; i++) if (compareBytes(list[i - 1]!, list[i]!) >= 0) return false;
  return true;
}

/** All parts, one after the other, as fresh bytes. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** The bytes of ASCII text. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Appends big-endian fields to a buffer that grows. Every method throws RangeError if a value does not fit its width. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = viewOf(this.#bytes);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    assertWidth(value, 0x100);
    const offset = this.#take(1);
    this.#view.setUint8(offset, value);
    return this;
  }

  u16(value: number): this {
    assertWidth(value, 0x10000);
    const offset = this.#take(2);
    this.#view.setUint16(offset, value);
    return this;
  }

  u32(value: number): this {
    assertWidth(value, WORD);
    const offset = this.#take(4);
    this.#view.setUint32(offset, value);
    return this;
  }

  /** A number must be a safe integer. */
  u64(value: bigint | number): this {
    if (typeof value === 'number') assertWidth(value, 2 ** 53);
    else if (value < 0n || value >> 64n !== 0n) throw new RangeError(`${value} does not fit in u64`);
    const offset = this.#take(8);
    if (typeof value === 'number') writeSafe(this.#view, offset, value);
    else writeU64(this.#view, offset, value);
    return this;
  }

  /** All of `bytes`; with `size` given, exactly that many. */
  bytes(bytes: Uint8Array, size = bytes.length): this {
    if (bytes.length !== size) throw new RangeError(`${bytes.length} bytes where ${size} belong`);
    const offset = this.#take(size);
    this.#bytes.set(bytes, offset);
    return this;
  }

  /** What was written, as fresh bytes; the writer may go on. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #take(size: number): number {
    const offset = this.#length;
    this.#length += size;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = viewOf(larger);
    }
    return offset;
  }
}

function assertWidth(value: number, end: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value >= end) {
    throw new RangeError(`${value} is not an integer in 0..${end - 1}`);
  }
}
