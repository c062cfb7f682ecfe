/**
 * What a network begins with: its contract, parameters and validators.
 *
 * docs/protocol.md, section 2. Its hash is the parent of block 1, so two networks that differ in one
 * parameter share no block. Every parameter is below 2^53.
 */
import { asciiBytes, ByteWriter, equalBytes, isStrictlyAscending, readSafe, viewOf } from './bytes.ts';
import type { Hashes } from './hash.ts';
import {
  type Address,
  type Hash,
  INTENTS_MOST,
  type Milliseconds,
  STANDING_ONE,
  type Units,
} from './units.ts';

/** In the order of the genesis bytes; each with its unit. */
export interface Parameters {
  /** Intents a fetch. */
  readonly maxIntents: number;
  /** Places that all participants share. */
  readonly capacity: number;
  /** Places, the most of one account. */
  readonly maxPlaces: number;
  /** Q16: a new account's. */
  readonly standingStart: number;
  /** Q16: the least. */
  readonly standingFloor: number;
  /** Q16: what a fulfilled nonce adds. */
  readonly standingGain: number;
  /** ms: of a transfer or withdrawal. */
  readonly windowTransfer: Milliseconds;
  /** ms: of a post or validation. */
  readonly windowPost: Milliseconds;
  /** s: the shortest of a hold. */
  readonly windowHoldLeast: number;
  /** s: the longest of a hold. */
  readonly windowHoldMost: number;
  /** Blocks before an open nonce may be annulled. */
  readonly leastAge: number;
  /** Bytes of a post's data. */
  readonly postMost: number;
  /** ms: how far ahead of block time a fetch may expire. */
  readonly expiryMost: Milliseconds;
  /** A nonce. */
  readonly fee: Units;
  /** What a participant keeps free. */
  readonly bond: Units;
  /** The least withdrawal, and the least debit or credit that a cut lists without a reason. */
  readonly dust: Units;
  /** ms between cuts. */
  readonly interval: Milliseconds;
  /** Entries a settlement. */
  readonly maxEntries: number;
  /** Settlements formed and not yet confirmed. */
  readonly maxUnconfirmed: number;
  /** ms: how far the first layer may lie back before fetches are refused. */
  readonly lag: Milliseconds;
  /** What a listed credit or payout pays. */
  readonly entryFee: Units;
  /** Messages after which a snapshot is due. */
  readonly snapshotMessages: number;
  /** ms after which a snapshot is due. */
  readonly snapshotInterval: Milliseconds;
  /** Blocks until a snapshot's hash is part of the state. */
  readonly snapshotDelay: number;
}

export const defaultParameters: Parameters = {
  maxIntents: 256,
  capacity: 1048576,
  maxPlaces: 1024,
  standingStart: 8192,
  standingFloor: 64,
  standingGain: 64,
  windowTransfer: 60000,
  windowPost: 5000,
  windowHoldLeast: 5,
  windowHoldMost: 600,
  leastAge: 8,
  postMost: 16384,
  expiryMost: 600000,
  fee: 10n,
  bond: 1000000n,
  dust: 100000n,
  interval: 600000,
  maxEntries: 400,
  maxUnconfirmed: 64,
  lag: 3600000,
  entryFee: 25000n,
  snapshotMessages: 4000000,
  snapshotInterval: 600000,
  snapshotDelay: 1024,
};

/** In the order of the genesis bytes. */
export const parameterNames = Object.keys(defaultParameters) as readonly (keyof Parameters)[];

export interface Genesis {
  /** The first layer's, below 2^53. */
  readonly chainId: number;
  readonly contract: Address;
  readonly time: Milliseconds;
  readonly parameters: Parameters;
  /** 1..65535, strictly ascending. */
  readonly validators: readonly Address[];
}

const MAGIC = asciiBytes('upfront/1');
const PARAMETERS = 45;
const VALIDATORS = 239;

/** Throws RangeError as {@link assertGenesis} does. */
export function encodeGenesis(genesis: Genesis): Uint8Array {
  assertGenesis(genesis);

  const writer = new ByteWriter(VALIDATORS + 20 * genesis.validators.length);
  writer.bytes(MAGIC).u64(genesis.chainId).bytes(genesis.contract, 20).u64(genesis.time);
  for (const name of parameterNames) writer.u64(genesis.parameters[name]);
  writer.u16(genesis.validators.length);
  for (const validator of genesis.validators) writer.bytes(validator, 20);
  return writer.finish();
}

/** The genesis, or undefined if the bytes are malformed or a relation fails. */
export function decodeGenesis(bytes: Uint8Array): Genesis | undefined {
  if (bytes.length < VALIDATORS || !equalBytes(bytes, 0, MAGIC, 0, MAGIC.length)) return undefined;
  const view = viewOf(bytes);
  const count = view.getUint16(VALIDATORS - 2);
  if (bytes.length !== VALIDATORS + 20 * count) return undefined;
  for (let i = 0; i < parameterNames.length; i++)
    if (readSafe(view, PARAMETERS + 8 * i) < 0) return undefined;

  const validators: Address[] = [];
  for (let i = 0; i < count; i++)
    validators.push(bytes.slice(VALIDATORS + 20 * i, VALIDATORS + 20 * (i + 1)));
  const genesis: Genesis = {
    chainId: readSafe(view, 9),
    contract: bytes.slice(17, 37),
    time: readSafe(view, 37),
    parameters: decodeParameters(view),
    validators,
  };
  return faultOf(genesis) === undefined ? genesis : undefined;
}

/** sha256 of the genesis bytes. Throws RangeError as {@link assertGenesis} does. */
export function genesisHash(genesis: Genesis, hashes: Hashes): Hash {
  return hashes.sha256(encodeGenesis(genesis));
}

/** Throws RangeError naming the first field or parameter whose relation fails. */
export function assertGenesis(genesis: Genesis): void {
  const fault = faultOf(genesis);
  if (fault !== undefined) throw new RangeError(`genesis: ${fault}`);
}

/** Throws RangeError naming the first parameter whose relation fails. */
export function assertParameters(parameters: Parameters): void {
  const fault = parameterFaultOf(parameters);
  if (fault !== undefined) throw new RangeError(`genesis: ${fault}`);
}

function decodeParameters(view: DataView): Parameters {
  const at = (index: number): number => readSafe(view, PARAMETERS + 8 * index);
  return {
    maxIntents: at(0),
    capacity: at(1),
    maxPlaces: at(2),
    standingStart: at(3),
    standingFloor: at(4),
    standingGain: at(5),
    windowTransfer: at(6),
    windowPost: at(7),
    windowHoldLeast: at(8),
    windowHoldMost: at(9),
    leastAge: at(10),
    postMost: at(11),
    expiryMost: at(12),
    fee: BigInt(at(13)),
    bond: BigInt(at(14)),
    dust: BigInt(at(15)),
    interval: at(16),
    maxEntries: at(17),
    maxUnconfirmed: at(18),
    lag: at(19),
    entryFee: BigInt(at(20)),
    snapshotMessages: at(21),
    snapshotInterval: at(22),
    snapshotDelay: at(23),
  };
}

function faultOf(genesis: Genesis): string | undefined {
  const { chainId, contract, time, parameters, validators } = genesis;
  if (!isCount(chainId)) return 'chainId is not an integer in 0..2^53-1';
  if (contract.length !== 20) return 'contract is not 20 bytes';
  if (!isCount(time)) return 'time is not an integer in 0..2^53-1';
  const fault = parameterFaultOf(parameters);
  if (fault !== undefined) return fault;
  if (validators.length < 1 || validators.length > 65535) return 'validators are not 1..65535';
  if (validators.some((validator) => validator.length !== 20)) return 'validators are not 20 bytes each';
  if (!isStrictlyAscending(validators)) return 'validators are not strictly ascending';
  return undefined;
}

function parameterFaultOf(p: Parameters): string | undefined {
  for (const name of parameterNames) {
    if (typeof p[name] !== typeof defaultParameters[name] || !isCount(Number(p[name]))) {
      return `${name} is not an integer in 0..2^53-1`;
    }
  }
  for (const [name, holds, relation] of relationsOf(p)) if (!holds) return `${name} is not ${relation}`;
  return undefined;
}

function relationsOf(p: Parameters): readonly [name: keyof Parameters, holds: boolean, relation: string][] {
  return [
    ['maxIntents', p.maxIntents >= 1 && p.maxIntents <= INTENTS_MOST, '1..INTENTS_MOST'],
    ['capacity', p.capacity >= 1 && p.capacity <= 2 ** 32, '1..2^32'],
    ['maxPlaces', p.maxPlaces >= 1 && p.maxPlaces <= 65536, '1..65536'],
    [
      'standingStart',
      p.standingStart >= p.standingFloor && p.standingStart <= STANDING_ONE,
      'standingFloor..STANDING_ONE',
    ],
    ['standingFloor', p.standingFloor >= 1, '>= 1'],
    ['standingGain', p.standingGain >= 1, '>= 1'],
    ['windowTransfer', p.windowTransfer >= 1, '>= 1'],
    ['windowPost', p.windowPost >= 1, '>= 1'],
    ['windowHoldLeast', p.windowHoldLeast >= 1, '>= 1'],
    [
      'windowHoldMost',
      p.windowHoldMost >= p.windowHoldLeast && p.windowHoldMost <= 3600,
      'windowHoldLeast..3600',
    ],
    ['leastAge', p.leastAge >= 1, '>= 1'],
    ['postMost', p.postMost <= 65535, '<= 65535'],
    ['fee', p.fee >= 1n, '>= 1'],
    ['bond', p.bond >= p.entryFee, '>= entryFee'],
    ['dust', p.dust > p.entryFee, '> entryFee'],
    ['interval', p.interval >= 1, '>= 1'],
    ['maxEntries', p.maxEntries >= 1 && p.maxEntries <= 500, '1..500'],
    ['maxUnconfirmed', p.maxUnconfirmed >= 1, '>= 1'],
    ['lag', p.lag >= 1, '>= 1'],
    ['snapshotMessages', p.snapshotMessages >= 1, '>= 1'],
    ['snapshotInterval', p.snapshotInterval >= 1, '>= 1'],
    ['snapshotDelay', p.snapshotDelay >= 1, '>= 1'],
  ];
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
