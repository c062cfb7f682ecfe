/** A devnet's controls: the node's own page may use them, and nobody else. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { startControls } from './controls.ts';

const NODE = 'http://127.0.0.1:8640';
const JSON_TYPE = { 'content-type': 'application/json' };

test('only the page of the node stops it', async (t) => {
  const controls = await startControls();
  t.after(() => controls.close());
  let stopped = 0;
  const ask = (method: string, headers: Record<string, string>, path = '/stop-node'): Promise<number> =>
    new Promise((resolve, reject) => {
      const asked = request(`${controls.url}${path}`, { method, headers }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      asked.on('error', reject).end();
    });
  assert.equal(new URL(controls.url).hostname, '127.0.0.1');
  assert.equal(await ask('POST', { origin: NODE, ...JSON_TYPE }), 403, 'before there is a node');

  controls.serve(NODE, async () => {
    stopped++;
  });
  const refused: readonly (readonly [number, string, Record<string, string>, string?])[] = [
    [403, 'POST', JSON_TYPE],
    [403, 'POST', { origin: 'null', ...JSON_TYPE }],
    [403, 'POST', { origin: 'http://evil.example', ...JSON_TYPE }],
    [403, 'POST', { origin: 'http://127.0.0.1:8641', ...JSON_TYPE }],
    [403, 'POST', { origin: NODE, host: 'evil.example', ...JSON_TYPE }],
    [403, 'OPTIONS', { origin: 'http://evil.example' }],
    [405, 'GET', { origin: NODE }],
    [415, 'POST', { origin: NODE, 'content-type': 'text/plain' }],
    [415, 'POST', { origin: NODE }],
    [404, 'POST', { origin: NODE, ...JSON_TYPE }, '/'],
  ];
  for (const [status, method, headers, path] of refused)
    assert.equal(await ask(method, headers, path), status, `${method} ${JSON.stringify(headers)} ${path}`);
  assert.equal(stopped, 0);

  assert.equal(await ask('OPTIONS', { origin: NODE }), 204);
  assert.equal(await ask('POST', { origin: NODE, ...JSON_TYPE }), 202);
  assert.equal(await ask('POST', { origin: 'http://localhost:8640', ...JSON_TYPE }), 202);
  assert.equal(stopped, 2);
});
