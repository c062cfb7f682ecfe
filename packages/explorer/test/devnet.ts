/**
 * A whole network for tests: anvil, the contract, the operator's bond, a node that serves the page, and clients.
 *
 * Everything is real and in this process but anvil. Invariant: whatever a test starts is gone when it is closed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Client, createClient, memoryJournal } from '@upfront/client';
import { defaultParameters, fromHex, type Parameters } from '@upfront/core';
import {
  type Anvil,
  createLog,
  DEV_KEYS,
  deployUpfront,
  loadConfig,
  type RunningNode,
  startAnvil,
  startNode,
  validatorBond,
} from '@upfront/node';
import { type Address, createWalletClient, type Hex, http, publicActions, zeroAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

export const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const BUILD = fileURLToPath(new URL('../../../scripts/explorer.mjs', import.meta.url));
/** Base units of ETH in one unit. */
const GWEI = 10n ** 9n;
/** Units of one ETH. */
export const ETHER = 10n ** 9n;

export interface DevnetOptions {
  readonly parameters?: Partial<Parameters>;
  /** s that an exit may stay unanswered. */
  readonly closeAge?: bigint;
}

export interface TestDevnet {
  /** Of the node, and of the page that it serves; the same after a restart. */
  readonly url: string;
  readonly l1Url: string;
  readonly contract: Address;
  readonly anvil: Anvil;
  /** A client with a journal in memory: one of anvil's funded accounts (1..9; 0 is the operator's). */
  client(index: number): Client;
  /** The same, with a deposit that the network has imported. */
  funded(index: number, ether?: bigint): Promise<Client>;
  stopNode(): Promise<void>;
  /** Where it was, on the same port. */
  startNode(): Promise<void>;
  close(): Promise<void>;
}

export function keyOf(index: number): Hex {
  return DEV_KEYS[index]!;
}

export async function startTestDevnet({
  parameters,
  closeAge = 3n * 86_400n,
}: DevnetOptions = {}): Promise<TestDevnet> {
  const { status } = spawnSync(process.execPath, [BUILD, '--check']);
  if (status !== 0)
    throw new Error('the page is not built from its present sources: npm run build -w @upfront/explorer');
  const folder = mkdtempSync(join(tmpdir(), 'upfront-explorer-'));
  const closers: (() => Promise<unknown> | unknown)[] = [
    () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  ];
  const close = async (): Promise<void> => {
    for (let one = closers.pop(); one !== undefined; one = closers.pop()) await one();
  };
  try {
    const anvil = await startAnvil({ blockTime: 1 });
    closers.push(() => anvil.stop());
    const { contract, start } = await deploy({ anvil, folder, closeAge, parameters });
    let node: RunningNode | undefined = await start(0);
    closers.push(() => node?.close());
    const { url } = node;
    const client = (index: number): Client => {
      const one = clientOf(url, anvil.url, index);
      closers.push(() => one.close());
      return one;
    };
    return {
      url,
      l1Url: anvil.url,
      contract,
      anvil,
      client,
      async funded(index, ether = 10n) {
        const one = client(index);
        await one.waitFor({ item: (await one.deposit({ amount: ether * ETHER })).item });
        return one;
      },
      async stopNode() {
        await node?.close();
        node = undefined;
      },
      async startNode() {
        node ??= await start(Number(new URL(url).port));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function deploy(plan: {
  anvil: Anvil;
  folder: string;
  closeAge: bigint;
  parameters: Partial<Parameters> | undefined;
}): Promise<{ contract: Address; start: (port: number) => Promise<RunningNode> }> {
  const { anvil, folder, closeAge, parameters } = plan;
  const account = privateKeyToAccount(keyOf(0));
  const client = createWalletClient({ account, transport: http(anvil.url), pollingInterval: 100 });
  const { address: contract, block } = await deployUpfront({
    client,
    account,
    asset: zeroAddress,
    unit: GWEI,
    validators: [account.address],
    closeAge,
    bondAge: 100n,
    minBond: ETHER,
  });
  await validatorBond({ client, account, contract });
  const genesis = {
    chainId: anvil.chainId,
    contract: fromHex(contract)!,
    time: Date.now(),
    parameters: { ...defaultParameters, interval: 3000, ...parameters },
    validators: [fromHex(account.address)!],
  };
  const key = fromHex(keyOf(0))!;
  const start = (port: number): Promise<RunningNode> => {
    const flags = {
      dataDir: join(folder, 'node'),
      port,
      metrics: false,
      explorer: DIST,
      publicL1Url: anvil.url,
      l1Url: anvil.url,
      l1PollMs: 250,
      l1FromBlock: block,
      workers: 1,
    };
    const log = createLog('silent');
    return startNode(loadConfig({ flags }), { genesis, validatorKey: key, relayerKey: key, log });
  };
  return { contract, start };
}

function clientOf(url: string, l1Url: string, index: number): Client {
  const account = privateKeyToAccount(keyOf(index));
  const l1 = createWalletClient({ account, transport: http(l1Url), pollingInterval: 100 }).extend(
    publicActions,
  );
  return createClient({ node: url, account, journal: memoryJournal(), l1 });
}

/** Looks until `look` gives something. */
export async function until<T>(what: string, look: () => Promise<T | undefined>, most = 30_000): Promise<T> {
  const end = performance.now() + most;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`${what} did not happen within ${most} ms`);
    await sleep(50);
  }
}
