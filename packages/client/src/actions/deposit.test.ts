/** Depositing ETH on a real chain: to the unit, to oneself and to others, and what is refused before it is sent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zeroAddress } from 'viem';
import { l1World, UNIT } from '../../test/l1-world.ts';
import { ConfigurationError, L1Error, L1RevertedError, NoL1Error, ParameterError } from '../errors/kinds.ts';

test('deposit', async (t) => {
  const { contract, node, user, ether } = await l1World(t);
  const [a, b] = [user(1), user(2)];

  await t.test('brings exactly the units, and names its item', async () => {
    const { item, status, hash } = await a.client.deposit({ amount: 3n });
    assert.deepEqual([status, item], ['done', 1]);
    assert.match(hash, /^0x[0-9a-f]{64}$/);
    assert.equal(await ether(contract), 3n * UNIT);
    assert.equal((await a.client.balanceOnL1()).balance, 3n);
  });

  await t.test("becomes somebody else's", async () => {
    assert.equal((await a.client.deposit({ amount: 4n, account: b.account.address })).item, 2);
    assert.equal((await b.client.balanceOnL1()).balance, 4n);
    assert.equal((await a.client.balanceOnL1()).balance, 3n);
  });

  await t.test('what cannot be', async () => {
    await assert.rejects(() => a.client.deposit({ amount: 0n }), ParameterError);
    await assert.rejects(() => a.client.deposit({ amount: 1n, account: '0x12' }), ParameterError);
    await assert.rejects(() => a.client.deposit({ amount: 1n, account: zeroAddress }), L1RevertedError);
    // More than the account has: anvil's have 10,000 ETH.
    await assert.rejects(() => a.client.deposit({ amount: 20_000n * UNIT }), L1Error);
    await assert.rejects(() => user(3, { l1: undefined }).client.deposit({ amount: 1n }), NoL1Error);
    const reader = user(3, { account: undefined, journal: undefined, genesis: node.genesis }).client;
    await assert.rejects(() => reader.deposit({ amount: 1n }), ConfigurationError);
    assert.equal(await ether(contract), 7n * UNIT, 'nothing of this was sent');
  });

  await t.test('not from an account that is leaving', async () => {
    await a.client.exit({ sequence: 0n });
    await assert.rejects(
      () => a.client.deposit({ amount: 1n }),
      (error) => error instanceof L1RevertedError && error.reason !== undefined,
    );
  });
});
