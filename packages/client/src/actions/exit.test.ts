/** Leaving without a node: which sequence voids all that was signed, and from when on it pays in any case. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSE_AGE, l1World } from '../../test/l1-world.ts';
import { L1RevertedError, NoAccountError, NoL1Error, ParameterError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';
import { dateOf } from './exit.ts';

test('exit', async (t) => {
  const { contract, node, user } = await l1World(t);
  const url = await node.start();
  t.after(() => node.stop());

  await t.test('names one sequence above what its own journal has signed', async () => {
    const { account, client } = user(1, { node: url });
    await node.deposit(account.address, 1_000_000_000n);
    for (const amount of [1n, 2n]) unwrap(await client.pay({ to: `0x${'ab'.repeat(20)}`, amount }));
    const { sequence, item, claimableAt, next } = await client.exit();
    assert.deepEqual([sequence, item], [2n, 1]);
    const on = await client.l1('test').exit(contract, account.address);
    assert.deepEqual([on.item, on.sequence, claimableAt], [1n, 2n, on.time + CLOSE_AGE + 1n]);
    assert.match(next, new RegExp(dateOf(claimableAt)));
    await assert.rejects(() => client.exit(), L1RevertedError);
  });

  await t.test('with an empty journal and no node: far above whatever another journal signed', async () => {
    const { client } = user(2);
    await client.deposit({ amount: 5n });
    assert.equal((await client.exit()).sequence, 2n ** 32n);
  });

  await t.test('with a node that does not answer: leaves all the same', async () => {
    await node.stop();
    const { client } = user(3, { node: url, timeout: 200, backoff: { first: 1, most: 2 } });
    assert.equal((await client.exit()).sequence, 2n ** 32n);
  });

  await t.test('what cannot be', async () => {
    const { client } = user(4);
    for (const sequence of [-1n, 2n ** 56n])
      await assert.rejects(() => client.exit({ sequence }), ParameterError);
    assert.equal((await client.balanceOnL1()).exiting, false);
    await assert.rejects(() => user(5, { l1: undefined }).client.exit(), NoL1Error);
    const reader = user(5, { account: undefined, journal: undefined }).client;
    await assert.rejects(() => reader.exit(), NoAccountError);
  });
});
