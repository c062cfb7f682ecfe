/** The ABCI server and its framing: order, bounds, and messages that arrive in any number of pieces. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { silent } from '../testing.ts';
import { type AbciServer, startAbciServer } from './abci-server.ts';
import { FRAME_BYTES_MOST, FrameError, FrameReader, frame } from './frames.ts';
import { RequestSchema, ResponseSchema } from './generated/tendermint/abci/types_pb.ts';

type Value = Parameters<typeof create<typeof RequestSchema>>[1];

const encode = (request: Value): Uint8Array => frame(toBinary(RequestSchema, create(RequestSchema, request)));

describe('frames', () => {
  test('messages of any size come out whole, however they are cut', () => {
    const messages = [0, 1, 127, 128, 300, 7000].map((size) => new Uint8Array(size).fill(size));
    const stream = Buffer.concat(messages.map(frame));
    for (const piece of [1, 2, 3, 1000, stream.length]) {
      const reader = new FrameReader();
      const found: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += piece)
        found.push(...reader.push(stream.subarray(at, at + piece)));
      assert.deepEqual(found, messages, `pieces of ${piece}`);
    }
  });

  test('a length that is too large, or no length, ends it', () => {
    const head = frame(new Uint8Array(0));
    assert.deepEqual([...head], [0]);
    const large: number[] = [];
    for (let length = FRAME_BYTES_MOST + 1; length > 0; length >>>= 7) large.push((length & 0x7f) | 0x80);
    large[large.length - 1]! &= 0x7f;
    assert.throws(() => new FrameReader().push(Uint8Array.from(large)), FrameError);
    assert.throws(() => new FrameReader().push(new Uint8Array(5).fill(0xff)), FrameError);
  });
});

describe('the ABCI server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'upfront-abci-'));
  const path = join(folder, 'abci');
  const failures: unknown[] = [];
  let server: AbciServer;
  before(async () => {
    server = await startAbciServer({
      path,
      log: silent,
      failed: (error) => failures.push(error),
      async answer(request) {
        // The first requests take longest: answers still come in order.
        if (request.case === 'query') {
          await new Promise((resolve) => setTimeout(resolve, 20 - Number(request.value.height)));
          return { case: 'query', value: { height: request.value.height } };
        }
        throw new Error('not this one');
      },
    });
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  /** Sends pieces one turn apart, and resolves with as many answers as `count`. */
  const talk = async (pieces: readonly Uint8Array[], count: number) => {
    const socket: Socket = connect(path);
    const reader = new FrameReader();
    const answers: ReturnType<typeof decode>[] = [];
    const all = new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        for (const message of reader.push(chunk)) answers.push(decode(message));
        if (answers.length >= count) resolve();
      });
    });
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await all;
    socket.destroy();
    return answers;
  };
  const decode = (message: Uint8Array) => fromBinary(ResponseSchema, message).value;

  test('answers come in the order of the requests, Flush among them', async () => {
    const queries = Array.from({ length: 10 }, (_, i) =>
      encode({ value: { case: 'query', value: { height: BigInt(i) } } }),
    );
    const flush = encode({ value: { case: 'flush', value: {} } });
    const answers = await talk([Buffer.concat([...queries, flush])], 11);
    const heights = answers
      .slice(0, 10)
      .map((answer) => answer.case === 'query' && Number(answer.value.height));
    assert.deepEqual(heights, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.equal(answers[10]!.case, 'flush');
  });

  test('a request that comes in pieces is answered', async () => {
    const bytes = encode({ value: { case: 'echo', value: { message: 'x'.repeat(10_000) } } });
    const pieces = [
      bytes.subarray(0, 1),
      bytes.subarray(1, 3),
      bytes.subarray(3, 4000),
      bytes.subarray(4000),
    ];
    const [answer] = await talk(pieces, 1);
    assert.equal(answer!.case === 'echo' && answer!.value.message.length, 10_000);
  });

  test('what cannot be answered is an exception, and is reported', async () => {
    const [answer] = await talk([encode({ value: { case: 'info', value: {} } })], 1);
    assert.equal(answer!.case, 'exception');
    assert.equal(failures.length, 1);
  });

  test('what is no ABCI closes the connection, and the others go on', async () => {
    const socket = connect(path);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(new Uint8Array(5).fill(0xff));
    await closed;
    const [answer] = await talk([encode({ value: { case: 'flush', value: {} } })], 1);
    assert.equal(answer!.case, 'flush');
  });
});
