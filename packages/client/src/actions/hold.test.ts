/** The life of a hold: captured, released, lapsed, and what nobody but its payee can do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from '../../test/world.ts';
import { BadReceiptError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';

test('hold: captured for less than the maximum; the rest is free again', async (t) => {
  const { person } = await world(t);
  const [payer, payee] = [await person(), await person(0n)];
  const { hold } = unwrap(await payer.client.hold({ payee: payee.account.address, max: 500n, window: 60 }));
  assert.equal((await payer.client.balance()).reserved, 500n);
  const handed = JSON.parse(
    JSON.stringify(hold, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)),
  );
  assert.equal(handed.nonce, hold.nonce);

  unwrap(await payee.client.capture({ ...hold, amount: 300n }));
  assert.equal((await payee.client.balance()).balance, 300n);
  const { balance, reserved } = await payer.client.balance();
  assert.deepEqual([balance, reserved], [1_000_000_000n - 310n, 0n]);
});

test('hold: captured twice is done once, and another amount is refused', async (t) => {
  const { person } = await world(t);
  const [payer, payee] = [await person(), await person(0n)];
  const { hold } = unwrap(await payer.client.hold({ payee: payee.account.address, max: 500n, window: 60 }));
  unwrap(await payee.client.capture({ ...hold, amount: 300n }));
  unwrap(await payee.client.capture({ ...hold, amount: 300n }));
  const other = await payee.client.capture({ ...hold, amount: 400n });
  assert.equal(other.status === 'refused' && other.name, 'not-open');
  assert.equal((await payee.client.balance()).balance, 300n);
});

test('hold: only its payee, and only up to the maximum', async (t) => {
  const { person } = await world(t);
  const [payer, payee] = [await person(), await person(0n)];
  const { hold } = unwrap(await payer.client.hold({ payee: payee.account.address, max: 500n, window: 60 }));
  const stolen = await payer.client.capture({ ...hold, amount: 1n });
  assert.equal(stolen.status === 'refused' && stolen.name, 'bad-capture-signature');
  const more = await payee.client.capture({ ...hold, amount: 501n });
  assert.equal(more.status === 'refused' && more.name, 'over-max');
});

test('hold: released, the money is free at once; and the payer\u2019s books know when asked', async (t) => {
  const { person } = await world(t);
  const [payer, payee] = [await person(), await person(0n)];
  const { hold } = unwrap(await payer.client.hold({ payee: payee.account.address, max: 500n, window: 60 }));
  const [waiting] = await payer.client.resume();
  assert.equal(waiting!.status, 'open');
  unwrap(await payee.client.release(hold));
  assert.equal((await payer.client.balance()).reserved, 0n);
  assert.equal((await payer.client.waitFor({ nonce: hold.nonce })).status, 'fulfilled');
  const before = (await payer.client.book('test')).own();
  const [resumed] = await payer.client.resume();
  assert.equal(resumed!.status, 'finished');
  assert.equal(before - (await payer.client.book('test')).own(), 500n);
});

test('hold: lapsed, it is annulled, and capturing it is refused', async (t) => {
  const { person, node } = await world(t);
  const [payer, payee] = [await person(), await person(0n)];
  const { hold } = unwrap(await payer.client.hold({ payee: payee.account.address, max: 500n, window: 5 }));
  await node.pass(12);
  const late = await payee.client.capture({ ...hold, amount: 1n });
  assert.equal(late.status === 'refused' && late.name, 'not-open');
  const [resumed] = await payer.client.resume();
  assert.equal(resumed!.status, 'finished');
  assert.equal((await payer.client.book('test')).own(), 10n);
});

test('hold: its payee checks it before the work, and whoever changes it is found out', async (t) => {
  const { person, node } = await world(t);
  const [payer, payee] = [await person(), await person(0n)];
  const { hold } = unwrap(await payer.client.hold({ payee: payee.account.address, max: 500n, window: 60 }));
  const { remaining, isOpen } = await payee.client.verifyHold(hold);
  assert.ok(isOpen && remaining > 50_000 && remaining <= 60_000);
  const other = payer.account.address;
  const lies = [
    { max: 501n },
    { payee: other },
    { nonce: hold.nonce + 1 },
    { sequence: 9n },
    { height: 1 },
    { index: 1 },
  ];
  for (const lie of lies)
    await assert.rejects(() => payee.client.verifyHold({ ...hold, ...lie }), BadReceiptError);
  await node.pass(70);
  assert.equal((await payee.client.verifyHold(hold)).isOpen, false);
});
