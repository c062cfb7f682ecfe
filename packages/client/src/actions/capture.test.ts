/** Capturing: what the payee signs is done once, whatever is lost on the way; what a hold does not allow is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from '../../test/world.ts';
import { NoAccountError, ParameterError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';

test('capture', async (t) => {
  const { node, person, client } = await world(t);
  const [payer, payee] = [await person(), await person(0n)];
  const newHold = async (max: bigint) =>
    unwrap(await payer.client.hold({ payee: payee.account.address, max, window: 60 })).hold;

  await t.test('is final in the block that it names', async () => {
    const hold = await newHold(500n);
    const { nonce, amount, height } = unwrap(await payee.client.capture({ ...hold, amount: 500n }));
    assert.deepEqual([nonce, amount, height], [hold.nonce, 500n, node.ledger.height]);
    const { event } = await payee.client.receipt({ nonce });
    assert.equal(event.type === 'captured' && event.amount, 500n);
  });

  await t.test('is done once though its answer was lost', async () => {
    const hold = await newHold(100n);
    const { balance } = await payee.client.balance();
    node.mischief.loseAnswers = 2;
    assert.equal(unwrap(await payee.client.capture({ ...hold, amount: 60n })).amount, 60n);
    assert.equal((await payee.client.balance()).balance, balance + 60n);
    assert.equal((await payer.client.balance()).reserved, 0n);
  });

  await t.test('is refused, and changes nothing: above the maximum, by another, of no hold', async () => {
    const hold = await newHold(100n);
    const { reserved } = await payer.client.balance();
    const { nonce: paid } = unwrap(await payer.client.pay({ to: payee.account.address, amount: 1n }));
    const refusals: [number, ReturnType<typeof payee.client.capture>][] = [
      [28, payee.client.capture({ ...hold, amount: 101n })],
      [30, payer.client.capture({ ...hold, amount: 1n })],
      [20, payee.client.capture({ ...hold, nonce: paid, amount: 1n })],
      [20, payee.client.capture({ ...hold, nonce: 999, amount: 1n })],
    ];
    for (const [code, outcome] of refusals) {
      const { status, ...said } = await outcome;
      assert.deepEqual([status, 'code' in said && said.code], ['refused', code]);
    }
    assert.equal((await payer.client.balance()).reserved, reserved);
  });

  await t.test('nothing is signed for what cannot be', async () => {
    const hold = await newHold(100n);
    const { frames } = node;
    await assert.rejects(() => payee.client.capture({ ...hold, amount: -1n }), ParameterError);
    await assert.rejects(() => payee.client.capture({ ...hold, nonce: -1, amount: 1n }), ParameterError);
    await assert.rejects(() => payee.client.capture({ ...hold, payer: '0x1', amount: 1n }), ParameterError);
    await assert.rejects(() => client({}).capture({ ...hold, amount: 1n }), NoAccountError);
    assert.equal(node.frames, frames);
  });
});
