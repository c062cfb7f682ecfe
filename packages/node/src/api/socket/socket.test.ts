/** The socket's requests with the real engine: what is served, and every refusal with its code. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { concatBytes } from '@upfront/core';
import fc from 'fast-check';
import { readAnswers, TestNode, TestSocket, until } from '../testing.ts';

describe('the socket answers', () => {
  let node: TestNode;
  let client: TestSocket;
  before(async () => {
    node = await TestNode.start();
    client = await TestSocket.open(node.node.socketUrl);
  });
  after(async () => {
    await client.close();
    await node.close();
  });

  test('a payment: dealt, then fulfilled', async () => {
    const [alice, bob] = node.users;
    const [nonce] = await node.pay(client, alice!, bob!.address, 1000n);
    assert.equal(nonce, 2);
  });

  test('a batch in order, and each again the same', async () => {
    const [alice, bob] = node.users;
    const many = Array.from({ length: 20 }, () => node.transfers(alice!, bob!.address, 5n));
    const fetches = concatBytes(...many.map(({ fetch }) => fetch));
    const first = await client.submit(fetches);
    const dealt = readAnswers(first);
    assert.deepEqual(Buffer.from(await client.submit(fetches)), Buffer.from(first));
    const fulfils = concatBytes(...many.flatMap((one, i) => one.fulfils(dealt[i]!.number)));
    const second = await client.submit(fulfils);
    assert.deepEqual(
      readAnswers(second).map(({ status, number }) => ({ status, number })),
      dealt.map(({ number }) => ({ status: 2, number })),
    );
    assert.deepEqual(Buffer.from(await client.submit(fulfils)), Buffer.from(second));
  });

  test('the protocol’s refusals with its codes', async () => {
    const [alice, bob] = node.users;
    const good = node.transfers(alice!, bob!.address, 5n);
    const forged = good.fetch.slice();
    forged[60]! ^= 1;
    const expired = node.sign(alice!, { intents: [{ kind: 'validate' }], budget: 10n, expires: 1 });
    const unopened = node.transfers(alice!, bob!.address, 5n).fulfils(10 ** 9)[0]!;
    const answers = readAnswers(await client.submit(concatBytes(forged, expired, unopened)));
    assert.deepEqual(
      answers.map(({ status, code }) => [status, code]),
      [
        [4, 2],
        [3, 7],
        [4, 20],
      ],
    );
  });
});

/** Each: how it comes about, and its code. The node is one with small limits. */
const REFUSALS: readonly { name: string; code: number; send: (c: TestSocket, n: TestNode) => number }[] = [
  { name: 'an unknown frame', code: 105, send: (c) => sendRaw(c, 0x7f, new Uint8Array(3)) },
  { name: 'a frame that only the node sends', code: 105, send: (c) => sendRaw(c, 0x82, new Uint8Array(30)) },
  { name: 'a submit of nothing', code: 106, send: (c) => sendRaw(c, 0x01, new Uint8Array(0)) },
  { name: 'a submit of garbage', code: 106, send: (c) => sendRaw(c, 0x01, new Uint8Array(200).fill(0xee)) },
  { name: 'a subscribe cut short', code: 106, send: (c) => sendRaw(c, 0x02, new Uint8Array(12)) },
  {
    name: 'a subscribe of no such filter',
    code: 106,
    send: (c) => sendRaw(c, 0x02, new Uint8Array(13).fill(3)),
  },
  {
    name: 'a subscribe without its key',
    code: 106,
    send: (c) => sendRaw(c, 0x02, Buffer.from(`${'00'.repeat(12)}01`, 'hex')),
  },
  { name: 'an unsubscribe of nothing', code: 107, send: (c) => sendRaw(c, 0x03, new Uint8Array(0)) },
  { name: 'an unsubscribe with a payload', code: 106, send: (c) => sendRaw(c, 0x03, new Uint8Array(1)) },
  {
    name: 'too many messages',
    code: 101,
    send: (c, n) => {
      const one = n.transfers(n.users[0]!, n.users[1]!.address, 1n).fulfils(0)[0]!;
      return sendRaw(c, 0x01, concatBytes(...new Array(65).fill(one)));
    },
  },
];

function sendRaw(client: TestSocket, type: number, payload: Uint8Array): number {
  const id = client.nextId() + 1_000_000;
  client.send(type, id, payload);
  return id;
}

describe('the socket refuses', () => {
  let node: TestNode;
  before(async () => {
    const limits = {
      frameMessages: 64,
      frameBytes: 70_000,
      connectionIntakeBytes: 70_000,
      intakeBytes: 140_000,
      messageRate: 300,
      messageBurst: 4096,
      requestRate: 10,
      requestBurst: 40,
      subscriptions: 3,
      connections: 6,
      connectionsPerAddress: 4,
      faults: 12,
    };
    node = await TestNode.start({ limits });
  });
  after(() => node.close());

  const withClient = async (use: (client: TestSocket) => Promise<void>): Promise<void> => {
    const client = await TestSocket.open(node.node.socketUrl);
    try {
      await use(client);
    } finally {
      await client.close();
    }
  };
  const state = async (): Promise<unknown> => {
    const { body } = await node.get('/v1/status');
    const { nonces, openNonces } = body as { nonces: string; openNonces: number };
    return { nonces, openNonces };
  };

  test('each with its code, and serves on', async () => {
    const before = await state();
    await withClient(async (client) => {
      for (const { name, code, send } of REFUSALS) {
        assert.equal(await client.error(send(client, node)), code, name);
      }
      client.socket.send('text');
      assert.equal(await client.error(0), 106);
      assert.deepEqual(await state(), before);
      await node.pay(client, node.users[0]!, node.users[1]!.address, 7n);
    });
  });

  test('a frame without an id', async () => {
    await withClient(async (client) => {
      client.socket.send(Buffer.of(1, 2, 3));
      assert.equal(await client.error(0), 106);
    });
  });

  test('a message above the frame’s bytes: code 102, then closed with 1009', async () => {
    await withClient(async (client) => {
      client.send(0x01, 5, new Uint8Array(70_001));
      assert.equal(await client.error(0), 102);
      assert.equal((await client.wait(() => client.closed)).code, 1009);
    });
  });

  test('faults beyond their count: closed with 1008', async () => {
    await withClient(async (client) => {
      for (let i = 0; i < 20; i++) client.send(0x55, i);
      const closed = await client.wait(() => client.closed);
      assert.deepEqual(closed, { code: 1008, reason: 'too-many-faults' });
      assert.equal(client.frames.filter(({ type }) => type === 0x8f).length, 12);
    });
  });

  test('subscriptions beyond their count: code 104, until one ends', async () => {
    await withClient(async (client) => {
      const ids = [0, 1, 2].map(() => client.subscribe(0, 0));
      const tooMany = client.subscribe(0, 0);
      assert.equal(await client.error(tooMany), 104);
      client.send(0x03, ids[0]!);
      const again = client.subscribe(0, 0);
      await client.next(({ type, id }) => type === 0x83 && id === again);
    });
  });

  test('an id that has a subscription: code 106', async () => {
    await withClient(async (client) => {
      const id = client.subscribe(0, 0);
      client.send(0x02, id, new Uint8Array(13));
      assert.equal(await client.error(id), 106);
    });
  });

  test('requests beyond the rate: code 103', async () => {
    await withClient(async (client) => {
      for (let i = 0; i < 60; i++) client.send(0x03, 1000 + i);
      assert.equal(await client.error(1059), 103);
    });
  });

  test('messages beyond the rate: code 103 without a look at signatures', async () => {
    await withClient(async (client) => {
      const one = node.transfers(node.users[0]!, node.users[1]!.address, 1n).fulfils(10 ** 9)[0]!;
      const frame = concatBytes(...new Array(64).fill(one));
      const ids = Array.from({ length: 80 }, () => sendRaw(client, 0x01, frame));
      assert.equal(await client.error(ids.at(-1)!), 103);
      const refused = client.frames.filter(({ type }) => type === 0x8f).length;
      const answered = client.frames.filter(({ type }) => type === 0x81).length;
      assert.ok(answered >= 64 && refused >= 10, `${answered} answered, ${refused} refused`);
    });
  });

  test('bytes beyond one socket’s share of the intake: code 100', async () => {
    await withClient(async (client) => {
      const fetches = Array.from(
        { length: 64 },
        () => node.transfers(node.users[0]!, node.users[1]!.address, 1n, 28).fetch,
      );
      const frames = [fetches.slice(0, 40), fetches.slice(0, 40), fetches.slice(24)].map((list) =>
        concatBytes(...list),
      );
      const ids = frames.map((frame) => sendRaw(client, 0x01, frame));
      const codes = await Promise.all(
        ids.map(async (id) => {
          const { type, payload } = await client.next((frame) => frame.id === id);
          return type === 0x8f ? payload.readUInt16BE(0) : 0;
        }),
      );
      assert.deepEqual(codes, [0, 100, 100]);
    });
  });

  test('sockets beyond the share of one address: 503 and code 109', async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => TestSocket.open(node.node.socketUrl)));
    const fifth = new TestSocket(node.node.socketUrl);
    const response = await new Promise<{ statusCode?: number | undefined }>((resolve) => {
      fifth.socket.once('unexpected-response', (_request, message) => resolve(message));
    });
    assert.equal(response.statusCode, 503);
    fifth.socket.terminate();
    for (const client of clients) await client.close();
    await until(async () => {
      const text = await (await fetch(node.node.metricsUrl!)).text();
      return /^upfront_connections 0$/m.test(text) && /code="too-many-connections"\} 1$/m.test(text);
    });
  });

  test('an upgrade elsewhere: 404', async () => {
    const client = new TestSocket(node.node.socketUrl.replace('/v1/socket', '/elsewhere'));
    const status = await new Promise((resolve) => {
      client.socket.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode));
    });
    assert.equal(status, 404);
    client.socket.terminate();
  });
});

describe('the socket under garbage', () => {
  let node: TestNode;
  before(async () => {
    node = await TestNode.start({
      limits: { faults: 1_000_000, requestRate: 100_000, requestBurst: 100_000 },
    });
  });
  after(() => node.close());

  test('any frame is answered or closes its socket, and changes no state', async () => {
    const status = async (): Promise<unknown> => {
      const { nonces, openNonces } = (await node.get('/v1/status')).body as Record<string, unknown>;
      return { nonces, openNonces };
    };
    const before = await status();
    let client = await TestSocket.open(node.node.socketUrl);
    let id = 1;
    const good = node.transfers(node.users[0]!, node.users[1]!.address, 1n).fetch;
    const payloads = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      // A good message with bytes changed, cut or added.
      fc.tuple(fc.nat(good.length), fc.nat(255), fc.nat(good.length)).map(([at, value, end]) => {
        const bytes = good.slice(0, end);
        if (at < bytes.length) bytes[at] = bytes[at]! ^ (value | 1);
        return bytes;
      }),
    );
    // An unsubscribe that names a subscription is served without an answer: ids are never used twice here.
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 255 }), payloads, async (type, payload) => {
        if (client.closed !== undefined) client = await TestSocket.open(node.node.socketUrl);
        const mine = id++;
        client.send(type, mine, payload);
        await client.wait(() => client.closed ?? client.frames.find((frame) => frame.id === mine));
      }),
      { numRuns: 400 },
    );
    await client.close();
    assert.deepEqual(await status(), before);
  });
});
