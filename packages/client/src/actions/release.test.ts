/** Releasing: the payer has money and place back at once, and nobody but the payee can do it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from '../../test/world.ts';
import { unwrap } from '../outcome.ts';

test('release', async (t) => {
  const { person } = await world(t);
  const [payer, payee] = [await person(), await person(0n)];
  const newHold = async () =>
    unwrap(await payer.client.hold({ payee: payee.account.address, max: 500n, window: 60 })).hold;

  await t.test('frees the money, and is on record as a capture of 0', async () => {
    const hold = await newHold();
    const { standing, balance } = await payer.client.balance();
    const { nonce, amount } = unwrap(await payee.client.release(hold));
    assert.deepEqual([nonce, amount], [hold.nonce, 0n]);
    const { event } = await payer.client.receipt({ nonce });
    assert.equal(event.type === 'captured' && event.amount, 0n);
    const now = await payer.client.balance();
    assert.deepEqual([now.reserved, now.openNonces, now.balance], [0n, 0, balance]);
    assert.equal(now.standing, standing, 'neither gained nor lost');
    assert.equal((await payee.client.balance()).balance, 0n);
  });

  await t.test('may be repeated, and a capture behind it is refused', async () => {
    const hold = await newHold();
    for (let i = 0; i < 2; i++) unwrap(await payee.client.release(hold));
    const late = await payee.client.capture({ ...hold, amount: 1n });
    assert.equal(late.status === 'refused' && late.name, 'not-open');
  });

  await t.test('is not for the payer', async () => {
    const hold = await newHold();
    const own = await payer.client.release(hold);
    assert.equal(own.status === 'refused' && own.name, 'bad-capture-signature');
    assert.equal((await payer.client.balance()).reserved, 500n);
  });
});
