/**
 * A committee on this machine: validators' nodes and one that only follows, which is the one that users talk to.
 *
 * All nodes run in this process, each with its own folder, keys, ports and CometBFT.
 */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fromHex } from '@upfront/core';
import {
  type Anvil,
  committeeToJson,
  DEV_KEYS,
  ensureCometKeys,
  type Logger,
  loadConfig,
  type RunningNode,
  startNode,
} from '@upfront/node';
import { privateKeyToAccount } from 'viem/accounts';
import { writeWhole } from '../files.ts';
import { builtPage } from '../page.ts';

/** alice's, bob's and the faucet's are the others of anvil's ten. */
export const VALIDATOR_KEYS = [0, 3, 4, 5, 6, 7, 8].map((i) => DEV_KEYS[i]!);
export const VALIDATORS_MOST = VALIDATOR_KEYS.length;

const HOST = '127.0.0.1';
/** ms between blocks: as fast as is pleasant to look at. */
const BLOCK_MS = 200;

export interface CommitteePlan {
  readonly folder: string;
  readonly count: number;
  /** Of the API of the node that follows. */
  readonly port: number;
  readonly genesis: string;
  readonly l1FromBlock: number;
  readonly pollMs: number;
  readonly log: Logger;
  /** Told to the page of the node that follows. */
  readonly controlsUrl: string;
}

/** The node that follows, where each node is (it comes last), and what closes all of them. */
export async function startCommittee(
  plan: CommitteePlan,
  anvil: Anvil,
): Promise<{ node: RunningNode; urls: string[]; close(): Promise<void> }> {
  const file = await layCommittee(plan);
  const nodes: RunningNode[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.close()));
  };
  try {
    for (let i = 0; i <= plan.count; i++) nodes.push(await startOne(plan, anvil, file, i));
  } catch (error) {
    await close();
    throw error;
  }
  return { node: nodes[plan.count]!, urls: nodes.map(({ url }) => url), close };
}

function startOne(plan: CommitteePlan, anvil: Anvil, file: Laid, i: number): Promise<RunningNode> {
  const { folder, count, port, genesis, l1FromBlock, pollMs, log, controlsUrl } = plan;
  const isFollower = i === count;
  const flags = {
    dataDir: pathOf(folder, i),
    genesis,
    engine: 'cometbft',
    committee: file.path,
    p2pHost: HOST,
    linkHost: HOST,
    p2pPort: file.ports[i]!.p2pPort,
    linkPort: file.ports[i]!.linkPort,
    blockMs: BLOCK_MS,
    port: isFollower ? port : 0,
    metrics: isFollower,
    metricsPort: 0,
    workers: 1,
    l1Url: anvil.url,
    l1PollMs: pollMs,
    l1FromBlock,
    ...(isFollower && { publicL1Url: anvil.url, explorer: builtPage() }),
  };
  const key = isFollower ? undefined : fromHex(VALIDATOR_KEYS[i]!);
  const { UPFRONT_COMETBFT } = process.env;
  const config = loadConfig({ flags, environment: { UPFRONT_COMETBFT } });
  // One relayer is enough, and no two of them race.
  return startNode(config, {
    log,
    validatorKey: key,
    relayerKey: i === 0 ? key : undefined,
    ...(isFollower && { controlsUrl }),
  });
}

interface Laid {
  readonly path: string;
  readonly ports: readonly { p2pPort: number; linkPort: number }[];
}

/** Keys where they are missing, ports that are free now, and the file that names both. */
async function layCommittee({ folder, count }: CommitteePlan): Promise<Laid> {
  const path = join(folder, 'committee.json');
  const ports = await freePorts(count + 1);
  const nodes = ports.map((port, i) => {
    const { consensusKey, id } = ensureCometKeys(join(pathOf(folder, i), 'comet'));
    const key = i < count ? VALIDATOR_KEYS[i]! : undefined;
    const validator = key && fromHex(privateKeyToAccount(key).address)!;
    return { validator, consensusKey, id, host: HOST, ...port };
  });
  writeWhole(path, `${JSON.stringify(committeeToJson(nodes), undefined, 2)}\n`);
  return { path, ports };
}

function pathOf(folder: string, i: number): string {
  return join(folder, `node-${i}`);
}

async function freePorts(count: number): Promise<{ p2pPort: number; linkPort: number }[]> {
  const servers = Array.from({ length: 2 * count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, HOST, () => resolve((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return Array.from({ length: count }, (_, i) => ({ p2pPort: ports[2 * i]!, linkPort: ports[2 * i + 1]! }));
}
