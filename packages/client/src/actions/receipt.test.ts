/** Getting receipts: by nonce and by place, the same one; and what is not there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from '../../test/world.ts';
import { NodeError, ParameterError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';
import { ZERO_REFERENCE } from '../state/activity.ts';

test('receipt', async (t) => {
  const { node, person, client } = await world(t);
  const [payer, payee] = [await person(), await person(0n)];
  const to = payee.account.address;
  const { nonce, height } = unwrap(await payer.client.pay({ to, amount: 5n }));

  await t.test('of the event that resolved a nonce, for anybody', async () => {
    const got = await client({}).receipt({ nonce });
    assert.equal(got.height, height);
    assert.ok(got.event.type === 'transferred' && got.event.nonce === nonce && got.event.amount === 5n);
    assert.deepEqual(got.receipt.header, node.blocks[height - 1]!.header);
    await client({}).verifyReceipt({ receipt: got.json });
  });

  await t.test('of any event, by its place', async () => {
    const { event, receipt } = await client({}).receipt({ height: height - 1, index: 0 });
    assert.equal(event.type === 'dealt' && event.first, nonce);
    assert.equal(receipt.index, 0);
    const index = node.blocks[height - 1]!.events.findIndex(({ type }) => type === 'transferred');
    assert.deepEqual(await client({}).receipt({ height, index }), await client({}).receipt({ nonce }));
  });

  await t.test('not of what has not happened', async () => {
    const activity = { kind: 'transfer', to, amount: 1n, reference: ZERO_REFERENCE } as const;
    const { first } = unwrap(await payer.client.fetchNonces({ activities: [activity] }));
    for (const where of [
      { nonce: first },
      { nonce: 999 },
      { height: 999, index: 0 },
      { height, index: 99 },
    ]) {
      const isMissing = (error: unknown): boolean =>
        error instanceof NodeError && error.codeName === 'not-found';
      await assert.rejects(() => payer.client.receipt(where), isMissing);
    }
    await payer.client.fulfil({ nonce: first });
    assert.equal((await payer.client.receipt({ nonce: first })).event.type, 'transferred');
  });

  await t.test('what cannot be', async () => {
    for (const where of [{ nonce: -1 }, { nonce: 0.5 }, { height: 1, index: -1 }])
      await assert.rejects(() => payer.client.receipt(where), ParameterError);
  });
});
