/**
 * The README's sessions are pasted as they stand there into one shell, and must say what it says there: alike but for
 * addresses, heights, times and paths, which differ from run to run.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createMachine, type Machine } from './support.ts';

const README = fileURLToPath(new URL('../../../README.md', import.meta.url));
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const END = '-- pasted --';

interface Session {
  readonly heading: string;
  /** A block of `sh`, whole. */
  readonly pasted: string;
  /** The block of `console` behind it: the same commands, each with what it says. */
  readonly shown: string;
}

/** Every block of commands that has its output behind it. */
function sessionsOf(markdown: string): Session[] {
  return markdown.split(/^## /m).flatMap((section) => {
    const [, pasted = '', shown = ''] =
      /```sh\n((?:(?!```)[\s\S])*)```\n(?:(?!```)[\s\S])*```console\n([\s\S]*?)```/.exec(section) ?? [];
    return shown === '' ? [] : [{ heading: section.split('\n')[0]!, pasted, shown }];
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
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'http://…')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .trim();
}

/** A shell that knows `npx upfront`, and goes on after each paste. */
function startShell({ folder }: Machine): ChildProcess {
  const upfront = `exec "${process.execPath}" --conditions=@upfront/source --no-warnings "${MAIN}" "$@"`;
  writeFileSync(join(folder, 'npx'), `#!/bin/sh\nshift\n${upfront}\n`, { mode: 0o755 });
  const env = { PATH: `${folder}:${process.env['PATH']}`, HOME: folder };
  const shell = spawn('/bin/sh', ['-c', 'exec 2>&1; exec /bin/sh -e'], { cwd: folder, env, stdio: 'pipe' });
  shell.stdout!.setEncoding('utf8');
  return shell;
}

/** What the shell says to a paste. Rejects if a command fails, which ends the shell. */
function paste(shell: ChildProcess, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const onEnd = (code: number | null): void => reject(new Error(`ended with ${code}: ${said}`));
    const onData = (more: string): void => {
      said += more;
      if (!said.includes(END)) return;
      shell.stdout!.off('data', onData);
      shell.off('close', onEnd);
      resolve(said.replace(END, ''));
    };
    shell.stdout!.on('data', onData);
    shell.once('close', onEnd);
    shell.stdin!.write(`${text}echo '${END}'\n`);
  });
}

describe("the README's sessions", { timeout: 240_000 }, () => {
  const sessions = sessionsOf(readFileSync(README, 'utf8'));
  let machine: Machine;
  let shell: ChildProcess;

  before(async () => {
    machine = createMachine();
    await machine.start(['devnet', '--port', '0', '--l1-port', '0']);
    shell = startShell(machine);
  });
  after(async () => {
    shell.kill('SIGKILL');
    await machine.remove();
  });

  it('are there', () => {
    assert.deepEqual(
      sessions.map(({ heading }) => heading),
      ['Try it', 'Leaving without the operator'],
    );
  });

  for (const { heading, pasted, shown } of sessions) {
    it(`${heading}: shows the output of the commands that are pasted`, () => {
      const commands = shown.match(/^\$ .*$/gm)?.map((line) => line.slice(2));
      assert.deepEqual(commands, pasted.trimEnd().split('\n'));
    });
    it(`${heading}: says what stands there`, async () => {
      const said = await paste(shell, pasted);
      assert.equal(steady(said), steady(shown.replace(/^\$ .*\n/gm, '')));
    });
  }
});
