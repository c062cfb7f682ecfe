/**
 * Reading big-endian fields one after the other, with every bound checked (docs/protocol.md, 11).
 * For trusted bytes off the hot path: what does not fit throws.
 */
import { readSafe, viewOf } from './bytes.ts';

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  /** A u64 that must be below 2^53. */
  u64Safe(): number {
    const value = readSafe(this.#view, this.#take(8));
    if (value < 0) throw new RangeError('an integer of 2^53 or more');
    return value;
  }

  /** A u32 that counts things of at least `size` bytes each, which must all still come: so it bounds what is reserved. */
  count(size: number): number {
    const count = this.u32();
    if (count * size > this.#bytes.length - this.#offset) throw new RangeError('bytes end too early');
    return count;
  }

  /** A copy of the next `size` bytes. */
  bytes(size: number): Uint8Array {
    const start = this.#take(size);
    return this.#bytes.slice(start, start + size);
  }

  /** Throws if bytes are left. */
  end(): void {
    if (this.#offset !== this.#bytes.length)
      throw new RangeError(`${this.#bytes.length - this.#offset} bytes too many`);
  }

  #take(size: number): number {
    const start = this.#offset;
    this.#offset += size;
    if (this.#offset > this.#bytes.length) throw new RangeError('bytes end too early');
    return start;
  }
}
