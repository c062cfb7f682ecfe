/**
 * What tests of engines share: a network with funded payers, a first layer that is a list, and messages that
 * are signed. Everything follows from names, so that another process makes the same network.
 */
import {
  commitment,
  createDomain,
  type Domain,
  defaultParameters,
  encodeFetch,
  encodeFulfil,
  type Genesis,
  type Hashes,
  type Intent,
  type Item,
  itemHead,
  type Parameters,
  transferActivity,
} from '@upfront/core';
import { createHashes } from '../hashes.ts';
import { type Curve, createCurve } from '../signatures/curve.ts';
import type { ChainLog } from './chain.ts';
import type { L1Observation } from './engine.ts';

export const FUNDS = 10n ** 12n;
export const FEE = defaultParameters.fee;
export const ZERO = new Uint8Array(32);

export interface Payer {
  readonly key: Uint8Array;
  readonly address: Uint8Array;
}

export interface TestNetwork {
  readonly hashes: Hashes;
  readonly curve: Curve;
  readonly domain: Domain;
  readonly genesis: Genesis;
  readonly operator: Payer;
  /** The validators, ascending; one of them is the operator. */
  readonly validators: readonly Payer[];
  readonly payers: readonly Payer[];
  readonly l1: FakeL1;
}

export const silent: ChainLog = { info() {}, warn() {}, error() {} };

/** `time` is the genesis time. */
export async function createTestNetwork(
  payers: number,
  time: number,
  parameters: Partial<Parameters> = {},
  validatorCount = 1,
): Promise<TestNetwork> {
  const hashes = await createHashes();
  const curve = createCurve(hashes, () => {});
  const named = (name: string): Payer => {
    const key = hashes.sha256(Buffer.from(name));
    return { key, address: curve.addressOf(key) };
  };
  const operator = named('operator');
  const others = Array.from({ length: validatorCount - 1 }, (_, i) => named(`validator ${i}`));
  const validators = [operator, ...others].sort((a, b) => Buffer.compare(a.address, b.address));
  const genesis: Genesis = {
    chainId: 31337,
    contract: new Uint8Array(20).fill(0x11),
    time,
    parameters: { ...defaultParameters, ...parameters },
    validators: validators.map(({ address }) => address),
  };
  const domain = createDomain(genesis.chainId, genesis.contract, hashes);
  const list = Array.from({ length: payers }, (_, i) => named(`payer ${i}`));
  const l1 = new FakeL1(hashes, genesis.validators, time);
  for (const { address } of list) l1.add(1, address, FUNDS);
  return { hashes, curve, domain, genesis, operator, validators, payers: list, l1 };
}

/** A first layer that is what the test says. */
export class FakeL1 {
  time: number;
  settled = 0;
  readonly items: Item[] = [];
  readonly #hashes: Hashes;
  #validators: Uint8Array;
  #head: Uint8Array = ZERO;

  constructor(hashes: Hashes, validators: readonly Uint8Array[], time: number) {
    this.time = time;
    this.#hashes = hashes;
    this.#validators = hashes.keccak256(Buffer.concat(validators));
  }

  /** A settlement with a rotation was taken: this is the set now. */
  rotate(validators: readonly Uint8Array[]): void {
    this.#validators = this.#hashes.keccak256(Buffer.concat(validators));
  }

  add(kind: number, account: Uint8Array, amount: bigint, data: Uint8Array = ZERO): void {
    const item = { kind, account, amount, data };
    this.items.push(item);
    this.#head = itemHead(this.#hashes, this.#head, this.items.length, item);
  }

  observation(): L1Observation {
    const { time, settled } = this;
    const items = this.items.slice();
    return {
      time,
      items: items.length,
      head: this.#head,
      settled,
      validators: this.#validators,
      itemsFrom: (n, most) => items.slice(n - 1, n - 1 + most),
    };
  }
}

export interface FetchOptions {
  readonly budget?: bigint;
  readonly limit?: bigint;
  readonly expires?: number;
  /** Whose key signs; the payer's, if not said. */
  readonly signer?: Payer;
}

/** A signed fetch of these intents. */
export function fetchOf(
  { domain, curve }: TestNetwork,
  payer: Payer,
  sequence: bigint,
  intents: readonly Intent[],
  { budget = BigInt(intents.length) * 1000n, limit = FUNDS, expires, signer = payer }: FetchOptions = {},
): Uint8Array {
  const fetch = encodeFetch({
    account: payer.address,
    sequence,
    limit,
    budget,
    expires: expires ?? Date.now() + 60_000,
    signature: new Uint8Array(64),
    intents,
  });
  fetch.set(curve.sign(domain.fetchDigest(fetch, 0, fetch.length), signer.key), 53);
  return fetch;
}

export interface Transfers {
  readonly fetch: Uint8Array;
  /** The message that fulfils nonce `first + i`; `changed` makes it another one. */
  fulfil(first: number, i: number, changed?: { amount?: bigint }): Uint8Array;
  /** All of them, joined. */
  fulfils(first: number): Uint8Array;
}

/** A fetch of `count` transfers of `amount` units, and what opens them. */
export function transfersOf(
  network: TestNetwork,
  payer: Payer,
  sequence: bigint,
  to: Uint8Array,
  count: number,
  amount = 5n,
  options: FetchOptions = {},
): Transfers {
  const { hashes } = network;
  const activity = transferActivity(to, amount, ZERO);
  const salts = Array.from({ length: count }, (_, i) =>
    hashes
      .sha256(Buffer.from(`salt ${Buffer.from(payer.address).toString('hex')} ${sequence} ${i}`))
      .slice(0, 16),
  );
  const intents = salts.map(
    (salt, i): Intent => ({
      kind: 'transfer',
      commitment: commitment(hashes, payer.address, sequence, i, 1, salt, activity),
    }),
  );
  const fulfil: Transfers['fulfil'] = (first, i, changed = {}) =>
    encodeFulfil({
      kind: 'transfer',
      nonce: first + i,
      salt: salts[i]!,
      to,
      amount,
      reference: ZERO,
      ...changed,
    });
  return {
    fetch: fetchOf(network, payer, sequence, intents, options),
    fulfil,
    fulfils: (first) => Buffer.concat(salts.map((_, i) => fulfil(first, i))),
  };
}

/** Waits until a condition holds, looking each ms. Throws Error after 20 s. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
