/** Withdrawing: owed from the block that fulfils it, once; below the dust, and above what is there, refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MONEY, world } from '../../test/world.ts';
import { ParameterError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';

test('withdraw', async (t) => {
  const { node, person } = await world(t);
  const { client, account } = await person();
  const { dust, fee } = node.genesis.parameters;

  await t.test('is out of the balance, and on record', async () => {
    const { nonce, height, next } = unwrap(await client.withdraw({ amount: dust }));
    assert.match(next, /claim/);
    assert.equal((await client.balance()).balance, MONEY - dust - fee);
    const { event, height: at } = await client.receipt({ nonce });
    assert.equal(at, height);
    assert.ok(event.type === 'withdrawn' && event.amount === dust);
    assert.equal(`0x${Buffer.from(event.account).toString('hex')}`, account.address.toLowerCase());
  });

  await t.test('once, though answers are lost', async () => {
    const { balance } = await client.balance();
    node.mischief.loseAnswers = 2;
    unwrap(await client.withdraw({ amount: 2n * dust }));
    assert.equal((await client.balance()).balance, balance - 2n * dust - fee);
  });

  await t.test('not below the dust: nothing is sent', async () => {
    const { frames } = node;
    for (const amount of [dust - 1n, 0n, -1n])
      await assert.rejects(() => client.withdraw({ amount }), ParameterError);
    assert.equal(node.frames, frames);
  });

  await t.test('not the bond, nor more than there is', async () => {
    const { balance } = await client.balance();
    const { bond } = node.genesis.parameters;
    const most = balance - bond - fee;
    const refused = await client.withdraw({ amount: most + 1n });
    assert.equal(refused.status === 'refused' && refused.name, 'insufficient-funds');
    unwrap(await client.withdraw({ amount: most }));
    assert.equal((await client.balance()).free, bond);
  });
});
