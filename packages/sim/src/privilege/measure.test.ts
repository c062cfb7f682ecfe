/** What figures are made of: Jain's index, quantiles, arrivals and the line that they wait in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Demand } from './demand.ts';
import { Histogram, jain } from './measure.ts';
import { pareto, poisson, shuffle, uniform } from './random.ts';

test("Jain's index", () => {
  for (const [values, index] of [
    [[], null],
    [[0, 0], null],
    [[3, 3, 3], 1],
    [[1, 0, 0, 0], 1 / 4],
    [[1, 2, 3], 36 / 42],
  ] as const) {
    assert.equal(jain(values), index, String(values));
  }
});

test('quantiles of a weighted distribution', () => {
  const histogram = new Histogram();
  assert.equal(histogram.quantile(0.5), null);
  histogram.add(0, 50);
  histogram.add(3, 49);
  histogram.add(60, 1);
  for (const [part, value] of [
    [0.5, 0],
    [0.51, 3],
    [0.99, 3],
    [1, 60],
  ] as const) {
    assert.equal(histogram.quantile(part), value, String(part));
  }
});

/** The mean and variance of many draws. */
function moments(draw: (i: number) => number): { mean: number; variance: number } {
  const count = 20_000;
  const values = Array.from({ length: count }, (_, i) => draw(i));
  const mean = values.reduce((a, b) => a + b, 0) / count;
  return { mean, variance: values.reduce((a, b) => a + (b - mean) ** 2, 0) / count };
}

test('draws have the moments of their distributions, below and above where the normal one stands in', () => {
  const flat = moments((i) => uniform(7, i));
  assert.ok(Math.abs(flat.mean - 1 / 2) < 0.01 && Math.abs(flat.variance - 1 / 12) < 0.003);
  for (const mean of [0.3, 5, 49, 51, 1024]) {
    const drawn = moments((i) => poisson(mean, uniform(1, i, 0, 1), uniform(1, i, 0, 2)));
    assert.ok(Math.abs(drawn.mean / mean - 1) < 0.03, `${mean}: ${drawn.mean}`);
    assert.ok(Math.abs(drawn.variance / mean - 1) < 0.06, `${mean}: ${drawn.variance}`);
  }
  const heavy = moments((i) => pareto(10, 3, uniform(3, i)));
  assert.ok(Math.abs(heavy.mean - 10) < 0.5, String(heavy.mean));
});

test('a shuffle is a permutation, another one in another block', () => {
  const order = (block: number): number[] => {
    const items = Int32Array.from({ length: 50 }, (_, i) => i);
    shuffle(items, 50, 1, block);
    return [...items];
  };
  assert.deepEqual(
    [...order(1)].sort((a, b) => a - b),
    Array.from({ length: 50 }, (_, i) => i),
  );
  assert.notDeepEqual(order(1), order(2));
  assert.deepEqual(order(1), order(1));
});

test('what arrived was taken, given up, or waits; first come, first served', () => {
  for (const law of ['poisson', 'steady', 'pareto'] as const) {
    const group = { demand: { rate: 7.3, law, alpha: 1.5 } } as ConstructorParameters<typeof Demand>[0];
    const demand = new Demand(group, 1, 2);
    let [arrived, taken, late] = [0, 0, 0];
    let waitedMost = 0;
    for (let block = 1; block <= 500; block++) {
      arrived += demand.arrive(block, 1);
      late += demand.giveUp(block - 9);
      const count = Math.min(demand.waiting, block % 5);
      demand.take(count, block, (blocks, some) => {
        taken += some;
        waitedMost = Math.max(waitedMost, blocks);
      });
      assert.equal(arrived, taken + late + demand.waiting, law);
    }
    assert.ok(late > 0 && waitedMost === 9, `${law}: ${late} late, ${waitedMost} blocks at most`);
  }
});
