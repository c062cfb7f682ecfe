/** Waiting: until it is so, not longer than one wants to, and for one thing at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from '../../test/world.ts';
import { ParameterError, TimeoutError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';
import { ZERO_REFERENCE } from '../state/activity.ts';

test('waitFor', async (t) => {
  const { node, person, client } = await world(t);
  const payer = await person();
  const to = `0x${'ab'.repeat(20)}` as const;
  const announce = async () => {
    const activity = { kind: 'transfer', to, amount: 5n, reference: ZERO_REFERENCE } as const;
    return unwrap(await payer.client.fetchNonces({ activities: [activity] })).first;
  };

  await t.test('a nonce: fulfilled while it is waited for', async () => {
    const nonce = await announce();
    const waiting = client({}).waitFor({ nonce });
    const { height } = unwrap(await payer.client.fulfil({ nonce }));
    assert.deepEqual(await waiting, { status: 'fulfilled', height });
  });

  await t.test('a nonce: annulled', async () => {
    const nonce = await announce();
    const waiting = client({}).waitFor({ nonce });
    await node.pass(70);
    assert.equal((await waiting).status, 'annulled');
  });

  await t.test('an item of the first layer, a block', async () => {
    const waiting = client({}).waitFor({ item: 2 });
    await node.deposit(to, 5n);
    const { status, height } = await waiting;
    assert.deepEqual([status, height], ['reached', node.ledger.height]);
    assert.equal((await client({}).waitFor({ height: 1 })).status, 'reached');
  });

  await t.test('not for ever', async () => {
    const nonce = await announce();
    await assert.rejects(() => client({}).waitFor({ nonce, timeout: 100 }), TimeoutError);
    await assert.rejects(() => client({}).waitFor({ settlement: 9, timeout: 100 }), TimeoutError);
    const controller = new AbortController();
    const waiting = client({}).waitFor({ nonce, signal: controller.signal });
    controller.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
  });

  await t.test('what cannot be', async () => {
    for (const parameters of [{}, { nonce: 1, item: 1 }, { nonce: -1 }, { height: 0.5 }])
      await assert.rejects(() => client({}).waitFor(parameters), ParameterError);
  });
});
