/** Posting: bytes and text, delivered in the order of nonces; a stake that is free again, or burns. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MONEY, world } from '../../test/world.ts';
import { ParameterError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';
import { topicOf } from '../topic.ts';

const topic = topicOf('post.test');

test('post', async (t) => {
  const { node, person } = await world(t);
  const { client } = await person();

  await t.test('text and bytes are delivered as they were, in order', async () => {
    const bytes = Uint8Array.of(0, 255, 7);
    const text = unwrap(await client.post({ topic, data: 'grüezi' }));
    const raw = unwrap(await client.post({ topic, data: bytes }));
    bytes.fill(9);
    assert.equal(raw.nonce, text.nonce + 1);
    const read: [number, string][] = [];
    for await (const { event, data } of client.follow({ topic })) {
      read.push([event.type === 'delivered' ? event.nonce : -1, Buffer.from(data).toString('hex')]);
      if (read.length === 2) break;
    }
    assert.deepEqual(read, [
      [text.nonce, Buffer.from('grüezi').toString('hex')],
      [raw.nonce, '00ff07'],
    ]);
  });

  await t.test('a stake is the poster\u2019s again when the post is shown', async () => {
    const { balance } = await client.balance();
    unwrap(await client.post({ topic, data: 'x', stake: 1000n }));
    const now = await client.balance();
    assert.deepEqual([now.balance, now.reserved], [balance - 10n, 0n]);
  });

  await t.test('and burns when it is not', async () => {
    const { balance } = await client.balance();
    const activity = { kind: 'post', topic, stake: 1000n, data: new Uint8Array(1) } as const;
    unwrap(await client.fetchNonces({ activities: [activity] }));
    await node.pass(20);
    assert.equal((await client.balance()).balance, balance - 1010n);
  });

  await t.test('what cannot be: nothing is sent', async () => {
    const { frames } = node;
    const { postMost } = node.genesis.parameters;
    const bad = [
      { topic: '0x12' as const, data: 'x' },
      { topic, data: 'x', stake: -1n },
      { topic, data: new Uint8Array(postMost + 1) },
    ];
    for (const parameters of bad) await assert.rejects(() => client.post(parameters), ParameterError);
    const poor = await client.post({ topic, data: 'x', stake: MONEY });
    assert.equal(poor.status === 'refused' && poor.name, 'insufficient-funds');
    assert.equal(node.frames, frames + 1);
  });
});
