/**
 * A first layer for tests of actions that need one: real anvil with a block a transaction, the contract for ETH, and no
 * node behind it, unless a test brings one.
 */
import type { TestContext } from 'node:test';
import { fromHex } from '@upfront/core';
import { type Anvil, DEV_KEYS, deployUpfront, startAnvil } from '@upfront/node';
import { type Address, createClient as createViemClient, http, zeroAddress } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { getBalance } from 'viem/actions';
import { type Client, type ClientOptions, createClient, memoryJournal } from '../src/index.ts';
import { TestNode, VALIDATOR } from './test-node.ts';

/** Base units (wei) in a unit. */
export const UNIT = 10n ** 9n;
export const CLOSE_AGE = 3n * 24n * 3600n;

export interface L1World {
  readonly anvil: Anvil;
  readonly contract: Address;
  /** Of the network whose contract it is; started by who needs it. */
  readonly node: TestNode;
  /** One of anvil's rich accounts, from 1, with a client that has no node. */
  user(index: number, options?: Partial<ClientOptions>): { account: PrivateKeyAccount; client: Client };
  /** wei. */
  ether(address: Address): Promise<bigint>;
}

/** Everything is closed when the test ends. */
export async function l1World(t: TestContext): Promise<L1World> {
  const anvil = await startAnvil({ blockTime: 'automine' });
  t.after(() => anvil.stop());
  const viem = createViemClient({ transport: http(anvil.url), pollingInterval: 50, cacheTime: 0 });
  const { address: contract } = await deployUpfront({
    client: viem,
    account: privateKeyToAccount(DEV_KEYS[0]),
    asset: zeroAddress,
    unit: UNIT,
    validators: [VALIDATOR.address],
    closeAge: CLOSE_AGE,
    bondAge: 7n * 24n * 3600n,
    minBond: 1000n,
  });
  const node = new TestNode({}, fromHex(contract)!);
  const clients: Client[] = [];
  t.after(async () => {
    for (const one of clients) await one.close();
  });
  const user = (index: number, options: Partial<ClientOptions> = {}) => {
    const account = privateKeyToAccount(DEV_KEYS[index]!);
    const journal = memoryJournal();
    const client = createClient({ account, journal, genesis: node.genesis, l1: anvil.url, ...options });
    clients.push(client);
    return { account, client };
  };
  return { anvil, contract, node, user, ether: (address) => getBalance(viem, { address }) };
}
