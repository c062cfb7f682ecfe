/**
 * The newest header that this validator signed: kept on disk before the signature is given, another one of that height
 * is refused. DESIGN, Engines, ExtendVote. This file is never restored from a backup: an older one may sign twice.
 */

import { closeSync, fdatasyncSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { compareBytes, readSafe, viewOf } from '@upfront/core';
import type { Signer } from '../../signatures/signer.ts';
import type { HeaderSigner } from '../chain.ts';

/** height 8 ‖ digest 32. */
const RECORD_SIZE = 40;

export interface SigningState extends HeaderSigner {
  close(): void;
}

/** Where the record is kept: read once, and synced when `write` returns. */
export interface SigningCell {
  /** Undefined before the first. */
  read(): Uint8Array | undefined;
  write(record: Uint8Array): void;
}

/** Throws Error if the file is not one of ours. */
export function openSigningState(path: string, signer: Signer): SigningState {
  closeSync(openSync(path, 'a+'));
  syncFolderOf(path);
  const descriptor = openSync(path, 'r+');
  const record = new Uint8Array(RECORD_SIZE);
  const { size } = fstatSync(descriptor);
  readSync(descriptor, record, 0, RECORD_SIZE, 0);
  if (size !== 0 && size !== RECORD_SIZE)
    throw new Error(`${path} is no signing state: look at it before you remove it`);
  const cell: SigningCell = {
    read: () => (size === 0 ? undefined : record),
    write(bytes) {
      writeSync(descriptor, bytes, 0, RECORD_SIZE, 0);
      fdatasyncSync(descriptor);
    },
  };
  return { ...signOnce(cell, signer), close: () => closeSync(descriptor) };
}

/** That a new file is there has to outlast a crash as well as what is in it. */
function syncFolderOf(path: string): void {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Signs no second header of a height, whatever happens between. */
export function signOnce(cell: SigningCell, signer: Signer): HeaderSigner {
  let record = cell.read()?.slice() ?? new Uint8Array(RECORD_SIZE);
  return {
    address: signer.address,
    signHeader(height, digest) {
      const newest = readSafe(viewOf(record), 0);
      // Below, it was signed when it was the newest; replay has no need to sign it again.
      if (height < newest) return undefined;
      if (height === newest) {
        if (compareBytes(record.subarray(8), digest) !== 0) {
          throw new Error(`another header of height ${height} was signed: this validator must not go on`);
        }
        return signer.sign(digest);
      }
      const next = new Uint8Array(RECORD_SIZE);
      viewOf(next).setBigUint64(0, BigInt(height));
      next.set(digest, 8);
      cell.write(next);
      // Only now: what could not be written is not taken for signed when it is asked for again.
      record = next;
      return signer.sign(digest);
    },
  };
}
