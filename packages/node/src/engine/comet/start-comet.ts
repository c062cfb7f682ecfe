/**
 * Everything that a committee's node needs, built in order and closed in reverse: hashes, verifier, store, chain, pool,
 * engine, application, ABCI server, links to the other nodes, CometBFT.
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
import { type AbciRequest, type AbciResponse, startAbciServer } from './abci-server.ts';
import { Application } from './application.ts';
import { CometEngine } from './comet-engine.ts';
import { extensionOf } from './extension.ts';
import { type CometSettings, ensureKeys, writeConfiguration } from './home.ts';
import { type GenesisKey, Keyring } from './keyring.ts';
import { POOL_BYTES_MOST, POOL_MESSAGES_MOST } from './limits.ts';
import { type LinkAddress, Links } from './links.ts';
import { Pool } from './pool.ts';
import { type CometProcess, startCometProcess } from './process.ts';
import { openSigningState, type SigningState } from './signing-state.ts';
import { StateSync } from './state-sync.ts';

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
  fatal(error: Error): void;
  /** For tests: told before and after each of CometBFT's requests is carried out. */
  witness?(request: string, moment: 'before' | 'after'): void;
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

type Closers = (() => Promise<void> | void)[];

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
  const { hashes, verifier, store, signer, signing } = await openGround(options, closers);
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
    receive: (bundle) => engine.receive(bundle),
  });
  const engine = new CometEngine({
    ...options,
    chain,
    verifier,
    pool,
    broadcast: (bytes) => links.broadcast(bytes),
  });
  const keyring = new Keyring(ledger, options.keys);
  const restored = async (height: number): Promise<void> => {
    throw new Error(`a snapshot of height ${height} cannot be taken in yet`);
  };
  const application = new Application({
    chain,
    verifier,
    keyring,
    pool,
    log,
    stateSync: new StateSync({ genesis, hashes, store, log, restored }),
    extension: () => signer && extensionOf(chain, signer, engine.seen, options),
    seen: () => engine.seen,
    delivered: (block, applied) => engine.delivered(block, applied),
  });
  await links.start();
  closers.push(() => links.close());
  const comet = await startConsensus(options, { chain, hashes, application, closers });
  closers.push(() => drain(engine));
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= closeAll();
    return closed;
  };
  return { engine, chain, store, verifier, signer, hashes, pid: () => comet.pid, close };
}

/** Our ABCI server, and the CometBFT that connects to it. */
async function startConsensus(
  { genesis, path, binary, keys, comet, log, witness }: StartCometOptions,
  built: { chain: Chain; hashes: Hashes; application: Application; closers: Closers },
): Promise<CometProcess> {
  const { chain, hashes, application, closers } = built;
  const home = join(path, 'comet');
  const { id } = ensureKeys(home);
  // A path in the data directory may be too long for a socket.
  const folder = mkdtempSync(join(tmpdir(), 'upfront-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  const socket = join(folder, 'abci');
  const failed = (error: unknown): void => chain.fail(error);
  const answer = async (request: AbciRequest): Promise<AbciResponse> => {
    witness?.(request.case ?? '', 'before');
    const response = await application.answer(request);
    witness?.(request.case ?? '', 'after');
    return response;
  };
  const server = await startAbciServer({
    path: socket,
    answer,
    log,
    failed,
  });
  closers.push(() => server.close());
  writeConfiguration(
    home,
    { genesis, hashes, keys },
    { ...comet, peers: comet.peers.filter((peer) => peer.id !== id) },
    socket,
  );
  const child = startCometProcess({ binary, home, log, ended: (error) => chain.fail(error) });
  closers.push(() => child.close());
  return child;
}

/** What does not depend on CometBFT: hashes, signatures and the disk. */
async function openGround(options: StartCometOptions, closers: Closers) {
  const { genesis, path, privateKey, workers, log, fatal } = options;
  const hashes = await createHashes();
  const warn = (message: string): void => log.warn({}, message);
  const verifier = await createVerifier({ hashes, workers, warn, fatal });
  closers.push(() => verifier.close());
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
  return { hashes, verifier, store, signer, signing };
}

/** What was taken in is answered, if blocks still come. */
async function drain(engine: CometEngine): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, DRAIN_MS);
  await Promise.race([engine.close(), promise]);
  clearTimeout(timer);
  engine.abandon();
}
