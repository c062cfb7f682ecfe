/** Asking: about the network, about a fetch whatever became of it, and about a nonce through its life. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHAIN_ID, CONTRACT, VALIDATOR } from '../../test/test-node.ts';
import { world } from '../../test/world.ts';
import { DisconnectedError, NoAccountError, ParameterError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';
import { ZERO_REFERENCE } from '../state/activity.ts';

test('status', async (t) => {
  const { node, person, client } = await world(t);
  const [payer, payee] = [await person(), await person(0n)];
  const to = payee.account.address;
  const activity = { kind: 'transfer', to, amount: 5n, reference: ZERO_REFERENCE } as const;

  await t.test('of the network', async () => {
    const { chainId, contract, height, validators, lagging, nonces } = await client({}).status();
    assert.deepEqual([chainId, contract, height, lagging], [CHAIN_ID, CONTRACT, node.ledger.height, false]);
    assert.deepEqual(validators, [VALIDATOR.address.toLowerCase()]);
    assert.equal(nonces, 1, 'the deposit');
  });

  await t.test('of a fetch and its nonce: open, then fulfilled', async () => {
    const dealt = unwrap(await payer.client.fetchNonces({ activities: [activity] }));
    const { sequence, first: nonce } = dealt;
    const fetch = await payer.client.status({ sequence });
    assert.ok(fetch.status === 'dealt' && fetch.first === nonce && fetch.count === 1);
    const account = payer.account.address;
    assert.deepEqual(await client({}).status({ sequence, account }), fetch);
    assert.equal((await client({}).status({ nonce })).status, 'open');
    const { height } = unwrap(await payer.client.fulfil({ nonce }));
    const now = await client({}).status({ nonce });
    assert.deepEqual([now.status, now.height, now.event!['type']], ['fulfilled', height, 'transferred']);
  });

  await t.test('of a nonce that was annulled, and one that was never dealt', async () => {
    const { first: nonce } = unwrap(await payer.client.fetchNonces({ activities: [activity] }));
    await node.pass(70);
    assert.equal((await payer.client.status({ nonce })).status, 'annulled');
    assert.equal((await payer.client.status({ nonce: nonce + 1 })).status, 'unknown');
  });

  await t.test(
    'of a fetch that was refused: with the name of its code; and of one that nobody saw',
    async () => {
      const refused = await payer.client.fetchNonces({
        activities: [{ ...activity, amount: 2_000_000_000n }],
      });
      assert.ok(refused.status === 'refused');
      const said = await payer.client.status({ sequence: refused.sequence });
      assert.deepEqual([said.status, said.name], ['refused', 'insufficient-funds']);
      assert.equal((await payer.client.status({ sequence: 40n })).status, 'unknown');
    },
  );

  await t.test('what cannot be', async () => {
    await assert.rejects(() => client({}).status({ sequence: 0n }), NoAccountError);
    await assert.rejects(() => client({}).status({ nonce: -1 }), ParameterError);
    const lost = client({ node: 'http://127.0.0.1:9/secret', backoff: { first: 1, most: 2 } });
    await assert.rejects(
      () => lost.status(),
      (error) => {
        assert.ok(error instanceof DisconnectedError);
        assert.equal(error.shortMessage, 'The node at http://127.0.0.1:9 does not answer.');
        assert.match(error.hint ?? '', /Check that it runs/);
        return true;
      },
    );
  });
});
