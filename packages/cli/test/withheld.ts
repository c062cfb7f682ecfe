/**
 * A client that fetches and never fulfils: annulled after its window, standing halved, allowance lower, budget free; and
 * performing raises it again. A devnet that is stopped goes on where it was.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createMachine, type Machine, type Started, until } from './support.ts';

const PLACES_AT_FIRST = 128;

export function testWithheld(): void {
  describe('what is withheld', { timeout: 400_000, concurrency: 1 }, () => {
    let machine: Machine;
    let withheld: number;
    let devnet: Started;
    let args: string[];

    before(async () => {
      machine = createMachine();
      const ports = ['--port', '0', '--l1-port', '0'];
      args = [
        'devnet',
        '--data',
        join(machine.folder, 'net'),
        '--window',
        '1s',
        // Idle, the network makes a block a second: time for a slow machine to look before the annulment.
        '--set',
        'leastAge=20',
        '--interval',
        '5s',
        ...ports,
      ];
      devnet = await machine.start(args);
      await machine.done(['deposit', '0.5', '--account', 'alice']);
    });
    after(() => machine.remove());

    it('is annulled: standing halved, allowance lower, budget free', async () => {
      const first = await machine.done(['account', 'balance', 'alice']);
      assert.deepEqual([first['allowance'], first['standing']], [PLACES_AT_FIRST, 1 / 8]);
      const { nonce } = await machine.done(['pay', 'bob', '0.3', '--announce']);
      withheld = nonce;
      const [reserved, tooMuch] = await Promise.all([
        machine.done(['account', 'balance', 'alice']),
        machine.run(['pay', 'bob', '0.3']),
      ]);
      assert.deepEqual([reserved['reserved'], reserved['openNonces']], ['0.3', 1]);
      assert.deepEqual([tooMuch.code, tooMuch.json['name']], [3, 'insufficient-funds']);

      const annulled = await until('the annulment', async () => {
        const { json } = await machine.run(['show', 'nonce', String(nonce)]);
        return json['status'] === 'annulled' ? json : undefined;
      });
      assert.equal(annulled['event']['type'], 'annulled');
      const then = await machine.done(['account', 'balance', 'alice']);
      assert.deepEqual([then['allowance'], then['standing']], [PLACES_AT_FIRST / 2, 1 / 16]);
      assert.deepEqual([then['reserved'], then['openNonces']], ['0', 0]);
      // Only the fee of its nonce is gone.
      assert.equal(then['balance'], '0.49999999');
    });

    it('is not performed later, and performing raises the standing', async () => {
      const { code, json } = await machine.run(['resume']);
      assert.deepEqual([code, json['status']], [3, 'annulled'], 'it does not pass for paid');
      assert.deepEqual(
        json['fetches'].map((one: { annulled: unknown }) => one.annulled),
        [[withheld]],
      );
      assert.equal((await machine.done(['resume']))['status'], 'done', 'told once');
      for (let i = 0; i < 2; i++) await machine.done(['pay', 'bob', '0.1']);
      const then = await machine.done(['account', 'balance', 'alice']);
      assert.equal(then['standing'], 1 / 16 + 2 / 1024);
      assert.equal(then['allowance'], PLACES_AT_FIRST / 2 + 2);
    });

    it('goes on with its data after a stop', async () => {
      const before = await machine.done(['account', 'balance', 'alice']);
      assert.equal(await devnet.stop('SIGTERM'), 0);
      devnet = await machine.start(args);
      const then = await machine.done(['account', 'balance', 'alice']);
      assert.equal(then['balance'], before['balance']);
      await machine.done(['deposit', '0.1', '--account', 'alice']);
      await machine.done(['pay', 'bob', '0.1']);
    });

    it('pays while the first layer is away, if this machine has signed for the account before', async () => {
      const away = ['--l1', 'http://127.0.0.1:9'];
      await machine.done(['pay', 'bob', '0.01', ...away]);
      const stranger = await machine.run(['pay', 'alice', '0.01', '--account', 'bob', ...away]);
      assert.deepEqual([stranger.code, stranger.json['name']], [5, 'l1-unreachable']);
      assert.match(stranger.json['hint'], /Nothing was signed.*Next: check --l1/);
      const claim = await machine.run(['claim', ...away]);
      assert.deepEqual([claim.code, claim.json['name']], [5, 'l1-unreachable']);
    });

    it('does not go on with a first layer that was not saved', async () => {
      await devnet.stop('SIGKILL');
      const { code, json } = await machine.run(args);
      assert.deepEqual([code, json['status']], [2, 'usage']);
      assert.match(json['message'], /was killed/);
    });
  });
}
