/**
 * `npm start` leaves nothing behind: neither told to stop, nor killed without a chance to say so.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createMachine, isAlive, type Machine, until } from './support.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

describe('npm start', { timeout: 240_000, skip: process.platform === 'win32' }, () => {
  let machine: Machine;
  before(() => {
    machine = createMachine();
  });
  after(() => machine.remove());

  it('knows its own commands only', () => {
    const setup = [`${ROOT}scripts/setup.mjs`, 'constructor'];
    const { status, stderr } = spawnSync(process.execPath, setup, { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /there is no command constructor here; there are start, test/);
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`takes the devnet and anvil with it at ${signal}`, async () => {
      const npm = spawn('npm', ['start', '--silent', '--', '--port', '0', '--l1-port', '0', '--json'], {
        cwd: ROOT,
        env: { ...process.env, UPFRONT_HOME: machine.home },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let said = '';
      npm.stdout.setEncoding('utf8').on('data', (more: string) => {
        said += more;
      });
      const line = await until('the devnet', async () => /^\{.*\}$/m.exec(said)?.[0]);
      const { pid, l1Url } = JSON.parse(line) as { pid: number; l1Url: string };
      assert.ok(isAlive(pid));
      npm.kill(signal);
      await until('the end of the devnet', async () => (isAlive(pid) ? undefined : true), 20_000);
      await assert.rejects(fetch(l1Url, { method: 'POST', body: '{}' }));
      const marker = JSON.parse(readFileSync(join(machine.home, 'devnet', 'devnet.json'), 'utf8'));
      assert.deepEqual(marker, {}, 'it was asked, not cut off');
    });
  }
});
