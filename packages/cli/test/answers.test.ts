/**
 * What commands say on a running devnet: which nonce `last` is, what is not there, what cannot be done and what to do
 * instead, and what is left when the node does not answer.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createMachine, type Machine } from './support.ts';

const NOBODY = 'http://127.0.0.1:9';
const ZERO = `0x${'00'.repeat(20)}`;

describe('answers', { timeout: 300_000 }, () => {
  let machine: Machine;
  let carol: readonly string[];
  before(async () => {
    machine = createMachine();
    await machine.start(['devnet', '--port', '0', '--l1-port', '0', '--window', '50s']);
    await machine.done(['account', 'new', 'carol', '--light', '--fund']);
    carol = ['--account', 'carol'];
    await machine.done(['deposit', '1', ...carol]);
  });
  after(() => machine.remove());

  it('take the last hold, the last fulfilled nonce, the last dealt one', async () => {
    const early = await machine.run(['capture', 'last', '0.1', '--account', 'bob']);
    assert.deepEqual([early.code, early.json['status']], [2, 'usage']);
    const { nonce: hold, window } = await machine.done(['hold', 'bob', '0.1', ...carol]);
    assert.equal(window, 50, "as long as this network's transfers may take");
    const nothing = await machine.run(['receipt', 'get', 'last']);
    assert.deepEqual([nothing.code, nothing.json['status']], [2, 'usage'], 'a hold is not fulfilled');
    const { nonce: post, bytes } = await machine.done(['post', 'news', 'x', ...carol]);
    assert.equal(bytes, 1);
    const { nonce: announced } = await machine.done(['pay', 'bob', '0.01', '--announce', ...carol]);

    const captured = await machine.done(['capture', 'last', '0.05', '--account', 'bob']);
    assert.equal(captured['nonce'], hold);
    assert.equal((await resolvedBy(['receipt', 'get', 'last']))['nonce'], hold);
    const { json: shown } = await machine.run(['show', 'nonce', 'last']);
    assert.equal(shown['open']?.['nonce'] ?? shown['event']['first'], announced);
    await machine.run(['resume', ...carol]);
    assert.equal((await resolvedBy(['receipt', 'get', 'last']))['nonce'], announced);

    const file = join(machine.folder, 'pays.csv');
    writeFileSync(file, 'bob,0.001\nbob,0.002\n');
    const batch = await machine.run(['batch', file, ...carol]);
    const paid = batch.lines.flatMap((line) => (line['nonce'] === undefined ? [] : [line['nonce']]));
    assert.equal(paid.length, 2);
    assert.equal((await resolvedBy(['receipt', 'get', 'last']))['nonce'], Math.max(...paid));
    assert.ok(post < announced);
  });

  it('say with exit code 3 what is not there', async () => {
    const rows: [string[], RegExp][] = [
      [['show', 'nonce', '999'], /^Nonce 999 was not dealt yet\.$/],
      [['show', 'block', '999999'], /^There is no block 999999\.$/],
      [['show', 'settlement', '999'], /^There is no settlement 999\.$/],
      [['receipt', 'get', '999'], /^Nonce 999 is not resolved\.$/],
      [['receipt', 'get', '--event', '1.999'], /^There is no event 1\.999\.$/],
      [['capture', '999', '1', '--account', 'bob'], /^Nonce 999 was not dealt yet\.$/],
    ];
    for (const [args, message] of rows) await says(args, 3, message, /`upfront/);
  });

  it('say what cannot be done, and what to do', async () => {
    const rows: [string[], number, RegExp, RegExp][] = [
      [['capture', 'last', '0', '--account', 'bob'], 2, /amount is 0/, /`upfront release last`/],
      [['withdraw', '0.00001', ...carol], 2, /least withdrawal is 0\.0001 ETH/, /`upfront exit`/],
      [['hold', 'bob', '0.1', '--window', '11m', ...carol], 2, /allows 5 s to 10 min/, /--window 600s/],
      [['pay', ZERO, '0.1', ...carol], 2, /zero address/, /Name the account/],
      [['pay', 'bob', '5', ...carol], 3, /^$/, /`upfront account balance`.*`upfront deposit/],
    ];
    for (const [args, code, message, hint] of rows) await says(args, code, message, hint);
    await machine.done(['account', 'new', 'dave', '--light']);
    const poor = ['pay', 'bob', '0.1', '--account', 'dave'];
    await says(poor, 3, /^$/, /`upfront deposit AMOUNT`/);
  });

  it('are of one kind: heights are numbers, a standing is 1 at most', async () => {
    const { json: block } = await machine.run(['show', 'block', '3']);
    assert.equal(block['header']['height'], 3);
    const shown = await machine.done(['show', 'account', 'carol']);
    const balance = await machine.done(['account', 'balance', 'carol']);
    assert.equal(shown['standing'], balance['standing']);
    assert.ok(balance['standing'] > 0.1 && balance['standing'] < 0.2);
    assert.equal(typeof shown['height'], 'number');
  });

  it('name the node that does not answer, and what to do', async () => {
    for (const args of [['status'], ['show', 'nonce', '1'], ['pay', 'bob', '0.1', ...carol]]) {
      await says(
        [...args, '--node', NOBODY],
        5,
        /^The node at http:\/\/127\.0\.0\.1:9 does not answer\.$/,
        /--node/,
      );
    }
  });

  it('show what the first layer has when the node is gone', async () => {
    const { code, json, stderr } = await machine.run(['account', 'balance', 'carol', '--node', NOBODY]);
    assert.equal(code, 0, stderr);
    assert.equal(json['isNodeReachable'], false);
    assert.equal('balance' in json, false);
    assert.equal(typeof json['l1']['balance'], 'string');
    assert.match(stderr, /The node at http:\/\/127\.0\.0\.1:9 does not answer/);
  });

  it('say that no devnet runs in another folder', async () => {
    const other = createMachine();
    await other.run(['devnet', 'stop-node']).then(({ code, json }) => {
      assert.deepEqual([code, json['message']], [2, 'No devnet runs here.']);
    });
    // Started where one runs, and told of another folder: never the devnet of this one.
    for (const args of [
      ['devnet', 'stop-node', '--home', other.folder],
      ['devnet', '--home', other.folder, 'stop-node'],
    ]) {
      const { code, json } = await machine.run(args);
      assert.deepEqual([code, json['message']], [2, 'No devnet runs here.'], args.join(' '));
    }
    const { code, json } = await machine.run(['devnet', 'advance', '1s']);
    assert.deepEqual([code, json['seconds']], [0, 1], 'one JSON object');
    await other.remove();
  });

  async function resolvedBy(args: string[]): Promise<Record<string, unknown>> {
    const out = join(machine.folder, 'got.json');
    return (await machine.done([...args, '--out', out]))['event'];
  }

  async function says(args: string[], code: number, message: RegExp, hint: RegExp): Promise<void> {
    const { code: found, json, stderr } = await machine.run(args);
    assert.equal(found, code, `${args.join(' ')}: ${stderr}`);
    assert.match(String(json['message'] ?? ''), message, args.join(' '));
    assert.match(String(json['hint']), hint, args.join(' '));
  }
});
