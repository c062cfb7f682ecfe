/**
 * The core's two hash functions, as fast as Node has them.
 *
 * PERF, one core, 10^3 hashes a second of 32 / 64 / 128 / 1000 / 65536 bytes. sha256: hash-wasm 2290 / 1650 /
 * 1420 / 381 / 6, node:crypto's hash() 1450 / 1550 / 1480 / 961 / 30, createHash 970 / 970 / 1000 / 710 / 30,
 * noble 780 / 810 / 860 / 228 / 4. keccak256: hash-wasm 1930 / 2090 / 2050 / 385 / 6, noble 314 / 322 / 335 /
 * 49 / 0.8.
 */
import { hash } from 'node:crypto';
import type { Hashes } from '@upfront/core';
import { createKeccak, createSHA256 } from 'hash-wasm';

/** Bytes up to which WebAssembly is ahead of a call into OpenSSL. */
const WASM_MOST = 120;

/** One set a thread: both functions are synchronous and keep nothing between calls. */
export async function createHashes(): Promise<Hashes> {
  const [sha, keccak] = await Promise.all([createSHA256(), createKeccak(256)]);
  return {
    sha256(bytes) {
      if (bytes.length <= WASM_MOST) return sha.init().update(bytes).digest('binary');
      const digest = hash('sha256', bytes, 'buffer');
      return new Uint8Array(digest.buffer, digest.byteOffset, digest.length);
    },
    keccak256: (bytes) => keccak.init().update(bytes).digest('binary'),
  };
}
