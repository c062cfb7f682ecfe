// The network that the benchmark runs on: one operator or a committee, payers funded by generated deposits, no first layer
// behind it.

import {
  compareBytes,
  defaultParameters,
  type Genesis,
  type Hashes,
  type Item,
  itemHead,
} from '@upfront/core';
import type { L1Observation } from '../packages/node/src/engine/engine.ts';
import type { Curve } from '../packages/node/src/signatures/curve.ts';
import { FUNDS, type Payer } from './bench-payments.ts';

export const OPERATOR_KEY = new Uint8Array(32).fill(0x42);

/** Of a committee; one is the operator. */
export function validatorKeys(hashes: Hashes, count: number): Uint8Array[] {
  if (count === 1) return [OPERATOR_KEY];
  return Array.from({ length: count }, (_, i) => hashes.sha256(Buffer.from(`upfront bench validator ${i}`)));
}

export function createGenesis(
  curve: Curve,
  time: number,
  keys: readonly Uint8Array[] = [OPERATOR_KEY],
): Genesis {
  const contract = new Uint8Array(20).fill(0x77);
  return {
    chainId: 31337,
    contract,
    time,
    parameters: defaultParameters,
    validators: keys.map((key) => curve.addressOf(key).slice()).sort(compareBytes),
  };
}

/** A first layer on which every payer has deposited. */
export function fundingObservation(
  hashes: Hashes,
  genesis: Genesis,
  payers: readonly Payer[],
  time: number,
): L1Observation {
  const items: Item[] = payers.map(({ address }) => ({
    kind: 1,
    account: address,
    amount: FUNDS,
    data: new Uint8Array(32),
  }));
  let head: Uint8Array = new Uint8Array(32);
  items.forEach((item, i) => {
    head = itemHead(hashes, head, i + 1, item);
  });
  const validators = hashes.keccak256(Buffer.concat(genesis.validators));
  return {
    time,
    items: items.length,
    head,
    settled: 0,
    validators,
    itemsFrom: (n, most) => items.slice(n - 1, n - 1 + most),
  };
}
