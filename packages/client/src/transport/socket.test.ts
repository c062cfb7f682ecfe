/** The socket against servers that drop, keep silent, refuse and talk nonsense. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws';
import { ClosedError, NodeError, TimeoutError, TooManyPendingError } from '../errors/kinds.ts';
import { ANSWER_SIZE, decodeNodeFrame } from './frames.ts';
import { createSocket, type Socket, type SocketOptions } from './socket.ts';

/** A server that is told what to do with each frame. */
async function scene(
  t: TestContext,
  onFrame: (frame: Buffer, socket: ServerSocket) => void,
  options: Partial<SocketOptions> = {},
): Promise<Socket> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => {
    socket.on('message', (frame: Buffer) => onFrame(frame, socket));
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const socket = createSocket({
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    timeout: 2000,
    pendingMost: 100,
    frameBytes: 1000,
    backoff: { first: 5, most: 20 },
    WebSocket,
    ...options,
  });
  t.after(() => {
    socket.close();
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return socket;
}

const message = (n: number): Uint8Array => new Uint8Array(30).fill(n);

/** Answers each 30 bytes with `fulfilled`, its first byte as the nonce. */
function answer(frame: Buffer, socket: ServerSocket): void {
  const count = (frame.length - 5) / 30;
  const out = new Uint8Array(5 + ANSWER_SIZE * count);
  out[0] = 0x81;
  out.set(frame.subarray(1, 5), 1);
  for (let i = 0; i < count; i++) {
    out[5 + ANSWER_SIZE * i] = 2;
    out[5 + ANSWER_SIZE * i + 18] = frame[5 + 30 * i]!;
  }
  socket.send(out);
}

const noncesOf = (answers: readonly object[]): unknown[] =>
  answers.map((one) => (one as { nonce: number }).nonce);

test('socket: answers come back in order, whatever frames they shared', async (t) => {
  let frames = 0;
  const socket = await scene(t, (frame, server) => {
    frames++;
    answer(frame, server);
  });
  const many = Array.from({ length: 70 }, (_, i) => message(i));
  const [a, b, c] = await Promise.all([
    socket.submit([message(7)]),
    socket.submit([message(8), message(9)]),
    socket.submit(many),
  ]);
  assert.deepEqual([noncesOf(a), noncesOf(b)], [[7], [8, 9]]);
  assert.deepEqual(
    noncesOf(c),
    many.map((_, i) => i),
  );
  assert.ok(frames <= 4, `${frames} frames`);
});

test('socket: what is pending is sent again on a new connection', async (t) => {
  let drops = 3;
  const socket = await scene(t, (frame, server) =>
    drops-- > 0 ? server.terminate() : answer(frame, server),
  );
  assert.deepEqual(noncesOf(await socket.submit([message(1)])), [1]);
});

test('socket: silence ends in a timeout, and the next request gets a new connection', async (t) => {
  let isSilent = true;
  const sockets = new Set<ServerSocket>();
  const onFrame = (frame: Buffer, server: ServerSocket): void => {
    sockets.add(server);
    if (!isSilent) answer(frame, server);
  };
  const socket = await scene(t, onFrame, { timeout: 150 });
  await assert.rejects(() => socket.submit([message(1)]), TimeoutError);
  isSilent = false;
  await socket.submit([message(2)]);
  assert.equal(sockets.size, 2);
});

test('socket: more than may be pending is refused, not kept', async (t) => {
  const socket = await scene(t, () => undefined, { pendingMost: 3 });
  const first = assert.rejects(() => socket.submit([message(1), message(2)]), ClosedError);
  await assert.rejects(() => socket.submit([message(3), message(4)]), TooManyPendingError);
  socket.close();
  await first;
  await assert.rejects(() => socket.submit([message(1)]), ClosedError);
});

test('socket: an error frame is its request\u2019s, and of a subscription', async (t) => {
  const socket = await scene(t, (frame, server) => {
    const error = Buffer.concat([
      Buffer.from([0x8f]),
      frame.subarray(1, 5),
      Buffer.from([0, 103]),
      Buffer.from('slow'),
    ]);
    server.send(error);
  });
  await assert.rejects(
    () => socket.submit([message(1)]),
    (error) => {
      assert.ok(error instanceof NodeError && error.code === 103 && error.passing);
      return true;
    },
  );
  const lost = await new Promise<Error>((resolve) => {
    const listener = { onEvent: () => undefined, onCaughtUp: () => undefined, onLost: resolve };
    socket.subscribe({ height: 1, index: 0 }, 0, new Uint8Array(0), listener);
  });
  assert.ok(lost instanceof NodeError);
});

test('socket: a server that talks nonsense is left', async (t) => {
  const nonsense = [
    Buffer.from([1]),
    Buffer.from([0x81, 0, 0, 0, 1, 9]),
    Buffer.from([0x77, 0, 0, 0, 0]),
    'text',
  ];
  const socket = await scene(t, (frame, server) => {
    const next = nonsense.shift();
    if (next === undefined) answer(frame, server);
    else server.send(next);
  });
  assert.deepEqual(noncesOf(await socket.submit([message(1)])), [1]);
});

test('frames: cut short or unknown, they are bad answers', () => {
  const bad = [
    [],
    [0x82, 0, 0, 0, 1, 0],
    [0x83, 0, 0, 0, 1],
    [0x8f, 0, 0, 0, 1, 0],
    [0x81, 0, 0, 0, 1, ...Array(27).fill(9)],
  ];
  for (const bytes of bad)
    assert.throws(() => decodeNodeFrame(Uint8Array.from(bytes as number[])), { codeName: 'bad-answer' });
});
