/**
 * This node's snapshots, for others' state sync: listed when they can be proven, and read in chunks
 * (snapshot-manifest.ts).
 *
 * Each is gone through once, when it is first asked for, in turns of the event loop; then only what is asked for is
 * read. A file stays open while it is offered, so that one that is replaced meanwhile can be fetched to its end.
 */
import { createHash, hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Parameters } from '@upfront/core';
import type { SnapshotName } from '../../store/snapshots.ts';
import type { Store } from '../../store/store.ts';
import type { ChainLog } from '../chain.ts';
import {
  blocksWith,
  CHUNK_BYTES_MOST,
  CHUNKS_MOST,
  chunkSize,
  encodeManifest,
  type Manifest,
  SNAPSHOT_FORMAT,
} from './snapshot-manifest.ts';

export interface SnapshotServerOptions {
  readonly parameters: Parameters;
  readonly store: Pick<Store, 'meta' | 'block' | 'snapshots'>;
  readonly log: ChainLog;
  /** Instead of CHUNK_BYTES_MOST. */
  readonly chunkBytes?: number;
}

interface Served {
  readonly file: FileHandle;
  readonly manifest: Manifest;
  readonly encoded: Uint8Array;
  readonly hash: Uint8Array;
  /** Where each block ends in the row of bytes. */
  readonly ends: readonly number[];
}

/** Snapshots held open: those on disk, and one that is being fetched and is no more. */
const SERVED_MOST = 3;
/** Blocks that CometBFT's light client wants beyond the offered one. */
const LIGHT_BLOCKS = 2;

export class SnapshotServer {
  readonly #options: SnapshotServerOptions;
  /** By the snapshot's height, the newest last. */
  readonly #served = new Map<number, Served>();
  /** Corrupt or too large: not looked at again. */
  readonly #unfit = new Set<number>();

  constructor(options: SnapshotServerOptions) {
    this.#options = options;
  }

  /** What CometBFT's ListSnapshots asks for. */
  async list() {
    const { store, parameters, log } = this.#options;
    const { base, height: top } = store.meta;
    const names = store.snapshots.list().filter(({ height }) => {
      return height >= base && height + blocksWith(parameters) + LIGHT_BLOCKS <= top;
    });
    for (const name of names) {
      const { height } = name;
      if (this.#served.has(height) || this.#unfit.has(height)) continue;
      try {
        this.#served.set(height, await this.#survey(name));
      } catch (error) {
        this.#unfit.add(height);
        log.warn({ err: error, height }, 'a snapshot is not offered');
      }
    }
    await this.#close(SERVED_MOST);
    const listed = names.flatMap(({ height }) => this.#served.get(height) ?? []);
    return {
      snapshots: listed.map(({ manifest, encoded, hash }) => ({
        height: BigInt(manifest.height + blocksWith(parameters)),
        format: SNAPSHOT_FORMAT,
        chunks: manifest.chunks.length,
        hash,
        metadata: encoded,
      })),
    };
  }

  /** What CometBFT's LoadSnapshotChunk asks for; empty: it is not here. */
  async load({ height, format, chunk }: { height: bigint; format: number; chunk: number }) {
    const served = this.#served.get(Number(height) - blocksWith(this.#options.parameters));
    const isThere =
      served !== undefined && format === SNAPSHOT_FORMAT && chunk < served.manifest.chunks.length;
    if (!isThere) return { chunk: new Uint8Array(0) };
    const { chunkBytes } = served.manifest;
    return { chunk: await this.#read(served, chunk * chunkBytes, chunkSize(served.manifest, chunk)) };
  }

  async close(): Promise<void> {
    await this.#close(0);
  }

  async #close(most: number): Promise<void> {
    for (const [height, { file }] of this.#served) {
      if (this.#served.size <= most) return;
      this.#served.delete(height);
      await file.close();
    }
  }

  /** Goes through a snapshot and its blocks: sizes and hashes. Throws Error if it is not what its name says. */
  async #survey(name: SnapshotName): Promise<Served> {
    const { store, parameters, chunkBytes = CHUNK_BYTES_MOST } = this.#options;
    const { height } = name;
    const file = await open(name.path, 'r');
    try {
      const snapshotBytes = (await file.stat()).size;
      const ends: number[] = [];
      let end = snapshotBytes;
      for (let i = 1; i <= blocksWith(parameters); i++) {
        end += 4 + blockOf(store, height + i).length;
        ends.push(end);
        await new Promise(setImmediate);
      }
      const count = Math.ceil(end / chunkBytes);
      if (count > CHUNKS_MOST) throw new Error(`${end} bytes are more than state sync takes`);
      const empty = { height, hash: name.hash, snapshotBytes, bytes: end, chunkBytes };
      const chunks: Uint8Array[] = [];
      const whole = createHash('sha256');
      const served = { file, manifest: { ...empty, chunks }, ends };
      for (let i = 0; i < count; i++) {
        const from = i * chunkBytes;
        const bytes = await this.#read(served, from, chunkSize(served.manifest, i));
        if (from < snapshotBytes) whole.update(bytes.subarray(0, snapshotBytes - from));
        chunks.push(sha256(bytes));
        await new Promise(setImmediate);
      }
      if (!whole.digest().equals(name.hash)) throw new Error('its bytes do not have the hash of its name');
      const encoded = encodeManifest(served.manifest);
      return { ...served, encoded, hash: sha256(encoded) };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #read(
    { file, manifest, ends }: Pick<Served, 'file' | 'manifest' | 'ends'>,
    from: number,
    size: number,
  ): Promise<Uint8Array> {
    const chunk = new Uint8Array(size);
    const { snapshotBytes, height } = manifest;
    const ofSnapshot = Math.min(size, snapshotBytes - from);
    if (ofSnapshot > 0) {
      const { bytesRead } = await file.read(chunk, 0, ofSnapshot, from);
      if (bytesRead !== ofSnapshot) throw new Error('a snapshot is shorter than it was');
    }
    let start = snapshotBytes;
    for (const [i, end] of ends.entries()) {
      if (end > from && start < from + size) {
        const block = blockOf(this.#options.store, height + 1 + i);
        const framed = Buffer.concat([sizeOf(block), block]);
        const first = Math.max(from, start);
        chunk.set(framed.subarray(first - start, Math.min(from + size, end) - start), first - from);
      }
      start = end;
    }
    return chunk;
  }
}

function blockOf(store: Pick<Store, 'block'>, height: number): Uint8Array {
  const bytes = store.block(height);
  if (bytes === undefined) throw new Error(`block ${height} is not in the store`);
  return bytes;
}

function sizeOf(block: Uint8Array): Buffer {
  const size = Buffer.allocUnsafe(4);
  size.writeUInt32BE(block.length);
  return size;
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}
