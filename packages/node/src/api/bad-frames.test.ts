/**
 * Bad bytes at the door, beyond what socket.test.ts and http.test.ts have: messages cut short or out of their bounds
 * (docs/protocol.md, 3), frames that break the WebSocket itself, bodies and requests that break HTTP. Each has its code
 * of docs/api.md, and nothing of it is taken in.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { commitment, concatBytes, encodeFulfil, type Intent, nobleHashes } from '@upfront/core';
import { nodeCodes } from './errors.ts';
import { TestNode, TestSocket } from './testing.ts';

const ZERO = new Uint8Array(32);
const MALFORMED = nodeCodes.malformedRequest;
const LIMITS = { faults: 1_000_000, requestRate: 100_000, requestBurst: 100_000 };

/** Well-formed messages of every kind: what the faults are made of. */
function messagesOf(node: TestNode): Record<string, Uint8Array> {
  const [alice, bob] = node.users;
  const sealed = commitment(nobleHashes, alice!.address, 0n, 0, 1, ZERO.slice(16), ZERO);
  const signature = new Uint8Array(64).fill(1);
  const sign = (intent: Intent): Uint8Array =>
    node.sign(alice!, { sequence: 5n, intents: [intent], budget: 1000n });
  const to = bob!.address;
  const [nonce, salt] = [1e9, ZERO.slice(16)];
  return {
    transfer: sign({ kind: 'transfer', commitment: sealed }),
    hold: sign({ kind: 'hold', payee: to, max: 5n, window: 60 }),
    withdraw: sign({ kind: 'withdraw', commitment: sealed }),
    post: sign({ kind: 'post', topic: ZERO, stake: 0n, size: 9, commitment: sealed }),
    validate: sign({ kind: 'validate' }),
    showTransfer: encodeFulfil({ kind: 'transfer', nonce, salt, to, amount: 1n, reference: ZERO }),
    showHold: encodeFulfil({ kind: 'hold', nonce, amount: 1n, signature }),
    showWithdraw: encodeFulfil({ kind: 'withdraw', nonce, salt, amount: 1n }),
    showPost: encodeFulfil({ kind: 'post', nonce, salt, data: Buffer.from('nine char') }),
    showValidate: encodeFulfil({ kind: 'validate', nonce, height: 1, signature }),
  };
}

/** A message with bytes replaced at an offset (docs/protocol.md, 3). */
type Patch = readonly [name: string, message: string, at: number, hex: string];

const PATCHES: readonly Patch[] = [
  ['no such message', 'transfer', 0, '00'],
  ['no such message', 'transfer', 0, '03'],
  ['a sequence of 2^56', 'validate', 21, '0100000000000000'],
  ['a limit of 2^63', 'validate', 29, '8000000000000000'],
  ['a budget of 2^63', 'validate', 37, '8000000000000000'],
  ['a time of 2^53', 'validate', 45, '0020000000000000'],
  ['no intents', 'validate', 117, '0000'],
  ['an intent more than there is', 'transfer', 117, '0002'],
  ['more intents than a fetch has', 'validate', 117, '0101'],
  ['the most that a count can say', 'validate', 117, 'ffff'],
  ['no such intent', 'transfer', 119, '00'],
  ['no such intent', 'transfer', 119, '06'],
  ['a hold for nobody', 'hold', 120, '00'.repeat(20)],
  ['a hold of nothing', 'hold', 140, '0000000000000000'],
  ['a hold of 2^64 - 1', 'hold', 140, 'ffffffffffffffff'],
  ['a window too short', 'hold', 148, '0004'],
  ['a window too long', 'hold', 148, '0259'],
  ['a stake of 2^64 - 1', 'post', 152, 'ffffffffffffffff'],
  ['a post above postMost', 'post', 160, '4001'],
  ['a nonce of 2^53', 'showTransfer', 2, '0020000000000000'],
  ['no such fulfilment', 'showTransfer', 1, '00'],
  ['no such fulfilment', 'showTransfer', 1, '06'],
  ['a length that is not there', 'showPost', 26, '000a'],
  ['data above postMost', 'showPost', 26, '4001'],
  ['a height of 2^53', 'showValidate', 10, '0020000000000000'],
];

function patched(bytes: Uint8Array, at: number, hex: string): Uint8Array {
  const copy = bytes.slice();
  copy.set(Buffer.from(hex, 'hex'), at);
  return copy;
}

/** Bytes on a plain connection, and all that came back until it ended. */
async function exchange(url: string, bytes: string | Uint8Array, then?: Uint8Array): Promise<Buffer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const parts: Buffer[] = [];
  socket.on('error', () => undefined);
  socket.on('data', (part) => {
    parts.push(part);
    if (then !== undefined && parts.length === 1) socket.write(then);
  });
  socket.write(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(parts);
}

const UPGRADE =
  'GET /v1/socket HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n' +
  'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

/** What breaks the WebSocket (RFC 6455), and the code that it is closed with. */
const BROKEN_FRAMES: readonly [name: string, bytes: string, close: number][] = [
  ['a frame without a mask', '820101', 1002],
  ['a reserved bit', 'c28000000000', 1002],
  ['a reserved opcode', '838000000000', 1002],
  ['a ping in fragments', '098000000000', 1002],
  ['a ping of 126 bytes', `89fe007e00000000${'00'.repeat(126)}`, 1002],
  ['a continuation of nothing', '808000000000', 1002],
  ['text that is no UTF-8', '818100000000ff', 1007],
  ['a length of 2^63', '82ff800000000000000000000000', 1009],
  ['a length above the frame’s bytes', '82ff000000000010000100000000', 1009],
  ['a close of one byte', '88810000000003', 1002],
];

describe('the door', () => {
  let node: TestNode;
  let messages: Record<string, Uint8Array>;
  let untouched: unknown;
  before(async () => {
    node = await TestNode.start({ limits: LIMITS });
    messages = messagesOf(node);
    untouched = await state();
  });
  afterEach(async () => assert.deepEqual(await state(), untouched));
  after(() => node.close());

  /** What a message that is taken in would change. */
  const state = async (): Promise<unknown> => {
    const { nonces, openNonces } = (await node.get('/v1/status')).body as Record<string, unknown>;
    const accounts = node.users.map(async ({ address }) => {
      const path = `/v1/accounts/0x${Buffer.from(address).toString('hex')}`;
      return { ...((await node.get(path)).body as object), height: undefined };
    });
    return { nonces, openNonces, accounts: await Promise.all(accounts) };
  };
  const withSocket = async (use: (client: TestSocket) => Promise<void>): Promise<void> => {
    const client = await TestSocket.open(node.node.socketUrl);
    await use(client);
    await client.close();
  };
  const submitted = async (client: TestSocket, bytes: Uint8Array): Promise<number> => {
    const id = client.nextId();
    client.send(0x01, id, bytes);
    return client.error(id);
  };
  const posted = async (body: string | Uint8Array, type = 'application/octet-stream'): Promise<unknown> => {
    const headers = { 'content-type': type };
    const response = await fetch(`${node.node.url}/v1/messages`, {
      method: 'POST',
      body: body as never,
      headers,
    });
    return ((await response.json()) as { error?: { code: number } }).error?.code;
  };

  test('messages out of their bounds: 106, over the socket and over HTTP', async () => {
    await withSocket(async (client) => {
      for (const [name, message, at, hex] of PATCHES) {
        const bytes = patched(messages[message]!, at, hex);
        assert.equal(await submitted(client, bytes), MALFORMED, `${name} in ${message}`);
        assert.equal(await posted(bytes), MALFORMED, `${name} in ${message}, over HTTP`);
      }
    });
  });

  test('messages cut short anywhere, or with a byte too many: 106, and the good one before is not taken', async () => {
    await withSocket(async (client) => {
      for (const [name, message] of Object.entries(messages)) {
        for (let end = 1; end < message.length; end++) {
          const frame = concatBytes(messages['transfer']!, message.subarray(0, end));
          assert.equal(await submitted(client, frame), MALFORMED, `${name} cut at ${end}`);
        }
        const longer = concatBytes(message, Uint8Array.of(7));
        assert.equal(await submitted(client, longer), MALFORMED, `${name} and a byte`);
      }
    });
  });

  test('frames shorter than their head: 106, id 0', async () => {
    await withSocket(async (client) => {
      for (let size = 0; size < 5; size++) {
        const from = client.frames.length;
        client.socket.send(new Uint8Array(size));
        const { type, id, payload } = await client.next(() => true, from);
        assert.deepEqual([type, id, payload.readUInt16BE(0)], [0x8f, 0, MALFORMED], `${size} bytes`);
      }
    });
  });

  test('every type of frame that there is not: 105', async () => {
    await withSocket(async (client) => {
      for (let type = 0; type < 256; type++) {
        if (type >= 1 && type <= 3) continue;
        const id = client.nextId();
        client.send(type, id, messages['transfer']!);
        assert.equal(await client.error(id), nodeCodes.unknownFrame, `type ${type}`);
      }
    });
  });

  test('subscriptions that there are not: 106', async () => {
    await withSocket(async (client) => {
      const cursor = (height: string): string => `${height}00000000`;
      for (const hex of [
        '',
        cursor('0000000000000001'),
        `${cursor('0000000000000001')}0000`,
        `${cursor('0000000000000001')}01${'11'.repeat(19)}`,
        `${cursor('0000000000000001')}01${'11'.repeat(32)}`,
        `${cursor('0000000000000001')}02${'11'.repeat(20)}`,
        `${cursor('0000000000000001')}02${'11'.repeat(33)}`,
        `${cursor('0000000000000001')}ff`,
      ]) {
        const id = client.nextId();
        client.send(0x02, id, Buffer.from(hex, 'hex'));
        assert.equal(await client.error(id), MALFORMED, hex);
      }
    });
  });

  test('a frame in pieces above its bytes: 102 and 1009; in too many pieces: 1008', async () => {
    const large = await TestSocket.open(node.node.socketUrl);
    for (let i = 0; i < 9; i++) large.socket.send(new Uint8Array(1 << 17), { fin: i === 8 });
    assert.equal(await large.error(0), nodeCodes.frameTooLarge);
    assert.equal((await large.wait(() => large.closed)).code, 1009);
    const many = await TestSocket.open(node.node.socketUrl);
    for (let i = 0; i < 1030; i++) many.socket.send(Uint8Array.of(1), { fin: i === 1029 });
    assert.equal((await many.wait(() => many.closed)).code, 1008);
  });

  test('what is no WebSocket frame closes its own line, and no other', async () => {
    await withSocket(async (client) => {
      for (const [name, hex, code] of BROKEN_FRAMES) {
        const answer = await exchange(node.node.url, UPGRADE, Buffer.from(hex, 'hex'));
        const close = answer.indexOf(Buffer.from('8802', 'hex'));
        assert.ok(close > 0, `${name}: a close frame`);
        assert.equal(answer.readUInt16BE(close + 2), code, name);
      }
      assert.equal(client.closed, undefined);
      assert.equal(await submitted(client, Uint8Array.of(9)), MALFORMED);
    });
  });

  test('what is no HTTP, or too much of it, is answered and cut', async () => {
    const head = 'POST /v1/messages HTTP/1.1\r\nhost: x\r\n';
    const octets = `${head}content-type: application/octet-stream\r\n`;
    for (const [name, request, status] of [
      ['garbage', Buffer.alloc(5000, 0xee), 400],
      ['a line of 20 kB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`, 431],
      ['20 kB of headers', `${head}x: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
      ['two lengths', `${octets}content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef`, 400],
      [
        'a length and chunks',
        `${octets}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
        400,
      ],
      ['a negative length', `${octets}content-length: -1\r\n\r\n`, 400],
      ['a chunk of no size', `${octets}transfer-encoding: chunked\r\n\r\nzz\r\n`, 400],
      ['a length of 1 TB', `${octets}content-length: 1000000000000\r\n\r\n`, 413],
      [
        'chunks above the body’s bytes',
        Buffer.concat([
          Buffer.from(`${octets}transfer-encoding: chunked\r\n\r\n180000\r\n`),
          Buffer.alloc(0x18_0000),
        ]),
        413,
      ],
    ] as const) {
      const answer = (await exchange(node.node.url, request)).toString();
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), name);
      const code = status === 413 ? nodeCodes.frameTooLarge : MALFORMED;
      assert.match(answer, new RegExp(`"code":${code},`), name);
    }
  });

  test('JSON that is deep, huge or hostile: its code, in no time', async () => {
    const json = 'application/json';
    const started = performance.now();
    const hex = `0x${'ab'.repeat(1_000_000)}`;
    for (const [name, body, code] of [
      ['deep arrays', `{"messages":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`, MALFORMED],
      ['deep objects', '{"a":'.repeat(400_000), MALFORMED],
      ['one message of 1 MB of garbage', JSON.stringify({ messages: [hex] }), MALFORMED],
      ['4097 messages', JSON.stringify({ messages: new Array(4097).fill('0x02') }), MALFORMED],
      ['a million keys', `{${Array.from({ length: 200_000 }, (_, i) => `"${i}":0`).join()}}`, MALFORMED],
      ['a number without end', `{"messages":${'9'.repeat(2_000_000)}}`, MALFORMED],
      ['quotes without end', `{"messages":["${'\\"'.repeat(1_000_000)}`, MALFORMED],
      ['prototypes', '{"messages":["0x00"],"__proto__":{"x":1},"constructor":{"prototype":{}}}', MALFORMED],
      ['above the body’s bytes', `{"messages":["0x${'00'.repeat(1_100_000)}"]}`, nodeCodes.frameTooLarge],
    ] as const) {
      assert.equal(await posted(body, json), code, name);
    }
    const took = performance.now() - started;
    assert.ok(took < 10_000, `${took} ms`);
  });
});
