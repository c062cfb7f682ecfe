/** `upfront simulate`: what is named, drawn and written; what is refused before anything runs. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createMachine, type Machine } from '../../test/support.ts';

const small = {
  name: 'small',
  title: 'A small one',
  duration: 40,
  warmup: 10,
  network: { capacity: 100, windowTransfer: 10_000 },
  honest: [{ name: 'honest', count: 2, demand: { rate: 40 } }],
  attackers: [{ name: 'slow', count: 2, standing: 1, start: 5, behaviour: 'slow' }],
};

describe('upfront simulate', { timeout: 60_000, concurrency: 2 }, () => {
  let machine: Machine;
  const write = (name: string, content: object): string => {
    const path = join(machine.folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  before(() => {
    machine = createMachine();
  });
  after(() => machine.remove());

  it('names the ready scenarios', async () => {
    const { scenarios } = (await machine.done(['simulate', '--list'])) as {
      scenarios: { name: string; title: string }[];
    };
    const names = scenarios.map(({ name }) => name);
    for (const name of ['honest-saturation', 'idle-million', 'slow-holders', 'hold-griefing'])
      assert.ok(names.includes(name), name);
    assert.ok(scenarios.every(({ title }) => title.length > 0));
  });

  it('runs a file under every rule, and writes a page and plots', async () => {
    const html = join(machine.folder, 'small.html');
    const plots = join(machine.folder, 'plots');
    const args = ['simulate', write('small.json', small), '--html', html, '--plots', plots];
    const report = await machine.done(args);
    const { results } = report['points'][0];
    assert.deepEqual(
      results.map(({ rule }: { rule: string }) => rule),
      ['upfront', 'equal-share', 'fair-queue', 'deposit', 'aimd'],
    );
    for (const { rule, kept } of results) assert.ok(kept > 0 && kept < 0.9, `${rule} kept ${kept}`);
    assert.match(readFileSync(html, 'utf8'), /<title>A small one<\/title>/);
    assert.ok(readdirSync(plots).includes('small-goodput.svg'));
  });

  it('gives the same for the same seed, and takes a ready name, a scale and rules', async () => {
    const args = ['simulate', 'scarce-slow-holders', '--scale', '50', '--rules', 'upfront', '--seed', '7'];
    const [one, other] = await Promise.all([machine.done(args), machine.done(args)]);
    assert.deepEqual(one, other);
    assert.equal(one['scenario'].seed, 7);
    assert.deepEqual(one['rules'], ['upfront']);
  });

  it('says which field is wrong, or what there is instead', async () => {
    const wrong = write('wrong.json', { ...small, attackers: [{ ...small.attackers[0], count: -1 }] });
    const rows: [string[], RegExp][] = [
      [[wrong], /wrong\.json: attackers\.0\.count must be >= 0/],
      [['nope'], /`nope` is no ready scenario, and no file/],
      [[], /Which scenario/],
      [['slow-holders', '--rules', 'upfront,luck'], /no rule `luck`/],
      [['slow-holders', '--scale', '0'], /`0` is no factor/],
      [['slow-holders', '--seed', 'x'], /The seed is `x`/],
    ];
    for (const [args, message] of rows) {
      const { code, json } = await machine.run(['simulate', ...args]);
      assert.equal(code, 2, args.join(' '));
      assert.match(json['message'], message, args.join(' '));
    }
  });
});
