/** Lists of the newest, and what a nonce and a fetch announced: with the real engine. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { toHex } from '@upfront/core';
import { TestNode, TestSocket, until } from '../testing.ts';

const TOPIC = new Uint8Array(32).fill(0x33);

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into at every depth
type Json = Record<string, any>;

describe('lists', () => {
  let node: TestNode;
  let client: TestSocket;
  let alice: string;
  const get = async (path: string, status = 200): Promise<Json> => {
    const response = await node.get(path);
    assert.equal(response.status, status, `${path}: ${JSON.stringify(response.body)}`);
    return response.body as Json;
  };
  const malformed = async (path: string): Promise<void> => {
    assert.equal((await get(path, 400))['error'].name, 'malformed-request', path);
  };
  before(async () => {
    node = await TestNode.start({ parameters: { interval: 1 }, limits: { listMost: 7 } });
    client = await TestSocket.open(node.node.socketUrl);
    alice = toHex(node.users[0]!.address);
  });
  after(async () => {
    await client.close();
    await node.close();
  });

  test('open nonces of everybody, from a number on', async () => {
    const [one, two] = node.users;
    const a = node.transfers(one!, two!.address, 9n, 3);
    const b = node.post(two!, TOPIC, Buffer.from('hello'));
    const firsts: number[] = [];
    for (const { fetch } of [a, b]) {
      firsts.push(Number(Buffer.from(await client.submit(fetch)).readBigUInt64BE(11)));
    }
    const all = await get('/v1/nonces');
    const numbers = all['nonces'].map(({ nonce }: Json) => Number(nonce));
    assert.deepEqual(numbers, [firsts[0]!, firsts[0]! + 1, firsts[0]! + 2, firsts[1]!]);
    assert.deepEqual(
      all['nonces'].map(({ intent }: Json) => intent.kind),
      ['transfer', 'transfer', 'transfer', 'post'],
    );
    assert.ok(Number(all['clock']) <= Number(all['nonces'][0].deadline));
    const page = await get(`/v1/nonces?from=${firsts[0]! + 1}&limit=2`);
    assert.deepEqual(
      page['nonces'].map(({ nonce }: Json) => Number(nonce)),
      [firsts[0]! + 1, firsts[0]! + 2],
    );
    for (const { fulfils, first } of [
      { ...a, first: firsts[0]! },
      { ...b, first: firsts[1]! },
    ]) {
      for (const fulfil of fulfils(first)) await client.submit(fulfil);
    }
    assert.deepEqual((await get('/v1/nonces'))['nonces'], []);

    // What was announced is known afterwards too, and which of several it was.
    const post = await get(`/v1/nonces/${firsts[1]}`);
    assert.equal(post['status'], 'fulfilled');
    assert.deepEqual(
      { kind: post['intent'].kind, topic: post['intent'].topic, size: post['intent'].size },
      { kind: 'post', topic: toHex(TOPIC), size: 5 },
    );
    const paid = await get(`/v1/nonces/${firsts[0]! + 2}`);
    assert.equal(paid['intent'].kind, 'transfer');
    assert.ok(Number(paid['dealtHeight']) < Number(paid['height']));
    const fetched = await get(`/v1/fetches/${alice}/${paid['sequence']}`);
    assert.equal(fetched['intents'].length, 3);
    assert.deepEqual(fetched['intents'][2], paid['intent']);
    assert.equal(fetched['budget'], '57');
    assert.equal(fetched['clock'], paid['dealtClock']);
    for (const path of ['?from=-1', '?from=x', '?limit=0', '?limit=1001', '?other=1']) {
      await malformed(`/v1/nonces${path}`);
    }
  });

  test('blocks, newest first', async () => {
    const { blocks } = await get('/v1/blocks');
    const heights = blocks.map(({ height }: Json) => Number(height));
    assert.deepEqual(
      heights,
      heights.map((_: number, i: number) => heights[0] - i),
    );
    assert.ok(heights.length > 2 && heights.length <= 7);
    assert.deepEqual(blocks[0].signers, [node.node.address]);
    const whole = await get(`/v1/blocks/${heights[1]}`);
    assert.equal(blocks[1].digest, whole['digest']);
    assert.equal(blocks[1].time, whole['time']);
    assert.equal(blocks[1].counts.fulfils, whole['counts'].fulfils);
    const below = await get('/v1/blocks?before=3&limit=5');
    assert.deepEqual(
      below['blocks'].map(({ height }: Json) => height),
      ['2', '1'],
    );
    assert.deepEqual((await get('/v1/blocks?before=1'))['blocks'], []);
    assert.deepEqual((await get('/v1/blocks?before=0'))['blocks'], []);
    for (const path of ['?limit=8', '?limit=0', '?before=x']) await malformed(`/v1/blocks${path}`);
  });

  test('settlements, newest first, and how many nonces each follows', async () => {
    await until(async () => Number((await get('/v1/status'))['l1'].formed) > 0);
    const { settlements } = await get('/v1/settlements');
    assert.equal(settlements.at(-1).number, '1');
    assert.equal(settlements.at(-1).status, 'formed');
    const all = await Promise.all(settlements.map(({ number }: Json) => get(`/v1/settlements/${number}`)));
    for (const [i, one] of all.entries()) {
      assert.equal(one['debits'].length, settlements[i].debits);
      assert.equal(one['credits'].length, settlements[i].credits);
      assert.deepEqual([one['transaction'], one['gasUsed'], one['gasPrice']], [null, null, null]);
    }
    const dealt = all.reduce((sum, { nonces }) => sum + Number(nonces), 0);
    const first = all.at(-1)!;
    assert.ok(Number(first['nonces']) >= 1 && dealt <= Number((await get('/v1/status'))['nonces']));
    assert.deepEqual((await get('/v1/settlements?before=1'))['settlements'], []);
    await malformed('/v1/settlements?limit=8');
  });
});
