/**
 * The first state of a new node, from other nodes' snapshots: CometBFT's state sync (docs/protocol.md, 11, State sync).
 *
 * A chunk is compared with its hash when it comes; the whole is rebuilt beside, block by block with every signature,
 * and taken only if that ends in the app hash that CometBFT's light client has verified. Invariant: nothing
 * of a snapshot reaches the store before it is proven.
 */
import { hash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  applyBlock,
  type BlockIndex,
  blockFault,
  compareBytes,
  type Genesis,
  genesisHash,
  type Hashes,
  restoreLedger,
  scanBlock,
  viewOf,
} from '@upfront/core';
import type { Verifier } from '../../signatures/verifier.ts';
import { type FoundingBlock, foundStore } from '../../store/found-store.ts';
import type { ChainLog } from '../chain.ts';
import {
  ResponseApplySnapshotChunk_Result as APPLY,
  ResponseOfferSnapshot_Result as OFFER,
  type RequestApplySnapshotChunk,
  type RequestOfferSnapshot,
} from './generated/tendermint/abci/types_pb.ts';
import { PROPOSAL_BYTES_MOST } from './proposal.ts';
import {
  blocksWith,
  chunkSize,
  decodeManifest,
  type Manifest,
  SNAPSHOT_FORMAT,
} from './snapshot-manifest.ts';
import { Verdicts } from './verdicts.ts';

export interface StateSyncOptions {
  readonly genesis: Genesis;
  readonly hashes: Hashes;
  readonly verifier: Verifier;
  readonly log: ChainLog;
  /** The data directory, which holds no store yet. */
  readonly path: string;
  /** A folder of this process for what arrives. */
  readonly folder: string;
}

interface Offered {
  /** The snapshot's and the blocks', that is of the last of them. */
  readonly height: number;
  readonly appHash: Uint8Array;
  readonly manifest: Manifest;
  readonly file: FileHandle;
  readonly arrived: Set<number>;
  readonly senders: Set<string>;
}

/** Bytes a read: the system takes no more than 2 GiB at once. */
const READ_MOST = 1 << 30;

/** Why what was offered is not taken. */
class Unproven extends Error {}

export class StateSync {
  /** The height that the store begins with, when it is there. */
  readonly done: Promise<number>;
  readonly #options: StateSyncOptions;
  readonly #done = Promise.withResolvers<number>();
  #offered: Offered | undefined;

  constructor(options: StateSyncOptions) {
    this.#options = options;
    this.done = this.#done.promise;
    mkdirSync(options.folder, { recursive: true });
  }

  async offer({ snapshot, appHash }: RequestOfferSnapshot): Promise<{ result: OFFER }> {
    const { genesis, folder, log } = this.#options;
    await this.#drop();
    if (snapshot === undefined) return { result: OFFER.REJECT };
    if (snapshot.format !== SNAPSHOT_FORMAT) return { result: OFFER.REJECT_FORMAT };
    const manifest = decodeManifest(snapshot.metadata);
    const isOne =
      manifest !== undefined &&
      isHashOf(snapshot.hash, snapshot.metadata) &&
      manifest.chunks.length === snapshot.chunks &&
      BigInt(manifest.height + blocksWith(genesis.parameters)) === snapshot.height;
    const height = Number(snapshot.height);
    if (!isOne) {
      log.warn({ height }, 'what is offered is no snapshot: its senders are banned');
      return { result: OFFER.REJECT_SENDER };
    }
    const file = await open(join(folder, 'payload'), 'w+');
    this.#offered = { height, appHash, manifest, file, arrived: new Set(), senders: new Set() };
    log.info({ height, bytes: manifest.bytes, chunks: manifest.chunks.length }, 'a snapshot is fetched');
    return { result: OFFER.ACCEPT };
  }

  async apply({ index, chunk, sender }: RequestApplySnapshotChunk) {
    const offered = this.#offered;
    if (offered === undefined) return { result: APPLY.REJECT_SNAPSHOT };
    const { manifest, file, arrived, senders, height } = offered;
    const { log } = this.#options;
    const expected = manifest.chunks[index];
    if (expected === undefined || chunk.length !== chunkSize(manifest, index) || !isHashOf(expected, chunk)) {
      log.warn({ height, index, sender }, 'a chunk is not what was offered: its sender is banned');
      return { result: APPLY.RETRY, refetchChunks: [index], rejectSenders: [sender] };
    }
    await file.write(chunk, 0, chunk.length, index * manifest.chunkBytes);
    arrived.add(index);
    senders.add(sender);
    if (arrived.size < manifest.chunks.length) return { result: APPLY.ACCEPT };
    try {
      await this.#take(offered);
    } catch (error) {
      log.warn(
        { err: error, height, senders: [...senders] },
        'a snapshot is refused: its senders are banned',
      );
      await this.#drop();
      if (!(error instanceof Unproven)) this.#done.reject(error);
      return { result: APPLY.REJECT_SNAPSHOT, rejectSenders: [...senders] };
    }
    await this.#drop();
    this.#done.resolve(manifest.height);
    return { result: APPLY.ACCEPT };
  }

  /** CometBFT has given up or ended. */
  fail(error: Error): void {
    this.#done.reject(error);
  }

  async close(): Promise<void> {
    await this.#drop();
  }

  async #drop(): Promise<void> {
    await this.#offered?.file.close();
    this.#offered = undefined;
    await rm(join(this.#options.folder, 'payload'), { force: true });
  }

  /** Throws Unproven if it is not the network's. */
  async #take(offered: Offered): Promise<void> {
    const { genesis, hashes, path, log } = this.#options;
    const { file, manifest } = offered;
    const bytes = new Uint8Array(manifest.snapshotBytes);
    await fill(file, bytes, 0);
    if (!isHashOf(manifest.hash, bytes)) throw new Unproven('the snapshot does not have its hash');
    const verdicts = await this.#prove(offered, bytes);
    log.info({ height: manifest.height, blocks: verdicts.length }, 'a snapshot is proven');
    await foundStore(path, {
      genesisHash: genesisHash(genesis, hashes),
      base: manifest.height,
      snapshot: { hash: manifest.hash, bytes },
      blocks: this.#founding(offered, verdicts),
    });
  }

  /** Rebuilds the state and gives each block's verdicts. Throws Unproven if it does not end in the app hash. */
  async #prove({ file, manifest, height, appHash }: Offered, bytes: Uint8Array): Promise<Uint8Array[]> {
    const { genesis, hashes, verifier } = this.#options;
    const verdicts: Uint8Array[] = [];
    try {
      const ledger = restoreLedger(genesis, bytes, manifest.hash, hashes);
      const checks = new Verdicts({ ledger, verifier, known: () => undefined });
      if (ledger.height !== manifest.height) throw new Unproven(`it is of height ${ledger.height}`);
      for await (const block of this.#blocks(file, manifest)) {
        const fault = blockFault(ledger, block);
        if (fault !== undefined) throw new Unproven(fault);
        verdicts.push((await checks.of(Buffer.from([verdicts.length]), block)).verdicts);
        checks.forget();
        applyBlock(ledger, block, verdicts.at(-1)!);
      }
      if (ledger.height === height && compareBytes(ledger.state, appHash) === 0) return verdicts;
    } catch (error) {
      // Whatever a false state makes the core stumble over says that it is false.
      throw new Unproven('its state cannot be rebuilt', { cause: error });
    }
    throw new Unproven('its state does not have the app hash');
  }

  async *#founding(
    { file, manifest }: Offered,
    verdicts: readonly Uint8Array[],
  ): AsyncGenerator<FoundingBlock> {
    let i = 0;
    for await (const { height, bytes, headerSignatures } of this.#blocks(file, manifest)) {
      yield { height, bytes, verdicts: verdicts[i++]!, headerSignatures };
    }
  }

  /** The blocks after the snapshot. Throws Unproven at one that is malformed. */
  async *#blocks(file: FileHandle, { snapshotBytes, bytes }: Manifest): AsyncGenerator<BlockIndex> {
    const { parameters } = this.#options.genesis;
    let at = snapshotBytes;
    while (at < bytes) {
      const size = new Uint8Array(4);
      await fill(file, size, at);
      const length = viewOf(size).getUint32(0);
      if (length > PROPOSAL_BYTES_MOST || at + 4 + length > bytes) throw new Unproven('a block is too long');
      const block = new Uint8Array(length);
      await fill(file, block, at + 4);
      at += 4 + length;
      const index = scanBlock(block, parameters);
      if (index === undefined) throw new Unproven('a block is malformed');
      yield index;
    }
  }
}

async function fill(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let read = 0; read < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, read, Math.min(bytes.length - read, READ_MOST), at + read);
    if (bytesRead === 0) throw new Unproven('it ends too early');
    read += bytesRead;
  }
}

function isHashOf(digest: Uint8Array, bytes: Uint8Array): boolean {
  return hash('sha256', bytes, 'buffer').equals(digest);
}
