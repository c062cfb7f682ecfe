/**
 * The EIP-712 digests once more, from the texts of docs/protocol.md, 4, for the contract's model: what the core computes
 * and what the contract checks must be the same.
 */
import type { Hashes, Header } from '@upfront/core';

const FETCH =
  'Fetch(uint64 sequence,uint64 limit,Request request)Request(uint64 budget,uint64 expires,bytes32 intents)';
const REQUEST = 'Request(uint64 budget,uint64 expires,bytes32 intents)';
const HEADER = 'Header(uint64 height,bytes32 parent,bytes32 events,bytes32 state,bytes32 settlement)';
const CAPTURE = 'Capture(address payer,uint64 sequence,uint16 index,uint64 amount)';
const DOMAIN = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)';

export interface TypedHashes {
  request(budget: bigint, expires: bigint, intents: Uint8Array): Uint8Array;
  fetch(sequence: bigint, limit: bigint, request: Uint8Array): Uint8Array;
  capture(payer: Uint8Array, sequence: bigint, index: number, amount: bigint): Uint8Array;
  header(header: Header): Uint8Array;
}

export function createTypedHashes({ keccak256 }: Hashes, chainId: number, contract: Uint8Array): TypedHashes {
  const text = (value: string): Uint8Array => keccak256(new TextEncoder().encode(value));
  const [fetch, request, header, capture] = [text(FETCH), text(REQUEST), text(HEADER), text(CAPTURE)];
  const separator = keccak256(words(text(DOMAIN), text('Upfront'), text('1'), BigInt(chainId), contract));
  const prefix = Uint8Array.of(0x19, 0x01);
  const digest = (struct: Uint8Array): Uint8Array =>
    keccak256(Buffer.concat([prefix, separator, keccak256(struct)]));
  return {
    request: (budget, expires, intents) => keccak256(words(request, budget, expires, intents)),
    fetch: (sequence, limit, hash) => digest(words(fetch, sequence, limit, hash)),
    capture: (payer, sequence, index, amount) =>
      digest(words(capture, payer, sequence, BigInt(index), amount)),
    header: (one) =>
      digest(words(header, BigInt(one.height), one.parent, one.events, one.state, one.settlement)),
  };
}

/** Each value right-aligned in 32 bytes: abi.encode of what has a fixed size. */
export function words(...values: readonly (bigint | Uint8Array)[]): Uint8Array {
  const bytes = new Uint8Array(32 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    if (typeof value === 'bigint') view.setBigUint64(32 * i + 24, value);
    else bytes.set(value, 32 * (i + 1) - value.length);
  });
  return bytes;
}
