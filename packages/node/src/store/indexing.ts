/**
 * What the events of blocks mean for the indexes. A batch takes any number of blocks in order and is written
 * in one transaction together with the height it reaches: so an index is never half of a block, and writing
 * one again after a crash gives the same records.
 *
 * PERF: records gather a batch's events by account, topic and 256 nonces, so that load makes batches larger,
 * not more.
 */
import { EVENT, EVENT_ADDRESSES } from '@upfront/core';
import { readSafe, viewOf, writeSafe } from './bytes.ts';
import { Streams } from './index-streams.ts';
import {
  CURSOR_SIZE,
  DELIVERY_SIZE,
  INDEX,
  INDEXED,
  numberKey,
  RESOLUTION_SIZE,
  RESOLUTIONS,
  streamKey,
} from './keys.ts';

/** A final block as the indexer gets it: packed records, no object of the core. */
export interface IndexedBlock {
  readonly height: number;
  readonly header: Uint8Array;
  readonly events: Uint8Array;
  readonly settlement?: { readonly number: number; readonly record: Uint8Array };
  /** Joined addresses, if the set is another one than before. */
  readonly validators?: Uint8Array;
}

/** Where a batch reads what it adds to, and writes. */
export interface IndexTable {
  get(key: Buffer): Buffer | undefined;
  put(key: Buffer, value: Uint8Array): void;
}

/** Cursors a stream's record: keeps a read of one page from loading megabytes. */
const STREAM_RECORDS_MOST = 1024;

/** Appends a block's records. Everything is keyed by (height, index), so the same block writes the same. */
export class IndexBatch {
  height = 0;
  readonly #table: IndexTable;
  readonly #resolutions = new Map<number, Buffer>();
  /** The record that the last resolution went into. */
  #chunk = -1;
  #record = viewOf(Buffer.alloc(0));
  readonly #accounts = new Streams();
  readonly #topics = new Map<string, Stream>();

  constructor(table: IndexTable) {
    this.#table = table;
  }

  add(block: IndexedBlock): void {
    const { height, events } = block;
    this.#table.put(numberKey(INDEX.header, height), block.header);
    this.#table.put(numberKey(INDEX.events, height), events);
    if (block.validators) this.#table.put(numberKey(INDEX.validators, height), block.validators);
    if (block.settlement) {
      this.#table.put(numberKey(INDEX.settlement, block.settlement.number), block.settlement.record);
    }

    const view = viewOf(events);
    const count = view.getUint32(0);
    let hasDealt = false;
    let at = 4;
    for (let index = 0; index < count; index++) {
      const start = at + 2;
      at = start + view.getUint16(at);
      this.#addNames(events, start, height, index);
      const type = events[start]!;
      if (type === EVENT.dealt || type === EVENT.refused) this.#addFetch(events, start, height, index);
      if (type === EVENT.dealt && !hasDealt) {
        hasDealt = true;
        this.#table.put(numberKey(INDEX.dealt, readSafe(view, start + 29)), heightValue(height));
      } else this.#addResolution(events, view, start, height, index);
    }
    this.height = height;
  }

  /** Writes what was gathered, and how far it reaches. */
  finish(): void {
    for (const [chunk, record] of this.#resolutions) {
      this.#table.put(numberKey(INDEX.resolution, chunk), record);
    }
    for (const { name, bytes } of this.#accounts.sorted()) {
      this.#writeStream(INDEX.account, CURSOR_SIZE, name, bytes);
    }
    for (const name of [...this.#topics.keys()].sort()) {
      const bytes = this.#topics.get(name)!.bytes();
      this.#writeStream(INDEX.topic, DELIVERY_SIZE, Buffer.from(name, 'latin1'), bytes);
    }
    this.#table.put(INDEXED, heightValue(this.height));
  }

  #addNames(events: Uint8Array, start: number, height: number, index: number): void {
    const offsets = EVENT_ADDRESSES[events[start]!]!;
    let before = -1;
    for (const offset of offsets) {
      const row = this.#accounts.rowOf(events, start + offset);
      if (row !== before) this.#accounts.add(row, height, index);
      before = row;
    }
    if (events[start] !== EVENT.delivered) return;
    const stream = streamOf(this.#topics, nameOf(events, start + 1, 32), DELIVERY_SIZE);
    stream.cursor(height, index).run(events, start + 33, 9);
  }

  #addFetch(events: Uint8Array, start: number, height: number, index: number): void {
    const key = Buffer.allocUnsafeSlow(29);
    key[0] = INDEX.fetch;
    key.set(events.subarray(start + 1, start + 29), 1);
    const value = Buffer.allocUnsafeSlow(CURSOR_SIZE);
    writeSafe(viewOf(value), 0, height);
    value.writeUInt32BE(index, 8);
    this.#table.put(key, value);
  }

  #addResolution(events: Uint8Array, view: DataView, start: number, height: number, index: number): void {
    const type = events[start]!;
    if (type === EVENT.annulled) {
      const first = readSafe(view, start + 1);
      const bitmap = events.subarray(start + 37, start + 69);
      for (let i = 0; i < 256; i++) {
        if ((bitmap[i >> 3]! & (0x80 >> (i & 7))) !== 0) this.#resolve(first + i, height, index);
      }
    } else if ((type >= EVENT.transferred && type <= EVENT.validated) || type === EVENT.item) {
      this.#resolve(readSafe(view, start + 1), height, index);
    }
  }

  #resolve(nonce: number, height: number, index: number): void {
    const chunk = Math.floor(nonce / RESOLUTIONS);
    if (chunk !== this.#chunk) this.#openChunk(chunk);
    const at = (nonce % RESOLUTIONS) * RESOLUTION_SIZE;
    this.#record.setUint16(at, Math.floor(height / 2 ** 32));
    this.#record.setUint32(at + 2, height >>> 0);
    this.#record.setUint32(at + 6, index);
  }

  #openChunk(chunk: number): void {
    let record = this.#resolutions.get(chunk);
    if (record === undefined) {
      record = Buffer.alloc(RESOLUTIONS * RESOLUTION_SIZE);
      this.#table.get(numberKey(INDEX.resolution, chunk))?.copy(record);
      this.#resolutions.set(chunk, record);
    }
    this.#chunk = chunk;
    this.#record = viewOf(record);
  }

  #writeStream(table: number, width: number, name: Uint8Array, bytes: Buffer): void {
    const step = STREAM_RECORDS_MOST * width;
    for (let at = 0; at < bytes.length; at += step) {
      const height = bytes.readUIntBE(at + 2, 6);
      const key = streamKey(table, name, height, bytes.readUInt32BE(at + 8));
      this.#table.put(key, bytes.subarray(at, at + step));
    }
  }
}

/** Records of one topic, in order. */
class Stream {
  #bytes: Buffer;
  #end = 0;

  constructor(width: number) {
    this.#bytes = Buffer.allocUnsafeSlow(4 * width);
  }

  cursor(height: number, index: number): this {
    this.#reserve(CURSOR_SIZE);
    this.#bytes.writeUInt16BE(0, this.#end);
    this.#bytes.writeUIntBE(height, this.#end + 2, 6);
    this.#bytes.writeUInt32BE(index, this.#end + 8);
    this.#end += CURSOR_SIZE;
    return this;
  }

  run(source: Uint8Array, offset: number, size: number): void {
    this.#reserve(size);
    this.#bytes.set(source.subarray(offset, offset + size), this.#end);
    this.#end += size;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  #reserve(size: number): void {
    if (this.#end + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * this.#bytes.length);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

function streamOf(streams: Map<string, Stream>, name: string, width: number): Stream {
  let stream = streams.get(name);
  if (stream === undefined) {
    stream = new Stream(width);
    streams.set(name, stream);
  }
  return stream;
}

function nameOf(bytes: Uint8Array, offset: number, size: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, size).toString('latin1');
}

function heightValue(height: number): Buffer {
  const value = Buffer.allocUnsafeSlow(8);
  writeSafe(viewOf(value), 0, height);
  return value;
}
