/** What an account has, by the network's word: own, another's, nobody's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MONEY, world } from '../../test/world.ts';
import { NoAccountError, ParameterError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';

test('balance', async (t) => {
  const { person, client } = await world(t);
  const [payer, payee] = [await person(), await person(0n)];
  const { address } = payee.account;

  await t.test('the own one, with what is reserved and what was spent', async () => {
    unwrap(await payer.client.hold({ payee: address, max: 500n, window: 60 }));
    unwrap(await payer.client.pay({ to: address, amount: 100n }));
    const { address: own, balance, reserved, free, authority, l1 } = await payer.client.balance();
    assert.equal(own, payer.account.address);
    // Two fees of 10, and the payment; the hold is reserved and still the payer's.
    assert.deepEqual([balance, reserved, free], [MONEY - 120n, 500n, MONEY - 620n]);
    assert.equal(authority!.sequence, 1n);
    assert.equal(l1, undefined, 'without a first layer nothing is said of it');
  });

  await t.test("anybody's, without an account", async () => {
    assert.equal((await client({}).balance({ address })).balance, 100n);
  });

  await t.test('who never appeared has nothing', async () => {
    const { balance, highest, standing } = await client({}).balance({ address: `0x${'ab'.repeat(20)}` });
    assert.deepEqual([balance, highest, standing], [0n, -1n, 0]);
  });

  await t.test('of nobody, and of what is no address', async () => {
    await assert.rejects(() => client({}).balance(), NoAccountError);
    await assert.rejects(() => client({}).balance({ address: '0x12' }), ParameterError);
  });
});
