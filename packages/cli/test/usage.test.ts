/**
 * What the command line says without any network: help, usage, keys that are refused, keys that are taken in.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Command } from 'commander';
import { privateKeyToAccount } from 'viem/accounts';
import { refuseKeys } from '../src/accounts.ts';
import { exitCodes } from '../src/exit-codes.ts';
import { createProgram } from '../src/program.ts';
import { createMachine, type Machine } from './support.ts';

const KEY = `0x${'5a'.repeat(32)}` as const;

describe('usage', { timeout: 240_000, concurrency: 2 }, () => {
  let machine: Machine;
  before(() => {
    machine = createMachine();
  });
  after(() => machine.remove());

  it('has help with examples for every command, and --json', async () => {
    const program = await createProgram([]);
    const leaves: Command[] = [];
    const collect = (command: Command): void => {
      // `devnet` has commands, and is one.
      if (command.commands.length === 0 || command.name() === 'devnet') leaves.push(command);
      for (const inner of command.commands) collect(inner);
    };
    collect(program);
    assert.ok(leaves.length >= 30, String(leaves.length));
    let found = 0;
    for (const leaf of leaves) {
      let text = '';
      leaf.configureOutput({ writeOut: (more) => (text += more) }).outputHelp();
      assert.match(text, /\nExamples:\n {2}upfront /, leaf.name());
      assert.match(text, /--json/, leaf.name());
      assert.equal(/--(key|private-key|password)\b/.test(text), false, leaf.name());
      // What looks like a private key, and is asked for, is not refused as one.
      const asked = leaf.options.filter(({ description }) => /32 bytes|64 hex/.test(description));
      for (const { long } of asked) refuseKeys([leaf.name(), long!, KEY]);
      found += asked.length;
    }
    assert.ok(found >= 3, String(found));
  });

  it('says every exit code, also that of an old Node, and knows help of what there is', async () => {
    const { code, stdout } = await machine.run(['help']);
    assert.equal(code, 0);
    const bin = readFileSync(new URL('../bin/upfront', import.meta.url), 'utf8');
    const tooOld = /process\.exit\((\d\d)\)/.exec(bin)?.[1];
    for (const one of [...Object.values(exitCodes), tooOld]) {
      assert.match(stdout, new RegExp(`^ {2}${one} `, 'm'));
    }
    assert.match((await machine.run(['help', 'pay'])).stdout, /^Usage: upfront pay /);
    assert.equal((await machine.run(['help', 'frobnicate'])).code, 2);
  });

  it('refuses keys on the command line, and does not repeat them', async () => {
    for (const args of [
      ['pay', 'bob', '1', '--key', KEY],
      ['deposit', '1', `--private-key=${KEY}`],
      ['account', 'new', 'x', '--password', 'secret'],
      ['account', 'import', KEY],
      ['account', 'import', 'x', KEY],
      ['frobnicate', KEY],
      ['pay', 'bob', '1', `--account=${KEY}`],
      ['post', 'news', KEY],
      ['pay', 'bob', '1', '--account', KEY.slice(2)],
    ]) {
      const { code, json, stderr, stdout } = await machine.run(args, { UPFRONT_GENESIS: 'none.json' });
      assert.equal(code, 2, args.join(' '));
      assert.equal(json['status'], 'usage');
      assert.match(String(json['message']), /never (stand|given)|are never/);
      assert.equal(`${stdout}${stderr}`.includes('5a5a'), false, args.join(' '));
    }
  });

  it('says what to do next after a wrong flag, also as JSON, and takes no - for a file', async () => {
    for (const [args, message] of [
      [['pay', 'bob', '1', '--frobnicate'], /unknown option '--frobnicate'/],
      [['batch', 'x.csv', '--out', '-'], /Name a file/],
      [['receipt', 'headers', 'x.json', '--out', '-'], /Name a file/],
    ] as const) {
      const { code, json } = await machine.run([...args]);
      assert.equal(code, 2);
      assert.match(String(json['message']), message);
      assert.match(String(json['hint']), /--help/);
    }
  });

  it('takes a key from standard input, and keeps it encrypted', async () => {
    const imported = await machine.run(['account', 'import', 'carol', '--light'], {}, `${KEY}\n`);
    assert.equal(imported.code, 0, imported.stderr);
    assert.equal(imported.json['address'], privateKeyToAccount(KEY).address);
    assert.equal(readFileSync(join(machine.home, 'keys', 'carol.json'), 'utf8').includes('5a5a'), false);
    const { json } = await machine.run(['account', 'show', 'carol', '--unlock']);
    assert.equal(json['isUnlocked'], true);
    const wrong = await machine.run(['account', 'show', 'carol', '--unlock'], { UPFRONT_PASSWORD: 'no' });
    assert.equal(wrong.code, 2);
    const nobody = await machine.run(['account', 'show', 'carol', '--unlock'], { UPFRONT_PASSWORD: '' });
    assert.equal(nobody.code, 2);
    assert.match(nobody.json['hint'], /UPFRONT_PASSWORD/);
  });

  it('says what is missing, with exit code 2', async () => {
    const rows: [string[], RegExp][] = [
      [['pay', 'bob', '1'], /Which network/],
      [['status', '--genesis', 'none.json'], /no genesis file/],
      [['pay', 'bob'], /missing required argument/],
      [['pay', 'bob', '1', '--frobnicate'], /unknown option/],
      [['frobnicate'], /unknown command|too many arguments/],
      [['init', '--account', 'carol'], /first layer/],
      [['faucet', 'carol'], /first layer|neither an address/],
    ];
    for (const [args, message] of rows) {
      const { code, json } = await machine.run(args);
      assert.equal(code, 2, args.join(' '));
      assert.match(json['message'], message, args.join(' '));
    }
  });

  it('says that nobody answers, with exit code 5', async () => {
    const { code, json } = await machine.run([
      'account',
      'new',
      'dora',
      '--fund',
      '--l1',
      'http://127.0.0.1:9',
    ]);
    assert.deepEqual([code, json['status']], [5, 'unreachable']);
  });
});
