/** The limit against a real ledger: as small as needed, and never on a node's word; a lost journal recovered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from '../../test/world.ts';
import { LimitDiscrepancyError } from '../errors/kinds.ts';
import { memoryJournal } from '../journal/memory.ts';
import { unwrap } from '../outcome.ts';

test('limit: a node that says more was spent than was signed is refused, loudly, and nothing is signed', async (t) => {
  const { person, node } = await world(t);
  const [a, b] = [await person(), await person(0n)];
  const to = b.account.address;
  unwrap(await a.client.pay({ to, amount: 100n }));
  const { frames } = node;
  node.mischief.debitedLie = 1n;
  a.client.forgetView();
  await assert.rejects(
    () => a.client.pay({ to, amount: 1n }),
    (error) => {
      assert.ok(error instanceof LimitDiscrepancyError);
      assert.deepEqual([error.network, error.own], [111n, 110n]);
      return true;
    },
  );
  assert.equal(node.frames, frames);
  assert.equal((await a.client.recover()).isExplained, false);
  node.mischief.debitedLie = 0n;
  a.client.forgetView();
  unwrap(await a.client.pay({ to, amount: 1n }));
});

test('limit: as small as the network needs, in series, at once, and with income', async (t) => {
  const { person, node } = await world(t);
  const [a, b] = [await person(), await person()];
  const limitOf = async () => (await a.client.balance()).authority!.limit;
  unwrap(await a.client.pay({ to: b.account.address, amount: 100n }));
  assert.equal(await limitOf(), 110n);
  a.client.forgetView();
  unwrap(await a.client.pay({ to: b.account.address, amount: 200n }));
  assert.equal(await limitOf(), 320n);
  // Income makes u smaller; the honest node says so, and the next limit is lower.
  unwrap(await b.client.pay({ to: a.account.address, amount: 300n }));
  a.client.forgetView();
  unwrap(await a.client.pay({ to: b.account.address, amount: 50n }));
  assert.equal(await limitOf(), 80n);
  const many = Array.from({ length: 10 }, () => a.client.pay({ to: b.account.address, amount: 1n }));
  for (const outcome of await Promise.all(many)) unwrap(outcome);
  const { debited, unsettled } = await a.client.balance();
  assert.ok((await limitOf()) >= debited + unsettled);
  assert.ok((await limitOf()) <= 80n + 110n);
  assert.equal(node.ledger.nonces.count, 0);
});

test('recover: a new journal takes in what the old one signed, and goes on', async (t) => {
  const { person, client } = await world(t);
  const [a, b] = [await person(), await person(0n)];
  const to = b.account.address;
  for (let i = 0; i < 3; i++) unwrap(await a.client.pay({ to, amount: 100n }));
  const fresh = client({ account: a.account, journal: memoryJournal() });
  await assert.rejects(() => fresh.pay({ to, amount: 1n }), LimitDiscrepancyError);
  const { sequences, isExplained } = await fresh.recover();
  assert.deepEqual([sequences, isExplained], [[2n, 1n, 0n], true]);
  const paid = unwrap(await fresh.pay({ to, amount: 1n }));
  assert.equal(paid.sequence, 3n);
  assert.deepEqual((await fresh.recover()).sequences, []);
});
