/**
 * What validators sign of a block: its place, its events, the state after it, and the settlement it formed.
 *
 * docs/protocol.md, section 11. A header's digest (signing.ts) is the parent of the next.
 */
import { ByteWriter, concatBytes, readSafe, viewOf } from './bytes.ts';
import type { Hashes } from './hash.ts';
import type { Hash, Height } from './units.ts';

export interface Header {
  readonly height: Height;
  /** Digest of the header before; at height 1 the genesis hash. */
  readonly parent: Hash;
  /** Merkle root of the block's events. */
  readonly events: Hash;
  readonly state: Hash;
  /** Zero in a block that formed none. */
  readonly settlement: Hash;
}

/** Bytes of a header: its fields in order. */
export const HEADER_SIZE = 136;

/** Throws RangeError if a field does not fit its width. */
export function encodeHeader(header: Header): Uint8Array {
  return new ByteWriter(HEADER_SIZE)
    .u64(header.height)
    .bytes(header.parent, 32)
    .bytes(header.events, 32)
    .bytes(header.state, 32)
    .bytes(header.settlement, 32)
    .finish();
}

/** The header that these bytes are, exactly; undefined if they are malformed. */
export function decodeHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.length !== HEADER_SIZE) return undefined;
  const height = readSafe(viewOf(bytes), 0);
  if (height < 0) return undefined;
  return {
    height,
    parent: bytes.slice(8, 40),
    events: bytes.slice(40, 72),
    state: bytes.slice(72, 104),
    settlement: bytes.slice(104, 136),
  };
}

/**
 * The state after a block.
 *
 * @param parentState of the header before; at height 1 the genesis hash
 * @param block sha256 of the block's bytes
 * @param events Merkle root of its events
 * @param snapshot hash of the snapshot taken snapshotDelay blocks ago, or zero
 */
export function stateHash(
  hashes: Hashes,
  parentState: Hash,
  block: Hash,
  events: Hash,
  snapshot: Hash,
): Hash {
  return hashes.sha256(concatBytes(parentState, block, events, snapshot));
}
