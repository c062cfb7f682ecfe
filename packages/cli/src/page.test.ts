/** The page that is served: the built one of @upfront/explorer, or none. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtPage } from './page.ts';

test('the page is the built one, if it is built', () => {
  const dist = join(import.meta.dirname, '../../explorer/dist');
  const page = builtPage();
  assert.equal(page !== undefined, existsSync(join(dist, 'pages.json')));
  if (page !== undefined) assert.ok(existsSync(join(page, 'index.html')));
});
