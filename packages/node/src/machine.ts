/**
 * Engine, replica and store of a node, as its configuration says: one operator, a committee's node, or a reader.
 *
 * Whoever uses them (API, metrics, first layer) does not know which it is.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createDomain, fromHex, type Genesis, genesisHash, type Hashes, toHex } from '@upfront/core';
import { genesisKeysOf, readCommitteeFile } from './config/committee-file.ts';
import { ConfigError } from './config/config-error.ts';
import type { Config } from './config/settings.ts';
import { type CometSettings, ensureKeys } from './engine/comet/home.ts';
import { startComet } from './engine/comet/start-comet.ts';
import type { Engine } from './engine/engine.ts';
import type { WantedRotation } from './engine/evidence.ts';
import { openChain } from './engine/open-chain.ts';
import { startEmbedded } from './engine/start-embedded.ts';
import { createHashes } from './hashes.ts';
import type { Logger } from './log.ts';
import type { Replica } from './replica.ts';
import type { CurveKind } from './signatures/curve.ts';
import { openStore } from './store/lmdb-store.ts';
import type { Store } from './store/store.ts';

export interface Machine {
  readonly engine: Engine | undefined;
  readonly replica: Replica;
  readonly store: Store;
  readonly hashes: Hashes;
  readonly address: string | undefined;
  /** The library that checks signatures; a reader checks none. */
  readonly curve: CurveKind | undefined;
  close(): Promise<void>;
}

export interface MachineOptions {
  readonly config: Config;
  readonly genesis: Genesis;
  readonly log: Logger;
  readonly validatorKey?: Uint8Array | undefined;
  readonly now?: () => number;
  readonly wanted?: () => WantedRotation | undefined;
  readonly fatal: (error: Error) => void;
}

/** Throws ConfigError if what the engine needs is not set. */
export function startMachine(options: MachineOptions): Promise<Machine> {
  if (options.config.engine === 'cometbft') return startCommitteeNode(options);
  const { validatorKey } = options;
  return validatorKey === undefined ? startReader(options) : startOperator(options, validatorKey);
}

async function startOperator(options: MachineOptions, privateKey: Uint8Array): Promise<Machine> {
  const { config, genesis, log, now = Date.now, fatal } = options;
  const { dataDir: path, workers } = config;
  const wanted = wantedOf(options);
  const embedded = await startEmbedded({ genesis, path, privateKey, workers, log, now, wanted, fatal });
  const { engine, chain: replica, store, hashes, signer, verifier } = embedded;
  const curve = verifier.curve.kind;
  const close = (): Promise<void> => embedded.close();
  return { engine, replica, store, hashes, address: toHex(signer.address), curve, close };
}

/** With a validator's key one of the committee; without, a node that follows and hands messages on. */
async function startCommitteeNode(options: MachineOptions): Promise<Machine> {
  const { config, genesis, log, validatorKey, now = Date.now, fatal } = options;
  const { dataDir: path, workers, p2pHost, p2pPort, linkHost, linkPort, blockMs } = config;
  const { cometRpcHost, cometRpcPort } = config;
  const stateSync = stateSyncOf(config);
  if (config.committee === undefined) {
    throw new ConfigError(
      'committee',
      'the engine cometbft needs the file of its committee: --committee FILE',
    );
  }
  const members = readCommitteeFile(config.committee);
  const { consensusKey, id } = ensureKeys(join(path, 'comet'));
  log.info({ consensusKey: toHex(consensusKey), id }, 'keys of CometBFT');
  const others = members.filter((member) => member.id !== id);
  const comet = await startComet({
    genesis,
    keys: genesisKeysOf(members, genesis),
    path,
    binary: config.cometbft,
    comet: {
      host: p2pHost,
      port: p2pPort,
      peers: others.map(({ id, host, p2pPort: port }) => ({ id, host, port })),
      ...(cometRpcPort > 0 && { rpc: { host: cometRpcHost, port: cometRpcPort } }),
      blockMs,
      ...(stateSync && { stateSync }),
    },
    listen: { host: linkHost, port: linkPort },
    links: others.flatMap(({ validator, host, linkPort: port }) =>
      validator ? [{ host, port, validator }] : [],
    ),
    privateKey: validatorKey,
    workers,
    log,
    now,
    wanted: wantedOf(options),
    fatal,
  });
  const { engine, chain: replica, store, hashes, signer, verifier } = comet;
  const address = signer && toHex(signer.address);
  const curve = verifier.curve.kind;
  return { engine, replica, store, hashes, address, curve, close: () => comet.close() };
}

/** Throws ConfigError if state sync is wanted and not all of it is said. */
function stateSyncOf({ stateSync, trustHeight, trustHash }: Config): CometSettings['stateSync'] {
  if (stateSync === undefined) return undefined;
  const rpcServers = stateSync.split(',').map((url) => url.trim());
  const areUrls = rpcServers.every((url) => /^https?:\/\/[\w.:[\]/-]+$/.test(url));
  if (!areUrls || rpcServers.length < 2) {
    throw new ConfigError('stateSync', 'stateSync needs the URLs of at least two RPC servers, comma between');
  }
  if (trustHeight === undefined || trustHash === undefined || !/^[0-9a-fA-F]{64}$/.test(trustHash)) {
    throw new ConfigError(
      'trustHash',
      'state sync needs a block that you trust: --trust-height N --trust-hash HASH (docs/operators.md, State sync)',
    );
  }
  return { rpcServers, trustHeight, trustHash };
}

/** What is on disk, to be read. */
async function startReader({ config, genesis, log, fatal }: MachineOptions): Promise<Machine> {
  log.warn({}, 'no validator key: the node reads its data directory and takes no messages');
  const hashes = await createHashes();
  const domain = createDomain(genesis.chainId, genesis.contract, hashes);
  const identity = { genesisHash: genesisHash(genesis, hashes), parameters: genesis.parameters, domain };
  const store = await openStore({ path: config.dataDir, ...identity, fatal });
  try {
    const seed = randomBytes(4).readInt32BE();
    const replica = await openChain({ genesis, hashes, store, log, seed, fatal });
    const none = { engine: undefined, address: undefined, curve: undefined };
    return { ...none, replica, store, hashes, close: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The change of the set that the operator wants: in code, or by the settings rotateIn and rotateOut. */
function wantedOf({ config, wanted }: MachineOptions): () => WantedRotation | undefined {
  if (wanted !== undefined) return wanted;
  const { rotateIn, rotateOut } = config;
  if (rotateIn !== undefined && rotateOut !== undefined) {
    throw new ConfigError('rotateOut', 'one change of the set at a time: rotateIn or rotateOut');
  }
  const named = rotateIn ?? rotateOut;
  const change = named && { validator: fromHex(named)!, isIn: rotateIn !== undefined };
  return () => change || undefined;
}
