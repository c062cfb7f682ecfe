/**
 * A store that begins with a snapshot of another node instead of the first block (docs/operators.md, State sync).
 *
 * Written into an empty directory before the store is opened there. Invariant: the base, the snapshot and the blocks
 * after it were checked by the caller; whatever is at or below the base, this store never has.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HeaderSignature } from '@upfront/core';
import { viewOf, writeSafe } from './bytes.ts';
import { openEnvironment } from './environment.ts';
import { BASE, BLOCKS, FORMAT, GENESIS, INDEXED, numberKey } from './keys.ts';
import { FORMAT_NUMBER } from './lmdb-store.ts';
import { packBlock, packSignatures } from './records.ts';
import { openSnapshots } from './snapshots.ts';

export interface Foundation {
  readonly genesisHash: Uint8Array;
  /** Of this height. */
  readonly base: number;
  readonly snapshot: { readonly hash: Uint8Array; readonly bytes: Uint8Array };
  /** From base + 1 on, in order. */
  readonly blocks: AsyncIterable<FoundingBlock>;
}

export interface FoundingBlock {
  readonly height: number;
  readonly bytes: Uint8Array;
  readonly verdicts: Uint8Array;
  /** Of the header of height - 2. */
  readonly headerSignatures: readonly HeaderSignature[];
}

/** Records under way at once: as many as one sync of the disk is worth. */
const WRITES_MOST = 64;

/** Durable when it resolves. */
export async function foundStore(path: string, foundation: Foundation): Promise<void> {
  const { genesisHash, base, snapshot, blocks } = foundation;
  mkdirSync(path, { recursive: true });
  const height = Buffer.allocUnsafeSlow(8);
  writeSafe(viewOf(height), 0, base);
  await openSnapshots(join(path, 'snapshots')).write(base, snapshot.hash, snapshot.bytes);
  const index = openEnvironment(join(path, 'index'));
  await index.put(INDEXED, height);
  await index.close();
  const database = openEnvironment(join(path, 'blocks'));
  await database.put(GENESIS, Buffer.from(genesisHash));
  await database.put(BASE, height);
  const writes: Promise<unknown>[] = [];
  for await (const block of blocks) {
    writes.push(database.put(numberKey(BLOCKS.block, block.height), packBlock(block.bytes, block.verdicts)));
    const signed = block.height - 2;
    if (signed > base && block.headerSignatures.length > 0) {
      writes.push(database.put(numberKey(BLOCKS.signatures, signed), packSignatures(block.headerSignatures)));
    }
    if (writes.length >= WRITES_MOST) await Promise.all(writes.splice(0));
  }
  await Promise.all(writes);
  await database.put(FORMAT, Buffer.of(FORMAT_NUMBER));
  await database.close();
}
