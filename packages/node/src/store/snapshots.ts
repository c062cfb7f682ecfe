/**
 * Snapshots of the state as files: `height-hash.snapshot`, where hash is sha256 of the bytes. Written beside,
 * synced and renamed, so a file of that name is whole; one whose bytes do not have its hash is passed over,
 * and an older one serves.
 */
import { hash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** Files kept: the newest, and one that serves if it turns out corrupt. */
export const SNAPSHOTS_KEPT = 2;

export interface SnapshotName {
  readonly height: number;
  /** What the bytes should have. */
  readonly hash: Uint8Array;
  readonly path: string;
}

export interface SnapshotFiles {
  /** Newest first. */
  list(): SnapshotName[];
  /** The bytes and their hash, or undefined if they are not what the name says. */
  read(name: SnapshotName): { bytes: Uint8Array; hash: Uint8Array } | undefined;
  /** Durable when it resolves; older ones than the newest SNAPSHOTS_KEPT are gone then. */
  write(height: number, digest: Uint8Array, bytes: Uint8Array): Promise<void>;
  /** Resolves when no write is under way. */
  idle(): Promise<void>;
}

const NAME = /^(\d{1,16})-([0-9a-f]{64})\.snapshot$/;

export function openSnapshots(directory: string): SnapshotFiles {
  mkdirSync(directory, { recursive: true });
  // What a crash left half-written.
  for (const file of readdirSync(directory)) if (!NAME.test(file)) rmSync(join(directory, file));
  let last: Promise<void> = Promise.resolve();

  const list = (): SnapshotName[] =>
    readdirSync(directory)
      .flatMap((file) => {
        const [, height, digest] = NAME.exec(file) ?? [];
        if (height === undefined || digest === undefined) return [];
        return [{ height: Number(height), hash: Buffer.from(digest, 'hex'), path: join(directory, file) }];
      })
      .sort((a, b) => b.height - a.height);

  async function writeFile(height: number, digest: Uint8Array, bytes: Uint8Array): Promise<void> {
    const path = join(directory, `${height}-${Buffer.from(digest).toString('hex')}.snapshot`);
    const beside = `${path}.part`;
    const file = await open(beside, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
    const folder = await open(directory, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
    for (const { path: old } of list().slice(SNAPSHOTS_KEPT)) rmSync(old);
  }

  return {
    list,
    read({ path, hash: expected }) {
      const bytes = readFileSync(path);
      const digest = hash('sha256', bytes, 'buffer');
      if (!digest.equals(expected)) return undefined;
      return {
        bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length),
        hash: new Uint8Array(digest),
      };
    },
    write(height, digest, bytes) {
      last = last.then(() => writeFile(height, digest, bytes));
      return last;
    },
    idle: () => last.catch(() => {}),
  };
}
