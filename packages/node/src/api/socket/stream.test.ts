/** Streams with the real engine and store: history, cutover, live; cursors; slow readers. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EVENT } from '@upfront/core';
import { eventAt, eventPlaces } from '../event-bytes.ts';
import { TestNode, TestSocket, until } from '../testing.ts';

const TOPIC = new Uint8Array(32).fill(0x70);

describe('a stream', () => {
  let node: TestNode;
  let client: TestSocket;
  before(async () => {
    // Small pages, so that history takes many turns.
    node = await TestNode.start({ limits: { historyEvents: 3, historyBlocks: 2, caughtUpMs: 50 } });
    client = await TestSocket.open(node.node.socketUrl);
  });
  after(async () => {
    await client.close();
    await node.close();
  });

  /** All events on record, read over HTTP. */
  const recorded = async (): Promise<string[]> => {
    const cursors: string[] = [];
    for (let height = 1; height <= node.node.height(); height++) {
      const { body } = await node.get(`/v1/blocks/${height}`);
      for (const { cursor } of (body as { events: { cursor: string }[] }).events) cursors.push(cursor);
    }
    return cursors;
  };
  const caughtUpTo = async (reader: TestSocket, id: number, height: number): Promise<void> => {
    await reader.next(
      (frame) => frame.type === 0x83 && frame.id === id && Number(frame.payload.readBigUInt64BE(0)) >= height,
    );
  };
  const seen = (reader: TestSocket, id: number): string[] =>
    reader.events(id).map(({ height, index }) => `${height}.${index}`);

  test('gives all of history, then what is live, without gap or repetition', async () => {
    const [alice, bob] = node.users;
    for (let i = 0; i < 10; i++) await node.pay(client, alice!, bob!.address, 5n, 3);
    const reader = await TestSocket.open(node.node.socketUrl);
    const id = reader.subscribe(0, 0);
    // Blocks go on while the reader catches up.
    for (let i = 0; i < 30; i++) await node.pay(client, alice!, bob!.address, 5n);
    await caughtUpTo(reader, id, node.node.height());
    assert.deepEqual(seen(reader, id), await recorded());
    await reader.close();
  });

  test('goes on from a cursor, across many reconnects', async () => {
    const [alice, bob] = node.users;
    let isPaying = true;
    const paying = (async () => {
      while (isPaying) await node.pay(client, alice!, bob!.address, 1n, 4);
    })();
    const all: string[] = [];
    let cursor = { height: 0, index: 0 };
    for (let connect = 0; connect < 12; connect++) {
      const reader = await TestSocket.open(node.node.socketUrl);
      const id = reader.subscribe(cursor.height, cursor.index);
      await reader.wait(() => (reader.events(id).length >= 5 + connect * 3 ? true : undefined));
      reader.socket.terminate();
      const got = reader.events(id);
      all.push(...got.map(({ height, index }) => `${height}.${index}`));
      const last = got.at(-1)!;
      cursor = { height: last.height, index: last.index + 1 };
    }
    isPaying = false;
    await paying;
    const reader = await TestSocket.open(node.node.socketUrl);
    const id = reader.subscribe(cursor.height, cursor.index);
    await caughtUpTo(reader, id, node.node.height());
    all.push(...seen(reader, id));
    assert.deepEqual(all, await recorded());
    await reader.close();
  });

  test('of an account has exactly the events that name it, from history and live', async () => {
    const [alice, bob] = node.users;
    const eve = node.newUser(99);
    await node.pay(client, alice!, eve.address, 11n);
    const reader = await TestSocket.open(node.node.socketUrl);
    const id = reader.subscribe(0, 0, 1, eve.address);
    await caughtUpTo(reader, id, node.node.height());
    await node.pay(client, bob!, eve.address, 12n);
    await node.pay(client, alice!, bob!.address, 13n);
    await node.pay(client, alice!, eve.address, 14n);
    const { height } = await reader.wait(() => reader.events(id)[2]);
    await caughtUpTo(reader, id, height);
    const amounts = reader.events(id).map(({ event }) => {
      assert.equal(event[0], EVENT.transferred);
      assert.ok(event.subarray(29, 49).equals(eve.address));
      return Number(event.readBigUInt64BE(49));
    });
    assert.deepEqual(amounts, [11, 12, 14]);
    const page = (await node.get(`/v1/accounts/0x${Buffer.from(eve.address).toString('hex')}/events`)).body;
    assert.deepEqual(
      seen(reader, id),
      (page as { events: { cursor: string }[] }).events.map(({ cursor }) => cursor),
    );
    await reader.close();
  });

  test('of a topic has its deliveries with their data, in order, also of a post that waited for an earlier one', async () => {
    const [alice] = node.users;
    const reader = await TestSocket.open(node.node.socketUrl);
    await node.perform(client, node.post(alice!, TOPIC, Buffer.from('one')));
    const id = reader.subscribe(0, 0, 2, TOPIC);
    await reader.wait(() => reader.events(id)[0]);
    // The second place is taken first and filled last: the third waits for it, across blocks.
    const second = node.post(alice!, TOPIC, Buffer.from('two'));
    const secondNonce = await firstNonce(await client.submit(second.fetch));
    await node.perform(client, node.post(alice!, TOPIC, Buffer.from('three')));
    await client.submit(second.fulfils(secondNonce)[0]!);
    await reader.wait(() => reader.events(id)[2]);
    const texts = reader.events(id).map(({ event, data }) => {
      assert.equal(event[0], EVENT.delivered);
      return data.toString();
    });
    assert.deepEqual(texts, ['one', 'two', 'three']);
    const history = await TestSocket.open(node.node.socketUrl);
    const again = history.subscribe(0, 0, 2, TOPIC);
    await history.wait(() => history.events(again)[2]);
    assert.deepEqual(history.events(again), reader.events(id));
    await reader.close();
    await history.close();
  });

  test('of everything carries posts with their data', async () => {
    const reader = await TestSocket.open(node.node.socketUrl);
    const id = reader.subscribe(node.node.height() + 1, 0);
    await caughtUpTo(reader, id, node.node.height());
    await node.perform(client, node.post(node.users[0]!, TOPIC, Buffer.alloc(5000, 'x')));
    const posted = await reader.wait(() => reader.events(id).find(({ event }) => event[0] === EVENT.posted));
    assert.equal(posted.data.toString(), 'x'.repeat(5000));
    await reader.close();
  });

  test('begins in the middle of a block, and ends when it is told to', async () => {
    const [alice, bob] = node.users;
    const height = node.node.height();
    await node.pay(client, alice!, bob!.address, 2n, 6);
    const { body } = await node.get(`/v1/blocks/${node.node.height()}`);
    const { events, counts } = body as { events: unknown[]; counts: { events: number } };
    assert.equal(events.length, counts.events);
    const reader = await TestSocket.open(node.node.socketUrl);
    const at = node.node.height();
    const id = reader.subscribe(at, 2);
    await caughtUpTo(reader, id, at);
    assert.equal(seen(reader, id)[0], `${at}.2`);
    assert.ok(at > height);
    reader.send(0x03, id);
    const other = reader.subscribe(at + 1, 0);
    await caughtUpTo(reader, other, at);
    const count = reader.events(id).length;
    await node.pay(client, alice!, bob!.address, 2n);
    await reader.wait(() => reader.events(other)[0]);
    assert.equal(reader.events(id).length, count);
    await reader.close();
  });

  test('ahead of the chain waits, and is not pulled back', async () => {
    const [alice, bob] = node.users;
    const reader = await TestSocket.open(node.node.socketUrl);
    const wanted = node.node.height() + 3;
    const id = reader.subscribe(wanted, 0);
    while (node.node.height() < wanted) await node.pay(client, alice!, bob!.address, 2n);
    await caughtUpTo(reader, id, wanted);
    const early = reader.frames.filter(
      (frame) => frame.type === 0x83 && Number(frame.payload.readBigUInt64BE(0)) < wanted - 1,
    );
    assert.equal(early.length, 0);
    assert.ok(reader.events(id).every(({ height }) => height >= wanted));
    await reader.close();
  });

  test('gives the same bytes as the store has', async () => {
    const reader = await TestSocket.open(node.node.socketUrl);
    const id = reader.subscribe(1, 0);
    await caughtUpTo(reader, id, node.node.height());
    const [first] = reader.events(id);
    const { body } = await node.get(`/v1/receipts/${first!.height}/${first!.index}`);
    assert.equal((body as { event: string }).event, `0x${first!.event.toString('hex')}`);
    // The helpers under it agree with themselves.
    const list = Buffer.concat([
      Buffer.from('00000001', 'hex'),
      Buffer.of(0, first!.event.length),
      first!.event,
    ]);
    assert.deepEqual(Buffer.from(eventAt(list, eventPlaces(list), 0)), first!.event);
    await reader.close();
  });
});

describe('a slow reader', () => {
  test('is cut by name, alone, and goes on from its cursor', async () => {
    const limits = {
      streamHighWaterBytes: 1 << 17,
      streamQueueBytes: 1 << 19,
      streamGraceMs: 1,
      closeMs: 60_000,
      pingMs: 3_600_000,
    };
    const node = await TestNode.start({ limits });
    const client = await TestSocket.open(node.node.socketUrl);
    const slow = await TestSocket.open(node.node.socketUrl);
    const quick = await TestSocket.open(node.node.socketUrl);
    // Many subscriptions of one reader: each event goes out as often.
    const from = node.node.height() + 1;
    const ids = Array.from({ length: 40 }, () => slow.subscribe(from, 0));
    const quickId = quick.subscribe(from, 0);
    await slow.next((frame) => frame.type === 0x83 && frame.id === ids.at(-1));
    slow.socket.pause();
    const data = Buffer.alloc(15_000, 'p');
    await until(async () => {
      await node.perform(client, node.post(node.users[0]!, TOPIC, data));
      return /^upfront_readers_cut_total 1$/m.test(await (await fetch(node.node.metricsUrl!)).text());
    }, 60_000);
    // The bound holds for what the node keeps: it is far below what was streamed.
    slow.socket.resume();
    const closed = await slow.wait(() => slow.closed);
    assert.deepEqual(closed, { code: 4001, reason: 'slow-reader' });
    await quick.next(
      (frame) => frame.type === 0x83 && Number(frame.payload.readBigUInt64BE(0)) >= node.node.height(),
    );
    const whole = quick.events(quickId).map(({ height, index }) => `${height}.${index}`);
    const begun = slow.events(ids[0]!).map(({ height, index }) => `${height}.${index}`);
    assert.deepEqual(begun, whole.slice(0, begun.length));
    const again = await TestSocket.open(node.node.socketUrl);
    const last = slow.events(ids[0]!).at(-1)!;
    const id = again.subscribe(last.height, last.index + 1);
    await again.wait(() => (again.events(id).length >= whole.length - begun.length ? true : undefined));
    assert.deepEqual([...begun, ...again.events(id).map(({ height, index }) => `${height}.${index}`)], whole);
    for (const one of [client, quick, again]) await one.close();
    await node.close();
  });

  test('that is only overrun by a burst goes on from disk, and misses and repeats nothing', async () => {
    const limits = { streamHighWaterBytes: 1 << 16, streamQueueBytes: 300_000, streamGraceMs: 10_000 };
    const node = await TestNode.start({ limits });
    const client = await TestSocket.open(node.node.socketUrl);
    const reader = await TestSocket.open(node.node.socketUrl);
    const from = node.node.height() + 1;
    const ids = Array.from({ length: 30 }, () => reader.subscribe(from, 0));
    await reader.next((frame) => frame.type === 0x83 && frame.id === ids.at(-1));
    // 15 kB twice a post and subscription: each round is several times the queue.
    const data = Buffer.alloc(15_000, 'q');
    const posts = Array.from({ length: 12 }, () => node.post(node.users[0]!, TOPIC, data));
    await Promise.all(posts.map((post) => node.perform(client, post)));
    const height = node.node.height();
    for (const id of ids) {
      await reader.next(
        ({ type, id: of, payload }) =>
          type === 0x83 && of === id && Number(payload.readBigUInt64BE(0)) >= height,
      );
    }
    const [first, ...others] = ids.map((id) =>
      reader.events(id).map(({ height, index }) => `${height}.${index}`),
    );
    assert.equal(first!.length, 36);
    assert.equal(new Set(first).size, 36);
    for (const other of others) assert.deepEqual(other, first);
    assert.equal(reader.closed, undefined);
    await client.close();
    await reader.close();
    await node.close();
  });

  test('of history is not read ahead for, and is cut when it stalls', async () => {
    const limits = {
      streamHighWaterBytes: 1 << 16,
      streamQueueBytes: 1 << 19,
      streamGraceMs: 1,
      streamStallMs: 300,
      closeMs: 60_000,
    };
    const node = await TestNode.start({ limits });
    const client = await TestSocket.open(node.node.socketUrl);
    for (let i = 0; i < 60; i++)
      await node.perform(client, node.post(node.users[0]!, TOPIC, Buffer.alloc(16_000)));
    const slow = await TestSocket.open(node.node.socketUrl);
    for (let i = 0; i < 10; i++) slow.subscribe(0, 0);
    slow.socket.pause();
    await until(
      async () => /^upfront_readers_cut_total 1$/m.test(await (await fetch(node.node.metricsUrl!)).text()),
      20_000,
    );
    slow.socket.resume();
    assert.equal((await slow.wait(() => slow.closed)).code, 4001);
    await client.close();
    await node.close();
  });
});

async function firstNonce(answers: Uint8Array): Promise<number> {
  return Number(Buffer.from(answers).readBigUInt64BE(11));
}
