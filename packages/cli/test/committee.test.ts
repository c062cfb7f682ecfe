/** The whole path through a committee: users talk to a node that only follows, and do not notice. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createMachine, type Environment, until } from './support.ts';

const SCRIPT = fileURLToPath(new URL('../../../scripts/cometbft.mjs', import.meta.url));

/** CometBFT's executable, or why there is none. */
function findCometbft(): { path: string } | { reason: string } {
  try {
    const options = { encoding: 'utf8' as const, stdio: 'pipe' as const };
    return { path: execFileSync(process.execPath, [SCRIPT, '--find'], options).trim() };
  } catch (error) {
    return { reason: String((error as { stderr?: unknown }).stderr).trim() };
  }
}

const found = findCometbft();
const reason = 'reason' in found ? found.reason : undefined;
// With CI=true a committee that cannot be tested is a failure.
const skip = process.env['CI'] === 'true' ? false : (reason ?? false);

describe('a committee of four, through the command line', { skip }, () => {
  test('deposit, pay, receipt, hold, capture, post, withdraw, settlement, claim', async () => {
    assert.equal(reason, undefined);
    const machine = createMachine();
    const environment: Environment = { UPFRONT_COMETBFT: 'path' in found ? found.path : '' };
    const done = (line: string) => machine.done(line.split(' '), environment);
    try {
      const flags = 'devnet --validators 4 --port 0 --l1-port 0 --interval 3s';
      const devnet = await machine.start(flags.split(' '), environment);
      await done('account new carol --fund');
      await done('deposit 1 --account carol');
      await done('pay bob 0.25 --account carol');
      await done('receipt get last --out receipt.json');
      await done('receipt verify receipt.json');
      const set = await until('the deployment in a final block', async () => {
        const { code, json } = await machine.run('receipt validators --out set.json'.split(' '), environment);
        return code === 0 ? json : undefined;
      });
      assert.equal(set['validators'].length, 4);
      await done('receipt verify receipt.json --validators set.json');
      const path = (name: string): string => join(machine.folder, name);
      const receipt = JSON.parse(readFileSync(path('receipt.json'), 'utf8'));
      writeFileSync(path('old.json'), JSON.stringify({ ...receipt, signatures: [] }));
      // Of four validators that were others, two are too few, and the hint says what to do.
      const saved = JSON.parse(readFileSync(path('set.json'), 'utf8'));
      const changed = saved.validators.map((one: string, i: number) =>
        i < 2 ? `0x${`${i + 1}`.repeat(40)}` : one,
      );
      writeFileSync(path('other.json'), JSON.stringify({ ...saved, validators: changed }));
      const other = await machine.run(
        'receipt verify receipt.json --validators other.json'.split(' '),
        environment,
      );
      assert.equal(other.code, 6, other.stderr);
      assert.match(other.json['message'], /2 of 4 validators signed/);
      assert.match(other.json['hint'], /receipt validators.*--on-l1.*receipt headers/);
      const unproven = await machine.run(['receipt', 'verify', 'old.json'], environment);
      assert.equal(unproven.code, 6, unproven.stderr);
      await done('receipt headers old.json --out headers.json');
      await done('receipt verify old.json --headers headers.json');
      await done('receipt verify old.json --headers headers.json --on-l1');
      const { headers, signatures } = JSON.parse(readFileSync(path('headers.json'), 'utf8'));
      writeFileSync(path('gap.json'), JSON.stringify({ headers: headers.slice(1), signatures }));
      const gap = await machine.run('receipt verify old.json --headers gap.json'.split(' '), environment);
      assert.equal(gap.code, 6, gap.stderr);
      const nothing = await machine.run('accuse receipt.json --account carol'.split(' '), environment);
      assert.equal(nothing.code, 2, nothing.stderr);
      await done('hold bob 0.5 --window 1m --account carol');
      await done('capture last 0.2 --account bob');
      await done('post news hello --account carol');
      await done('withdraw 0.1 --account carol --wait');
      await done('claim --account carol');
      const status = await done('status');
      assert.equal(JSON.stringify(status).includes('cometbft'), true, JSON.stringify(status));
      await assertOneState(devnet.first['nodeUrls'], Number(status['height']));
      assert.equal(await devnet.stop(), 0);
    } finally {
      await machine.remove();
    }
  });
});

/** Every node has the same header, and so the same state, at every height up to this one. */
async function assertOneState(urls: readonly string[], height: number): Promise<void> {
  assert.equal(urls.length, 5);
  assert.ok(height > 10, `${height} blocks`);
  const [first, ...others] = await Promise.all(urls.map((url) => digestsOf(url, height)));
  for (const digests of others) assert.deepEqual(digests, first);
}

async function digestsOf(url: string, height: number): Promise<string[]> {
  const digests: string[] = [];
  for (let at = 1; at <= height; at++) {
    const digest = await until(`block ${at} of ${url}`, async () => {
      const response = await fetch(`${url}/v1/headers/${at}`);
      return response.ok ? `${((await response.json()) as { digest: string }).digest}` : undefined;
    });
    digests.push(digest);
  }
  return digests;
}
