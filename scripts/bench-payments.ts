// Pre-signed payments for the benchmark: who pays, fetches of k transfers each, and the fulfilments that open them.
// Everything follows from a seed; the nonces are written into the fulfilments when the fetch is dealt.

import {
  commitment,
  createDomain,
  encodeFetch,
  encodeFulfil,
  FULFIL,
  type Genesis,
  type Hashes,
  type Intent,
  transferActivity,
} from '@upfront/core';
import type { Curve } from '../packages/node/src/signatures/curve.ts';

export interface Payer {
  readonly key: Uint8Array;
  readonly address: Uint8Array;
  /** The next sequence to sign. */
  sequence: bigint;
}

/** One fetch and what fulfils it. */
export interface Round {
  readonly fetch: Uint8Array;
  /** `count` transfers' fulfilments, joined; their nonces are still 0. */
  readonly fulfils: Uint8Array;
  readonly count: number;
}

/** Units each payer is given: enough for hours. */
export const FUNDS = 10n ** 15n;
const FEE = 10n;
const AMOUNT = 1n;
const FULFIL_BYTES = 86;
const REFERENCE = new Uint8Array(32);

export function createPayers(curve: Curve, hashes: Hashes, count: number): Payer[] {
  return Array.from({ length: count }, (_, i) => {
    const key = hashes.sha256(Buffer.from(`upfront bench payer ${i}`));
    return { key, address: curve.addressOf(key), sequence: 0n };
  });
}

/** Makes rounds; signing one takes about 35 us, and 3 us more a transfer. */
export function createSealer(genesis: Genesis, curve: Curve, hashes: Hashes, payers: readonly Payer[]) {
  const domain = createDomain(genesis.chainId, genesis.contract, hashes);
  return (payer: Payer, count: number, expires: number): Round => {
    const sequence = payer.sequence++;
    const seed = hashes.sha256(Buffer.concat([payer.key, Buffer.from(sequence.toString())]));
    const intents: Intent[] = [];
    const fulfils = new Uint8Array(count * FULFIL_BYTES);
    const salt = seed.slice(0, 16);
    for (let i = 0; i < count; i++) {
      salt[14] = i >> 8;
      salt[15] = i;
      const to = payers[(seed[16]! + 256 * seed[17]! + i) % payers.length]!.address;
      const activity = transferActivity(to, AMOUNT, REFERENCE);
      const sealed = commitment(hashes, payer.address, sequence, i, 1, salt, activity);
      intents.push({ kind: 'transfer', commitment: sealed });
      const fulfil = encodeFulfil({ kind: 'transfer', nonce: 0, salt, to, amount: AMOUNT, reference: REFERENCE });
      fulfils.set(fulfil, i * FULFIL_BYTES);
    }
    const budget = BigInt(count) * (FEE + AMOUNT);
    const signature = new Uint8Array(64);
    const { address: account } = payer;
    const fetch = encodeFetch({ account, sequence, limit: FUNDS * 1000n, budget, expires, intents, signature });
    fetch.set(curve.sign(domain.fetchDigest(fetch, 0, fetch.length), payer.key), 53);
    return { fetch, fulfils, count };
  };
}

/** Writes the nonces that the fetch was dealt into its fulfilments. */
export function nameNonces({ fulfils, count }: Round, first: number): void {
  const view = new DataView(fulfils.buffer, fulfils.byteOffset, fulfils.length);
  for (let i = 0; i < count; i++) {
    view.setBigUint64(i * FULFIL_BYTES + FULFIL.nonce, BigInt(first + i));
  }
}
