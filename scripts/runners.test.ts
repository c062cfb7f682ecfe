// Shows each runner a sample that passes, one that fails and one that breaks, and counts what it reports.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe as group, test } from 'node:test';
import { add, describe, NONE, parseForge, runCheck, runForge, runNodeTests } from './runners.ts';

const folder = mkdtempSync(join(tmpdir(), 'upfront-runners-'));
after(() => rmSync(folder, { recursive: true }));

group('node:test', () => {
  const OPENING = "import { describe, test } from 'node:test';\n";

  const ROWS = [
    ['passes', "test('a', () => {}); describe('b', () => { test('c', () => {}); });", [2, 0, 0]],
    ['fails', "test('a', () => { throw new Error('boo'); }); test('b', () => {});", [1, 1, 0]],
    [
      'fails within a group',
      "describe('a', () => { test('b', () => { throw new Error('boo'); }); });",
      [0, 1, 0],
    ],
    ['skips', "test.skip('a', () => {}); test.todo('b');", [0, 0, 2]],
    ['declares nothing', '', [0, 1, 0]],
    ['does not load', "throw new Error('boo');", [0, 1, 0]],
    ['leaves early', "test('a', () => {}); process.exit(0);", [0, 1, 0]],
    ['leaves early with a code', "test('a', () => {}); process.exit(3);", [0, 1, 0]],
    ['never ends by itself', "test('a', { timeout: 50 }, () => new Promise(() => {}));", [0, 1, 0]],
  ] as const;

  for (const [name, body, [passed, failed, skipped]] of ROWS) {
    test(`a file that ${name}`, () => {
      const { counts } = nested(`${name.replaceAll(' ', '-')}.test.ts`, OPENING + body);
      assert.deepEqual(counts, { passed, failed, skipped });
    });
  }

  test('a failure is shown with its place, its error and what its file printed', () => {
    const { said } = nested(
      'said.test.ts',
      `${OPENING}console.log('hint');\ntest('a', () => { throw new Error('boo'); });`,
    );
    assert.match(said, /✖ a \(said\.test\.ts:3\)/);
    assert.match(said, /Error: boo/);
    assert.match(said, /what said\.test\.ts printed:\n {4}hint/);
  });

  test('what a test measured is said', () => {
    const { said } = nested('measured.test.ts', `${OPENING}test('a', (t) => t.diagnostic('it took 3 ms'));`);
    assert.match(said, /· it took 3 ms/);
    assert.doesNotMatch(said, /duration_ms/);
  });

  test('no files are no tests', async () => {
    assert.deepEqual(await runNodeTests([], { cwd: folder, concurrency: 1, say: ignore }), NONE);
  });
});

group('forge', () => {
  const REPORT = JSON.stringify({
    'test/A.t.sol:A': {
      test_results: {
        'a()': { status: 'Success' },
        'b()': { status: 'Failure', reason: 'boo', counterexample: null },
        'c()': { status: 'Skipped' },
      },
    },
  });

  test('its report is counted, and failures carry their reason', () => {
    const suites = parseForge(`Compiling…\n${REPORT}\n`);
    assert.deepEqual(suites, [
      {
        suite: 'test/A.t.sol:A',
        counts: { passed: 1, failed: 1, skipped: 1 },
        failures: ['test/A.t.sol:A b(): boo'],
      },
    ]);
  });

  test('no report and half a report are no report', () => {
    assert.equal(parseForge('Error: it does not compile'), undefined);
    assert.equal(parseForge(REPORT.slice(0, 40)), undefined);
  });

  test('a run without a report is a failure that shows what was printed', async () => {
    const said: string[] = [];
    const forge = [process.execPath, '-e', "console.error('no compiler'); process.exit(1)"];
    assert.deepEqual(await runForge(forge, folder, (line) => said.push(line)), { ...NONE, failed: 1 });
    assert.match(said.join('\n'), /no compiler/);
  });

  test('a report without failures and a bad exit code is a failure', async () => {
    const forge = [process.execPath, '-e', "console.log('{}'); process.exit(1)"];
    assert.deepEqual(await runForge(forge, folder, ignore), { ...NONE, failed: 1 });
  });
});

group('a check', () => {
  test('passes by its exit code, and then says nothing', async () => {
    const said: string[] = [];
    const argv = [process.execPath, '-e', "console.log('fine')"];
    assert.deepEqual(await runCheck(argv, folder, (line) => said.push(line)), { ...NONE, passed: 1 });
    assert.deepEqual(said, []);
  });

  test('fails by its exit code, and when it cannot be started', async () => {
    assert.deepEqual(await runCheck([process.execPath, '-e', 'process.exit(2)'], folder, ignore), {
      ...NONE,
      failed: 1,
    });
    assert.deepEqual(await runCheck([join(folder, 'nothing')], folder, ignore), { ...NONE, failed: 1 });
  });
});

test('counts add up, and only what there is is described', () => {
  const sum = add({ passed: 1, failed: 0, skipped: 2 }, { passed: 3, failed: 0, skipped: 0 });
  assert.equal(describe(sum), '4 passed, 2 skipped');
  assert.equal(describe(add(sum, { ...NONE, failed: 1 })), '4 passed, 1 failed, 2 skipped');
});

// In a process of its own: node:test does not run inside a node:test of the same process.
function nested(name: string, text: string) {
  writeFileSync(join(folder, name), text);
  const program = join(folder, `run-${name}`.replace('.test.ts', '.ts'));
  writeFileSync(
    program,
    `import { runNodeTests } from ${JSON.stringify(new URL('runners.ts', import.meta.url))};
     const said = [];
     const options = { cwd: ${JSON.stringify(folder)}, concurrency: 1, say: (line) => said.push(line) };
     const counts = await runNodeTests([${JSON.stringify(join(folder, name))}], options);
     console.log(JSON.stringify({ counts, said: said.join('\\n') }));`,
  );
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout, stderr } = spawnSync(process.execPath, [program], { env, encoding: 'utf8' });
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as { counts: typeof NONE; said: string };
}

function ignore(): void {}
