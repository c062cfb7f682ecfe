/**
 * A deployment for a token: what is approved, what arrives, what the contract refuses. Real anvil, no node behind it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mockTokenAbi, mockTokenBytecode } from '@upfront/contracts/mocks';
import { fromHex } from '@upfront/core';
import { DEV_KEYS, deployUpfront, startAnvil } from '@upfront/node';
import { createClient as createViemClient, createWalletClient, erc20Abi, http, publicActions } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { deployContract, readContract, waitForTransactionReceipt, writeContract } from 'viem/actions';
import { clientCodes, createClient, L1RevertedError, memoryJournal, NoL1Error } from '../src/index.ts';
import { TestNode } from './test-node.ts';

test('deposit: a token is approved exactly, once, and arrives', async (t) => {
  const anvil = await startAnvil({ blockTime: 'automine' });
  t.after(() => anvil.stop());
  const account = privateKeyToAccount(DEV_KEYS[3]);
  const viem = createViemClient({ transport: http(anvil.url), pollingInterval: 50 });
  const mined = async (hash: `0x${string}`) => await waitForTransactionReceipt(viem, { hash });
  const deployed = await deployContract(viem, {
    abi: mockTokenAbi,
    bytecode: mockTokenBytecode,
    args: ['Mock', 'MOCK', 6],
    account,
    chain: null,
  } as never);
  const token = (await mined(deployed)).contractAddress!;
  const own = { address: token, abi: mockTokenAbi, account, chain: null } as never as Parameters<
    typeof writeContract
  >[1];
  await mined(
    await writeContract(viem, { ...own, functionName: 'mint', args: [account.address, 1_000_000n] }),
  );
  const { address } = await deployUpfront({
    client: viem,
    account,
    asset: token,
    unit: 100n,
    validators: [account.address],
    closeAge: 100n,
    bondAge: 100n,
    minBond: 1n,
  });
  const node = new TestNode({}, fromHex(address));
  await node.start();
  t.after(() => node.stop());

  const wallet = createWalletClient({ account, transport: http(anvil.url) }).extend(publicActions);
  const client = createClient({ node: node.url, account, journal: memoryJournal(), l1: wallet });
  t.after(() => client.close());
  const { item } = await client.deposit({ amount: 50n });
  assert.equal(item, 1);
  assert.equal((await client.balance()).l1!.balance, 50n);
  const allowance = () =>
    readContract(viem, {
      address: token,
      abi: erc20Abi,
      functionName: 'allowance',
      args: [account.address, address],
    });
  assert.equal(await allowance(), 0n);

  // An allowance that is there and too low is set anew; one that is enough stays.
  await mined(await writeContract(viem, { ...own, functionName: 'approve', args: [address, 7n] }));
  assert.equal((await client.deposit({ amount: 1n })).item, 2);
  await mined(await writeContract(viem, { ...own, functionName: 'approve', args: [address, 300n] }));
  assert.equal((await client.deposit({ amount: 1n })).item, 3);
  assert.equal(await allowance(), 200n);

  await assert.rejects(() => client.deposit({ amount: 10n ** 9n }), L1RevertedError);

  // Leaving needs the genesis and the first layer, and no node.
  await client.close();
  const alone = createClient({ genesis: node.genesis, account, journal: memoryJournal(), l1: wallet });
  t.after(() => alone.close());
  assert.equal((await alone.balanceOnL1()).balance, 52n);
  const { item: exitItem, claimableAt } = await alone.exit({ sequence: 5n });
  assert.equal(exitItem, 4);
  assert.ok(claimableAt > 0n);
  await assert.rejects(
    () => alone.exit(),
    (error) => {
      assert.ok(error instanceof L1RevertedError && error.code === clientCodes.l1Reverted);
      assert.equal(error.reason, 'AlreadyExiting');
      return true;
    },
  );
  const offline = createClient({ node: node.url });
  await assert.rejects(() => offline.claim({ account: account.address }), NoL1Error);
});
