/** A bond home on a real chain: not at once, not twice, to the unit; and who has none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validatorBond } from '@upfront/node';
import { createClient as createViemClient, http } from 'viem';
import { l1World, UNIT } from '../../test/l1-world.ts';
import { L1RevertedError, NoL1Error } from '../errors/kinds.ts';

const BOND = 5000n;
const BOND_AGE_S = 7 * 24 * 3600;

test('unbond', async (t) => {
  const { anvil, contract, user, ether } = await l1World(t);
  const { account, client } = user(1);
  const viem = createViemClient({ transport: http(anvil.url), pollingInterval: 50 });
  const reverts = (name: string) => (error: unknown) =>
    error instanceof L1RevertedError && error.reason === name;

  await t.test('of who has none', async () => {
    await assert.rejects(() => client.unbond(), reverts('NoBond'));
    await assert.rejects(() => user(3, { l1: undefined }).client.unbond(), NoL1Error);
  });

  await t.test('says from when on it can be claimed, and starts once', async () => {
    await validatorBond({ client: viem, account, contract, amount: BOND });
    const { l1 } = await client.contract('test');
    const { item, bond, claimableAt, next } = await client.unbond();
    assert.deepEqual([item, bond], [2, BOND]);
    assert.equal(claimableAt, (await l1.time()) + BigInt(BOND_AGE_S) + 1n);
    assert.match(next, new RegExp(new Date(Number(claimableAt) * 1000).toISOString()));
    await assert.rejects(() => client.unbond(), reverts('AlreadyLeaving'));
  });

  await t.test('a claim pays it after the bond age, and nothing before', async () => {
    const early = await client.claim();
    assert.equal(early.amount, 0n);
    assert.match(early.next, /^The bond is on its way home/);
    await anvil.increaseTime(BOND_AGE_S + 1);
    const before = await ether(account.address);
    const { amount, next } = await user(2).client.claim({ account: account.address });
    assert.equal(amount, BOND);
    assert.match(next, /^Nothing/);
    assert.equal(await ether(account.address), before + BOND * UNIT);
  });
});
