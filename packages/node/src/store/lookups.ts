/**
 * Questions to the indexes that need more than one record: where a nonce's fetch, resolution or message
 * stands. Every function answers from what is indexed; that it is enough is the store's to see to.
 */
import {
  type BlockIndex,
  type Domain,
  EVENT,
  FETCH,
  FULFIL,
  isTraceless,
  type Parameters,
  scanBlock,
} from '@upfront/core';
import { readSafe, viewOf } from './bytes.ts';
import type { Environment } from './environment.ts';
import {
  CURSOR_SIZE,
  DELIVERY_SIZE,
  fetchKey,
  INDEX,
  numberKey,
  RESOLUTION_SIZE,
  RESOLUTIONS,
  streamKey,
} from './keys.ts';
import type { HeaderRecord } from './records.ts';
import type { Cursor, Delivery, FetchOfNonce, FetchRecord } from './store.ts';

/** What a lookup reads. */
export interface Sources {
  readonly index: Environment;
  readonly parameters: Parameters;
  readonly domain: Domain;
  block(height: number): Uint8Array | undefined;
  events(height: number): Uint8Array | undefined;
  headerRecord(height: number): HeaderRecord | undefined;
}

const LAST = 0xffffffff;

export function lookUpFetch(
  sources: Sources,
  account: Uint8Array,
  sequence: bigint,
): FetchRecord | undefined {
  const value = sources.index.getBinary(fetchKey(account, sequence));
  if (value === undefined) return undefined;
  const height = readSafe(viewOf(value), 0);
  const index = value.readUInt32BE(8);
  const event = eventAt(sources, height, index);
  const block = scan(sources, height);
  const traceless = tracelessOf(sources, height);
  const position = findFetch(block, traceless, account, sequence);
  const digest = sources.domain.fetchDigest(
    block.bytes,
    block.fetches[position]!,
    block.fetchSizes[position]!,
  );
  const view = viewOf(event);
  const isDealt = event[0] === EVENT.dealt;
  return {
    digest,
    status: isDealt ? 'dealt' : 'refused',
    height,
    index,
    first: isDealt ? readSafe(view, 29) : 0,
    count: isDealt ? view.getUint16(37) : 0,
    clock: isDealt ? readSafe(view, 87) : 0,
    code: isDealt ? 0 : view.getUint16(29),
  };
}

export function lookUpResolution(sources: Sources, nonce: number): Cursor | undefined {
  const record = sources.index.getBinary(numberKey(INDEX.resolution, Math.floor(nonce / RESOLUTIONS)));
  if (record === undefined) return undefined;
  const at = (nonce % RESOLUTIONS) * RESOLUTION_SIZE;
  const height = record.readUIntBE(at, 6);
  return height === 0 ? undefined : { height, index: record.readUInt32BE(at + 6) };
}

/** Nonces are dealt in order of height, so the fetch is in the last block that dealt one at or below it. */
export function lookUpFetchOfNonce(sources: Sources, nonce: number): FetchOfNonce | undefined {
  const start = numberKey(INDEX.dealt, nonce);
  const end = numberKey(INDEX.dealt, 0);
  for (const { key, value } of sources.index.getRange({
    start,
    end,
    reverse: true,
    limit: 1,
    inclusiveEnd: true,
  })) {
    if (key[0] !== INDEX.dealt) return undefined;
    const height = readSafe(viewOf(value), 0);
    const events = sources.events(height)!;
    const view = viewOf(events);
    let at = 4;
    for (let index = 0; index < view.getUint32(0); index++) {
      const from = at + 2;
      at = from + view.getUint16(at);
      if (events[from] !== EVENT.dealt) continue;
      const first = readSafe(view, from + 29);
      const count = view.getUint16(from + 37);
      if (nonce < first || nonce >= first + count) continue;
      const sequence = view.getBigUint64(from + 21);
      return { account: events.slice(from + 1, from + 21), sequence, first, count, height, index };
    }
  }
  return undefined;
}

export function lookUpFulfil(sources: Sources, nonce: number): Uint8Array | undefined {
  const cursor = lookUpResolution(sources, nonce);
  if (cursor === undefined) return undefined;
  const type = eventAt(sources, cursor.height, cursor.index)[0]!;
  if (type < EVENT.transferred || type > EVENT.validated) return undefined;
  const block = scan(sources, cursor.height);
  const traceless = tracelessOf(sources, cursor.height);
  for (let i = 0; i < block.fulfils.length; i++) {
    const offset = block.fulfils[i]!;
    if (readSafe(block.view, offset + FULFIL.nonce) !== nonce || traceless.has(i)) continue;
    return block.bytes.slice(offset, offset + block.fulfilSizes[i]!);
  }
  throw new Error(`nonce ${nonce} was fulfilled at ${cursor.height} by no message of that block`);
}

/** Cursors of a stream from `after` (inclusive) on, and the whole records behind them. */
export function* readStream(
  index: Environment,
  table: number,
  name: Uint8Array,
  after: Cursor,
): Generator<Buffer> {
  const width = table === INDEX.account ? CURSOR_SIZE : DELIVERY_SIZE;
  const from = streamKey(table, name, after.height, after.index);
  const first = streamKey(table, name, 0, 0);
  const end = streamKey(table, name, Number.MAX_SAFE_INTEGER, LAST);
  // The record that begins at or before the cursor may hold it.
  let start = from;
  for (const key of index.getKeys({
    start: from,
    end: first,
    reverse: true,
    limit: 1,
    inclusiveEnd: true,
  })) {
    if (Buffer.compare(key, first) >= 0) start = key;
  }
  for (const { value } of index.getRange({ start, end })) {
    for (let at = 0; at < value.length; at += width) {
      const record = value.subarray(at, at + width);
      const height = readSafe(viewOf(record), 0);
      if (height < after.height || (height === after.height && record.readUInt32BE(8) < after.index))
        continue;
      yield record;
    }
  }
}

export function readDelivery(record: Buffer): Delivery {
  const view = viewOf(record);
  return {
    height: readSafe(view, 0),
    index: view.getUint32(8),
    nonce: readSafe(view, CURSOR_SIZE),
    fulfilled: record[CURSOR_SIZE + 8] === 1,
  };
}

function eventAt(sources: Sources, height: number, index: number): Uint8Array {
  const events = sources.events(height);
  if (events === undefined) throw new Error(`the events of block ${height} are indexed and not stored`);
  const view = viewOf(events);
  let at = 4;
  for (let i = 0; i < index; i++) at += 2 + view.getUint16(at);
  return events.subarray(at + 2, at + 2 + view.getUint16(at));
}

function scan(sources: Sources, height: number): BlockIndex {
  const bytes = sources.block(height);
  const block = bytes && scanBlock(bytes, sources.parameters);
  if (block === undefined) throw new Error(`block ${height} is indexed and not stored`);
  return block;
}

function tracelessOf(sources: Sources, height: number): Set<number> {
  return new Set(sources.headerRecord(height)?.traceless);
}

function findFetch(block: BlockIndex, traceless: Set<number>, account: Uint8Array, sequence: bigint): number {
  for (let i = 0; i < block.fetches.length; i++) {
    const offset = block.fetches[i]!;
    if (block.view.getBigUint64(offset + FETCH.sequence) !== sequence) continue;
    const from = offset + FETCH.account;
    if (Buffer.compare(block.bytes.subarray(from, from + 20), account) !== 0) continue;
    if (!traceless.has(block.fulfils.length + i)) return i;
  }
  throw new Error(`a fetch on record is in no message of block ${block.height}`);
}

/** Positions of the messages that left no trace, from what applying the block gave. */
export function tracelessPositions(results: Uint16Array): Uint32Array {
  const positions: number[] = [];
  for (let i = 0; i < results.length; i++) {
    const code = results[i]!;
    if (code !== 0 && isTraceless(code)) positions.push(i);
  }
  return Uint32Array.from(positions);
}
