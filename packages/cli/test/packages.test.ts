/** What is published: the sources that users run, and nothing that only tests do. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

test('packages: no test, and nothing that only tests use, is compiled into dist', () => {
  const projects = globSync('packages/*/tsconfig.build.json', { cwd: ROOT });
  assert.ok(projects.length >= 4);
  for (const project of projects) {
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    const { stdout } = spawnSync(tsc, ['-p', project, '--listFilesOnly'], { cwd: ROOT, encoding: 'utf8' });
    const own = stdout.split('\n').filter((file) => /\/packages\/\w+\/src\//.test(file));
    assert.ok(own.length > 10, `${project}: ${stdout}`);
    assert.deepEqual(
      own.filter((file) => /(testing|suite|crash-child|\.test)\.ts$/.test(file)),
      [],
      project,
    );
  }
});
