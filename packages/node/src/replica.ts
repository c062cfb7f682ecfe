// A copy of the chain that this process keeps: the ledger in memory, and its final blocks as they become
// durable. Invariant: nothing that a caller gets from here rests on a block that is not on disk.

import type { FormedSettlement, Header, HeaderSignature, Ledger } from '@upfront/core';

export interface FinalBlock {
  readonly height: number;
  readonly time: number;
  readonly header: Header;
  readonly digest: Uint8Array;
  /** Over the header's digest. */
  readonly signatures: readonly HeaderSignature[];
  /** The block as sealed (docs/protocol.md, 5). */
  readonly bytes: Uint8Array;
  /** The block's events, as the core's EventLog packs them. */
  readonly events: Uint8Array;
  readonly formed?: FormedSettlement;
}

export interface Replica {
  /**
   * As of the newest applied block, which may not be durable yet: use `read` for whatever leaves the process.
   */
  readonly ledger: Ledger;
  /** Height of the newest durable block. */
  readonly height: number;
  /** The value as of now, given out once the block it rests on is durable. */
  read<T>(f: (ledger: Ledger) => T): Promise<T>;
  /** Every block, in order, after it is durable. Returns what ends the subscription. */
  subscribe(listener: (block: FinalBlock) => void): () => void;
}
