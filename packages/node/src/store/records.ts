/** The records of keys.ts that have more than one field: packed here, and unpacked. */
import {
  decodeHeader,
  encodeHeader,
  type FormedSettlement,
  type Header,
  type HeaderSignature,
} from '@upfront/core';
import type { FinalBlock } from '../replica.ts';
import { readSafe, viewOf, writeSafe } from './bytes.ts';
import type { StoredSettlement } from './store.ts';

const HEADER = 136;
const DIGEST = 32;
const SIGNATURES = HEADER + DIGEST;
const SIGNATURE_LINE = 84;
const SETTLEMENT_HEAD = 48;

export interface HeaderRecord {
  readonly header: Header;
  readonly digest: Uint8Array;
  readonly signatures: HeaderSignature[];
  /** Positions (fulfils, then fetches) of the block's messages that left no trace. */
  readonly traceless: Uint32Array;
}

/** What a block is in the table of blocks. */
export function packBlock(bytes: Uint8Array, verdicts: Uint8Array): Buffer {
  const record = Buffer.allocUnsafeSlow(4 + verdicts.length + bytes.length);
  record.writeUInt32BE(verdicts.length);
  record.set(verdicts, 4);
  record.set(bytes, 4 + verdicts.length);
  return record;
}

export function unpackBlock(record: Uint8Array): { bytes: Uint8Array; verdicts: Uint8Array } {
  const end = 4 + viewOf(record).getUint32(0);
  return { verdicts: record.subarray(4, end), bytes: record.subarray(end) };
}

export function packHeader(block: FinalBlock, traceless: Uint32Array): Uint8Array<ArrayBuffer> {
  const { signatures } = block;
  const tracelessAt = SIGNATURES + 2 + SIGNATURE_LINE * signatures.length;
  const record = new Uint8Array(tracelessAt + 4 + 4 * traceless.length);
  const view = viewOf(record);
  record.set(encodeHeader(block.header));
  record.set(block.digest, HEADER);
  view.setUint16(SIGNATURES, signatures.length);
  signatures.forEach(({ validator, signature }, i) => {
    record.set(validator, SIGNATURES + 2 + SIGNATURE_LINE * i);
    record.set(signature, SIGNATURES + 22 + SIGNATURE_LINE * i);
  });
  view.setUint32(tracelessAt, traceless.length);
  traceless.forEach((position, i) => {
    view.setUint32(tracelessAt + 4 + 4 * i, position);
  });
  return record;
}

export function unpackHeader(record: Uint8Array): HeaderRecord {
  const view = viewOf(record);
  const header = decodeHeader(record.subarray(0, HEADER));
  if (header === undefined) throw new Error('a stored header is malformed');
  const count = view.getUint16(SIGNATURES);
  const signatures: HeaderSignature[] = [];
  for (let i = 0; i < count; i++) {
    const at = SIGNATURES + 2 + SIGNATURE_LINE * i;
    signatures.push({ validator: record.slice(at, at + 20), signature: record.slice(at + 20, at + 84) });
  }
  const tracelessAt = SIGNATURES + 2 + SIGNATURE_LINE * count;
  const traceless = new Uint32Array(view.getUint32(tracelessAt));
  for (let i = 0; i < traceless.length; i++) traceless[i] = view.getUint32(tracelessAt + 4 + 4 * i);
  return { header, digest: record.slice(HEADER, SIGNATURES), signatures, traceless };
}

/** Header signatures, one line each. */
export function packSignatures(signatures: readonly HeaderSignature[]): Buffer {
  const record = Buffer.allocUnsafeSlow(SIGNATURE_LINE * signatures.length);
  signatures.forEach(({ validator, signature }, i) => {
    record.set(validator, SIGNATURE_LINE * i);
    record.set(signature, SIGNATURE_LINE * i + 20);
  });
  return record;
}

export function unpackSignatures(record: Uint8Array): HeaderSignature[] {
  const signatures: HeaderSignature[] = [];
  for (let at = 0; at < record.length; at += SIGNATURE_LINE) {
    signatures.push({
      validator: record.slice(at, at + 20),
      signature: record.slice(at + 20, at + SIGNATURE_LINE),
    });
  }
  return signatures;
}

export function packSettlement(height: number, formed: FormedSettlement): Uint8Array<ArrayBuffer> {
  const lists = [formed.debits, formed.credits, formed.payouts, formed.rotation];
  const record = new Uint8Array(lists.reduce((size, list) => size + 4 + list.length, SETTLEMENT_HEAD));
  const view = viewOf(record);
  writeSafe(view, 0, height);
  writeSafe(view, 8, formed.inbox);
  record.set(formed.hash, 16);
  let at = SETTLEMENT_HEAD;
  for (const list of lists) {
    view.setUint32(at, list.length);
    record.set(list, at + 4);
    at += 4 + list.length;
  }
  return record;
}

export function unpackSettlement(number: number, record: Uint8Array): StoredSettlement {
  const view = viewOf(record);
  let at = SETTLEMENT_HEAD;
  const next = (): Uint8Array => {
    const from = at + 4;
    at = from + view.getUint32(at);
    return record.slice(from, at);
  };
  const height = readSafe(view, 0);
  const inbox = readSafe(view, 8);
  const hash = record.slice(16, SETTLEMENT_HEAD);
  const formed = {
    number,
    inbox,
    height,
    hash,
    debits: next(),
    credits: next(),
    payouts: next(),
    rotation: next(),
  };
  return { height, formed };
}
