/**
 * The homes of a new committee: for each validator a folder that is moved to its host, with its keys and configuration.
 *
 * `validator-1/`, …: keystore, CometBFT's keys, genesis.json, committee.json, node.json, config.json. Keys are made here once;
 * whoever wants them to be made on each host makes them there, and writes committee.json by hand (docs/operators.md).
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

export interface CommitteeHome {
  readonly folder: string;
  readonly address: Address;
  readonly node: CommitteeNode;
}

export interface CommitteePlan {
  readonly folder: string;
  readonly count: number;
  /** Of each validator, in order; none: all on this machine, on ports next to one another. */
  readonly hosts: readonly string[];
  readonly passwords: PasswordSource;
}

/** The name of a validator's account in its own home. */
export const VALIDATOR_ACCOUNT = 'validator';

const P2P_PORT = 26_656;
const LINK_PORT = 26_756;

/** Makes the keys. Throws CliError if a home is there already. */
export async function makeHomes({
  folder,
  count,
  hosts,
  passwords,
}: CommitteePlan): Promise<CommitteeHome[]> {
  if (hosts.length > 0 && hosts.length !== count) {
    throw usageError(
      `${hosts.length} hosts for ${count} validators.`,
      'Name one host a validator by --host.',
    );
  }
  const folders = Array.from({ length: count }, (_, i) => join(folder, `validator-${i + 1}`));
  const taken = folders.find((one) => existsSync(one));
  if (taken !== undefined) throw usageError(`${taken} is there already.`, 'Name another folder by --out.');
  const homes: CommitteeHome[] = [];
  for (const [i, home] of folders.entries()) {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const key: Hex = toHex(randomBytes(32));
    const { address } = await storeAccount(home, VALIDATOR_ACCOUNT, key, { passwords, cost: 'standard' });
    const { consensusKey, id } = ensureCometKeys(join(home, 'data', 'comet'));
    // Each on a host of its own has the usual ports; on one machine they stand side by side.
    const next = hosts.length > 0 ? 0 : i;
    const host = hosts[i] ?? '127.0.0.1';
    const ports = { p2pPort: P2P_PORT + next, linkPort: LINK_PORT + next };
    homes.push({
      folder: home,
      address,
      node: { validator: fromHex(address)!, consensusKey, id, host, ...ports },
    });
  }
  return homes;
}

/** Writes what every home has to know of the network. `port` is the first API's. */
export function writeHomes(
  homes: readonly CommitteeHome[],
  network: Omit<Network, 'hash'>,
  { l1Url, port, cometbft }: { l1Url: string; port: number; cometbft: string | undefined },
): void {
  const committee = `${JSON.stringify(committeeToJson(homes.map(({ node }) => node)), undefined, 2)}\n`;
  const isOneMachine = new Set(homes.map(({ node }) => node.host)).size < homes.length;
  for (const [i, { folder, node }] of homes.entries()) {
    const genesis = join(folder, 'genesis.json');
    writeGenesisFile(genesis, network);
    writeWhole(join(folder, 'committee.json'), committee);
    const apiPort = isOneMachine ? port + 2 * i : port;
    const local = isOneMachine ? { p2pHost: '127.0.0.1', linkHost: '127.0.0.1' } : {};
    const settings = {
      engine: 'cometbft',
      genesis: 'genesis.json',
      committee: 'committee.json',
      dataDir: 'data',
      l1Url,
      l1FromBlock: network.l1FromBlock,
      port: apiPort,
      metricsPort: apiPort + 1,
      p2pPort: node.p2pPort,
      linkPort: node.linkPort,
      ...local,
      ...(cometbft && { cometbft }),
    };
    writeWhole(join(folder, 'node.json'), `${JSON.stringify(settings, undefined, 2)}\n`, 0o600);
    writeProfile(folder, {
      l1Url,
      nodeUrl: `http://127.0.0.1:${apiPort}`,
      genesis,
      account: VALIDATOR_ACCOUNT,
    });
  }
}
