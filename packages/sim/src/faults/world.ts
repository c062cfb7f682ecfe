/**
 * What every part of one simulation shares: time, chance, the network's genesis, its first layer, and who watches.
 */
import {
  createDomain,
  type Domain,
  defaultParameters,
  type Genesis,
  type Hashes,
  type Parameters,
} from '@upfront/core';
import type { ChainLog, Curve } from '@upfront/node/parts';
import { Checker } from './checker.ts';
import { type Call, Contract, execute } from './contract.ts';
import { L1 } from './l1.ts';
import { Network } from './network.ts';
import { Platform } from './platform.ts';
import { Random } from './random.ts';
import { fakeKey } from './signatures.ts';
import { createTypedHashes, type TypedHashes } from './typed-hashes.ts';

/** What a seed decides before anything happens. */
export interface WorldOptions {
  readonly seed: number;
  readonly validators: number;
  readonly hashes: Hashes;
  readonly curve: Curve;
  /** The contract's address; any, unless it is a real one. */
  readonly contract?: Uint8Array;
  /** s. */
  readonly closeAge?: number;
  readonly keyOf?: (letter: number, number: number) => Uint8Array;
}

/** ms since the epoch at which simulations begin; a whole second. */
export const START = 1_800_000_000_000;

/** Windows, intervals and bounds so small that everything happens within minutes; the relations are those of the defaults. */
export function smallParameters(random: Random): Parameters {
  const windowTransfer = random.between(6, 20) * 1000;
  return {
    ...defaultParameters,
    maxIntents: random.pick([4, 8, 256]),
    capacity: random.pick([8, 40, 4000]),
    maxPlaces: random.pick([16, 64, 512]),
    standingStart: random.pick([8192, 32768, 65536]),
    standingGain: random.pick([64, 3000]),
    windowTransfer,
    windowPost: random.between(3, 8) * 1000,
    windowHoldLeast: 5,
    windowHoldMost: 30,
    leastAge: random.between(1, 8),
    postMost: 600,
    expiryMost: 120_000,
    interval: random.between(8, 30) * 1000,
    maxEntries: random.pick([1, 2, 3, 8]),
    maxUnconfirmed: random.between(1, 4),
    lag: random.pick([15, 20, 60, 120]) * 1000,
    bond: 1_000_000n,
    entryFee: random.pick([0n, 1000n, 25_000n]),
    dust: 100_000n,
    snapshotMessages: random.between(10, 200),
    snapshotInterval: random.between(5, 60) * 1000,
    snapshotDelay: random.between(1, 6),
  };
}

export class World {
  readonly seed: number;
  readonly random: Random;
  readonly platform: Platform;
  readonly network: Network;
  readonly hashes: Hashes;
  readonly curve: Curve;
  readonly genesis: Genesis;
  readonly domain: Domain;
  readonly typed: TypedHashes;
  readonly l1: L1;
  readonly checker: Checker;
  readonly validatorKeys: readonly Uint8Array[];
  readonly keyOf: (letter: number, number: number) => Uint8Array;
  /** What happened, for whoever looks into a failure; bounded. */
  readonly diary: string[] = [];

  constructor({
    seed,
    validators,
    hashes,
    curve,
    contract,
    closeAge = 86_400,
    keyOf = fakeKey,
  }: WorldOptions) {
    this.seed = seed;
    this.hashes = hashes;
    this.curve = curve;
    this.keyOf = keyOf;
    this.random = new Random(seed, 'world');
    this.platform = new Platform(START, this.random.fork('platform'));
    this.network = new Network(this.platform, this.random.fork('network'));
    this.validatorKeys = Array.from({ length: validators }, (_, i) => keyOf(0x0e, i + 1)).sort((a, b) =>
      Buffer.compare(curve.addressOf(a), curve.addressOf(b)),
    );
    const addresses = this.validatorKeys.map((key) => curve.addressOf(key));
    const parameters = smallParameters(this.random.fork('parameters'));
    const address = contract ?? new Uint8Array(20).fill(0xcc);
    this.genesis = { chainId: 31337, contract: address, time: START, parameters, validators: addresses };
    this.domain = createDomain(31337, address, hashes);
    this.typed = createTypedHashes(hashes, 31337, address);
    const recover = (digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined =>
      curve.recover(digest, signature);
    const ages = { closeAge, bondAge: BOND_AGE, minBond: MIN_BOND };
    const model = new Contract({ hashes, typed: this.typed, recover, validators: addresses, ...ages });
    // Bonded before anything else happens: a reorganisation does not take that back.
    const bonds = addresses.map(
      (from): Call => ({ name: 'bond', from, amount: 1_000_000n, key: keyBytes(from) }),
    );
    for (const call of bonds) execute(model, call, START / 1000);
    const random = this.random.fork('l1');
    const shape = { interval: random.between(1, 6) * 1000, depth: random.between(0, 4) };
    // Finality that takes longer than the lag would let nobody do anything.
    if ((shape.depth + 2) * shape.interval > parameters.lag / 2 - 3000) shape.interval = 1000;
    this.l1 = new L1(this.platform, model, hashes, random, shape);
    for (const call of bonds) this.l1.begun(call, START / 1000);
    this.checker = new Checker(this);
    this.l1.settling = (...said) => this.checker.settling(...said);
  }

  note(text: string): void {
    if (this.diary.length === DIARY_MOST) this.diary.shift();
    this.diary.push(`${((this.platform.now - START) / 1000).toFixed(3).padStart(9)} ${text}`);
  }

  /** Production's log, of a process. */
  log(name: string): ChainLog {
    const write = (level: string) => (fields: object, message: string) => {
      const error = (fields as { err?: Error }).err;
      this.note(`${name} ${level} ${message}${error === undefined ? '' : `: ${error.message}`}`);
    };
    return { info: () => {}, warn: write('warn'), error: write('error') };
  }
}

const DIARY_MOST = 400;
/** s, and units. */
export const BOND_AGE = 40;
export const MIN_BOND = 1000n;

/** The consensus key of a validator: any 32 bytes that are its own. */
export function keyBytes(address: Uint8Array): Uint8Array {
  const key = new Uint8Array(32);
  key.set(address, 12);
  key[0] = 0xed;
  return key;
}
