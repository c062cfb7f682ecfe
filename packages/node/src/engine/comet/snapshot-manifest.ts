/**
 * What a node offers for state sync: a snapshot of height S and the blocks from S + 1 to S + snapshotDelay + 2, as one
 * row of bytes cut into chunks (docs/protocol.md, 11, State sync).
 *
 * The blocks are what proves the snapshot: its hash enters the state at S + snapshotDelay, and the app hash of the last
 * of them is the light client's. The manifest names each chunk's hash, so that a false one is known when it comes.
 */
import { concatBytes, readSafe, viewOf } from '@upfront/core';

/** Of CometBFT's snapshot: ours is format 1. */
export const SNAPSHOT_FORMAT = 1;
/** Bytes of a chunk. CometBFT takes messages of 16 MB. */
export const CHUNK_BYTES_MOST = 8 << 20;
/** Chunks of the largest snapshot that is taken in: 8 GiB on disk. Their hashes are 32 KiB of a manifest. */
export const CHUNKS_MOST = 1024;

/** Bytes before the chunks' hashes. */
const HEAD = 60;

export interface Manifest {
  /** S. */
  readonly height: number;
  /** sha256 of the snapshot's bytes. */
  readonly hash: Uint8Array;
  /** Bytes of the snapshot, and of it with the blocks after it. */
  readonly snapshotBytes: number;
  readonly bytes: number;
  /** Bytes of each chunk but the last. */
  readonly chunkBytes: number;
  /** sha256 of each chunk. */
  readonly chunks: readonly Uint8Array[];
}

/** Blocks that go with a snapshot: to where its hash is in the state, and two more, whose signers are then known. */
export function blocksWith({ snapshotDelay }: { readonly snapshotDelay: number }): number {
  return snapshotDelay + 2;
}

/** height 8 ‖ hash 32 ‖ snapshotBytes 8 ‖ bytes 8 ‖ chunkBytes 4 ‖ 32 each: chunks. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const head = new Uint8Array(HEAD);
  const view = viewOf(head);
  view.setBigUint64(0, BigInt(manifest.height));
  head.set(manifest.hash, 8);
  view.setBigUint64(40, BigInt(manifest.snapshotBytes));
  view.setBigUint64(48, BigInt(manifest.bytes));
  view.setUint32(56, manifest.chunkBytes);
  return concatBytes(head, ...manifest.chunks);
}

/** The manifest that these bytes are; undefined if they are none, or beyond a bound. */
export function decodeManifest(encoded: Uint8Array): Manifest | undefined {
  const count = (encoded.length - HEAD) / 32;
  if (!Number.isInteger(count) || count < 1 || count > CHUNKS_MOST) return undefined;
  const view = viewOf(encoded);
  const [height, snapshotBytes, bytes] = [0, 40, 48].map((at) => readSafe(view, at)) as [
    number,
    number,
    number,
  ];
  const chunkBytes = view.getUint32(56);
  const isBounded = chunkBytes >= 1 && chunkBytes <= CHUNK_BYTES_MOST && height >= 1 && snapshotBytes >= 1;
  if (!isBounded || snapshotBytes >= bytes || Math.ceil(bytes / chunkBytes) !== count) return undefined;
  const chunks = Array.from({ length: count }, (_, i) => encoded.slice(HEAD + 32 * i, HEAD + 32 * (i + 1)));
  return { height, hash: encoded.slice(8, 40), snapshotBytes, bytes, chunkBytes, chunks };
}

/** Bytes of the chunk at this index. */
export function chunkSize({ bytes, chunkBytes }: Manifest, index: number): number {
  return Math.min(chunkBytes, bytes - index * chunkBytes);
}
