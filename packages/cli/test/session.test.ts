/**
 * The session of the README, end to end: anvil, the contract, a node, and every command as a process of its own. What
 * the first layer holds is compared to the unit.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseAmount } from '@upfront/client';
import type { Address, Hex } from 'viem';
import { type Chain, lookAt } from './chain.ts';
import { createMachine, isAlive, type Machine, type Started, until } from './support.ts';

/** Units in 1 ETH. */
const ETH = 10n ** 9n;
const GWEI = 10n ** 9n;
const FEE = 10n;
const ENTRY_FEE = 25_000n;
/** Payments of the batch that is cut off. */
const MANY = 1500;

function units(text: string): bigint {
  return parseAmount(text, { decimals: 18, unit: GWEI });
}

describe('a session', { timeout: 240_000 }, () => {
  let machine: Machine;
  let devnet: Started;
  let chain: Chain;
  let carol: Address;
  const transactions: Hex[] = [];

  before(async () => {
    machine = createMachine();
    devnet = await machine.start(['devnet', '--port', '0', '--l1-port', '0', '--interval', '5s']);
    chain = lookAt(devnet.first['l1Url'], devnet.first['contract']);
  });
  after(() => machine.remove());

  it('makes an account, funds it, and deposits', async () => {
    const { address } = await machine.done(['account', 'new', 'carol', '--light', '--fund']);
    carol = address;
    assert.equal(await chain.ether(carol), 10n * ETH * GWEI);
    const deposit = await machine.done(['deposit', '1', '--account', 'carol']);
    transactions.push(deposit['transaction']);
    assert.equal(deposit['amount'], '1');
    assert.deepEqual((await chain.account(carol)).balance, ETH);
    assert.equal(await chain.ether(carol), 9n * ETH * GWEI - (await chain.gasOf(transactions)));
  });

  it('pays, and proves it offline', async () => {
    const paid = await machine.done([
      'pay',
      'bob',
      '0.25',
      '--account',
      'carol',
      '--reference',
      'invoice-17',
    ]);
    assert.equal(paid['status'], 'done');
    const file = join(machine.folder, 'receipt.json');
    const got = await machine.done(['receipt', 'get', 'last', '--out', file]);
    assert.equal(got['event']['nonce'], paid['nonce']);

    // Another machine, which has the genesis file and no network at all.
    const genesis = join(machine.home, 'devnet', 'genesis.json');
    const other = createMachine();
    const verified = await other.done(['receipt', 'verify', file, '--genesis', genesis]);
    assert.equal(verified['event']['type'], 'transferred');
    assert.equal(verified['event']['amount'], '0.25');
    assert.equal(verified['event']['from'], carol);
    const forged = join(machine.folder, 'forged.json');
    writeFileSync(
      forged,
      readFileSync(file, 'utf8').replace(/("event": "0x03.*)00000ee6b280/, '$100000ee6b281'),
    );
    assert.notEqual(readFileSync(forged, 'utf8'), readFileSync(file, 'utf8'));
    const { code, json } = await other.run(['receipt', 'verify', forged, '--genesis', genesis]);
    assert.equal(code, 6);
    assert.equal(json['name'], 'bad-receipt');
    await other.remove();
  });

  it('holds, and captures less than the maximum', async () => {
    const { nonce } = await machine.done(['hold', 'bob', '0.5', '--window', '1m', '--account', 'carol']);
    const held = await machine.done(['account', 'balance', 'carol']);
    assert.equal(held['reserved'], '0.5');
    const tooMuch = await machine.run(['capture', String(nonce), '0.6', '--account', 'bob']);
    assert.equal(tooMuch.code, 3);
    const notHers = await machine.run(['capture', String(nonce), '0.1', '--account', 'carol']);
    assert.equal(notHers.code, 3);
    const captured = await machine.done(['capture', 'last', '0.2', '--account', 'bob']);
    assert.equal(captured['isChecked'], true);
    const twice = await machine.run(['capture', String(nonce), '0.1', '--account', 'bob']);
    assert.equal(twice.code, 3);
    const after = await machine.done(['account', 'balance', 'carol']);
    assert.deepEqual([after['balance'], after['reserved']], ['0.54999998', '0']);
  });

  it('posts, and reads the topic in order', async () => {
    await machine.done(['post', 'news', 'hello', '--account', 'carol']);
    const { lines } = await machine.run(['follow', 'news', '--count', '1']);
    assert.equal(lines[0]!['text'], 'hello');
    assert.equal(lines[0]!['event']['fulfilled'], true);
  });

  it('pays a file, once', async () => {
    const file = join(machine.folder, 'salaries.csv');
    const rows = Array.from({ length: 150 }, (_, i) => `bob,0.0001,"salary, ${i}"`);
    writeFileSync(file, ['address,amount,reference', ...rows].join('\n'));
    const out = join(machine.folder, 'paid.csv');
    const args = ['batch', file, '--account', 'carol', '--out', out];
    const first = await machine.run(args);
    assert.equal(first.code, 0, first.stderr);
    assert.deepEqual(first.lines.at(-1)!['done'], 150);
    assert.match(readFileSync(out, 'utf8'), /,0\.0001,"salary, 149",done,\d+,\d+,\n$/);
    const before = await machine.done(['account', 'balance', 'carol']);
    const again = await machine.run(args);
    assert.deepEqual([again.code, again.lines.at(-1)!['done']], [0, 150]);
    assert.equal((await machine.done(['account', 'balance', 'carol']))['balance'], before['balance']);
  });

  it('goes on with a file whose payment was cut off', async () => {
    const file = join(machine.folder, 'many.csv');
    writeFileSync(file, Array.from({ length: MANY }, () => 'bob,0.00001').join('\n'));
    const args = ['batch', file, '--account', 'carol'];
    const { address: bob, balance } = await machine.done(['account', 'balance', 'bob']);
    const had = units(balance);
    const spent = units((await machine.done(['account', 'balance', 'carol']))['balance']);
    const cut = await machine.cutOff(args, async () => {
      const answer = await fetch(`${devnet.first['nodeUrl']}/v1/accounts/${bob}`);
      return BigInt(((await answer.json()) as { balance: string }).balance) > had;
    });
    assert.equal(cut, 'SIGKILL');
    const gone = await machine.run(args);
    assert.equal(gone.code, 0, gone.stderr);
    assert.equal(gone.lines.at(-1)!['done'], MANY);
    const now = units((await machine.done(['account', 'balance', 'carol']))['balance']);
    // Each paid once; a batch that was announced and annulled would have cost its fees once more.
    assert.equal(spent - now, BigInt(MANY) * (10_000n + FEE));
  });

  it('withdraws, is settled, and claims: to the unit', async () => {
    const { claimable } = await machine.done(['withdraw', '0.1', '--wait', '--account', 'carol']);
    assert.equal(claimable, '0.099975');
    const before = await chain.ether(carol);
    const claimed = await machine.done(['claim', '--account', 'carol']);
    assert.equal(claimed['amount'], '0.099975');
    const gas = await chain.gasOf([claimed['transaction']]);
    assert.equal(await chain.ether(carol), before - gas + (ETH / 10n - ENTRY_FEE) * GWEI);
    const nothing = await machine.run(['claim', '--account', 'carol']);
    assert.equal(nothing.code, 3);

    // 0.25 and 0.2 paid, 150 times 0.0001, 1500 times 0.00001, 0.1 withdrawn; fees of 1 + 1 + 1 + 150 + 1500 + 1 nonces.
    const paid = ETH / 4n + ETH / 5n + 150n * (ETH / 10_000n) + BigInt(MANY) * (ETH / 100_000n);
    const spent = paid + ETH / 10n + (154n + BigInt(MANY)) * FEE;
    await until('the last settlement', async () =>
      (await chain.account(carol)).debited === spent ? true : undefined,
    );
    const settled = await chain.account(carol);
    assert.deepEqual(settled, { balance: ETH - spent, debited: spent, claimable: 0n, exiting: false });
    const { json } = await machine.run(['account', 'balance', 'carol']);
    assert.equal(json['balance'], '0.41998346');
    assert.equal(units(json['balance']), ETH - spent);
  });

  it('re-executes the chain, and puts on record that it is right', async () => {
    const { json } = await machine.run(['status']);
    const until = String(json['height']);
    const { code, lines } = await machine.run([
      'validate',
      '--no-record',
      '--until',
      until,
      '--every',
      '1000',
    ]);
    assert.equal(code, 0);
    assert.equal(String(lines.at(-1)!['height']), until);
  });

  it('says what happened, and stops whole', async () => {
    const types = new Set(devnet.lines.map((line) => line['event']?.['type'] ?? line['l1']));
    for (const type of [
      'item',
      'dealt',
      'transferred',
      'captured',
      'posted',
      'withdrawn',
      'formed',
      'settled',
      'claimed',
    ]) {
      assert.ok(types.has(type), `${type} among ${[...types].join(', ')}`);
    }
    assert.equal(await devnet.stop('SIGINT'), 0);
    assert.equal(isAlive(devnet.pid), false);
    await assert.rejects(fetch(devnet.first['l1Url']));
    await assert.rejects(fetch(devnet.first['nodeUrl']));
    const { code } = await machine.run(['status']);
    assert.equal(code, 5);
  });
});
