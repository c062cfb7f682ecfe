/** The explorer's files: what is served, how it may be kept, and what no request can reach. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { loadConfig } from '../../config/config.ts';
import { createLog } from '../../log.ts';
import { type RunningNode, startNode } from '../../node.ts';
import { TestNode } from '../testing.ts';

const SCRIPT = `// ${'x'.repeat(4000)}\n`;

/** A built page and its neighbour, which is nobody's business. */
function layFolder(t: TestContext, pages: string): string {
  const root = mkdtempSync(join(tmpdir(), 'upfront-page-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, 'dist');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  mkdirSync(join(folder, '.vite'));
  writeFileSync(join(root, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(folder, 'pages.json'), pages);
  writeFileSync(join(folder, 'theme.js'), '// theme');
  writeFileSync(join(folder, 'assets', 'index-abcDEF12.js'), SCRIPT);
  writeFileSync(join(folder, '.vite', 'manifest.json'), '{}');
  symlinkSync(join(root, 'secret.txt'), join(folder, 'link.txt'));
  return folder;
}

async function start(t: TestContext, flags: Record<string, string>): Promise<RunningNode> {
  const world = await TestNode.start();
  await world.node.close();
  t.after(() => rmSync(world.directory, { recursive: true, force: true }));
  const config = loadConfig({
    flags: { ...flags, dataDir: join(world.directory, 'data'), port: 0, metrics: false },
  });
  const node = await startNode(config, { genesis: world.genesis, log: createLog('silent') });
  t.after(() => node.close());
  return node;
}

test('files and pages are served with their types, caching and policy', async (t) => {
  const explorer = layFolder(t, JSON.stringify(['/', '/nonce/:nonce', '/wallet/*']));
  const { url } = await start(t, { explorer, publicL1Url: 'http://127.0.0.1:8545/x' });
  for (const path of ['/', '/nonce/17', '/wallet/a/b', '/nonce/17?x=1']) {
    const response = await fetch(`${url}${path}`);
    assert.equal(response.status, 200, path);
    assert.match(await response.text(), /<title>page/);
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.equal(response.headers.get('cache-control'), 'no-cache');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    const policy = response.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'; script-src 'self';/);
    assert.match(policy, /connect-src 'self' https: http:\/\/127\.0\.0\.1:8545;/);
    assert.doesNotMatch(policy, /unsafe/);
  }
  const script = await fetch(`${url}/assets/index-abcDEF12.js`);
  assert.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
  assert.equal(script.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  assert.equal(script.headers.get('content-encoding'), 'gzip');
  assert.equal(await script.text(), SCRIPT);
  const plain = await raw(url, '/assets/index-abcDEF12.js', {});
  assert.equal(plain.body.toString(), SCRIPT);
  const packed = await raw(url, '/assets/index-abcDEF12.js', { 'accept-encoding': 'gzip' });
  assert.equal(gunzipSync(packed.body).toString(), SCRIPT);
  const etag = script.headers.get('etag')!;
  const again = await raw(url, '/assets/index-abcDEF12.js', { 'if-none-match': etag });
  assert.deepEqual([again.status, again.body.length], [304, 0]);
});

test('nothing else is reachable: no traversal, no links, no hidden files, no unknown page', async (t) => {
  const explorer = layFolder(t, JSON.stringify(['/', '/nonce/:nonce']));
  const { url } = await start(t, { explorer });
  const paths = ['/../secret.txt', '/..%2fsecret.txt', '/assets/../../secret.txt', '/%2e%2e/secret.txt'];
  const others = [
    '/link.txt',
    '/.vite/manifest.json',
    '/pages.json',
    '/index.html',
    '/elsewhere',
    '/nonce/1/2',
  ];
  for (const path of [...paths, ...others, '/assets/', '/assets\\..\\..\\secret.txt']) {
    const { status, body } = await raw(url, path, {});
    assert.ok(status === 404 || status === 400, `${path}: ${status}`);
    assert.doesNotMatch(body.toString(), /^secret/);
  }
  assert.equal((await fetch(`${url}/v1/status`)).status, 200);
});

test('whoever opens an unknown address sees the page, which says so; programs get the code', async (t) => {
  const explorer = layFolder(t, JSON.stringify(['/', '/nonce/:nonce']));
  const { url } = await start(t, { explorer });
  const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
  for (const path of ['/elsewhere', '/nonce/1/2', '/v2/status', '/v1x']) {
    const asked = await raw(url, path, browser);
    assert.equal(asked.status, 404, path);
    assert.match(asked.body.toString(), /<title>page/, path);
    const program = await raw(url, path, { accept: '*/*' });
    assert.equal(program.status, 404, path);
    assert.match(program.body.toString(), /"name":"not-found"/, path);
  }
  for (const path of ['/v1/nowhere', '/v1', '/v1/blocks/99999999']) {
    const asked = await raw(url, path, browser);
    assert.equal(asked.status, 404, path);
    assert.match(asked.body.toString(), /"code":/, path);
  }
  const index = await raw(url, '/', browser);
  const again = await raw(url, '/elsewhere', { ...browser, 'if-none-match': index.headers.etag! });
  assert.equal(again.status, 404, 'an address that is not there is never “not modified”');
  const { headers } = await fetch(`${url}/elsewhere`, { headers: browser });
  assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/);
});

test('without the setting there is no page, and a folder without one is refused', async (t) => {
  const { url } = await start(t, {});
  assert.equal((await fetch(`${url}/`)).status, 404);
  for (const pages of ['{}', '["/../x"]', '["//other"]', 'no json']) {
    const explorer = layFolder(t, pages);
    await assert.rejects(start(t, { explorer }), { name: 'ConfigError', setting: 'explorer' }, pages);
  }
  await assert.rejects(start(t, { explorer: join(tmpdir(), 'upfront-no-such') }), { setting: 'explorer' });
});

/** As it is written: fetch() would tidy the path up. */
function raw(
  url: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: Buffer; headers: IncomingHttpHeaders }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: status = 0, headers: answered } = response;
        resolve({ status, body: Buffer.concat(chunks), headers: answered });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}
