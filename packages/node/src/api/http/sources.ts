/**
 * What the HTTP routes read from: slices of the replica, the store, the intake and the first layer.
 */
import type { Genesis, Hashes } from '@upfront/core';
import type { Limits } from '../../limits.ts';
import type { Replica } from '../../replica.ts';
import type { StoreReader } from '../../store/store.ts';
import type { Intake } from '../intake.ts';
import type { AddressBuckets } from '../token-bucket.ts';

/** What the contract says of itself; fixed at its deployment. */
export interface ContractFacts {
  /** The token's address; zero: ETH. */
  readonly asset: string;
  /** Base units of the asset that make one unit. */
  readonly unit: bigint;
}

/** The first layer as this node sees it. */
export interface L1Status {
  /** As the watcher names it; undefined without a watcher. */
  status(): string | undefined;
  facts(): ContractFacts | undefined;
  /** Hash of the transaction that settled this number, if it is known. */
  settlementTransaction(number: number): Promise<string | undefined>;
}

export interface Sources {
  readonly replica: Pick<Replica, 'read' | 'height'>;
  readonly store: StoreReader;
  readonly intake: Intake;
  readonly genesis: Genesis;
  readonly hashes: Hashes;
  readonly engineKind: string;
  readonly version: string;
  readonly l1: L1Status;
  readonly limits: Limits;
  /** Requests over HTTP, by address: see cost.ts. */
  readonly requestBuckets: AddressBuckets;
  /** Messages over HTTP, by address. */
  readonly messageBuckets: AddressBuckets;
  /** Why the node cannot serve; empty: it can. */
  readonly faults: () => readonly string[];
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}
