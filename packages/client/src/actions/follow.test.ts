/** Following streams over lost connections; posts that are shown, and one that is withheld. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from '../../test/world.ts';
import { unwrap } from '../outcome.ts';
import { topicOf } from '../topic.ts';

const text = (data: Uint8Array): string => new TextDecoder().decode(data);

test('follow: a topic from its beginning, over lost connections, each post once and in order', async (t) => {
  const { person, node, client } = await world(t);
  const a = await person();
  const topic = topicOf('news');
  for (let i = 0; i < 3; i++) unwrap(await a.client.post({ topic, data: `post ${i}` }));
  const stop = new AbortController();
  const seen: string[] = [];
  const heights: number[] = [];
  const follower = client({}).follow({
    topic,
    signal: stop.signal,
    onCaughtUp: (height) => heights.push(height),
  });
  for await (const { event, data, next } of follower) {
    assert.equal(event.type, 'delivered');
    assert.equal(next.index > 0, true);
    seen.push(text(data));
    if (seen.length >= 3 && seen.length < 6) {
      node.dropAll();
      unwrap(await a.client.post({ topic, data: `post ${seen.length}` }));
    }
    if (seen.length === 6) stop.abort();
  }
  assert.deepEqual(seen, ['post 0', 'post 1', 'post 2', 'post 3', 'post 4', 'post 5']);
});

test('follow: an account\u2019s events from a cursor on, or what is new', async (t) => {
  const { person, client } = await world(t);
  const [a, b] = [await person(), await person(0n)];
  unwrap(await a.client.pay({ to: b.account.address, amount: 1n }));
  const types: string[] = [];
  let next = { height: 0, index: 0 };
  for await (const followed of client({}).follow({ account: a.account.address })) {
    types.push(followed.event.type);
    next = followed.next;
    if (types.length === 3) break;
  }
  assert.deepEqual(types, ['item', 'dealt', 'transferred']);
  const news = client({}).follow({ account: a.account.address, from: next });
  const first = news.next();
  unwrap(await a.client.pay({ to: b.account.address, amount: 2n }));
  assert.equal((await first).value?.event.type, 'dealt');
  await news.return();
});

test('post: what is withheld is annulled, and its stake burnt', async (t) => {
  const { person, node } = await world(t);
  const a = await person();
  const topic = topicOf('quotes');
  const activity = { kind: 'post', topic, stake: 500n, data: new TextEncoder().encode('x') } as const;
  unwrap(await a.client.fetchNonces({ activities: [activity] }));
  unwrap(await a.client.post({ topic, data: 'second', stake: 7n }));
  await node.pass(15);
  const { balance, standing } = await a.client.balance();
  assert.equal(balance, 1_000_000_000n - 20n - 500n);
  assert.ok(standing < 8192);
  const [resumed] = await a.client.resume();
  assert.equal(resumed!.status, 'finished');
  assert.equal((await a.client.book('test')).own(), 520n);
});
