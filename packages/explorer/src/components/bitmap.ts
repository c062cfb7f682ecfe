/**
 * Which nonces of a fetch an annulment names: bit i, the highest of a byte first, is nonce first + i.
 */

/** The places of a bitmap, 0x hex. */
export function annulledIn(bitmap: string): number[] {
  const places: number[] = [];
  for (let i = 0; i < 256; i++) {
    const nibble = Number(`0x${bitmap[2 + (i >> 2)] ?? '0'}`);
    if ((nibble & (8 >> (i & 3))) !== 0) places.push(i);
  }
  return places;
}
