/**
 * Snapshots for CometBFT's state sync: this node's files in chunks, and a new node's first state from another's.
 *
 * A snapshot's hash enters the state snapshotDelay blocks after it was taken, so only then is it offered. A new node
 * checks the bytes against the hash that was offered and their state against the light client's app hash; that the hash
 * itself is the network's is shown when its own replay reaches that block with the network's app hash.
 */

import { hash } from 'node:crypto';
import { compareBytes, type Genesis, type Hashes, restoreLedger } from '@upfront/core';
import type { Store } from '../../store/store.ts';
import type { ChainLog } from '../chain.ts';
import {
  ResponseApplySnapshotChunk_Result as APPLY,
  ResponseOfferSnapshot_Result as OFFER,
  type RequestApplySnapshotChunk,
  type RequestLoadSnapshotChunk,
  type RequestOfferSnapshot,
} from './generated/tendermint/abci/types_pb.ts';

export const SNAPSHOT_FORMAT = 1;
/** Bytes of a chunk. CometBFT's own bound on one is 16 MiB. */
export const CHUNK_BYTES = 8 << 20;
/** Chunks of the largest snapshot taken: 8 GiB. */
const CHUNKS_MOST = 1024;

export interface StateSyncOptions {
  readonly genesis: Genesis;
  readonly hashes: Hashes;
  readonly store: Store;
  readonly log: ChainLog;
  /** The state of a snapshot, whole and checked: the node begins with it. */
  restored(height: number, digest: Uint8Array, bytes: Uint8Array): Promise<void>;
}

interface Offered {
  readonly height: number;
  readonly hash: Uint8Array;
  readonly appHash: Uint8Array;
  readonly chunks: (Uint8Array | undefined)[];
}

export class StateSync {
  readonly #options: StateSyncOptions;
  #offered: Offered | undefined;
  /** The file that is being read by others. */
  #served: { height: number; bytes: Uint8Array } | undefined;

  constructor(options: StateSyncOptions) {
    this.#options = options;
  }

  list() {
    const { store, genesis } = this.#options;
    const newest = store.meta.height - genesis.parameters.snapshotDelay;
    const snapshots = store.snapshots
      .list()
      .filter(({ height }) => height <= newest)
      .flatMap((name) => {
        const read = store.snapshots.read(name);
        if (read === undefined) return [];
        const chunks = Math.ceil(read.bytes.length / CHUNK_BYTES);
        return [{ height: BigInt(name.height), format: SNAPSHOT_FORMAT, chunks, hash: read.hash }];
      });
    return { snapshots };
  }

  load({ height, format, chunk }: RequestLoadSnapshotChunk) {
    const bytes = format === SNAPSHOT_FORMAT ? this.#file(Number(height)) : undefined;
    const from = chunk * CHUNK_BYTES;
    return { chunk: bytes?.subarray(from, from + CHUNK_BYTES) ?? new Uint8Array(0) };
  }

  offer({ snapshot, appHash }: RequestOfferSnapshot) {
    if (snapshot === undefined || this.#options.store.meta.height > 0) return { result: OFFER.ABORT };
    if (snapshot.format !== SNAPSHOT_FORMAT) return { result: OFFER.REJECT_FORMAT };
    const isOdd = snapshot.chunks < 1 || snapshot.chunks > CHUNKS_MOST || snapshot.hash.length !== 32;
    if (isOdd) return { result: OFFER.REJECT };
    const chunks = new Array<Uint8Array | undefined>(snapshot.chunks).fill(undefined);
    this.#offered = { height: Number(snapshot.height), hash: snapshot.hash, appHash, chunks };
    return { result: OFFER.ACCEPT };
  }

  async apply({ index, chunk }: RequestApplySnapshotChunk) {
    const offered = this.#offered;
    if (offered === undefined || index >= offered.chunks.length || chunk.length > CHUNK_BYTES) {
      return { result: APPLY.REJECT_SNAPSHOT };
    }
    offered.chunks[index] = chunk;
    if (offered.chunks.includes(undefined)) return { result: APPLY.ACCEPT };
    this.#offered = undefined;
    const bytes = new Uint8Array(Buffer.concat(offered.chunks as Uint8Array[]));
    const fault = this.#fault(offered, bytes);
    if (fault !== undefined) {
      this.#options.log.warn({ height: offered.height, fault }, 'a snapshot is rejected');
      return { result: APPLY.REJECT_SNAPSHOT };
    }
    await this.#options.restored(offered.height, offered.hash, bytes);
    return { result: APPLY.ACCEPT };
  }

  #fault(offered: Offered, bytes: Uint8Array): string | undefined {
    const { genesis, hashes } = this.#options;
    const digest = new Uint8Array(hash('sha256', bytes, 'buffer'));
    if (compareBytes(digest, offered.hash) !== 0) return 'its bytes do not have its hash';
    try {
      const ledger = restoreLedger(genesis, bytes, offered.hash, hashes);
      if (ledger.height !== offered.height) return `it is of height ${ledger.height}`;
      return compareBytes(ledger.state, offered.appHash) === 0 ? undefined : 'its state is not the app hash';
    } catch (error) {
      return String(error);
    }
  }

  #file(height: number): Uint8Array | undefined {
    if (this.#served?.height === height) return this.#served.bytes;
    const name = this.#options.store.snapshots.list().find((one) => one.height === height);
    const bytes = name && this.#options.store.snapshots.read(name)?.bytes;
    if (bytes !== undefined) this.#served = { height, bytes };
    return bytes;
  }
}
