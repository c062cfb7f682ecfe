/**
 * One block's bytes: evidence of the first layer, its items, fulfilments, fetches.
 *
 * docs/protocol.md, sections 5 and 6.3. What `scanBlock` returns is well-formed; whether it is the next block,
 * and whether its signatures are valid, is for others to say.
 */
import { ByteWriter, readSafe, readU64, viewOf } from './bytes.ts';
import type { Parameters } from './genesis.ts';
import type { Hashes } from './hash.ts';
import { FETCH, FULFIL_SIZE, INTENT_SIZE, scanFetch, scanFulfil } from './messages.ts';
import type { Address, Hash, Height, Milliseconds, Signature, Units } from './units.ts';

/** What a validator says of the first layer, as of a finalised block. */
export interface L1View {
  readonly time: Milliseconds;
  /** Count of items, and the head of their chain. */
  readonly items: number;
  readonly head: Hash;
  /** Number of the newest settlement there. */
  readonly settled: number;
  /** keccak256 of the validators' addresses there, ascending, joined. */
  readonly validators: Hash;
  /** The validator that the signer wants in (1) or out (2); 0: none. */
  readonly rotation: Address;
  readonly change: 0 | 1 | 2;
}

export interface SignedView extends L1View {
  readonly validator: Address;
  readonly signature: Signature;
}

/** A validator's signature of a header; in a block, of header height - 2. */
export interface HeaderSignature {
  readonly validator: Address;
  readonly signature: Signature;
}

/** Kinds of items. */
export const ITEM = { deposit: 1, exit: 2, bond: 3, unbond: 4 } as const;

/** What a user did on the first layer. */
export interface Item {
  /** One of {@link ITEM}. */
  readonly kind: number;
  readonly account: Address;
  /** Units; of an exit its sequence. */
  readonly amount: Units;
  /** Of a bond the consensus key. */
  readonly data: Hash;
}

/** A block's parts; messages are encoded. */
export interface BlockParts {
  readonly height: Height;
  readonly time: Milliseconds;
  readonly parent: Hash;
  readonly views: readonly SignedView[];
  readonly headerSignatures: readonly HeaderSignature[];
  readonly items: readonly Item[];
  readonly fulfils: readonly Uint8Array[];
  readonly fetches: readonly Uint8Array[];
}

/** A well-formed block and where its messages are in its bytes. */
export interface BlockIndex {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly height: Height;
  readonly time: Milliseconds;
  readonly parent: Hash;
  readonly views: readonly SignedView[];
  readonly headerSignatures: readonly HeaderSignature[];
  readonly items: readonly Item[];
  /** Offsets and sizes of the messages. */
  readonly fulfils: Uint32Array;
  readonly fulfilSizes: Uint32Array;
  readonly fetches: Uint32Array;
  readonly fetchSizes: Uint32Array;
}

/** Offsets in a block; behind `body` views, header signatures, items, fulfilments, fetches. */
export const BLOCK = {
  height: 0,
  time: 8,
  parent: 16,
  views: 48,
  headerSignatures: 50,
  items: 52,
  fulfils: 56,
  fetches: 60,
  body: 64,
} as const;

/** Offsets in a signed view, and its size. */
export const VIEW = {
  validator: 0,
  time: 20,
  items: 28,
  head: 36,
  settled: 68,
  validators: 76,
  rotation: 108,
  change: 128,
  signature: 129,
} as const;
export const VIEW_SIZE = 193;

/** A header signature: validator 20, signature 64. */
export const HEADER_SIGNATURE_SIZE = 84;

/** An item: kind 1, account 20, amount 8, data 32. */
export const ITEM_SIZE = 61;

/** A scan of one message: its size, or -1. */
type Scan = typeof scanFetch;

/** Throws RangeError if a field does not fit its width; the messages are taken as they are. */
export function encodeBlock(parts: BlockParts): Uint8Array {
  const writer = new ByteWriter(sizeOf(parts))
    .u64(parts.height)
    .u64(parts.time)
    .bytes(parts.parent, 32)
    .u16(parts.views.length)
    .u16(parts.headerSignatures.length)
    .u32(parts.items.length)
    .u32(parts.fulfils.length)
    .u32(parts.fetches.length);
  for (const view of parts.views) {
    writer.bytes(view.validator, 20).u64(view.time).u64(view.items).bytes(view.head, 32).u64(view.settled);
    writer.bytes(view.validators, 32).bytes(view.rotation, 20).u8(view.change).bytes(view.signature, 64);
  }
  for (const { validator, signature } of parts.headerSignatures) {
    writer.bytes(validator, 20).bytes(signature, 64);
  }
  for (const item of parts.items) {
    writer.u8(item.kind).bytes(item.account, 20).u64(item.amount).bytes(item.data, 32);
  }
  for (const fulfil of parts.fulfils) writer.bytes(fulfil);
  for (const fetch of parts.fetches) writer.bytes(fetch);
  return writer.finish();
}

function sizeOf({ views, headerSignatures, items, fulfils, fetches }: BlockParts): number {
  let size: number = BLOCK.body;
  size +=
    VIEW_SIZE * views.length + HEADER_SIGNATURE_SIZE * headerSignatures.length + ITEM_SIZE * items.length;
  for (const fulfil of fulfils) size += fulfil.length;
  for (const fetch of fetches) size += fetch.length;
  return size;
}

/** Where everything is in a block's bytes, to the last one; undefined if they are malformed. */
export function scanBlock(bytes: Uint8Array, parameters: Parameters): BlockIndex | undefined {
  if (bytes.length < BLOCK.body) return undefined;
  const view = viewOf(bytes);
  const height = readSafe(view, BLOCK.height);
  const time = readSafe(view, BLOCK.time);
  if (height < 1 || time < 0) return undefined;

  const viewCount = view.getUint16(BLOCK.views);
  const signatureCount = view.getUint16(BLOCK.headerSignatures);
  const itemCount = view.getUint32(BLOCK.items);
  const signaturesAt = BLOCK.body + VIEW_SIZE * viewCount;
  const itemsAt = signaturesAt + HEADER_SIGNATURE_SIZE * signatureCount;
  const fulfilsAt = itemsAt + ITEM_SIZE * itemCount;
  if (fulfilsAt > bytes.length) return undefined;

  const views = readViews(bytes, view, viewCount);
  const items = readItems(bytes, view, itemsAt, itemCount);
  if (views === undefined || items === undefined) return undefined;

  const fulfilCount = view.getUint32(BLOCK.fulfils);
  const fulfils = scanMessages(bytes, view, fulfilsAt, fulfilCount, FULFIL_SIZE.post, scanFulfil, parameters);
  if (fulfils === undefined) return undefined;
  const least = FETCH.intents + INTENT_SIZE.validate;
  const fetchCount = view.getUint32(BLOCK.fetches);
  const fetches = scanMessages(bytes, view, fulfils.end, fetchCount, least, scanFetch, parameters);
  if (fetches === undefined || fetches.end !== bytes.length) return undefined;

  return {
    bytes,
    view,
    height,
    time,
    parent: bytes.slice(BLOCK.parent, BLOCK.parent + 32),
    views,
    headerSignatures: readHeaderSignatures(bytes, signaturesAt, signatureCount),
    items,
    fulfils: fulfils.offsets,
    fulfilSizes: fulfils.sizes,
    fetches: fetches.offsets,
    fetchSizes: fetches.sizes,
  };
}

/**
 * The head of the chain of items at item `n`, as the contract keeps it.
 *
 * @param previous the head at n - 1; zero before the first
 * @param n from 1
 * @throws RangeError if a field does not fit its width
 */
export function itemHead(hashes: Hashes, previous: Hash, n: number, item: Item): Hash {
  const encoded = new ByteWriter(192)
    .bytes(previous, 32)
    .bytes(ZEROS, 24)
    .u64(n)
    .bytes(ZEROS, 24)
    .u64(item.kind)
    .bytes(ZEROS.subarray(12))
    .bytes(item.account, 20)
    .bytes(ZEROS, 24)
    .u64(item.amount)
    .bytes(item.data, 32);
  return hashes.keccak256(encoded.finish());
}

const ZEROS = new Uint8Array(24);

function readViews(bytes: Uint8Array, view: DataView, count: number): SignedView[] | undefined {
  const views: SignedView[] = [];
  for (let i = 0; i < count; i++) {
    const at = BLOCK.body + VIEW_SIZE * i;
    const run = (offset: number, size: number): Uint8Array => bytes.slice(at + offset, at + offset + size);
    const time = readSafe(view, at + VIEW.time);
    const items = readSafe(view, at + VIEW.items);
    const settled = readSafe(view, at + VIEW.settled);
    const change = bytes[at + VIEW.change]!;
    if (time < 0 || items < 0 || settled < 0) return undefined;
    if (change !== 0 && change !== 1 && change !== 2) return undefined;
    views.push({
      validator: run(VIEW.validator, 20),
      time,
      items,
      head: run(VIEW.head, 32),
      settled,
      validators: run(VIEW.validators, 32),
      rotation: run(VIEW.rotation, 20),
      change,
      signature: run(VIEW.signature, 64),
    });
  }
  return views;
}

function readHeaderSignatures(bytes: Uint8Array, offset: number, count: number): HeaderSignature[] {
  const signatures: HeaderSignature[] = [];
  for (let i = 0; i < count; i++) {
    const at = offset + HEADER_SIGNATURE_SIZE * i;
    signatures.push({
      validator: bytes.slice(at, at + 20),
      signature: bytes.slice(at + 20, at + HEADER_SIGNATURE_SIZE),
    });
  }
  return signatures;
}

function readItems(bytes: Uint8Array, view: DataView, offset: number, count: number): Item[] | undefined {
  const items: Item[] = [];
  for (let i = 0; i < count; i++) {
    const at = offset + ITEM_SIZE * i;
    const kind = bytes[at]!;
    if (kind < ITEM.deposit || kind > ITEM.unbond) return undefined;
    items.push({
      kind,
      account: bytes.slice(at + 1, at + 21),
      amount: readU64(view, at + 21),
      data: bytes.slice(at + 29, at + ITEM_SIZE),
    });
  }
  return items;
}

/** `least` bytes a message bound what a count can make this allocate. */
function scanMessages(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  count: number,
  least: number,
  scan: Scan,
  parameters: Parameters,
): { offsets: Uint32Array; sizes: Uint32Array; end: number } | undefined {
  if (count * least > bytes.length - offset) return undefined;
  const offsets = new Uint32Array(count);
  const sizes = new Uint32Array(count);
  let at = offset;
  for (let i = 0; i < count; i++) {
    const size = scan(bytes, view, at, bytes.length, parameters);
    if (size < 0) return undefined;
    offsets[i] = at;
    sizes[i] = size;
    at += size;
  }
  return { offsets, sizes, end: at };
}
