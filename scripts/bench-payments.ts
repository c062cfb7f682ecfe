// Pre-signed payments for the benchmark: who pays, fetches of k transfers each, and the fulfilments that open
// them. Everything follows from names, so that node and load agree on who the payers are. The nonces are
// written into the fulfilments when the fetch is dealt. PERF: 1.5 us a payment and 35 us a signature, hence
// laid out by hand.

import { createDomain, FETCH, FULFIL, type Genesis, type Hashes, KIND, MESSAGE } from '@upfront/core';
import type { Curve } from '../packages/node/src/signatures/curve.ts';

export interface Payer {
  readonly key: Uint8Array;
  readonly address: Uint8Array;
  /** The next sequence to sign. */
  sequence: number;
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
const FEE = 10;
const AMOUNT = 1;
const INTENT_BYTES = 33;
const FULFIL_BYTES = 86;

/** What a commitment is the hash of (docs/protocol.md, 3), for a transfer. */
const SEALED = {
  account: 9,
  sequence: 29,
  index: 37,
  kind: 39,
  salt: 40,
  to: 56,
  amount: 76,
  end: 116,
} as const;

export function createPayers(curve: Curve, hashes: Hashes, count: number): Payer[] {
  return Array.from({ length: count }, (_, i) => {
    const key = hashes.sha256(Buffer.from(`upfront bench payer ${i}`));
    return { key, address: curve.addressOf(key), sequence: 0 };
  });
}

/** Makes rounds of payments from one payer to the others. */
export function createSealer(genesis: Genesis, curve: Curve, hashes: Hashes, payers: readonly Payer[]) {
  const domain = createDomain(genesis.chainId, genesis.contract, hashes);
  const sealed = new Uint8Array(SEALED.end);
  const sealedView = new DataView(sealed.buffer);
  sealed.set(Buffer.from('upfront/1'));
  sealed[SEALED.kind] = KIND.transfer;

  return (payer: Payer, count: number, expires: number): Round => {
    const sequence = payer.sequence++;
    const fetch = new Uint8Array(FETCH.intents + count * INTENT_BYTES);
    const fulfils = new Uint8Array(count * FULFIL_BYTES);
    writeFetch(fetch, payer.address, sequence, count, expires);
    sealed.set(payer.address, SEALED.account);
    writeSafe(sealedView, SEALED.sequence, sequence);
    const salt = hashes.sha256(fetch.subarray(0, FETCH.expires)).subarray(0, 16);
    for (let i = 0; i < count; i++) {
      sealedView.setUint16(SEALED.index, i);
      sealed.set(salt, SEALED.salt);
      sealed.set(payers[(salt[0]! + 256 * salt[1]! + i) % payers.length]!.address, SEALED.to);
      writeSafe(sealedView, SEALED.amount, AMOUNT);
      const intent = FETCH.intents + i * INTENT_BYTES;
      fetch[intent] = KIND.transfer;
      fetch.set(hashes.sha256(sealed), intent + 1);
      const fulfil = i * FULFIL_BYTES;
      fulfils[fulfil] = MESSAGE.fulfil;
      fulfils[fulfil + FULFIL.kind] = KIND.transfer;
      fulfils.set(sealed.subarray(SEALED.salt), fulfil + FULFIL.transfer.salt);
    }
    fetch.set(curve.sign(domain.fetchDigest(fetch, 0, fetch.length), payer.key), FETCH.signature);
    return { fetch, fulfils, count };
  };
}

/** Writes the nonces that the fetch was dealt into its fulfilments. */
export function nameNonces({ fulfils, count }: Round, first: number): void {
  const view = new DataView(fulfils.buffer, fulfils.byteOffset, fulfils.length);
  for (let i = 0; i < count; i++) writeSafe(view, i * FULFIL_BYTES + FULFIL.nonce, first + i);
}

function writeFetch(
  fetch: Uint8Array,
  account: Uint8Array,
  sequence: number,
  count: number,
  expires: number,
): void {
  const view = new DataView(fetch.buffer);
  fetch[0] = MESSAGE.fetch;
  fetch.set(account, FETCH.account);
  writeSafe(view, FETCH.sequence, sequence);
  view.setBigUint64(FETCH.limit, FUNDS * 1000n);
  writeSafe(view, FETCH.budget, count * (FEE + AMOUNT));
  writeSafe(view, FETCH.expires, expires);
  view.setUint16(FETCH.count, count);
}

function writeSafe(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, Math.floor(value / 2 ** 32));
  view.setUint32(offset + 4, value >>> 0);
}
