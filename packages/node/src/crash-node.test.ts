/**
 * Killed under load and while it opens its data, a whole node keeps every word it gave (docs/api.md).
 *
 * The drill is that of `npm run crash`, with few kills: what it compares stands in scripts/crash-drill.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runDrill } from '../../../scripts/crash-drill.ts';

const KILLS = 5;

test(`killed ${KILLS} times, a node loses nothing that it answered and pays nothing twice`, async (t) => {
  const seed = Date.now() % 1_000_000_000;
  const result = await runDrill({
    times: KILLS,
    seed,
    payers: 6,
    load: [100, 1000],
    say: (line) => t.diagnostic(line),
  });
  t.diagnostic(`seed ${seed}; answers again after ms: ${result.restarts.join(', ')}`);
  assert.equal(result.kills, KILLS);
  assert.equal(result.killsUnderLoad + result.killsAtStart, KILLS);
});
