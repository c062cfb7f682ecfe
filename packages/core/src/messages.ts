/**
 * The two messages: a fetch announces, a fulfilment performs.
 *
 * docs/protocol.md, section 3. Scanners check every bound of that section and allocate nothing; decoders and
 * what applies a block read fields only where a scanner has been.
 */
import { ByteWriter, isZero, readSafe, readU64, viewOf } from './bytes.ts';
import type { Parameters } from './genesis.ts';
import type { Address, Hash, Height, Milliseconds, Nonce, Sequence, Signature, Units } from './units.ts';

/** The first byte of a message. */
export const MESSAGE = { fetch: 1, fulfil: 2 } as const;

/** What an intent is for, and what fulfils it. */
export const KIND = { transfer: 1, hold: 2, withdraw: 3, post: 4, validate: 5 } as const;
export type Kind = keyof typeof KIND;

/** Offsets in a fetch. */
export const FETCH = {
  account: 1,
  sequence: 21,
  limit: 29,
  budget: 37,
  expires: 45,
  signature: 53,
  count: 117,
  intents: 119,
} as const;

/** Offsets in an intent. */
export const INTENT = {
  transfer: { commitment: 1 },
  hold: { payee: 1, max: 21, window: 29 },
  withdraw: { commitment: 1 },
  post: { topic: 1, stake: 33, size: 41, commitment: 43 },
} as const;

/** Bytes of an intent. */
export const INTENT_SIZE = { transfer: 33, hold: 31, withdraw: 33, post: 75, validate: 1 } as const;

/** Offsets in a fulfilment. */
export const FULFIL = {
  kind: 1,
  nonce: 2,
  transfer: { salt: 10, to: 26, amount: 46, reference: 54 },
  hold: { amount: 10, signature: 18 },
  withdraw: { salt: 10, amount: 26 },
  post: { salt: 10, size: 26, data: 28 },
  validate: { height: 10, signature: 18 },
} as const;

/** Bytes of a fulfilment; a post's data come on top. */
export const FULFIL_SIZE = { transfer: 86, hold: 82, withdraw: 34, post: 28, validate: 82 } as const;

/** What a fetch says of one nonce. */
export type Intent =
  | { readonly kind: 'transfer'; readonly commitment: Hash }
  /** `max` > 0; `window` in s. */
  | { readonly kind: 'hold'; readonly payee: Address; readonly max: Units; readonly window: number }
  | { readonly kind: 'withdraw'; readonly commitment: Hash }
  /** `size`: the most bytes of data. */
  | {
      readonly kind: 'post';
      readonly topic: Hash;
      readonly stake: Units;
      readonly size: number;
      readonly commitment: Hash;
    }
  | { readonly kind: 'validate' };

/** What an account signs, without the signature. */
export interface FetchRequest {
  readonly account: Address;
  readonly sequence: Sequence;
  /** The most that the contract may ever have taken from the account. */
  readonly limit: Units;
  readonly budget: Units;
  /** Block time, inclusive. */
  readonly expires: Milliseconds;
  readonly intents: readonly Intent[];
}

export interface Fetch extends FetchRequest {
  readonly signature: Signature;
}

/** The activity that a nonce was announced for. Salts are 16 bytes. */
export type Fulfil =
  | {
      readonly kind: 'transfer';
      readonly nonce: Nonce;
      readonly salt: Uint8Array;
      readonly to: Address;
      readonly amount: Units;
      readonly reference: Hash;
    }
  /** `signature`: the payee's, of a Capture. */
  | { readonly kind: 'hold'; readonly nonce: Nonce; readonly amount: Units; readonly signature: Signature }
  | { readonly kind: 'withdraw'; readonly nonce: Nonce; readonly salt: Uint8Array; readonly amount: Units }
  | { readonly kind: 'post'; readonly nonce: Nonce; readonly salt: Uint8Array; readonly data: Uint8Array }
  /** `signature`: the account's, of the header at `height`. */
  | {
      readonly kind: 'validate';
      readonly nonce: Nonce;
      readonly height: Height;
      readonly signature: Signature;
    };

export type Message =
  | { readonly type: 'fetch'; readonly fetch: Fetch }
  | { readonly type: 'fulfil'; readonly fulfil: Fulfil };

/** Where the messages of a concatenation are, in its order. */
export interface MessageIndex {
  /** Of the concatenation. */
  readonly view: DataView;
  readonly offsets: Uint32Array;
  readonly sizes: Uint32Array;
}

const WORD = 2 ** 32;
const LEAST_MESSAGE = FULFIL_SIZE.post;

/**
 * Bytes of the fetch at `offset`, which ends before `end`; -1 if it is malformed, a sum above 2^63 - 1 included.
 * PERF: sums are kept as two halves of 32 bits in numbers, exact for 256 intents, so no bigint is made.
 */
export function scanFetch(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  end: number,
  parameters: Parameters,
): number {
  if (end - offset <= FETCH.intents || bytes[offset] !== MESSAGE.fetch) return -1;
  if (bytes[offset + FETCH.sequence] !== 0) return -1; // SEQUENCE_END is 2^56
  if (bytes[offset + FETCH.limit]! > 0x7f || bytes[offset + FETCH.budget]! > 0x7f) return -1;
  if (readSafe(view, offset + FETCH.expires) < 0) return -1;
  const count = view.getUint16(offset + FETCH.count);
  if (count < 1 || count > parameters.maxIntents) return -1;

  const fee = Number(parameters.fee);
  let high = count * Math.floor(fee / WORD);
  let low = count * (fee >>> 0);
  let at = offset + FETCH.intents;
  for (let i = 0; i < count; i++) {
    const size = at < end ? scanIntent(bytes, view, at, end, parameters) : -1;
    if (size < 0) return -1;
    const kind = bytes[at]!;
    if (kind === KIND.hold) {
      high += view.getUint32(at + INTENT.hold.max);
      low += view.getUint32(at + INTENT.hold.max + 4);
    } else if (kind === KIND.post) {
      high += view.getUint32(at + INTENT.post.stake);
      low += view.getUint32(at + INTENT.post.stake + 4);
    }
    at += size;
  }
  return high + Math.floor(low / WORD) < WORD / 2 ? at - offset : -1;
}

/** Bytes of the fulfilment at `offset`, which ends before `end`; -1 if it is malformed. */
export function scanFulfil(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  end: number,
  parameters: Parameters,
): number {
  if (end - offset < LEAST_MESSAGE || bytes[offset] !== MESSAGE.fulfil) return -1;
  if (readSafe(view, offset + FULFIL.nonce) < 0) return -1;

  let size = 0;
  switch (bytes[offset + FULFIL.kind]) {
    case KIND.transfer:
      size = FULFIL_SIZE.transfer;
      break;
    case KIND.hold:
      size = FULFIL_SIZE.hold;
      break;
    case KIND.withdraw:
      size = FULFIL_SIZE.withdraw;
      break;
    case KIND.post: {
      const length = view.getUint16(offset + FULFIL.post.size);
      if (length > parameters.postMost) return -1;
      size = FULFIL_SIZE.post + length;
      break;
    }
    case KIND.validate:
      if (readSafe(view, offset + FULFIL.validate.height) < 0) return -1;
      size = FULFIL_SIZE.validate;
      break;
    default:
      return -1;
  }
  return end - offset < size ? -1 : size;
}

/** Bytes of an intent of this number of kind; 0 if there is no such kind. */
export function intentSize(kind: number): number {
  switch (kind) {
    case KIND.transfer:
      return INTENT_SIZE.transfer;
    case KIND.hold:
      return INTENT_SIZE.hold;
    case KIND.withdraw:
      return INTENT_SIZE.withdraw;
    case KIND.post:
      return INTENT_SIZE.post;
    case KIND.validate:
      return INTENT_SIZE.validate;
    default:
      return 0;
  }
}

/** Where the messages of a concatenation are, or undefined if one of them is malformed. Fetches begin with 1, fulfilments with 2. */
export function splitMessages(bytes: Uint8Array, parameters: Parameters): MessageIndex | undefined {
  const view = viewOf(bytes);
  const most = Math.floor(bytes.length / LEAST_MESSAGE);
  const offsets = new Uint32Array(most);
  const sizes = new Uint32Array(most);
  let count = 0;
  for (let at = 0; at < bytes.length; count++) {
    const scan = bytes[at] === MESSAGE.fetch ? scanFetch : scanFulfil;
    const size = scan(bytes, view, at, bytes.length, parameters);
    if (size < 0) return undefined;
    offsets[count] = at;
    sizes[count] = size;
    at += size;
  }
  return { view, offsets: offsets.slice(0, count), sizes: sizes.slice(0, count) };
}

/** Throws RangeError if a field does not fit its width; other bounds are the decoder's. */
export function encodeFetch(fetch: Fetch): Uint8Array {
  return new ByteWriter(FETCH.intents + 75 * fetch.intents.length)
    .u8(MESSAGE.fetch)
    .bytes(fetch.account, 20)
    .u64(fetch.sequence)
    .u64(fetch.limit)
    .u64(fetch.budget)
    .u64(fetch.expires)
    .bytes(fetch.signature, 64)
    .u16(fetch.intents.length)
    .bytes(encodeIntents(fetch.intents))
    .finish();
}

/** The intents one after the other, without their count. Throws RangeError as {@link encodeFetch} does. */
export function encodeIntents(intents: readonly Intent[]): Uint8Array {
  const writer = new ByteWriter(INTENT_SIZE.post * intents.length);
  for (const intent of intents) {
    writer.u8(KIND[intent.kind]);
    if (intent.kind === 'transfer' || intent.kind === 'withdraw') writer.bytes(intent.commitment, 32);
    if (intent.kind === 'hold') writer.bytes(intent.payee, 20).u64(intent.max).u16(intent.window);
    if (intent.kind === 'post') {
      writer.bytes(intent.topic, 32).u64(intent.stake).u16(intent.size).bytes(intent.commitment, 32);
    }
  }
  return writer.finish();
}

/** Throws RangeError as {@link encodeFetch} does. */
export function encodeFulfil(fulfil: Fulfil): Uint8Array {
  const writer = new ByteWriter(FULFIL_SIZE.transfer);
  writer.u8(MESSAGE.fulfil).u8(KIND[fulfil.kind]).u64(fulfil.nonce);
  switch (fulfil.kind) {
    case 'transfer':
      writer.bytes(fulfil.salt, 16).bytes(fulfil.to, 20).u64(fulfil.amount).bytes(fulfil.reference, 32);
      break;
    case 'hold':
      writer.u64(fulfil.amount).bytes(fulfil.signature, 64);
      break;
    case 'withdraw':
      writer.bytes(fulfil.salt, 16).u64(fulfil.amount);
      break;
    case 'post':
      writer.bytes(fulfil.salt, 16).u16(fulfil.data.length).bytes(fulfil.data);
      break;
    case 'validate':
      writer.u64(fulfil.height).bytes(fulfil.signature, 64);
      break;
  }
  return writer.finish();
}

/** The fetch that these bytes are, exactly; undefined if they are malformed. */
export function decodeFetch(bytes: Uint8Array, parameters: Parameters): Fetch | undefined {
  const view = viewOf(bytes);
  if (scanFetch(bytes, view, 0, bytes.length, parameters) !== bytes.length) return undefined;

  const intents: Intent[] = [];
  for (let at: number = FETCH.intents; at < bytes.length; at += intentSize(bytes[at]!)) {
    intents.push(readIntent(bytes, view, at));
  }
  return {
    account: bytes.slice(FETCH.account, FETCH.account + 20),
    sequence: readU64(view, FETCH.sequence),
    limit: readU64(view, FETCH.limit),
    budget: readU64(view, FETCH.budget),
    expires: readSafe(view, FETCH.expires),
    signature: bytes.slice(FETCH.signature, FETCH.signature + 64),
    intents,
  };
}

/** The fulfilment that these bytes are, exactly; undefined if they are malformed. */
export function decodeFulfil(bytes: Uint8Array, parameters: Parameters): Fulfil | undefined {
  const view = viewOf(bytes);
  if (scanFulfil(bytes, view, 0, bytes.length, parameters) !== bytes.length) return undefined;

  const nonce = readSafe(view, FULFIL.nonce);
  const run = (offset: number, size: number): Uint8Array => bytes.slice(offset, offset + size);
  switch (bytes[FULFIL.kind]) {
    case KIND.transfer: {
      const { salt, to, amount, reference } = FULFIL.transfer;
      return {
        kind: 'transfer',
        nonce,
        salt: run(salt, 16),
        to: run(to, 20),
        amount: readU64(view, amount),
        reference: run(reference, 32),
      };
    }
    case KIND.hold: {
      const { amount, signature } = FULFIL.hold;
      return { kind: 'hold', nonce, amount: readU64(view, amount), signature: run(signature, 64) };
    }
    case KIND.withdraw: {
      const { salt, amount } = FULFIL.withdraw;
      return { kind: 'withdraw', nonce, salt: run(salt, 16), amount: readU64(view, amount) };
    }
    case KIND.post: {
      const { salt, data } = FULFIL.post;
      return { kind: 'post', nonce, salt: run(salt, 16), data: bytes.slice(data) };
    }
    default: {
      const { height, signature } = FULFIL.validate;
      return { kind: 'validate', nonce, height: readSafe(view, height), signature: run(signature, 64) };
    }
  }
}

/** The message that these bytes are, exactly; undefined if they are malformed. */
export function decodeMessage(bytes: Uint8Array, parameters: Parameters): Message | undefined {
  if (bytes[0] === MESSAGE.fetch) {
    const fetch = decodeFetch(bytes, parameters);
    return fetch && { type: 'fetch', fetch };
  }
  const fulfil = decodeFulfil(bytes, parameters);
  return fulfil && { type: 'fulfil', fulfil };
}

/** Bytes of the intent at `at` < `end`; -1 if it is malformed. */
function scanIntent(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
  parameters: Parameters,
): number {
  const kind = bytes[at]!;
  const size = intentSize(kind);
  if (size === 0 || end - at < size) return -1;
  if (kind === KIND.hold) {
    if (isZero(bytes, at + INTENT.hold.payee, 20) || isZero(bytes, at + INTENT.hold.max, 8)) return -1;
    const window = view.getUint16(at + INTENT.hold.window);
    if (window < parameters.windowHoldLeast || window > parameters.windowHoldMost) return -1;
  } else if (kind === KIND.post) {
    if (view.getUint16(at + INTENT.post.size) > parameters.postMost) return -1;
  }
  return size;
}

function readIntent(bytes: Uint8Array, view: DataView, at: number): Intent {
  const run = (offset: number, size: number): Uint8Array => bytes.slice(at + offset, at + offset + size);
  switch (bytes[at]) {
    case KIND.transfer:
      return { kind: 'transfer', commitment: run(INTENT.transfer.commitment, 32) };
    case KIND.hold: {
      const { payee, max, window } = INTENT.hold;
      return {
        kind: 'hold',
        payee: run(payee, 20),
        max: readU64(view, at + max),
        window: view.getUint16(at + window),
      };
    }
    case KIND.withdraw:
      return { kind: 'withdraw', commitment: run(INTENT.withdraw.commitment, 32) };
    case KIND.post: {
      const { topic, stake, size, commitment } = INTENT.post;
      return {
        kind: 'post',
        topic: run(topic, 32),
        stake: readU64(view, at + stake),
        size: view.getUint16(at + size),
        commitment: run(commitment, 32),
      };
    }
    default:
      return { kind: 'validate' };
  }
}
