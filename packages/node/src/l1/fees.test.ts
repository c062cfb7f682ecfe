// Fees of a first try and of a replacement: one row a rule.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bumpedFees, freshFees } from './fees.ts';

const fees = (maxFeePerGas: bigint, maxPriorityFeePerGas: bigint) => ({ maxFeePerGas, maxPriorityFeePerGas });

describe('freshFees', () => {
  const rows = [
    { name: 'twice the base fee and the tip', base: 10n, tip: 3n, most: 100n, gives: fees(23n, 3n) },
    { name: 'no more than the most', base: 10n, tip: 3n, most: 20n, gives: fees(20n, 3n) },
    { name: 'a tip that alone is too much', base: 1n, tip: 50n, most: 20n, gives: fees(20n, 20n) },
    { name: 'the most is just the base fee', base: 20n, tip: 0n, most: 20n, gives: fees(20n, 0n) },
    { name: 'a base fee above the most', base: 21n, tip: 0n, most: 20n, gives: undefined },
  ];
  for (const { name, base, tip, most, gives } of rows) {
    it(name, () => assert.deepEqual(freshFees(base, tip, most), gives));
  }
});

describe('bumpedFees', () => {
  const rows = [
    {
      name: 'both an eighth more',
      old: fees(80n, 8n),
      fresh: fees(1n, 1n),
      most: 1000n,
      gives: fees(90n, 9n),
    },
    { name: 'rounded up', old: fees(81n, 9n), fresh: fees(1n, 1n), most: 1000n, gives: fees(92n, 11n) },
    {
      name: 'fresh ones if they are higher',
      old: fees(80n, 8n),
      fresh: fees(200n, 20n),
      most: 1000n,
      gives: fees(200n, 20n),
    },
    { name: 'more than nothing', old: fees(80n, 0n), fresh: fees(1n, 0n), most: 1000n, gives: fees(90n, 1n) },
    { name: 'just the most', old: fees(80n, 8n), fresh: fees(1n, 1n), most: 90n, gives: fees(90n, 9n) },
    { name: 'above the most', old: fees(80n, 8n), fresh: fees(1n, 1n), most: 89n, gives: undefined },
  ];
  for (const { name, old, fresh, most, gives } of rows) {
    it(name, () => assert.deepEqual(bumpedFees(old, fresh, most), gives));
  }
});
