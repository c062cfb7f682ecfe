/** The bounds of a limit: a table, and a network of one account as a property. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limitOf, Spending } from './limit.ts';

test('limit: the lower bound of both is signed', () => {
  assert.equal(limitOf({ own: 100n, network: 70n }, 5n), 75n);
  assert.equal(limitOf({ own: 70n, network: 100n }, 5n), 75n);
  assert.equal(limitOf({ own: 70n, network: undefined }, 5n), 75n);
});

test('limit: the first look at L1 is the base', () => {
  const spending = new Spending();
  spending.observe(500n, 3, 30);
  spending.finish(40, 10n, 25n);
  assert.equal(spending.own(7n), 517n);
  assert.equal(spending.ownAt(39, 7n), 532n);
  assert.equal(spending.ownAt(40, 7n), 517n);
  assert.equal(spending.finishedAfter(39), 25n);
});

test('limit: a second debit on L1 replaces what was resolved before the first', () => {
  const spending = new Spending();
  spending.observe(0n, 1, 10);
  spending.finish(9, 100n, 100n);
  spending.finish(15, 50n, 50n);
  assert.equal(spending.own(0n), 150n);
  spending.observe(100n, 2, 20);
  assert.equal(spending.own(0n), 150n);
  spending.finish(25, 30n, 30n);
  // The second debit: what was resolved up to height 10 is in it for certain.
  spending.observe(150n, 3, 30);
  assert.equal(spending.own(0n), 180n);
  spending.observe(180n, 4, 40);
  // Up to height 20: 150 were spent; debited 180 has all.
  assert.equal(spending.own(0n), 180n);
  assert.deepEqual(new Spending(spending.state()).state(), spending.state());
});

test('limit: what L1 took beyond the books counts, once it took it', () => {
  const spending = new Spending();
  spending.observe(0n, 1, 10);
  spending.finish(15, 5n, 5n);
  spending.observe(100n, 2, 20, 30n);
  assert.equal(spending.own(30n), 100n);
  spending.observe(100n, 3, 30, 30n);
  assert.equal(spending.own(30n), 100n);
});

test('limit: L1 that lags behind itself marks nothing', () => {
  const spending = new Spending();
  spending.observe(100n, 5, 50);
  assert.equal(spending.observe(90n, 6, 60), false);
  assert.equal(spending.own(0n), 100n);
  const { marks } = spending.state();
  spending.observe(200n, 4, 40);
  assert.deepEqual(spending.state().marks, marks);
  assert.equal(spending.own(0n), 200n);
});

/**
 * A network of one account, as docs/protocol.md 9 has it: spending raises u, income lowers it, a cut brings it to 0, and the
 * contract learns of a cut's debit later.
 */
test('limit: the own bound is never below D + max(0, u), whatever comes in, is cut and settles', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('spend' as const), amount: fc.bigInt(1n, 1000n) }),
    fc.record({ kind: fc.constant('receive' as const), amount: fc.bigInt(1n, 1000n) }),
    fc.constant({ kind: 'cut' as const, amount: 0n }),
    fc.constant({ kind: 'settle' as const, amount: 0n }),
    fc.constant({ kind: 'look' as const, amount: 0n }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const spending = new Spending();
      const formed: { debited: bigint; height: number }[] = [];
      let [height, debited, unsettled, settled] = [1, 0n, 0n, 0];
      spending.observe(0n, 0, 0);
      for (const { kind, amount } of steps) {
        height++;
        if (kind === 'spend') {
          unsettled += amount;
          spending.finish(height, amount, amount);
        } else if (kind === 'receive') unsettled -= amount;
        else if (kind === 'cut') {
          if (unsettled > 0n) debited += unsettled;
          unsettled = 0n;
          formed.push({ debited, height });
        } else if (kind === 'settle') settled = Math.min(settled + 1, formed.length);
        else {
          const last = formed[settled - 1];
          spending.observe(last?.debited ?? 0n, settled, last?.height ?? 0);
        }
        const network = debited + (unsettled > 0n ? unsettled : 0n);
        assert.ok(spending.own(0n) >= network, `${spending.own(0n)} < ${network}`);
      }
    }),
    { numRuns: 500 },
  );
});

test('limit: a long life is kept in little room, and never too low', () => {
  const spending = new Spending();
  for (let height = 1; height <= 20_000; height++) spending.finish(height, 1n, 2n);
  assert.equal(spending.own(0n), 20_000n);
  assert.ok(spending.state().finished.length <= 4096);
});
