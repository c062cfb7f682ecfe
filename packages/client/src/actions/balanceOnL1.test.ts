/** What the contract has of an account: settled, leaving, and only of the network that is meant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { l1World } from '../../test/l1-world.ts';
import { NetworkMismatchError, NoAccountError, NoL1Error } from '../errors/kinds.ts';

test('balanceOnL1', async (t) => {
  const { anvil, node, user } = await l1World(t);
  const { account, client } = user(1);
  const { address } = account;

  await t.test('what was deposited, without a node', async () => {
    assert.equal((await client.balanceOnL1()).balance, 0n);
    await client.deposit({ amount: 5_000_000n });
    const { balance, claimable, debited, exiting } = await client.balanceOnL1();
    assert.deepEqual([balance, claimable, debited, exiting], [5_000_000n, 0n, 0n, false]);
    const { client: other } = user(2);
    assert.deepEqual(await other.balanceOnL1({ address }), await client.balanceOnL1());
  });

  await t.test('that it is leaving', async () => {
    await client.exit({ sequence: 7n });
    const { balance, exiting } = await client.balanceOnL1();
    assert.deepEqual([balance, exiting], [5_000_000n, true]);
  });

  await t.test('without a first layer, without an account, of another chain', async () => {
    await assert.rejects(() => user(3, { l1: undefined }).client.balanceOnL1(), NoL1Error);
    const reader = user(3, { account: undefined, journal: undefined, genesis: node.genesis }).client;
    await assert.rejects(() => reader.balanceOnL1(), NoAccountError);
    const elsewhere = user(3, { genesis: { ...node.genesis, chainId: 1 }, l1: anvil.url }).client;
    await assert.rejects(() => elsewhere.balanceOnL1(), NetworkMismatchError);
  });
});
