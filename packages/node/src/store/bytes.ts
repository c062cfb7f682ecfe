/** Big-endian integers in place, for the records of this folder. Callers have checked lengths before. */

const WORD = 2 ** 32;

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A u64 that is known to be below 2^53. */
export function readSafe(view: DataView, offset: number): number {
  return view.getUint32(offset) * WORD + view.getUint32(offset + 4);
}

export function writeSafe(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, Math.floor(value / WORD));
  view.setUint32(offset + 4, value >>> 0);
}

export function writeU64(view: DataView, offset: number, value: bigint): void {
  view.setBigUint64(offset, value);
}
