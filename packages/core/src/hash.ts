/**
 * The two hash functions of the protocol, as an argument: the core works with any implementation.
 *
 * docs/protocol.md, sections 2-5, 9-11. Results are fresh: a caller may keep them without a copy.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { viewOf } from './bytes.ts';

/** Both give a fresh array of 32 bytes and keep no reference to their input. */
export interface Hashes {
  sha256(bytes: Uint8Array): Uint8Array;
  keccak256(bytes: Uint8Array): Uint8Array;
  /** sha256 of up to `capacity` messages of `size` bytes together, where that is faster than one by one. */
  sha256Batch?(size: number, capacity: number): HashBatch;
}

/** Messages of one size that are hashed together. The same memory serves again and again. */
export interface HashBatch {
  readonly capacity: number;
  /** Message i is laid from i * `stride` on; bytes between two messages are the batch's own. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly stride: number;
  /** Digest i stands from i * 32 on, until the next run. */
  readonly digests: Uint8Array;
  /** Hashes the first `count` messages; they stay as they are. */
  run(count: number): void;
}

/** The implementation's own batch, or one message after the other. */
export function createHashBatch(hashes: Hashes, size: number, capacity: number): HashBatch {
  if (hashes.sha256Batch !== undefined) return hashes.sha256Batch(size, capacity);
  const bytes = new Uint8Array(size * capacity);
  const digests = new Uint8Array(32 * capacity);
  return {
    capacity,
    bytes,
    view: viewOf(bytes),
    stride: size,
    digests,
    run(count) {
      for (let i = 0; i < count; i++) {
        digests.set(hashes.sha256(bytes.subarray(i * size, (i + 1) * size)), 32 * i);
      }
    },
  };
}

/** Pure TypeScript, audited; runs wherever the core does. */
export const nobleHashes: Hashes = {
  sha256: (bytes) => sha256(bytes),
  keccak256: (bytes) => keccak_256(bytes),
};
