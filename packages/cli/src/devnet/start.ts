/**
 * A whole network in one process and one child: anvil, the contract, the operator's bond, a node, funded accounts.
 *
 * Built in order and stopped in reverse; whatever fails on the way up, what was started before is stopped. A data
 * folder holds a chain and a node that belong together, so it is used whole or not at all.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex, type Parameters } from '@upfront/core';
import {
  type Anvil,
  AnvilError,
  DEV_KEYS,
  type Logger,
  loadConfig,
  type RunningNode,
  startAnvil,
  startNode,
} from '@upfront/node';
import { zeroAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { listAccounts, storeAccount } from '../accounts.ts';
import { createNetwork, writeGenesisFile } from '../deployment.ts';
import { CliError, usageError } from '../errors.ts';
import { ETHER, type Network, readNetwork } from '../genesis-file.ts';
import { createL1Client, hasContract } from '../l1.ts';
import { builtPage } from '../page.ts';
import { readSettings, writeProfile } from '../settings.ts';
import { startCommittee, VALIDATOR_KEYS } from './committee.ts';
import { startControls } from './controls.ts';
import { isDevnetFolder, markRunning, runningIn, wasCutOff } from './running.ts';

export interface DevnetOptions {
  readonly home: string;
  /** Where chain and blocks are. */
  readonly folder: string;
  /** Go on with what is in the folder; else it is emptied first. */
  readonly isKept: boolean;
  readonly port: number;
  readonly l1Port: number;
  readonly parameters: Parameters;
  /** 1: the operator alone; more: a committee, and a node that follows it. */
  readonly validators: number;
  /** s. */
  readonly closeAge: number;
  readonly log: Logger;
}

export interface Devnet {
  readonly network: Network;
  /** Of the genesis. */
  readonly genesisFile: string;
  readonly nodeUrl: string;
  /** Of every node, that one included. */
  readonly nodeUrls: readonly string[];
  /** Whether the node serves the explorer, at its URL. */
  readonly hasPage: boolean;
  readonly l1Url: string;
  readonly operator: string;
  /** Settles when anvil has ended, asked or not. */
  readonly l1Ended: Promise<void>;
  /** Takes the operator away, and leaves the first layer. */
  stopNode(): Promise<void>;
  stop(): Promise<void>;
}

/** The operator's: validator and relayer. Known to everybody, like all keys of anvil. */
export const OPERATOR_KEY = DEV_KEYS[0];
/** Keystores that are ready to use, funded by anvil. */
export const FUNDED = [
  ['alice', DEV_KEYS[1]],
  ['bob', DEV_KEYS[2]],
] as const;
export const DEVNET_PASSWORD = 'devnet';

/** Units: 1 ETH. */
const MIN_BOND = 10n ** 9n;
const BOND_AGE_S = 7 * 86_400;
const POLL_MS = 500;

export async function startDevnet(options: DevnetOptions): Promise<Devnet> {
  const { folder, isKept } = options;
  assertOurs(folder, isKept);
  if (!isKept) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const unmark = markRunning(folder);

  const closers: (() => Promise<void>)[] = [];
  let isStopping = false;
  let isSaved = true;
  const stop = async (): Promise<void> => {
    isStopping = true;
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
  };
  try {
    closers.push(async () => {
      if (isSaved) unmark();
    });
    const anvil = await startL1(options);
    void anvil.ended.then(() => {
      isSaved = isStopping;
    });
    closers.push(() => anvil.stop());
    const { network, path } = await openNetwork(options, anvil);
    const controls = await startControls();
    closers.push(() => controls.close());
    const {
      node,
      urls: nodeUrls,
      close,
    } = await startNodes(options, anvil, { network, path, controlsUrl: controls.url });
    let closed: Promise<void> | undefined;
    const stopNode = (): Promise<void> => (closed ??= close());
    closers.push(stopNode);
    controls.serve(node.url, stopNode);
    await writeAccounts(options.home);
    writeProfile(options.home, {
      nodeUrl: node.url,
      l1Url: anvil.url,
      genesis: path,
      ...defaultAccount(options.home),
    });
    const operator = privateKeyToAccount(OPERATOR_KEY).address;
    const urls = { nodeUrl: node.url, nodeUrls, l1Url: anvil.url, hasPage: builtPage() !== undefined };
    return { network, genesisFile: path, ...urls, operator, l1Ended: anvil.ended, stopNode, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Nothing is emptied or gone on with that another devnet uses, or that is no devnet's. */
function assertOurs(folder: string, isKept: boolean): void {
  if (!existsSync(folder)) return;
  if (!isDevnetFolder(folder)) {
    throw usageError(`${folder} is there and holds no devnet.`, 'Name another folder by --data.');
  }
  const pid = runningIn(folder);
  if (pid === undefined && isKept && wasCutOff(folder)) {
    throw usageError(
      `The devnet in ${folder} was killed: its first layer was not saved, and its node is further than that.`,
      'Remove the folder, or name another one by --data. Ctrl-C stops a devnet so that it can go on.',
    );
  }
  if (pid === undefined) return;
  throw usageError(
    `A devnet runs in ${folder} (process ${pid}).`,
    'Stop it first, or name another folder by --data and other ports.',
  );
}

async function startL1({ folder, isKept, l1Port }: DevnetOptions): Promise<Anvil> {
  try {
    const state = isKept ? { stateFile: join(folder, 'l1.json') } : {};
    return await startAnvil({ port: l1Port, blockTime: 1, ...state });
  } catch (cause) {
    if (!(cause instanceof AnvilError)) throw cause;
    const isTaken = /address already in use/i.test(cause.message);
    const hint = isTaken ? `Port ${l1Port} is taken: name another one by --l1-port.` : undefined;
    throw new CliError('failed', cause.message, hint, { cause });
  }
}

/** The network of the folder, or a fresh one. */
async function openNetwork(
  options: DevnetOptions,
  anvil: Anvil,
): Promise<{ network: Network; path: string }> {
  const { folder, parameters, closeAge, validators } = options;
  const path = join(folder, 'genesis.json');
  const client = createL1Client(anvil.url);
  if (existsSync(path)) {
    const network = readNetwork(path);
    const before = network.genesis.validators.length;
    if (before !== validators) {
      throw usageError(
        `The devnet in ${folder} has ${before} validators.`,
        `Start it with --validators ${before}.`,
      );
    }
    if (await hasContract(client, network.contract)) return { network, path };
    throw new CliError(
      'failed',
      `${folder} has a network whose contract is not on this chain: anvil was killed before it could save its state.`,
      'Remove the folder, or name another one by --data.',
    );
  }
  const bonding = VALIDATOR_KEYS.slice(0, validators).map((key) => privateKeyToAccount(key));
  const plan = {
    asset: { ...ETHER, address: zeroAddress },
    validators: bonding.map(({ address }) => address),
    closeAge,
    bondAge: BOND_AGE_S,
    minBond: MIN_BOND,
    parameters,
  };
  writeGenesisFile(path, await createNetwork(plan, { client, account: bonding[0]!, bonding }));
  return { network: readNetwork(path), path };
}

async function startNodes(
  { folder, port, log, validators }: DevnetOptions,
  anvil: Anvil,
  { network, path, controlsUrl }: { network: Network; path: string; controlsUrl: string },
): Promise<{ node: RunningNode; urls: string[]; close(): Promise<void> }> {
  const { l1FromBlock } = network;
  const flags = {
    dataDir: join(folder, 'node'),
    genesis: path,
    port,
    metricsPort: 0,
    l1Url: anvil.url,
    l1PollMs: POLL_MS,
    l1FromBlock,
    publicL1Url: anvil.url,
    explorer: builtPage(),
  };
  const key = fromHex(OPERATOR_KEY);
  try {
    if (validators > 1) {
      const plan = {
        folder,
        count: validators,
        port,
        genesis: path,
        l1FromBlock,
        pollMs: POLL_MS,
        log,
        controlsUrl,
      };
      return await startCommittee(plan, anvil);
    }
    const node = await startNode(loadConfig({ flags }), {
      log,
      validatorKey: key,
      relayerKey: key,
      controlsUrl,
    });
    return { node, urls: [node.url], close: () => node.close() };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE') throw cause;
    throw new CliError('failed', `Port ${port} is taken.`, 'Name another one by --port.', { cause });
  }
}

/** Keystores with a password that everybody knows: the keys are known, too. */
async function writeAccounts(home: string): Promise<void> {
  const names = new Set(listAccounts(home).map(({ name }) => name));
  const passwords = { environment: { UPFRONT_PASSWORD: DEVNET_PASSWORD }, ask: undefined };
  for (const [name, key] of FUNDED) {
    if (!names.has(name)) await storeAccount(home, name, key, { passwords, cost: 'light' });
  }
}

function defaultAccount(home: string): { account?: string } {
  const { account } = readSettings({ home }, {});
  return account === undefined ? { account: FUNDED[0][0] } : {};
}
