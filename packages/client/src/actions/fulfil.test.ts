/** Performing what was announced: from the journal, from an opening, once, and not too late. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastingJournal, world } from '../../test/world.ts';
import { NoNodeError, ParameterError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';
import { type Activity, ZERO_REFERENCE } from '../state/activity.ts';

test('fulfil', async (t) => {
  const { node, person, client } = await world(t);
  const [payer, payee] = [await person(), await person(0n)];
  const pays = (amount: bigint): Activity => ({
    kind: 'transfer',
    to: payee.account.address,
    amount,
    reference: ZERO_REFERENCE,
  });

  await t.test('in any order, each in a block behind its fetch', async () => {
    const { first, height } = unwrap(
      await payer.client.fetchNonces({ activities: [pays(1n), pays(2n), pays(4n)] }),
    );
    for (const index of [2, 0]) {
      const done = unwrap(await payer.client.fulfil({ nonce: first + index }));
      assert.equal(done.nonce, first + index);
      assert.ok(done.height > height);
    }
    assert.equal((await payee.client.balance()).balance, 5n);
    assert.equal((await payer.client.balance()).openNonces, 1);
  });

  await t.test('once, though its answers are lost and it is asked for again', async () => {
    const { first, openings } = unwrap(await payer.client.fetchNonces({ activities: [pays(10n)] }));
    const { balance } = await payee.client.balance();
    node.mischief.loseAnswers = 1;
    const one = unwrap(await payer.client.fulfil({ nonce: first }));
    // The journal keeps no opening of what is done; whoever kept one may show it again.
    const two = unwrap(await payer.client.fulfil({ nonce: first, opening: openings[0]! }));
    await assert.rejects(() => payer.client.fulfil({ nonce: first }), ParameterError);
    assert.deepEqual(one, two);
    assert.equal((await payee.client.balance()).balance, balance + 10n);
  });

  await t.test('by whoever has the opening, without an account', async () => {
    const { first, openings } = unwrap(await payer.client.fetchNonces({ activities: [pays(20n)] }));
    const { balance } = await payee.client.balance();
    unwrap(await client({}).fulfil({ nonce: first, opening: openings[0]! }));
    assert.equal((await payee.client.balance()).balance, balance + 20n);
  });

  await t.test('by a client that was started again with the same journal', async () => {
    const journal = lastingJournal();
    const before = await person(1_000_000_000n, { journal });
    const { first } = unwrap(await before.client.fetchNonces({ activities: [pays(30n)] }));
    await before.client.close();
    const after = client({ account: before.account, journal });
    const { balance } = await payee.client.balance();
    unwrap(await after.fulfil({ nonce: first }));
    assert.equal((await payee.client.balance()).balance, balance + 30n);
  });

  await t.test('not when it was annulled', async () => {
    const { first } = unwrap(await payer.client.fetchNonces({ activities: [pays(40n)] }));
    await node.pass(70);
    const late = await payer.client.fulfil({ nonce: first });
    assert.equal(late.status === 'refused' && late.name, 'not-open');
  });

  await t.test('what cannot be', async () => {
    const { hold } = unwrap(await payer.client.hold({ payee: payee.account.address, max: 5n, window: 60 }));
    await assert.rejects(() => payer.client.fulfil({ nonce: hold.nonce }), ParameterError);
    await assert.rejects(() => payer.client.fulfil({ nonce: 999 }), ParameterError);
    await assert.rejects(() => payer.client.fulfil({ nonce: -1 }), ParameterError);
    const opening = { activity: pays(1n), salt: new Uint8Array(16) };
    const alone = client({ node: undefined, genesis: node.genesis });
    await assert.rejects(() => alone.fulfil({ nonce: 1, opening }), NoNodeError);
  });
});
