/**
 * The digests that accounts, payees and validators sign, and the typed data that wallets show for them.
 *
 * docs/protocol.md, section 4; EIP-712. The domain binds every signature to one contract on one chain. The
 * type strings are made from the table that wallets get, so both cannot differ.
 */
import type { L1View } from './block.ts';
import { asciiBytes, concatBytes, copyBytes, viewOf, writeSafe, writeU64 } from './bytes.ts';
import type { Hashes } from './hash.ts';
import type { Header } from './header.ts';
import { toHex } from './hex.ts';
import { FETCH } from './messages.ts';
import type { Address, Hash, Sequence, Units } from './units.ts';

/** The digests of one deployment. Results are fresh; arguments are read, not kept. */
export interface Domain {
  /** EIP-712 domain separator. */
  readonly separator: Hash;
  /** What an account signs of the encoded fetch at `offset`. */
  fetchDigest(bytes: Uint8Array, offset: number, size: number): Hash;
  /** hashStruct of the Request of the encoded fetch at `offset`, given its {@link intentsHash}: a debit's `request`. */
  requestHash(bytes: Uint8Array, offset: number, intents: Hash): Hash;
  /** sha256 of the encoded intents of the encoded fetch at `offset`. */
  intentsHash(bytes: Uint8Array, offset: number, size: number): Hash;
  /** The same digest as {@link fetchDigest}, from what a settlement's debit carries. */
  fetchDigestOf(sequence: Sequence, limit: Units, request: Hash): Hash;
  /** What a hold's payee signs; amount 0 releases it. */
  captureDigest(payer: Address, sequence: Sequence, index: number, amount: Units): Hash;
  /** What validators, and an account that validates, sign; the next block's parent. */
  headerDigest(header: Header): Hash;
  /** What a validator signs of the first layer. */
  viewDigest(view: L1View): Hash;
}

/** EIP-712 types in viem's form, each with its fields in order. */
export const typedTypes = {
  Fetch: [
    { name: 'sequence', type: 'uint64' },
    { name: 'limit', type: 'uint64' },
    { name: 'request', type: 'Request' },
  ],
  Request: [
    { name: 'budget', type: 'uint64' },
    { name: 'expires', type: 'uint64' },
    { name: 'intents', type: 'bytes32' },
  ],
  Capture: [
    { name: 'payer', type: 'address' },
    { name: 'sequence', type: 'uint64' },
    { name: 'index', type: 'uint16' },
    { name: 'amount', type: 'uint64' },
  ],
  Header: [
    { name: 'height', type: 'uint64' },
    { name: 'parent', type: 'bytes32' },
    { name: 'events', type: 'bytes32' },
    { name: 'state', type: 'bytes32' },
    { name: 'settlement', type: 'bytes32' },
  ],
  View: [
    { name: 'time', type: 'uint64' },
    { name: 'items', type: 'uint64' },
    { name: 'head', type: 'bytes32' },
    { name: 'settled', type: 'uint64' },
    { name: 'validators', type: 'bytes32' },
    { name: 'rotation', type: 'address' },
    { name: 'change', type: 'uint8' },
  ],
} as const;

const DOMAIN = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
] as const;
const NAME = 'Upfront';
const VERSION = '1';

/** EIP-712 encodeType of what is hashed here, by type. */
export const typeStrings = {
  EIP712Domain: typeString('EIP712Domain', DOMAIN),
  Fetch: typeString('Fetch', typedTypes.Fetch) + typeString('Request', typedTypes.Request),
  Request: typeString('Request', typedTypes.Request),
  Capture: typeString('Capture', typedTypes.Capture),
  Header: typeString('Header', typedTypes.Header),
  View: typeString('View', typedTypes.View),
} as const;

/** `types` and `domain` as viem's signTypedData takes them. */
export function typedData(chainId: number, contract: Address) {
  const domain = { name: NAME, version: VERSION, chainId, verifyingContract: toHex(contract) };
  return { types: typedTypes, domain } as const;
}

/**
 * The digests of a deployment. PERF: structs are laid out in one reused buffer; a digest costs its hashes only.
 *
 * @throws RangeError if the contract is not 20 bytes or the chain id not a safe integer
 */
export function createDomain(chainId: number, contract: Address, hashes: Hashes): Domain {
  if (contract.length !== 20) throw new RangeError('contract is not 20 bytes');
  if (!Number.isSafeInteger(chainId) || chainId < 0) throw new RangeError('chainId is not a safe integer');
  const keccak256 = (bytes: Uint8Array): Hash => hashes.keccak256(bytes);
  const { fetch, request, capture, header, view, domain } = createStructs(keccak256);
  domain.word(1, keccak256(asciiBytes(NAME)), 0, 32);
  domain.word(2, keccak256(asciiBytes(VERSION)), 0, 32);
  domain.count(3, chainId);
  domain.word(4, contract, 0, 20);
  const separator = keccak256(domain.bytes);

  const signed = concatBytes(Uint8Array.of(0x19, 0x01), separator, new Uint8Array(32));
  const digest = (struct: Uint8Array): Hash => {
    copyBytes(signed, 34, keccak256(struct), 0, 32);
    return keccak256(signed);
  };
  const intentsHash = (bytes: Uint8Array, offset: number, size: number): Hash =>
    hashes.sha256(bytes.subarray(offset + FETCH.intents, offset + size));
  const requestHash = (bytes: Uint8Array, offset: number, intents: Hash): Hash => {
    request.word(1, bytes, offset + FETCH.budget, 8);
    request.word(2, bytes, offset + FETCH.expires, 8);
    request.word(3, intents, 0, 32);
    return keccak256(request.bytes);
  };

  return {
    separator,
    intentsHash,
    requestHash,
    fetchDigest(bytes, offset, size) {
      fetch.word(1, bytes, offset + FETCH.sequence, 8);
      fetch.word(2, bytes, offset + FETCH.limit, 8);
      fetch.word(3, requestHash(bytes, offset, intentsHash(bytes, offset, size)), 0, 32);
      return digest(fetch.bytes);
    },
    fetchDigestOf(sequence, limit, hash) {
      fetch.amount(1, sequence);
      fetch.amount(2, limit);
      fetch.word(3, hash, 0, 32);
      return digest(fetch.bytes);
    },
    captureDigest(payer, sequence, index, amount) {
      capture.word(1, payer, 0, 20);
      capture.amount(2, sequence);
      capture.count(3, index);
      capture.amount(4, amount);
      return digest(capture.bytes);
    },
    headerDigest({ height, parent, events, state, settlement }) {
      header.count(1, height);
      header.word(2, parent, 0, 32);
      header.word(3, events, 0, 32);
      header.word(4, state, 0, 32);
      header.word(5, settlement, 0, 32);
      return digest(header.bytes);
    },
    viewDigest({ time, items, head, settled, validators, rotation, change }) {
      view.count(1, time);
      view.count(2, items);
      view.word(3, head, 0, 32);
      view.count(4, settled);
      view.word(5, validators, 0, 32);
      view.word(6, rotation, 0, 20);
      view.count(7, change);
      return digest(view.bytes);
    },
  };
}

function typeString(name: string, fields: readonly { name: string; type: string }[]): string {
  return `${name}(${fields.map((field) => `${field.type} ${field.name}`).join(',')})`;
}

/** One buffer for each type. */
function createStructs(keccak256: Hashes['keccak256']) {
  const create = (type: keyof typeof typeStrings, fields: number) =>
    createStruct(keccak256(asciiBytes(typeStrings[type])), fields);
  return {
    fetch: create('Fetch', typedTypes.Fetch.length),
    request: create('Request', typedTypes.Request.length),
    capture: create('Capture', typedTypes.Capture.length),
    header: create('Header', typedTypes.Header.length),
    view: create('View', typedTypes.View.length),
    domain: create('EIP712Domain', DOMAIN.length),
  };
}

/** The encodeData buffer of a struct: its type's hash at word 0, then a word a field, right-aligned. */
function createStruct(typeHash: Hash, fields: number) {
  const bytes = concatBytes(typeHash, new Uint8Array(32 * fields));
  const view = viewOf(bytes);
  return {
    bytes,
    /** `size` bytes at `offset` as the last ones of word `index`; those before stay 0. */
    word: (index: number, source: Uint8Array, offset: number, size: number): void =>
      copyBytes(bytes, 32 * index + 32 - size, source, offset, size),
    amount: (index: number, value: bigint): void => writeU64(view, 32 * index + 24, value),
    count: (index: number, value: number): void => writeSafe(view, 32 * index + 24, value),
  };
}
