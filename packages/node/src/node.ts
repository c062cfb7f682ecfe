/**
 * A running node: everything is built here in order, and closed in reverse.
 *
 * DESIGN.md, Engines. Log, genesis, store and chain with the engine (or without one, on a node that has no key),
 * metrics, intake, streams, first layer, API. Signals are the command line's. Invariant: whatever fails on the way up,
 * what was built before it is closed again; and a stop answers what was taken in before it closes.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Genesis, genesisHash, toHex } from '@upfront/core';
import { createHttpServer } from './api/http/server.ts';
import type { Sources } from './api/http/sources.ts';
import { Intake } from './api/intake.ts';
import { Hub } from './api/socket/hub.ts';
import { createSocketServer, SOCKET_PATH, type SocketServer } from './api/socket/server.ts';
import { AddressBuckets } from './api/token-bucket.ts';
import { ConfigError } from './config/config-error.ts';
import { readGenesisFile } from './config/genesis-file.ts';
import type { Config } from './config/settings.ts';
import type { Engine, L1Observation } from './engine/engine.ts';
import type { WantedRotation } from './engine/evidence.ts';
import { endProcess } from './engine/start-embedded.ts';
import { connectFirstLayer, type FirstLayer, type FirstLayerOptions } from './first-layer.ts';
import { createLimits, type Limits } from './limits.ts';
import { createLog, type Logger, redactUrl } from './log.ts';
import { type Machine, type MachineOptions, startMachine } from './machine.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import { startMetricsServer } from './metrics/server.ts';
import { startHeaderWatch } from './peers/start-header-watch.ts';
import type { Replica } from './replica.ts';

/** What does not come from the configuration. */
export interface NodeOverrides {
  /** The validator's private key, 32 bytes. Undefined: the node reads, and takes no messages. */
  readonly validatorKey?: Uint8Array | undefined;
  /** The key that pays for settlements on L1. Undefined: others relay. */
  readonly relayerKey?: Uint8Array | undefined;
  /** Instead of the file that the configuration names. */
  readonly genesis?: Genesis;
  /** Instead of one to stdout. */
  readonly log?: Logger;
  /** Beyond those that the configuration sets. */
  readonly limits?: Partial<Limits>;
  /** ms since the Unix epoch, for block times. */
  readonly now?: () => number;
  /** Instead of the one behind `l1Url`. */
  readonly firstLayer?: (options: FirstLayerOptions) => Promise<FirstLayer | undefined>;
  /** A change of the validators' set that the operator wants. */
  readonly wanted?: () => WantedRotation | undefined;
  /** Of a devnet's controls, on this machine: told to the page. No setting, so that a node of a real network has none. */
  readonly controlsUrl?: string | undefined;
  /** Nothing can be made durable any more; must end the process, as the default does. */
  readonly fatal?: (error: Error) => void;
}

export interface RunningNode {
  /** Of the HTTP API. */
  readonly url: string;
  /** Of the WebSocket. */
  readonly socketUrl: string;
  /** Undefined: metrics are off. */
  readonly metricsUrl: string | undefined;
  /** The validator's, in hex; undefined: this node has no key. */
  readonly address: string | undefined;
  readonly genesis: Genesis;
  readonly genesisHash: string;
  /** Of the newest durable block. */
  height(): number;
  /** Stops taking messages, answers those that were taken, and closes everything. */
  close(): Promise<void>;
}

type Closer = () => Promise<void> | void;

/**
 * Starts a node.
 *
 * @throws ConfigError if the genesis cannot be used, RangeError if a limit's relation fails, Error if the data
 * directory is in use or another network's, ChainBehindError if it lacks what L1 has settled
 */
export async function startNode(config: Config, overrides: NodeOverrides = {}): Promise<RunningNode> {
  const log = overrides.log ?? createLog(config.logLevel);
  const limits = limitsOf(config, overrides.limits);
  const genesis = overrides.genesis ?? readGenesisFile(config.genesis);
  const closers: Closer[] = [];
  const closeAll = async (): Promise<void> => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
  };
  try {
    return await buildNode({ config, overrides, log, limits, genesis, closers, closeAll });
  } catch (error) {
    await closeAll();
    throw error;
  }
}

interface Build {
  readonly config: Config;
  readonly overrides: NodeOverrides;
  readonly log: Logger;
  readonly limits: Limits;
  readonly genesis: Genesis;
  readonly closers: Closer[];
  readonly closeAll: () => Promise<void>;
}

async function buildNode(build: Build): Promise<RunningNode> {
  const { config, log, limits, genesis, closers, closeAll } = build;
  const metrics = createMetrics();
  const metricsUrl = await serveMetrics(build, metrics);
  const machine = await startMachine(machineOptions(build));
  closers.push(() => machine.close());
  const { engine, replica, store, hashes } = machine;
  const state = { isStopping: false };

  const now = (): number => performance.now();
  const { parameters } = genesis;
  const intake = new Intake({ engine, parameters, limits, metrics, now });
  const hub = new Hub({
    height: replica.height,
    parameters,
    fulfilBytes: (nonce) => store.fulfilBytes(nonce),
    onError: (error, height) => log.error({ err: error, height }, 'a block could not be streamed'),
  });
  const sockets = createSocketServer({ limits, intake, hub, history: store, metrics, log, now });
  const l1 = await connectL1(build, machine, metrics);
  closers.push(async () => l1?.close());
  watchHeaders(build, machine, metrics);
  closers.push(
    replica.subscribe((block) => {
      metrics.block(block, Date.now());
      hub.push(block);
      l1?.onBlock(block);
    }),
  );

  const faults = (): string[] => faultsOf({ isStopping: state.isStopping, engine, l1, replica });
  const sources = sourcesOf(build, { machine, intake, l1, faults, now });
  const http = await createHttpServer({ sources, metrics, log });
  sockets.attach(http.server);
  closers.push(async () => {
    // Connections with half a request would keep the server open.
    const timer = setTimeout(() => http.server.closeAllConnections(), limits.closeMs);
    await http.close();
    clearTimeout(timer);
  });
  closers.push(() => sockets.close());
  watchGauges(metrics, { machine, intake, sockets, dataDir: config.dataDir });
  await http.listen({ host: config.host, port: config.port });
  closers.push(async () => {
    if (!(await intake.drain(limits.drainMs))) log.warn({}, 'not all answers were ready in time');
  });

  const url = urlOf(http.server.address() as AddressInfo);
  const l1Url = config.l1Url && redactUrl(config.l1Url);
  log.info({ url, metricsUrl, height: replica.height, curve: machine.curve, l1: l1Url }, 'serving');
  let closing: Promise<void> | undefined;
  return {
    url,
    socketUrl: `${url.replace(/^http/, 'ws')}${SOCKET_PATH}`,
    metricsUrl,
    address: machine.address,
    genesis,
    genesisHash: toHex(genesisHash(genesis, hashes)),
    height: () => replica.height,
    close() {
      state.isStopping = true;
      closing ??= closeAll().then(() => log.info({}, 'stopped'));
      return closing;
    },
  };
}

/** The URL, if metrics are on. */
async function serveMetrics({ config, closers }: Build, metrics: Metrics): Promise<string | undefined> {
  if (!config.metrics) return undefined;
  const server = await startMetricsServer(metrics, { host: config.metricsHost, port: config.metricsPort });
  closers.push(() => server.close());
  return server.url;
}

/** Other nodes' headers, if the configuration names some. Throws ConfigError if one is no URL. */
function watchHeaders({ config, genesis, log, closers }: Build, machine: Machine, metrics: Metrics): void {
  if (config.watch === undefined) return;
  const urls = config.watch.split(',').map((url) => url.trim());
  const wrong = urls.find((url) => !/^https?:$/.test(URL.parse(url)?.protocol ?? ''));
  if (wrong !== undefined) throw new ConfigError('watch', `watch: ${wrong} is no URL of http or https`);
  const { replica, store, hashes } = machine;
  const { dataDir } = config;
  const onEquivocation = (): void => metrics.equivocation();
  const watch = startHeaderWatch({ urls, genesis, hashes, replica, store, dataDir, log, onEquivocation });
  closers.push(() => watch.close());
}

function machineOptions({ config, overrides, log, genesis }: Build): MachineOptions {
  const { fatal = endProcess(log), validatorKey, now, wanted } = overrides;
  return { config, genesis, log, fatal, validatorKey, ...(now && { now }), ...(wanted && { wanted }) };
}

async function connectL1(build: Build, machine: Machine, metrics: Metrics): Promise<FirstLayer | undefined> {
  const { config, overrides, log, genesis } = build;
  const { engine, replica, store } = machine;
  const { firstLayer: connect = connectFirstLayer } = overrides;
  return connect({
    config,
    genesis,
    replica,
    store,
    relayerKey: overrides.relayerKey,
    isReplicated: config.engine === 'cometbft',
    log,
    onObservation: (observation: L1Observation) => engine?.observe(observation),
    onRelayed: (outcome) => metrics.relayed(outcome),
    fatal: overrides.fatal ?? endProcess(log),
  });
}

function sourcesOf(
  { config, overrides, genesis, limits }: Build,
  parts: {
    machine: Machine;
    intake: Intake;
    l1: FirstLayer | undefined;
    faults: () => string[];
    now: () => number;
  },
): Sources {
  const { machine, intake, l1, faults, now } = parts;
  const { replica, store, hashes, engine } = machine;
  return {
    replica,
    store,
    intake,
    genesis,
    hashes,
    engineKind: engine?.kind ?? 'none',
    version: versionOfPackage(),
    l1: l1 ?? {
      status: () => undefined,
      facts: () => undefined,
      settlement: async () => undefined,
    },
    publicL1Url: config.publicL1Url,
    controlsUrl: overrides.controlsUrl,
    explorer: config.explorer,
    limits,
    requestBuckets: new AddressBuckets(limits.requestRate, limits.requestBurst, limits.rateAddresses),
    messageBuckets: new AddressBuckets(limits.messageRate, limits.messageBurst, limits.rateAddresses),
    faults,
    now,
  };
}

function faultsOf(parts: {
  isStopping: boolean;
  engine: Engine | undefined;
  l1: FirstLayer | undefined;
  replica: Pick<Replica, 'ledger'>;
}): string[] {
  const { isStopping, engine, l1, replica } = parts;
  const faults = l1?.faults() ?? [];
  if (isStopping) faults.push('stopping');
  if (engine === undefined) faults.push('no validator key: messages are not taken');
  if (engine?.isBehind) faults.push('behind: no new block for long, so no messages are taken');
  if (replica.ledger.isLagging(Math.max(Date.now(), replica.ledger.time))) {
    faults.push('lagging: L1 or a settlement lies back too far, so no fetch is dealt');
  }
  return faults;
}

function watchGauges(
  metrics: Metrics,
  parts: { machine: Machine; intake: Intake; sockets: SocketServer; dataDir: string },
): void {
  const { machine, intake, sockets, dataDir } = parts;
  const { replica } = machine;
  const { ledger } = replica;
  metrics.watch({
    height: () => replica.height,
    clock: () => ledger.clock,
    openNonces: () => ledger.nonces.count,
    nonces: () => ledger.nextNonce,
    activeStanding: () => ledger.privilege.active,
    intakeBytes: () => intake.bytes,
    connections: () => sockets.connections,
    subscriptions: () => sockets.subscriptions,
    storeBytes: () => bytesOf(dataDir),
    l1Time: () => ledger.l1Time,
    itemsImported: () => ledger.imported,
    itemsAcknowledged: () => ledger.settlements.inbox,
    settlementsFormed: () => ledger.settlements.formed,
    settlementsUnconfirmed: () => ledger.settlements.unconfirmed.length,
    isLagging: () => ledger.isLagging(Math.max(Date.now(), ledger.time)),
  });
}

/** Throws RangeError if the configuration's limits do not go together with the others. */
function limitsOf(config: Config, overrides: Partial<Limits> = {}): Limits {
  const { connections, connectionsPerAddress, messageRate, requestRate } = config;
  const { intakeBytes, streamQueueBytes, drainMs } = config;
  return createLimits({
    tcpConnections: Math.max(2 * connections, createLimits().tcpConnections),
    connections,
    connectionsPerAddress: Math.min(connections, connectionsPerAddress),
    messageRate,
    messageBurst: Math.max(2 * messageRate, 4096),
    requestRate,
    requestBurst: 2 * requestRate,
    intakeBytes,
    connectionIntakeBytes: Math.min(createLimits().connectionIntakeBytes, intakeBytes),
    streamQueueBytes,
    drainMs,
    ...overrides,
  });
}

/** Size of the files in a folder; one that goes away meanwhile counts nothing. */
function bytesOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile())
      bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

function versionOfPackage(): string {
  const json: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return (json as { version: string }).version;
}

function urlOf({ address, port, family }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
