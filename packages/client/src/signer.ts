/**
 * Signing with a viem account or wallet, and checking signatures: 64 bytes r, vs (EIP-2098), s in the lower half.
 *
 * docs/protocol.md, 4.
 */
import { fromHex, type Genesis, type Header, toHex, typedData } from '@upfront/core';
import {
  type Account,
  type Address,
  type Client,
  type Hex,
  parseSignature,
  recoverAddress,
  serializeSignature,
  type WalletClient,
} from 'viem';
import { signTypedData } from 'viem/actions';
import { ConfigurationError, SigningError } from './errors/kinds.ts';

/** What the client can sign with. */
export interface Signer {
  readonly address: Address;
  fetch(genesis: Genesis, message: FetchToSign): Promise<Uint8Array>;
  capture(genesis: Genesis, message: CaptureToSign): Promise<Uint8Array>;
  header(genesis: Genesis, header: Header): Promise<Uint8Array>;
}

export interface FetchToSign {
  readonly sequence: bigint;
  readonly limit: bigint;
  readonly budget: bigint;
  readonly expires: number;
  /** sha256 of the encoded intents. */
  readonly intents: Uint8Array;
}

export interface CaptureToSign {
  readonly payer: Address;
  readonly sequence: bigint;
  readonly index: number;
  readonly amount: bigint;
}

/** A local account, or a wallet client with one. */
export type AccountSource = Account | WalletClient;

type TypedData = Parameters<typeof signTypedData>[1];

const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Throws ConfigurationError if the source cannot sign typed data. */
export function createSigner(source: AccountSource): Signer {
  const { address, sign } = signatureSource(source);
  const signed = async (what: string, data: object): Promise<Uint8Array> => {
    let hex: Hex;
    try {
      hex = await sign(data as TypedData);
    } catch (error) {
      throw new SigningError(what, error);
    }
    const signature = compactSignature(hex);
    if (signature === undefined)
      throw new SigningError(what, new Error('the wallet gave no ECDSA signature'));
    return signature;
  };
  const dataOf = (genesis: Genesis) => typedData(genesis.chainId, genesis.contract);

  return {
    address,
    fetch(genesis, { sequence, limit, budget, expires, intents }) {
      const request = { budget, expires: BigInt(expires), intents: toHex(intents) };
      return signed('The fetch', {
        ...narrow(dataOf(genesis), ['Fetch', 'Request']),
        primaryType: 'Fetch',
        message: { sequence, limit, request },
      });
    },
    capture(genesis, message) {
      return signed('The capture', {
        ...narrow(dataOf(genesis), ['Capture']),
        primaryType: 'Capture',
        message,
      });
    },
    header(genesis, { height, parent, events, state, settlement }) {
      const message = {
        height: BigInt(height),
        parent: toHex(parent),
        events: toHex(events),
        state: toHex(state),
        settlement: toHex(settlement),
      };
      return signed('The header', { ...narrow(dataOf(genesis), ['Header']), primaryType: 'Header', message });
    },
  };
}

/** r and vs of a 64- or 65-byte signature, s brought into the lower half; undefined if it is none. */
export function compactSignature(hex: Hex): Uint8Array | undefined {
  if (fromHex(hex, 64) !== undefined) return fromHex(hex, 64);
  if (fromHex(hex, 65) === undefined) return undefined;
  let { r, s, yParity } = parseSignature(hex);
  let low = BigInt(s);
  if (2n * low > CURVE_ORDER) {
    low = CURVE_ORDER - low;
    yParity = 1 - yParity;
  }
  const bytes = new Uint8Array(64);
  bytes.set(fromHex(r)!, 0);
  bytes.set(fromHex(`0x${low.toString(16).padStart(64, '0')}`)!, 32);
  bytes[32]! |= yParity << 7;
  return bytes;
}

/** Who signed the digest, 20 bytes; undefined if the signature is not valid (docs/protocol.md, 4). */
export async function recoverSigner(
  digest: Uint8Array,
  signature: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (signature.length !== 64) return undefined;
  const vs = signature.slice(32);
  const yParity = vs[0]! >> 7;
  vs[0]! &= 0x7f;
  const r = toHex(signature.subarray(0, 32));
  const s = toHex(vs);
  if (2n * BigInt(s) > CURVE_ORDER) return undefined;
  try {
    const whole = serializeSignature({ r, s, yParity });
    return fromHex(await recoverAddress({ hash: toHex(digest), signature: whole }), 20);
  } catch {
    return undefined;
  }
}

/** Only the types that the message uses: wallets show them. */
function narrow<T extends { readonly types: object; readonly domain: object }>(
  data: T,
  names: readonly string[],
) {
  const types = Object.fromEntries(Object.entries(data.types).filter(([name]) => names.includes(name)));
  return { types, domain: data.domain };
}

function signatureSource(source: AccountSource): { address: Address; sign(data: TypedData): Promise<Hex> } {
  if ('request' in source) {
    const { account } = source;
    if (account === undefined) throw new ConfigurationError('The wallet client has no account.');
    return {
      address: account.address,
      sign: (data) => signTypedData(source as Client, { ...data, account }),
    };
  }
  const sign = 'signTypedData' in source ? source.signTypedData : undefined;
  if (sign === undefined) {
    throw new ConfigurationError(
      'The account cannot sign typed data: pass a local account or a wallet client.',
    );
  }
  return { address: source.address, sign: (data) => sign(data as Parameters<typeof sign>[0]) };
}
