/** What LMDB was really opened with: the option that keeps a reader from seeing what is not on disk. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { open } from 'lmdb';
import { openEnvironment } from './environment.ts';

test('a write is shown when it is durable, not before: overlappingSync is off', async (t) => {
  const path = mkdtempSync(join(tmpdir(), 'upfront-environment-'));
  const environment = openEnvironment(path);
  t.after(async () => {
    await environment.close();
    rmSync(path, { recursive: true, force: true });
  });
  // LMDB compares the flags of whoever opens the same files with those that they were opened with.
  assert.throws(() => open({ path, overlappingSync: true }), /opened without this flag/);
});
