/** One payment: done, refused, unknown; lost answers and nodes that put it off. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from '../../test/world.ts';
import { ParameterError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';

test('pay: the payee has it, the payer lost it and the fee, the receipt proves it', async (t) => {
  const { person } = await world(t);
  const [a, b] = [await person(), await person(0n)];
  const reference = `0x${'07'.repeat(32)}` as const;
  const paid = unwrap(await a.client.pay({ to: b.account.address, amount: 250n, reference }));
  assert.equal((await b.client.balance()).balance, 250n);
  const { balance, reserved } = await a.client.balance();
  assert.deepEqual([balance, reserved], [1_000_000_000n - 250n - 10n, 0n]);

  const { json, event } = await a.client.receipt({ nonce: paid.nonce });
  assert.equal(event.type, 'transferred');
  const verified = await b.client.verifyReceipt({ receipt: json });
  assert.equal(verified.height, paid.height);
});

test('pay: many one after the other and at once', async (t) => {
  const { person, node } = await world(t);
  const [a, b] = [await person(), await person(0n)];
  for (let i = 0; i < 3; i++) unwrap(await a.client.pay({ to: b.account.address, amount: 1n }));
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () => a.client.pay({ to: b.account.address, amount: 1n })),
  );
  assert.deepEqual([...new Set(outcomes.map(({ status }) => status))], ['done']);
  assert.equal((await b.client.balance()).balance, 23n);
  assert.equal(node.ledger.nonces.count, 0);
});

test('pay: what cannot be is refused before it is signed', async (t) => {
  const { person, node } = await world(t);
  const a = await person();
  const to = a.account.address;
  const bad = [
    { to, amount: 0n },
    { to, amount: 2n ** 63n },
    { to: '0x00' as const, amount: 1n },
    { to: `0x${'00'.repeat(20)}` as const, amount: 1n },
    { to, amount: 1n, reference: '0x01' as const },
  ];
  for (const parameters of bad) await assert.rejects(() => a.client.pay(parameters), ParameterError);
  assert.equal(node.frames, 0);
});

test('pay: refused with a code, and the next one goes through', async (t) => {
  const { person } = await world(t);
  const [a, b] = [await person(2_000_000n), await person(0n)];
  const outcome = await a.client.pay({ to: b.account.address, amount: 5_000_000n });
  assert.equal(outcome.status, 'refused');
  assert.equal(outcome.status === 'refused' && outcome.name, 'insufficient-funds');
  assert.throws(() => unwrap(outcome), { code: 12, name: 'RefusedError' });
  unwrap(await a.client.pay({ to: b.account.address, amount: 5n }));
});

test('pay: who has no bond is no participant', async (t) => {
  const { person } = await world(t);
  const [a, b] = [await person(10n), await person(0n)];
  const outcome = await a.client.pay({ to: b.account.address, amount: 5n });
  assert.equal(outcome.status === 'refused' && outcome.code, 3);
});

test('pay: a lost answer is asked for again, and nothing is paid twice', async (t) => {
  const { person, node } = await world(t);
  const [a, b] = [await person(), await person(0n)];
  unwrap(await a.client.pay({ to: b.account.address, amount: 1n }));
  node.mischief.loseAnswers = 2;
  unwrap(await a.client.pay({ to: b.account.address, amount: 100n }));
  assert.equal((await b.client.balance()).balance, 101n);
  node.mischief.putOff = 3;
  unwrap(await a.client.pay({ to: b.account.address, amount: 100n }));
  assert.equal((await b.client.balance()).balance, 201n);
});

test('pay: no answer is unknown, and resume settles it', async (t) => {
  const { person, node } = await world(t);
  const [a, b] = [await person(1_000_000_000n, { timeout: 300 }), await person(0n)];
  node.mischief.isSilent = true;
  const outcome = await a.client.pay({ to: b.account.address, amount: 77n });
  assert.equal(outcome.status, 'unknown');
  assert.match(outcome.status === 'unknown' ? outcome.ask : '', /Do not do it over\. Resume: it asks/);
  node.mischief.isSilent = false;
  const [resumed] = await a.client.resume();
  assert.equal(resumed!.status, 'finished');
  assert.equal((await b.client.balance()).balance, 77n);
  assert.deepEqual(await a.client.resume(), []);
});
