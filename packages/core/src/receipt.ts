/**
 * Proof that an event happened, which anyone can check offline against the validators on the first layer.
 *
 * docs/protocol.md, section 11. Sound if more than 2/3 of the validators signed the header; whose validators
 * they are is for the caller to know.
 */

import type { HeaderSignature } from './block.ts';
import { ByteWriter, compareBytes, equalBytes, viewOf } from './bytes.ts';
import { type Descent, lastOfDescent } from './descent.ts';
import type { Hashes } from './hash.ts';
import { decodeHeader, encodeHeader, HEADER_SIZE, type Header } from './header.ts';
import {
  bytesFromJson,
  countFromJson,
  fieldsOf,
  type HeaderJson,
  headerFromJson,
  headerToJson,
  type SignatureJson,
  signaturesFromJson,
  signaturesToJson,
} from './header-json.ts';
import { toHex } from './hex.ts';
import { rootFromPath } from './merkle.ts';
import type { Domain } from './signing.ts';
import type { Address, Hash, Signature } from './units.ts';

export interface Receipt {
  readonly header: Header;
  /** Over the header's digest. */
  readonly signatures: readonly HeaderSignature[];
  /** The event is leaf `index` of `count`. */
  readonly index: number;
  readonly count: number;
  /** RFC 6962 audit path. */
  readonly path: readonly Hash[];
  readonly event: Uint8Array;
}

/** In order of precedence. */
export const receiptFaults = [
  'path',
  'descent',
  'not-validator',
  'duplicate-signer',
  'signature',
  'quorum',
] as const;
/** Path: not the header's event; descent: headers that do not follow one another; signature: does not recover to its validator; quorum: not more than 2/3. */
export type ReceiptFault = (typeof receiptFaults)[number];

/** What a check needs to know. */
export interface ReceiptCheck {
  readonly domain: Domain;
  readonly hashes: Hashes;
  /** The set at the header's height; no duplicates. */
  readonly validators: readonly Address[];
  /** The signer of a digest, or undefined if the signature is none (section 4). */
  recover(digest: Hash, signature: Signature): Address | undefined;
}

/** A receipt as plain JSON: 0x-hex for bytes, decimal strings for integers. */
export interface ReceiptJson {
  readonly header: HeaderJson;
  readonly signatures: readonly SignatureJson[];
  readonly index: string;
  readonly count: string;
  readonly path: readonly string[];
  readonly event: string;
}

/** Header, index 4, count 4, counts of signatures 2 and of path 1, size of the event 2; then these. */
const LISTS = HEADER_SIZE + 13;
const PATH_MOST = 32;

/**
 * The first fault of a receipt, or undefined if it is good. Every signature must be good, not only enough of them.
 *
 * @param descent later headers, the last of which is signed: then the receipt's own signatures are not looked at
 */
export function checkReceipt(
  receipt: Receipt,
  check: ReceiptCheck,
  descent?: Descent,
): ReceiptFault | undefined {
  const { header, index, count, path, event } = receipt;
  const root = rootFromPath(check.hashes, event, index, count, path);
  if (root === undefined || !equalBytes(root, 0, header.events, 0, 32)) return 'path';

  const signed = descent === undefined ? header : lastOfDescent(check.domain, header, descent);
  if (signed === undefined) return 'descent';
  const { signatures } = descent ?? receipt;
  const known = new Set(check.validators.map(toHex));
  const signers = signatures.map(({ validator }) => toHex(validator));
  if (signers.some((signer) => !known.has(signer))) return 'not-validator';
  if (new Set(signers).size !== signers.length) return 'duplicate-signer';

  const digest = check.domain.headerDigest(signed);
  for (const { validator, signature } of signatures) {
    const signer = check.recover(digest, signature);
    if (signer === undefined || compareBytes(signer, validator) !== 0) return 'signature';
  }
  return 3 * signers.length > 2 * check.validators.length ? undefined : 'quorum';
}

/** Throws RangeError if a field does not fit its width. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const writer = new ByteWriter(1024)
    .bytes(encodeHeader(receipt.header))
    .u32(receipt.index)
    .u32(receipt.count)
    .u16(receipt.signatures.length)
    .u8(receipt.path.length)
    .u16(receipt.event.length);
  for (const { validator, signature } of receipt.signatures) writer.bytes(validator, 20).bytes(signature, 64);
  for (const hash of receipt.path) writer.bytes(hash, 32);
  return writer.bytes(receipt.event).finish();
}

/** The receipt that these bytes are, exactly; undefined if they are malformed. It is not checked yet. */
export function decodeReceipt(bytes: Uint8Array): Receipt | undefined {
  if (bytes.length < LISTS) return undefined;
  const view = viewOf(bytes);
  const header = decodeHeader(bytes.subarray(0, HEADER_SIZE));
  const signatureCount = view.getUint16(HEADER_SIZE + 8);
  const pathCount = view.getUint8(HEADER_SIZE + 10);
  const eventSize = view.getUint16(HEADER_SIZE + 11);
  const pathAt = LISTS + 84 * signatureCount;
  const eventAt = pathAt + 32 * pathCount;
  if (header === undefined || pathCount > PATH_MOST || bytes.length !== eventAt + eventSize) return undefined;

  const signatures: HeaderSignature[] = [];
  for (let at = LISTS; at < pathAt; at += 84) {
    signatures.push({ validator: bytes.slice(at, at + 20), signature: bytes.slice(at + 20, at + 84) });
  }
  const path: Hash[] = [];
  for (let at = pathAt; at < eventAt; at += 32) path.push(bytes.slice(at, at + 32));
  return {
    header,
    signatures,
    index: view.getUint32(HEADER_SIZE),
    count: view.getUint32(HEADER_SIZE + 4),
    path,
    event: bytes.slice(eventAt),
  };
}

export function receiptToJson(receipt: Receipt): ReceiptJson {
  const { header, signatures, index, count, path, event } = receipt;
  return {
    header: headerToJson(header),
    signatures: signaturesToJson(signatures),
    index: String(index),
    count: String(count),
    path: path.map(toHex),
    event: toHex(event),
  };
}

/** The receipt in parsed JSON of any shape; undefined if it is malformed. It is not checked yet. */
export function receiptFromJson(json: unknown): Receipt | undefined {
  const fields = fieldsOf(json);
  const header = headerFromJson(fields.header);
  const signatures = signaturesFromJson(fields.signatures);
  const index = countFromJson(fields.index, 0xffffffff);
  const count = countFromJson(fields.count, 0xffffffff);
  const event = bytesFromJson(fields.event);
  if (!Array.isArray(fields.path) || fields.path.length > PATH_MOST) return undefined;
  const path = fields.path.map((hash) => bytesFromJson(hash, 32));
  if (header === undefined || signatures === undefined || index === undefined || count === undefined)
    return undefined;
  if (event === undefined || event.length > 0xffff || path.includes(undefined)) return undefined;
  return { header, signatures, index, count, path: path as Hash[], event };
}
