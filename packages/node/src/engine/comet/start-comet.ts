/**
 * Everything that a committee's node needs, built in order and closed in reverse: hashes, verifier, store, chain, pool,
 * engine, application, ABCI server, links to the other nodes, CometBFT.
 */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createDomain, type Genesis, genesisHash, type Hashes } from '@upfront/core';
import { createHashes } from '../../hashes.ts';
import { createSigner, type Signer } from '../../signatures/signer.ts';
import { createVerifier, type Verifier } from '../../signatures/verifier.ts';
import { openStore } from '../../store/lmdb-store.ts';
import type { Store } from '../../store/store.ts';
import type { Chain, ChainLog } from '../chain.ts';
import type { WantedRotation } from '../evidence.ts';
import { openChain } from '../open-chain.ts';
import type { AbciRequest, AbciResponse } from './abci-server.ts';
import { Application } from './application.ts';
import { CometEngine } from './comet-engine.ts';
import { startConsensus } from './consensus.ts';
import { extensionOf } from './extension.ts';
import type { CometSettings } from './home.ts';
import { type GenesisKey, Keyring } from './keyring.ts';
import { POOL_BYTES_MOST, POOL_MESSAGES_MOST } from './limits.ts';
import { type LinkAddress, Links } from './links.ts';
import { Pool } from './pool.ts';
import { openSigningState, type SigningState } from './signing-state.ts';
import { SnapshotServer } from './snapshot-server.ts';
import { syncFirst } from './sync-first.ts';

export interface StartCometOptions {
  readonly genesis: Genesis;
  /** The consensus keys of the genesis's validators. */
  readonly keys: readonly GenesisKey[];
  /** The node's directory: the store in it, and CometBFT's folder. */
  readonly path: string;
  /** CometBFT's executable. */
  readonly binary: string;
  readonly comet: CometSettings;
  /** Where this node listens for the other nodes' messages; port 0: any. */
  readonly listen: LinkAddress;
  /** The validators' nodes that are known, this one left out. */
  readonly links: readonly LinkAddress[];
  /** The validator's, 32 bytes; undefined: the node follows. */
  readonly privateKey: Uint8Array | undefined;
  readonly workers: number;
  readonly log: ChainLog;
  now(): number;
  wanted?(): WantedRotation | undefined;
  readonly intakeMessages?: number;
  /** Bytes of a chunk of the snapshots that it serves, instead of CHUNK_BYTES_MOST. */
  readonly snapshotChunkBytes?: number;
  fatal(error: Error): void;
  /** For tests: stands between CometBFT and the application. */
  between?(request: AbciRequest, answer: () => Promise<AbciResponse>): Promise<AbciResponse>;
}

export interface Comet {
  readonly engine: CometEngine;
  readonly chain: Chain;
  readonly store: Store;
  readonly verifier: Verifier;
  readonly signer: Signer | undefined;
  readonly hashes: Hashes;
  /** Of the child process. */
  pid(): number | undefined;
  close(): Promise<void>;
}

export type Closers = (() => Promise<void> | void)[];

/** ms that a stop waits for blocks that answer what was taken in. */
const DRAIN_MS = 5000;

export async function startComet(options: StartCometOptions): Promise<Comet> {
  const closers: Closers = [];
  const closeAll = async (): Promise<void> => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
  };
  try {
    return await build(options, closers, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function build(
  options: StartCometOptions,
  closers: Closers,
  closeAll: () => Promise<void>,
): Promise<Comet> {
  const { genesis, log, fatal } = options;
  const { hashes, verifier } = await openTools(options, closers);
  const early = await syncFirst(options, { hashes, verifier, closers });
  const { store, signer, signing } = await openGround(options, { hashes, verifier, closers });
  const seed = randomBytes(4).readInt32BE();
  const chain = await openChain({
    genesis,
    hashes,
    store,
    log,
    seed,
    fatal,
    ...(signing && { signer: signing }),
  });
  const { ledger } = chain;
  const pool = new Pool({ messages: POOL_MESSAGES_MOST, bytes: POOL_BYTES_MOST });
  const links = new Links({
    ...options,
    ledger,
    hashes,
    curve: verifier.curve,
    receive: (bundle, link, done) => engine.receive(bundle, link, done),
  });
  const engine = new CometEngine({
    ...options,
    chain,
    verifier,
    pool,
    broadcast: (bytes) => links.broadcast(bytes),
  });
  const keyring = new Keyring(ledger, options.keys);
  const { snapshotChunkBytes: chunkBytes } = options;
  const { parameters } = genesis;
  const snapshots = new SnapshotServer({ parameters, store, log, ...(chunkBytes && { chunkBytes }) });
  closers.push(() => snapshots.close());
  const application = new Application({
    chain,
    verifier,
    keyring,
    pool,
    log,
    snapshots,
    extension: () => signer && extensionOf(chain, signer, engine.seen, options),
    seen: () => engine.seen,
    delivered: (block, applied) => engine.delivered(block, applied),
  });
  await links.start();
  closers.push(() => links.close());
  const answer = (request: AbciRequest): Promise<AbciResponse> => application.answer(request);
  const failed = (error: unknown): void => chain.fail(error);
  const consensus = early ?? (await startConsensus(options, { hashes, answer, failed }));
  closers.push(() => consensus.close());
  early?.handOver({ answer, failed });
  closers.push(() => drain(engine));
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= closeAll();
    return closed;
  };
  return { engine, chain, store, verifier, signer, hashes, pid: () => consensus.pid, close };
}

/** Hashes and signatures. */
async function openTools({ workers, log, fatal }: StartCometOptions, closers: Closers) {
  const hashes = await createHashes();
  const warn = (message: string): void => log.warn({}, message);
  const verifier = await createVerifier({ hashes, workers, warn, fatal });
  closers.push(() => verifier.close());
  return { hashes, verifier };
}

/** The disk, and what signs. */
async function openGround(
  options: StartCometOptions,
  { hashes, verifier, closers }: { hashes: Hashes; verifier: Verifier; closers: Closers },
) {
  const { genesis, path, privateKey, fatal } = options;
  const domain = createDomain(genesis.chainId, genesis.contract, hashes);
  const identity = { genesisHash: genesisHash(genesis, hashes), parameters: genesis.parameters, domain };
  const store = await openStore({ path, ...identity, fatal });
  closers.push(() => store.close());
  const signer = privateKey && createSigner(verifier.curve, privateKey);
  let signing: SigningState | undefined;
  if (signer !== undefined) {
    signing = openSigningState(join(path, 'signing-state'), signer);
    closers.push(() => signing!.close());
  }
  return { store, signer, signing };
}

/** What was taken in is answered, if blocks still come. */
async function drain(engine: CometEngine): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, DRAIN_MS);
  await Promise.race([engine.close(), promise]);
  clearTimeout(timer);
  engine.abandon();
}
