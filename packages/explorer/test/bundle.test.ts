/** How much JavaScript the first view needs, from the manifest of the build; and that nothing heavy is in it. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DIST } from './devnet.ts';

/** Bytes, gzipped. */
const FIRST_VIEW_MOST = 60 * 1024;

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

test('the first view is under 60 KB of JavaScript, gzipped', (t) => {
  const path = join(DIST, '.vite', 'manifest.json');
  assert.ok(
    existsSync(path),
    'the page is not built: npm run setup builds it with `npm start` and `npm test`',
  );
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Chunk>;
  const files = new Set<string>();
  const add = (name: string): void => {
    const chunk = manifest[name]!;
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const one of chunk.imports ?? []) add(one);
  };
  add('index.html');
  files.add('theme.js');
  // The worker that reads the stream: no chunk, so the manifest does not name it.
  const worker = readdirSync(join(DIST, 'assets')).filter((name) => /^stream-worker-.*\.js$/.test(name));
  assert.equal(worker.length, 1);
  files.add(join('assets', worker[0]!));
  const sizes = [...files].map((file) => gzipSync(readFileSync(join(DIST, file))).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`first view: ${(total / 1024).toFixed(1)} KB of JavaScript, gzipped, in ${files.size} files`);
  t.diagnostic(`${total} bytes in ${[...files].join(', ')}`);
  assert.ok(total > 5000 && total < FIRST_VIEW_MOST, `${total} bytes`);
});

test('what the first layer’s answers may ask for comes along with it: the node may be gone by then', () => {
  const names = readdirSync(join(DIST, 'assets'));
  assert.ok(names.length > 0);
  assert.deepEqual(
    names.filter((name) => /ccip|localBatchGateway/.test(name)),
    [],
  );
});

test('nothing is inline, so that the policy can forbid it', () => {
  const html = readFileSync(join(DIST, 'index.html'), 'utf8');
  assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)/);
  assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=/);
});
