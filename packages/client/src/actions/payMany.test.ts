/** Many payments: within the allowance, refused and announced again, stopped. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from '../../test/world.ts';
import { ParameterError } from '../errors/kinds.ts';
import type { PayManyProgress } from './payMany.ts';

test('payMany: all are paid, in batches within the allowance', async (t) => {
  const { person, node } = await world(t);
  const [a, b] = [await person(), await person(0n)];
  const payments = Array.from({ length: 700 }, (_, i) => ({ to: b.account.address, amount: BigInt(i + 1) }));
  const seen: PayManyProgress[] = [];
  const { outcomes, stopped } = await a.client.payMany({
    payments,
    onProgress: (progress) => seen.push(progress),
  });
  assert.equal(stopped, undefined);
  assert.deepEqual([...new Set(outcomes.map((outcome) => outcome?.status))], ['done']);
  assert.equal((await b.client.balance()).balance, (700n * 701n) / 2n);
  assert.equal(seen.at(-1)!.done, 700);
  // At first 128 places: so no batch above 64, and few refusals.
  const dealt = node.blocks.flatMap(({ events }) => events.filter(({ type }) => type === 'dealt'));
  assert.ok(dealt.length >= 8 && dealt.length < 20, `${dealt.length} fetches`);
});

test('payMany: what the network refuses for its size is announced again, smaller', async (t) => {
  const { person, node } = await world(t, { maxPlaces: 64, capacity: 64 });
  const [a, b, c] = [await person(), await person(0n), await person()];
  // Others are active: the share is smaller than the view says.
  const hold = { payee: b.account.address, max: 1n, window: 600 };
  await c.client.hold(hold);
  const payments = Array.from({ length: 60 }, () => ({ to: b.account.address, amount: 1n }));
  const { outcomes } = await a.client.payMany({ payments });
  assert.deepEqual([...new Set(outcomes.map((outcome) => outcome?.status))], ['done']);
  assert.equal((await b.client.balance()).balance, 60n);
  assert.ok(node.ledger.nonces.count <= 1);
});

test('payMany: what cannot be paid is refused, each with its code', async (t) => {
  const { person } = await world(t);
  const [a, b] = [await person(1_001_000n), await person(0n)];
  const payments = Array.from({ length: 40 }, () => ({ to: b.account.address, amount: 100n }));
  const { outcomes } = await a.client.payMany({ payments, batch: 4 });
  const count = (status: string): number => outcomes.filter((outcome) => outcome?.status === status).length;
  assert.deepEqual([count('done'), count('refused')], [8, 32]);
  assert.equal((await b.client.balance()).balance, 800n);
  await assert.rejects(
    () => a.client.payMany({ payments: [{ to: b.account.address, amount: 0n }] }),
    ParameterError,
  );
  assert.deepEqual((await a.client.payMany({ payments: [] })).outcomes, []);
});

test('payMany: stops with the signal, and performs what is announced', async (t) => {
  const { person, node } = await world(t);
  const [a, b] = [await person(), await person(0n)];
  const stop = new AbortController();
  const payments = Array.from({ length: 500 }, () => ({ to: b.account.address, amount: 1n }));
  const { outcomes } = await a.client.payMany({
    payments,
    batch: 8,
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  const done = outcomes.filter((outcome) => outcome?.status === 'done').length;
  assert.ok(done > 0 && done < 500);
  assert.equal(outcomes.filter((outcome) => outcome === undefined).length, 500 - done);
  assert.equal(node.ledger.nonces.count, 0);
});
