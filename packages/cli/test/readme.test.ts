/**
 * The README's session is run as it stands there, in a shell, and must say what it says there: alike but for addresses,
 * heights and paths, which differ from run to run.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createMachine, type Machine } from './support.ts';

const README = fileURLToPath(new URL('../../../README.md', import.meta.url));
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

interface Step {
  command: string;
  output: string;
}

/** The commands of the first console block, each with what is pasted behind it. */
function sessionOf(markdown: string): Step[] {
  const block = /```console\n([\s\S]*?)```/.exec(markdown)?.[1] ?? '';
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...output] = part.split('\n');
      return { command: command.replace(/\s+#.*$/, ''), output: output.join('\n').trim() };
    });
}

/** Text without what differs from run to run. */
function steady(text: string): string {
  return text
    .replace(/0x[0-9a-fA-F]{6,}/g, '0x…')
    .replace(/\S*\/keys/g, '…/keys')
    .replace(/\bblock \d+/g, 'block N')
    .replace(/wallet +\S+/g, 'wallet …')
    .replace(/^\d+\.\d+ +nonce/gm, 'N.N nonce')
    .trim();
}

function run(machine: Machine, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const upfront = `exec "${process.execPath}" --conditions=@upfront/source --no-warnings "${MAIN}" "$@"`;
    const npx = join(machine.folder, 'npx');
    writeFileSync(npx, `#!/bin/sh\nshift\n${upfront}\n`, { mode: 0o755 });
    const PATH = `${machine.folder}:${process.env['PATH']}`;
    const env = { PATH, HOME: machine.folder, UPFRONT_PASSWORD: 'devnet' };
    const options = { cwd: machine.folder, env, timeout: 60_000 };
    execFile('/bin/sh', ['-c', `${command} 2>&1`], options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command}: ${stdout}`, { cause: error }));
    });
  });
}

describe("the README's session", { timeout: 240_000 }, () => {
  const steps = sessionOf(readFileSync(README, 'utf8'));
  let machine: Machine;

  before(async () => {
    machine = createMachine();
    await machine.start(['devnet', '--port', '0', '--l1-port', '0']);
  });
  after(() => machine.remove());

  it('is there', () => assert.ok(steps.length >= 12, `${steps.length} commands`));

  for (const { command, output } of steps) {
    it(command, async () => {
      assert.equal(steady(await run(machine, command)), steady(output));
    });
  }
});
