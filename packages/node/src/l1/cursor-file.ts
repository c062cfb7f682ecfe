// Where the watcher goes on after a restart: one small file in the data directory. It is a hint and no more: the watcher
// compares it with the chain before it rests on it, and reads from the deployment when it is missing or unusable.
// Invariant: it never stands behind an item that the network has not imported.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fromHex, toHex } from '@upfront/core';
import type { Clock, Log } from './loop.ts';
import type { L1Cursor } from './watcher.ts';

/** Whose items they are. */
export interface CursorIdentity {
  readonly chainId: number;
  /** The contract, as hex. */
  readonly contract: string;
}

interface Saved extends CursorIdentity {
  readonly block: number;
  readonly hash: string;
  readonly items: number;
  readonly head: string;
  readonly validators: readonly string[];
}

export interface CursorFile {
  /** What was kept; undefined if there is nothing to go on from. */
  load(): L1Cursor | undefined;
  /** Keeps it, at most every SAVE_MS; what lies beyond the items that were imported is left out. */
  offer(cursor: L1Cursor | undefined, imported: number): void;
  /** The same, at once. */
  save(cursor: L1Cursor | undefined, imported: number): void;
}

/** ms between two writes: what is read again after a kill is a few blocks. */
const SAVE_MS = 60_000;

export function createCursorFile(
  path: string,
  identity: CursorIdentity,
  log: Log,
  clock: Pick<Clock, 'now'>,
): CursorFile {
  let savedAt = Number.NEGATIVE_INFINITY;
  const save = (cursor: L1Cursor | undefined, imported: number): void => {
    if (cursor === undefined || cursor.items > imported) return;
    savedAt = clock.now();
    try {
      writeFileSync(`${path}.next`, `${JSON.stringify(encode(cursor, identity))}\n`);
      renameSync(`${path}.next`, path);
    } catch (error) {
      log.warn({ path, error: String(error) }, 'the place on L1 was not written down');
    }
  };
  return {
    load() {
      const text = read(path);
      if (text === undefined) return undefined;
      const cursor = decode(text, identity);
      if (cursor === undefined) log.warn({ path }, 'no usable place on L1: it is read from the deployment');
      return cursor;
    },
    offer(cursor, imported) {
      if (clock.now() - savedAt >= SAVE_MS) save(cursor, imported);
    },
    save,
  };
}

function encode({ block, hash, items, head, validators }: L1Cursor, identity: CursorIdentity): Saved {
  const list = [...validators.values()].map((address) => toHex(address));
  return { ...identity, block, hash, items, head: toHex(head), validators: list };
}

function decode(text: string, { chainId, contract }: CursorIdentity): L1Cursor | undefined {
  let saved: Partial<Saved> | null;
  try {
    saved = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof saved !== 'object' || saved?.chainId !== chainId || saved.contract !== contract)
    return undefined;
  const { block, items, hash } = saved;
  const head = bytesOf(saved.head, 32);
  const list = Array.isArray(saved.validators)
    ? saved.validators.map((one) => bytesOf(one, 20))
    : [undefined];
  if (!isCount(block) || !isCount(items) || bytesOf(hash, 32) === undefined || head === undefined) {
    return undefined;
  }
  const validators = new Map<string, Uint8Array>();
  for (const address of list) {
    if (address === undefined) return undefined;
    validators.set(toHex(address), address);
  }
  return { block, hash: hash!, items, head, validators };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function bytesOf(value: unknown, size: number): Uint8Array | undefined {
  return typeof value === 'string' ? fromHex(value, size) : undefined;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
