/**
 * The homes of a committee: for each validator a folder that is moved to its host, with its keys and configuration.
 *
 * `validator-1/`, …: keystore, CometBFT's keys, genesis.json, committee.json, node.json, config.json. Keys are made here once.
 * A newcomer's home is made on its own host (commands/init-join.ts). Invariant: no path in a home points out of it.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex, toHex } from '@upfront/core';
import { type CommitteeNode, committeeToJson, ensureCometKeys } from '@upfront/node';
import type { Address, Hex } from 'viem';
import { storeAccount } from './accounts.ts';
import { writeGenesisFile } from './deployment.ts';
import { usageError } from './errors.ts';
import { writeWhole } from './files.ts';
import type { Network } from './genesis-file.ts';
import type { PasswordSource } from './prompt.ts';
import { writeProfile } from './settings.ts';

/** What a node listens on. */
export interface Ports {
  readonly port: number;
  readonly metricsPort: number;
  readonly p2pPort: number;
  readonly linkPort: number;
}

export interface CommitteeHome {
  readonly folder: string;
  readonly address: Address;
  readonly node: CommitteeNode;
  readonly ports: Ports;
}

export interface CommitteePlan {
  readonly folder: string;
  readonly count: number;
  /** Of each validator, in order; none: all on this machine. */
  readonly hosts: readonly string[];
  /** Of the node that is the nth of its host, from 0. */
  ports(nth: number): Ports;
  readonly passwords: PasswordSource;
}

/** What every home has to know. */
export interface HomeSettings {
  readonly network: Omit<Network, 'hash' | 'contract'>;
  readonly committee: readonly CommitteeNode[];
  readonly l1Url: string;
  /** CometBFT's executable; undefined: the one on the PATH. */
  readonly cometbft: string | undefined;
}

/** The name of a validator's account in its own home. */
export const VALIDATOR_ACCOUNT = 'validator';
export const THIS_MACHINE = '127.0.0.1';

const API_PORT = 8640;
const P2P_PORT = 26_656;
const LINK_PORT = 26_756;
const PORT_MOST = 65_535;
/** API, metrics, CometBFT, links. */
const PORTS = 4;

/**
 * The ports of the nth node of a host: with a first port four in a row for each node, else the usual ones and those next to
 * them. Throws CliError if they do not fit.
 */
export function portsFrom(firstPort: number | undefined, apiPort = API_PORT): CommitteePlan['ports'] {
  return (nth) => {
    const first = firstPort === undefined ? apiPort + 2 * nth : firstPort + PORTS * nth;
    const [p2pPort, linkPort] =
      firstPort === undefined ? [P2P_PORT + nth, LINK_PORT + nth] : [first + 2, first + 3];
    const ports = { port: first, metricsPort: first + 1, p2pPort, linkPort };
    const wrong = Object.values(ports).find((port) => port < 1 || port > PORT_MOST);
    if (wrong !== undefined)
      throw usageError(`There is no port ${wrong}.`, 'Name another first one, as in --first-port 30000.');
    return ports;
  };
}

/** Makes the keys. Throws CliError if a home is there already. */
export async function makeHomes(plan: CommitteePlan): Promise<CommitteeHome[]> {
  const { folder, count, hosts, ports, passwords } = plan;
  if (hosts.length > 0 && hosts.length !== count) {
    throw usageError(
      `${hosts.length} hosts for ${count} validators.`,
      'Name one host a validator by --host.',
    );
  }
  const nodes = Array.from({ length: count }, (_, i) => {
    const host = hosts[i] ?? THIS_MACHINE;
    const nth = hosts.length === 0 ? i : hosts.slice(0, i).filter((one) => one === host).length;
    return { folder: join(folder, `validator-${i + 1}`), host, ports: ports(nth) };
  });
  const taken = nodes.find((one) => existsSync(one.folder));
  if (taken !== undefined)
    throw usageError(`${taken.folder} is there already.`, 'Name another folder by --out.');
  const homes: CommitteeHome[] = [];
  for (const one of nodes) homes.push(await makeHome({ ...one, passwords }));
  return homes;
}

/** The keys of one home. */
export async function makeHome({
  folder,
  host,
  ports,
  passwords,
}: {
  folder: string;
  host: string;
  ports: Ports;
  passwords: PasswordSource;
}): Promise<CommitteeHome> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const key: Hex = toHex(randomBytes(32));
  const { address } = await storeAccount(folder, VALIDATOR_ACCOUNT, key, { passwords, cost: 'standard' });
  const { consensusKey, id } = ensureCometKeys(cometFolder(folder));
  const { p2pPort, linkPort } = ports;
  const node = { validator: fromHex(address)!, consensusKey, id, host, p2pPort, linkPort };
  return { folder, address, node, ports };
}

/** Writes what a home has to know of the network, beside its keys. */
export function writeHome({ folder, ports }: CommitteeHome, settings: HomeSettings): void {
  const { network, committee, l1Url, cometbft } = settings;
  writeGenesisFile(join(folder, 'genesis.json'), network);
  writeWhole(join(folder, 'committee.json'), `${JSON.stringify(committeeToJson(committee), undefined, 2)}\n`);
  const isLocal = committee.every(({ host }) => host === THIS_MACHINE);
  const local = isLocal ? { p2pHost: THIS_MACHINE, linkHost: THIS_MACHINE } : {};
  const nodeJson = {
    engine: 'cometbft',
    genesis: 'genesis.json',
    committee: 'committee.json',
    dataDir: 'data',
    l1Url,
    l1FromBlock: network.l1FromBlock,
    ...ports,
    ...local,
    ...(cometbft !== undefined && { cometbft }),
  };
  writeWhole(join(folder, 'node.json'), `${JSON.stringify(nodeJson, undefined, 2)}\n`, 0o600);
  // Relative: the home is moved to its host.
  writeProfile(folder, {
    l1Url,
    nodeUrl: `http://${THIS_MACHINE}:${ports.port}`,
    genesis: 'genesis.json',
    account: VALIDATOR_ACCOUNT,
  });
}

/** The consensus key of a home that was made here; undefined: it is none of a committee. */
export function consensusKeyOf(home: string): Hex | undefined {
  const folder = cometFolder(home);
  if (!existsSync(join(folder, 'config', 'priv_validator_key.json'))) return undefined;
  return toHex(ensureCometKeys(folder).consensusKey);
}

function cometFolder(home: string): string {
  return join(home, 'data', 'comet');
}
