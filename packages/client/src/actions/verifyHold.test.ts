/** Before the work: a hold that is as it was told, how long it still lasts, and a node whose word is not enough. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '@upfront/core';
import { privateKeyToAccount } from 'viem/accounts';
import { world } from '../../test/world.ts';
import { BadReceiptError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';

test('verifyHold', async (t) => {
  const { node, person, client } = await world(t);
  const [payer, payee] = [await person(), await person(0n)];
  const newHold = async (window = 60) =>
    unwrap(await payer.client.hold({ payee: payee.account.address, max: 500n, window })).hold;

  await t.test('counts down with the network\u2019s clock, and needs no account', async () => {
    const hold = await newHold();
    const first = await client({}).verifyHold(hold);
    assert.ok(first.isOpen && first.remaining > 50_000 && first.remaining <= 60_000);
    await node.pass(10);
    const then = await client({}).verifyHold(hold);
    assert.ok(then.isOpen && then.remaining <= first.remaining - 10_000);
  });

  await t.test('knows that it is over: captured, or lapsed', async () => {
    const captured = await newHold();
    unwrap(await payee.client.capture({ ...captured, amount: 1n }));
    assert.equal((await payee.client.verifyHold(captured)).isOpen, false);
    const lapsed = await newHold(5);
    await node.pass(12);
    const { isOpen, remaining } = await payee.client.verifyHold(lapsed);
    assert.ok(!isOpen && remaining < 0);
  });

  await t.test('is not fooled by a hold that is told otherwise', async () => {
    const hold = await newHold();
    const other = await newHold();
    const lies = [
      { max: 499n },
      { payee: payer.account.address },
      { payer: payee.account.address },
      { nonce: other.nonce },
      { sequence: other.sequence },
      { height: other.height },
      { index: 1 },
    ];
    for (const lie of lies)
      await assert.rejects(
        () => payee.client.verifyHold({ ...hold, ...lie }),
        BadReceiptError,
        JSON.stringify(Object.keys(lie)),
      );
  });

  await t.test('believes the validators of the genesis that is meant, and nobody else', async () => {
    const hold = await newHold();
    const stranger = fromHex(privateKeyToAccount(`0x${'22'.repeat(32)}`).address)!;
    const genesis = { ...node.genesis, validators: [stranger] };
    await assert.rejects(() => client({ genesis }).verifyHold(hold), BadReceiptError);
  });
});
