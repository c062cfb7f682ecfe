/**
 * A network of a token: its amounts have the token's decimals, and deposits approve what they need.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mockTokenAbi, mockTokenBytecode } from '@upfront/contracts/mocks';
import { type Anvil, DEV_KEYS, startAnvil } from '@upfront/node';
import { type Address, createPublicClient, createWalletClient, erc20Abi, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { createMachine, type Machine } from './support.ts';

const MILLION = 1_000_000n;

export function testToken(): void {
  describe('a network of a token', { timeout: 120_000, concurrency: 1 }, () => {
    let anvil: Anvil;
    let machine: Machine;
    let token: Address;
    const operator = { UPFRONT_KEY: DEV_KEYS[0] };
    const user = privateKeyToAccount(DEV_KEYS[1]);
    const environment = { UPFRONT_KEY: DEV_KEYS[1], UPFRONT_NODE_URL: '' };

    before(async () => {
      anvil = await startAnvil({ blockTime: 1 });
      machine = createMachine();
      token = await deployToken(anvil.url, [privateKeyToAccount(DEV_KEYS[0]).address, user.address]);
    });
    after(async () => {
      await machine.remove();
      await anvil.stop();
    });

    it('deposits, pays, withdraws and claims in the token', async () => {
      const init = ['init', '--l1', anvil.url, '--asset', token, '--bond', '100', '--interval', '4s'];
      const { asset } = await machine.done(init, operator);
      assert.deepEqual([asset['symbol'], asset['decimals'], asset['unit']], ['USDM', 6, '1']);
      const twice = await machine.run(init, operator);
      assert.equal(twice.code, 2);
      const ports = ['--port', '0', '--metrics-port', '0', '--l1-poll-ms', '300'];
      const node = await machine.start(['node', ...ports, '--log-level', 'error'], operator);
      environment.UPFRONT_NODE_URL = node.first['url'];

      await machine.done(['deposit', '50.5'], environment);
      assert.equal(await tokensOf(user.address), 1_000n * MILLION - 50_500_000n);
      const tooFine = await machine.run(['pay', OTHER, '0.0000001'], environment);
      assert.equal(tooFine.code, 2);
      await machine.done(['pay', OTHER, '12.345678'], environment);
      const { claimable } = await machine.done(['withdraw', '10', '--wait'], environment);
      assert.equal(claimable, '9.975');
      await machine.done(['claim'], environment);
      assert.equal(await tokensOf(user.address), 1_000n * MILLION - 50_500_000n + 9_975_000n);
      // Of 50.5: 12.345678 paid, 10 withdrawn, and two fees.
      const balance = await machine.done(['account', 'balance'], environment);
      assert.deepEqual([balance['asset'], balance['balance']], ['USDM', '28.154302']);
      assert.equal(await node.stop(), 0);
    });

    function tokensOf(address: Address): Promise<bigint> {
      const client = createPublicClient({ transport: http(anvil.url) });
      return client.readContract({
        address: token,
        abi: erc20Abi,
        functionName: 'balanceOf',
        args: [address],
      });
    }
  });
}

/** Somebody who is paid. */
const OTHER = privateKeyToAccount(DEV_KEYS[9]).address.toLowerCase();

/** A token of which each of these has a thousand. */
async function deployToken(url: string, owners: readonly Address[]): Promise<Address> {
  const transport = http(url);
  const account = privateKeyToAccount(DEV_KEYS[5]);
  const wallet = createWalletClient({ account, transport });
  const client = createPublicClient({ transport, pollingInterval: 100 });
  const hash = await wallet.deployContract({
    abi: mockTokenAbi,
    bytecode: mockTokenBytecode,
    args: ['Dollar', 'USDM', 6],
    chain: null,
  });
  const { contractAddress } = await client.waitForTransactionReceipt({ hash });
  for (const owner of owners) {
    const minted = await wallet.writeContract({
      address: contractAddress!,
      abi: mockTokenAbi,
      functionName: 'mint',
      args: [owner, 1_000n * MILLION],
      chain: null,
    });
    await client.waitForTransactionReceipt({ hash: minted });
  }
  return contractAddress!;
}
