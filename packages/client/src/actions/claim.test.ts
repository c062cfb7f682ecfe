/** Claiming on a real chain: nothing yet, after the close age, for others, and twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSE_AGE, l1World, UNIT } from '../../test/l1-world.ts';
import { NoAccountError, NoL1Error, ParameterError } from '../errors/kinds.ts';

const DEPOSIT = 7_000_000n;

test('claim', async (t) => {
  const { anvil, contract, user, ether } = await l1World(t);
  const [a, b] = [user(1), user(2)];
  for (const { client } of [a, b]) await client.deposit({ amount: DEPOSIT });

  await t.test('pays nothing while nothing is claimable', async () => {
    const { amount, closed, next } = await a.client.claim();
    assert.deepEqual([amount, closed], [0n, false]);
    assert.match(next, /^Nothing/);
    assert.equal((await a.client.balanceOnL1()).balance, DEPOSIT);
  });

  await t.test('says from when on an unanswered exit pays', async () => {
    const { item } = await a.client.exit({ sequence: 0n });
    const { amount, closed, next } = await a.client.claim();
    assert.deepEqual([amount, closed], [0n, false]);
    assert.match(next, new RegExp(`item ${item}\\) is not acknowledged yet`));
  });

  await t.test('pays the settled balance after the close age, to the unit, whoever calls', async () => {
    await anvil.increaseTime(Number(CLOSE_AGE) + 2);
    const { address } = a.account;
    const before = await ether(address);
    const { amount, closed } = await b.client.claim({ account: address });
    assert.deepEqual([amount, closed], [DEPOSIT, true]);
    assert.equal(await ether(address), before + DEPOSIT * UNIT);
    assert.equal((await a.client.claim()).amount, 0n, 'once');
  });

  await t.test('then everybody else without an exit', async () => {
    assert.equal((await b.client.claim()).amount, DEPOSIT);
    assert.equal(await ether(contract), 0n);
  });

  await t.test('what cannot be', async () => {
    await assert.rejects(() => a.client.claim({ account: '0x12' }), ParameterError);
    await assert.rejects(() => user(3, { l1: undefined }).client.claim(), NoL1Error);
    const reader = user(3, { account: undefined, journal: undefined }).client;
    await assert.rejects(() => reader.claim(), NoAccountError);
  });
});
