/**
 * What the HTTP routes read from: slices of the replica, the store, the intake and the first layer.
 */
import type { Genesis, Hashes } from '@upfront/core';
import type { Limits } from '../../limits.ts';
import type { Replica } from '../../replica.ts';
import type { StoreReader } from '../../store/store.ts';
import type { Intake } from '../intake.ts';
import type { AddressBuckets } from '../token-bucket.ts';

/** What the contract and its asset say of themselves; fixed at their deployment. */
export interface ContractFacts {
  /** The token's address; zero: ETH. */
  readonly asset: string;
  /** Undefined: the token does not say. */
  readonly symbol: string | undefined;
  readonly decimals: number | undefined;
  /** Base units of the asset that make one unit. */
  readonly unit: bigint;
}

/** The transaction that settled a number. */
export interface SettlementOnL1 {
  readonly transaction: string;
  readonly block: number;
  /** What it took, and wei for each; undefined: L1 did not say. */
  readonly gasUsed: bigint | undefined;
  readonly gasPrice: bigint | undefined;
}

/** The first layer as this node sees it. */
export interface L1Status {
  /** As the watcher names it; undefined without a watcher. */
  status(): string | undefined;
  facts(): ContractFacts | undefined;
  /** How this number was settled, if it is known. */
  settlement(number: number): Promise<SettlementOnL1 | undefined>;
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
  /** For browsers; undefined: none is told of. */
  readonly publicL1Url: string | undefined;
  /** Of a devnet's controls, for the page; undefined: this is no devnet. */
  readonly controlsUrl: string | undefined;
  /** The page that is served beside the API; undefined: none. */
  readonly explorer: string | undefined;
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
