/**
 * The simulator of faults: fifty seeds hold and meet everything, a seed is the same history every time, and a step that is
 * left out leaves the rest as it was.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCampaign } from '../src/faults/campaign.ts';
import { missing, table } from '../src/faults/coverage.ts';
import { planOf } from '../src/faults/plan.ts';
import { runSeed } from '../src/faults/run.ts';

test('fifty seeds: all that was promised holds, and every code and event is met', async (t) => {
  const campaign = await runCampaign({ from: 1, seeds: 50, workers: 2, mode: undefined, progress() {} });
  t.diagnostic(`${campaign.blocks} blocks, ${(campaign.simulated / 3_600_000).toFixed(2)} network-hours`);
  for (const line of table(campaign.coverage).split('\n')) t.diagnostic(line);
  assert.deepEqual(campaign.failures, []);
  assert.deepEqual(missing(campaign.coverage), []);
});

test('a seed is one history', async () => {
  for (const mode of ['operator', 'committee', 'byzantine'] as const) {
    const [a, b] = [await runSeed({ seed: 7, mode }), await runSeed({ seed: 7, mode })];
    assert.equal(a.failure, undefined);
    assert.equal(b.digest, a.digest);
    assert.equal(b.events, a.events);
    assert.equal(b.simulated, a.simulated);
    assert.deepEqual(b.diary, a.diary);
    assert.deepEqual([...b.coverage], [...a.coverage]);
  }
});

test('a plan without some of its steps is still a history', async () => {
  const plan = planOf(11, 'operator');
  const all = plan.steps.map((_, i) => i);
  const bare = await runSeed({ seed: 11, mode: 'operator', without: new Set(all) });
  assert.equal(bare.failure, undefined);
  assert.equal(bare.coverage.get('outcome done') ?? 0, plan.paysAgain * plan.persons);
});
