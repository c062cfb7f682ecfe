/**
 * The two hash functions of the protocol, as an argument: the core works with any implementation.
 *
 * docs/protocol.md, sections 2-5, 9-11. Results are fresh: a caller may keep them without a copy.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';

/** Both give a fresh array of 32 bytes and keep no reference to their input. */
export interface Hashes {
  sha256(bytes: Uint8Array): Uint8Array;
  keccak256(bytes: Uint8Array): Uint8Array;
}

/** Pure TypeScript, audited; runs wherever the core does. */
export const nobleHashes: Hashes = {
  sha256: (bytes) => sha256(bytes),
  keccak256: (bytes) => keccak_256(bytes),
};
