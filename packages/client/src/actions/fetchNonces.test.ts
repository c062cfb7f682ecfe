/** Announcing: openings that are handed over, bounds that are checked first, the window of sequences. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastingJournal, world } from '../../test/world.ts';
import { ParameterError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';
import { openingFromJson, openingToJson } from '../state/activity.ts';

const reference = `0x${'00'.repeat(32)}` as const;

test('fetchNonces: an opening that is handed over is fulfilled by the payee', async (t) => {
  const { person } = await world(t);
  const [a, b] = [await person(), await person(0n)];
  const to = b.account.address;
  const dealt = unwrap(
    await a.client.fetchNonces({ activities: [{ kind: 'transfer', to, amount: 9n, reference }] }),
  );
  const handed = JSON.parse(JSON.stringify(openingToJson(dealt.openings[0]!)));
  unwrap(await b.client.fulfil({ nonce: dealt.first, opening: openingFromJson(handed) }));
  assert.equal((await b.client.balance()).balance, 9n);
  // The payer finds out that it is done.
  unwrap(await a.client.fulfil({ nonce: dealt.first }));
  const wrong = { ...dealt.openings[0]!, salt: new Uint8Array(16) };
  const refused = await b.client.fulfil({ nonce: dealt.first, opening: wrong });
  assert.equal(refused.status, 'done');
});

test('fetchNonces: a budget below the fees, no activity or too many are refused before signing', async (t) => {
  const { person, node } = await world(t);
  const a = await person();
  const activity = { kind: 'validate' } as const;
  const bad = [
    { activities: [] },
    { activities: Array.from({ length: 257 }, () => activity) },
    { activities: [activity], budget: 9n },
  ];
  for (const parameters of bad) await assert.rejects(() => a.client.fetchNonces(parameters), ParameterError);
  assert.equal(node.frames, 0);
});

test('fetchNonces: status tells what became of it', async (t) => {
  const { person } = await world(t);
  const a = await person();
  const to = a.account.address;
  const { first, sequence } = unwrap(
    await a.client.fetchNonces({ activities: [{ kind: 'transfer', to, amount: 9n, reference }] }),
  );
  assert.equal((await a.client.status({ sequence })).status, 'dealt');
  assert.equal((await a.client.status({ sequence: 99n })).status, 'unknown');
  assert.equal((await a.client.status({ nonce: first })).status, 'open');
  assert.equal((await a.client.status()).openNonces, 1);
  await a.client.pay({ to, amount: 2n ** 62n });
  const refused = await a.client.status({ sequence: sequence + 1n });
  assert.deepEqual([refused.status, refused.name], ['refused', 'insufficient-funds']);
});

test('sequence window: 64 that left no trace do not lock the account', async (t) => {
  const { person, node, client } = await world(t);
  const [a, b] = [await person(0n), await person(0n)];
  await node.deposit(a.account.address, 10n);
  let skew = -700_000;
  const poor = client({ account: a.account, journal: lastingJournal(), now: () => Date.now() + skew });
  const to = b.account.address;
  for (let i = 0; i < 64; i++) {
    const outcome = await poor.pay({ to, amount: 1n });
    assert.equal(outcome.status === 'refused' && outcome.code, 3);
  }
  await node.deposit(a.account.address, 1_000_000_000n);
  skew = 0;
  poor.forgetView();
  // The old ones are sent again: they have expired, so they use their sequences up and take nothing.
  unwrap(await poor.pay({ to, amount: 1n }));
  assert.equal((await b.client.balance()).balance, 1n);
});
