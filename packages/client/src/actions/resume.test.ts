/** Crashes at the places that matter: what was announced is performed once, what was refused is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastingJournal, world } from '../../test/world.ts';
import { unwrap } from '../outcome.ts';
import { fetchNonces } from './fetchNonces.ts';

const reference = `0x${'00'.repeat(32)}` as const;

test('resume: a client that crashed after fetching fulfils what it announced', async (t) => {
  const { person, client } = await world(t);
  const [a, b] = [await person(1_000_000_000n, { journal: lastingJournal() }), await person(0n)];
  const journal = lastingJournal();
  const first = client({ account: a.account, journal });
  const to = b.account.address;
  const activities = [1n, 2n, 3n].map((amount) => ({ kind: 'transfer', to, amount, reference }) as const);
  const dealt = unwrap(await fetchNonces(first, { activities }));
  unwrap(await first.fulfil({ nonce: dealt.first + 1 }));

  // The process dies here: nothing is closed, and nobody has been told.
  const second = client({ account: a.account, journal });
  const [resumed] = await second.resume();
  assert.equal(resumed!.status, 'finished');
  assert.equal((await b.client.balance()).balance, 6n);
  assert.deepEqual(await second.resume(), []);
});

test('resume: a fetch that never arrived is sent, one that expired is not', async (t) => {
  const { person, client, node } = await world(t);
  const [a, b] = [await person(0n), await person(0n)];
  await node.deposit(a.account.address, 1_000_000_000n);
  const journal = lastingJournal();
  const to = b.account.address;
  node.mischief.isSilent = true;
  let skew = 0;
  const now = (): number => Date.now() + skew;
  const first = client({ account: a.account, journal, timeout: 100, now });
  assert.equal((await first.pay({ to, amount: 1n })).status, 'unknown');
  skew = -300_000;
  assert.equal((await first.pay({ to, amount: 2n })).status, 'unknown');
  node.mischief.isSilent = false;

  const second = client({ account: a.account, journal });
  assert.deepEqual(
    (await second.resume()).map(({ status }) => status),
    ['finished', 'expired'],
  );
  assert.equal((await b.client.balance()).balance, 1n);
  assert.equal((await second.book('test')).own(), 11n);
});

test('resume: what the caller was told is refused is never performed, even if it is dealt after all', async (t) => {
  const { person, client, node } = await world(t);
  const [a, b] = [await person(0n), await person(0n)];
  const journal = lastingJournal();
  const first = client({ account: a.account, journal });
  await node.deposit(a.account.address, 10n);
  const outcome = await first.pay({ to: b.account.address, amount: 1n });
  assert.equal(outcome.status === 'refused' && outcome.name, 'not-participant');

  // It left no trace; a node could keep it until it may be dealt.
  await node.deposit(a.account.address, 1_000_000_000n);
  const [kept] = (await first.book('test')).entries();
  await node.submit([kept!.message]);
  const second = client({ account: a.account, journal });
  const [resumed] = await second.resume();
  assert.equal(resumed!.status, 'open');
  assert.equal((await b.client.balance()).balance, 0n);
});

test('resume: the sequence goes on after a restart, and no sequence is signed twice', async (t) => {
  const { person, client } = await world(t);
  const [a, b] = [await person(), await person(0n)];
  const journal = lastingJournal();
  const sequences = new Set<bigint>();
  for (let i = 0; i < 3; i++) {
    const one = client({ account: a.account, journal });
    for (let j = 0; j < 3; j++)
      sequences.add(unwrap(await one.pay({ to: b.account.address, amount: 1n })).sequence);
    if (i === 1) await (await one.book('test')).compact();
  }
  assert.equal(sequences.size, 9);
});
