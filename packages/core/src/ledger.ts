/**
 * The state of a network: a function of its genesis and its blocks (docs/protocol.md, 6).
 * This file owns what every step shares; each step's rules stand in the file of its name. Invariants: I1 to I6.
 */
import { Accounts, FLAG } from './accounts.ts';
import type { L1View } from './block.ts';
import { createOpener, type Opener } from './commitment.ts';
import { EventLog } from './events.ts';
import { assertGenesis, type Genesis, genesisHash } from './genesis.ts';
import type { Hashes } from './hash.ts';
import { OpenNonces } from './nonces.ts';
import { Openings } from './openings.ts';
import { Privilege } from './privilege.ts';
import { Settlements } from './settlements.ts';
import { createDomain, type Domain } from './signing.ts';
import { Topics } from './topics.ts';
import {
  type Address,
  type Hash,
  HEADERS_KEPT,
  type Height,
  type Milliseconds,
  type Nonce,
} from './units.ts';

/** A member of L1's bonds, as its items tell. */
export interface Member {
  account: Address;
  bond: bigint;
  consensusKey: Hash;
}

/** A snapshot that was taken and whose hash is not yet in a state hash. */
export interface PendingSnapshot {
  height: Height;
  bytes: Uint8Array | undefined;
  hash: Hash | undefined;
}

export class Ledger {
  readonly genesis: Genesis;
  readonly hashes: Hashes;
  readonly domain: Domain;
  readonly accounts: Accounts;
  readonly nonces: OpenNonces;
  readonly topics: Topics;
  readonly privilege: Privilege;
  readonly settlements: Settlements;
  readonly opener: Opener;
  readonly openings: Openings;
  /** The events of the block being applied. */
  readonly log = new EventLog();

  height: Height = 0;
  time: Milliseconds;
  clock: Milliseconds = 0;
  /** The next nonce to be dealt; as many were dealt so far. */
  nextNonce: Nonce = 0;
  /** The digest of the last header, and its state hash. */
  digest: Hash;
  state: Hash;
  /** Digests of the last HEADERS_KEPT headers, at height % HEADERS_KEPT. */
  readonly digests = new Uint8Array(HEADERS_KEPT * 32);

  validators: Address[];
  /** The newest view of each validator, in the order of `validators`. */
  views: (L1View | undefined)[];
  l1Time: Milliseconds;
  /** L1 items imported. */
  imported = 0;
  /** Heads of the items' chain: of the settlements' inbox, then of each item after it up to `imported`. */
  heads: Hash[] = [new Uint8Array(32)];
  readonly members = new Map<string, Member>();
  /** Exit items imported and not acknowledged, ascending: item number and row. */
  readonly waitingExits: { item: number; row: number }[] = [];

  /** Rows with something unsettled, each once; cuts take out those that have nothing any more. */
  unsettledRows: number[] = [];

  messagesSinceSnapshot = 0;
  lastSnapshotTime: Milliseconds;
  pendingSnapshot: PendingSnapshot | undefined;

  /** `seed` spreads keys in indexes and changes no result; a node passes a random one. */
  constructor(genesis: Genesis, hashes: Hashes, seed: number) {
    assertGenesis(genesis);
    this.genesis = genesis;
    this.hashes = hashes;
    this.domain = createDomain(genesis.chainId, genesis.contract, hashes);
    this.accounts = new Accounts(genesis.parameters.standingStart, seed);
    this.nonces = new OpenNonces(genesis.parameters);
    this.topics = new Topics(seed);
    this.privilege = new Privilege(this.accounts, genesis.parameters);
    this.settlements = new Settlements(genesis.time);
    this.opener = createOpener(hashes);
    this.openings = new Openings(hashes);
    this.time = genesis.time;
    this.l1Time = genesis.time;
    this.lastSnapshotTime = genesis.time;
    this.validators = genesis.validators.map((validator) => validator.slice());
    this.views = this.validators.map(() => undefined);
    this.digest = genesisHash(genesis, hashes);
    this.state = this.digest;
  }

  /** Settlement or L1 lies back too far: fetches are not dealt (section 9, Lag). */
  isLagging(time: Milliseconds): boolean {
    const { lag } = this.genesis.parameters;
    const { unformedDebits, lastCut, unconfirmed } = this.settlements;
    if (unformedDebits > 0 && time - lastCut > lag) return true;
    const oldest = unconfirmed[0];
    if (oldest !== undefined && time - oldest.cutTime > lag) return true;
    return time - this.l1Time > lag;
  }

  /** Something is open, unsettled or unacknowledged: the engine makes a block a second. */
  isBusy(): boolean {
    const { touched, isPending, unconfirmed, inbox } = this.settlements;
    return this.nonces.count > 0 || touched || isPending || unconfirmed.length > 0 || inbox < this.imported;
  }

  /** u(row) changes by `amount`; the row is looked at by the next cut. */
  addUnsettled(row: number, amount: bigint): void {
    this.accounts.unsettled.set(row, this.accounts.unsettled.get(row) + amount);
    this.touch(row);
  }

  touch(row: number): void {
    this.settlements.touched = true;
    if (this.accounts.hasFlag(row, FLAG.unsettled)) return;
    this.accounts.setFlag(row, FLAG.unsettled);
    this.unsettledRows.push(row);
  }

  /** The account gets `amount`, which settlements will bring to it. */
  receive(row: number, amount: bigint): void {
    this.accounts.balance.set(row, this.accounts.balance.get(row) + amount);
    this.addUnsettled(row, -amount);
  }

  /** The digest of the header at a height that may still be named, or undefined. */
  digestAt(height: Height): Hash | undefined {
    if (height < 1 || height > this.height || height <= this.height - HEADERS_KEPT) return undefined;
    const start = (height % HEADERS_KEPT) * 32;
    return this.digests.subarray(start, start + 32);
  }

  /** Whether `count` validators are more than 2/3 of them. */
  isQuorum(count: number): boolean {
    return 3 * count > 2 * this.validators.length;
  }
}

/** The state before the first block. Throws RangeError if the genesis breaks a relation of section 2. */
export function createLedger(genesis: Genesis, hashes: Hashes, seed = 0): Ledger {
  return new Ledger(genesis, hashes, seed);
}
