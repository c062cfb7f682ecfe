/** Reading over HTTP from nodes that are busy, broken, silent or none. */
import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { BadAnswerError, DisconnectedError, NodeError, TimeoutError } from '../errors/kinds.ts';
import { createHttp, type Http } from './http.ts';

async function scene(
  t: TestContext,
  serve: (response: ServerResponse) => void,
  timeout = 20_000,
): Promise<Http> {
  const server = createServer((_, response) => serve(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return createHttp({ url, timeout, tries: 3, backoff: { first: 1, most: 5 }, fetch });
}

const refuse = (response: ServerResponse, status: number, code: number): void => {
  response.statusCode = status;
  response.end(JSON.stringify({ error: { code, name: 'x', message: 'because' } }));
};

test('http: asks again while the node says later, and no longer', async (t) => {
  let asked = 0;
  const http = await scene(t, (response) =>
    ++asked < 3 ? refuse(response, 503, 100) : response.end('{"a":1}'),
  );
  assert.deepEqual(await http.json('/x'), { a: 1 });
  assert.equal(asked, 3);
});

test('http: a code is an error with that code, at once', async (t) => {
  let asked = 0;
  const http = await scene(t, (response) => {
    asked++;
    refuse(response, 404, 107);
  });
  await assert.rejects(() => http.json('/x'), { name: 'NodeError', code: 107, codeName: 'not-found' });
  assert.equal(asked, 1);
});

test('http: what is no node is a bad answer; what is broken, disconnected; what is silent, a timeout', async (t) => {
  const notFound = await scene(t, (response) => {
    response.statusCode = 404;
    response.end('<html>');
  });
  await assert.rejects(() => notFound.json('/x'), BadAnswerError);
  const text = await scene(t, (response) => response.end('<html>'));
  await assert.rejects(() => text.json('/x'), BadAnswerError);
  const broken = await scene(t, (response) => response.destroy());
  await assert.rejects(() => broken.json('/x'), DisconnectedError);
  const silent = await scene(t, () => undefined, 200);
  await assert.rejects(() => silent.json('/x'), TimeoutError);
  const proxy = await scene(t, (response) => refuse(response, 502, 9999));
  await assert.rejects(() => proxy.json('/x'), DisconnectedError);
  assert.ok(new NodeError(110, 'x', '').passing);
});
