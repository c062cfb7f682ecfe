/** relay-turns.ts: one validator at a time, everybody in the end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RelayTurns, rankOf } from './relay-turns.ts';

describe('turns of relayers', () => {
  it('every settlement is one validator’s first, and has an order of all of them', () => {
    for (const number of [1, 63, 64, 65, 200, 1000]) {
      const ranks = [0, 1, 2, 3].map((own) => rankOf(number, own, 4));
      assert.deepEqual([...ranks].sort(), [0, 1, 2, 3], `${number}`);
      assert.equal(rankOf(number, -1, 4), 4);
    }
    // A run is one validator's; the next one another's.
    assert.equal(rankOf(64, 1, 4), 0);
    assert.equal(rankOf(127, 1, 4), 0);
    assert.equal(rankOf(128, 2, 4), 0);
  });
  it('who is first goes at once, the others when its time is over', () => {
    let now = 5;
    const turns = new RelayTurns({ now: () => now, turnMs: 100 });
    assert.equal(turns.isDue(7, 0), true);
    assert.equal(turns.isDue(7, 2), false);
    now = 204;
    assert.equal(turns.isDue(7, 2), false);
    assert.equal(turns.isDue(8, 2), false);
    now = 205;
    assert.equal(turns.isDue(7, 2), true);
    // The rest of the run goes with it; the next run is another's again.
    assert.equal(turns.isDue(8, 2), true);
    assert.equal(turns.isDue(64, 1), false);
  });
  it('remembers no more than it needs', () => {
    let now = 0;
    const turns = new RelayTurns({ now: () => now, turnMs: 100 });
    for (let number = 0; number < 10_000; number++) turns.isDue(number, 1);
    now = 100;
    assert.equal(turns.isDue(0, 1), false);
    assert.equal(turns.isDue(9999, 1), true);
  });
});
