/** Ranges against a set. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ranges } from './ranges.ts';

test('ranges: hold what a set holds, in ascending ranges that do not touch', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt(0n, 40n)), (values) => {
      const ranges = new Ranges();
      for (const value of values) ranges.add(value);
      const set = new Set(values);
      for (let value = -1n; value <= 41n; value++) assert.equal(ranges.has(value), set.has(value));
      ranges.list().forEach(([from, to], i) => {
        assert.ok(from <= to);
        if (i > 0) assert.ok(ranges.list()[i - 1]![1] + 1n < from);
      });
    }),
  );
});
