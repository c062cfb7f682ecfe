/** The index against a Map, under collisions: few keys, small differences, removals in any order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KeyIndex } from './key-index.ts';

const key = (n: number): Uint8Array => new Uint8Array(20).fill(n & 0xff, n % 20);

test('finds what a Map finds, through growth and removals', () => {
  const operations = fc.array(fc.tuple(fc.boolean(), fc.nat(4000)), {
    minLength: 1,
    maxLength: 4000,
    size: 'max',
  });
  const property = fc.property(operations, fc.integer(), (steps, seed) => {
    const index = new KeyIndex(20, seed);
    const rows = new Map<string, number>();
    const free: number[] = [];
    let next = 0;
    for (const [isAdding, n] of steps) {
      const bytes = key(n);
      const name = String(bytes);
      const row = rows.get(name);
      assert.equal(index.find(bytes, 0), row ?? -1);
      if (isAdding && row === undefined) {
        const fresh = free.pop() ?? next++;
        index.add(bytes, 0, fresh);
        rows.set(name, fresh);
      } else if (!isAdding && row !== undefined) {
        index.remove(row);
        rows.delete(name);
        free.push(row);
      }
    }
    for (const [name, row] of rows) {
      assert.equal(index.find(Uint8Array.from(name.split(',').map(Number)), 0), row);
    }
  });
  fc.assert(property, { numRuns: 30 });
});

test('a run of colliding keys closes up when one in its middle goes', () => {
  // 5,000 random-looking keys in a table of 16,384 slots collide often; each is taken out and the others looked up.
  const index = new KeyIndex(32, 1);
  const keys = Array.from({ length: 5000 }, (_, n) => {
    const bytes = new Uint8Array(32);
    new DataView(bytes.buffer).setUint32(28, Math.imul(n, 0x9e3779b1));
    return bytes;
  });
  keys.forEach((bytes, row) => {
    index.add(bytes, 0, row);
  });
  for (let gone = 0; gone < keys.length; gone += 2) index.remove(gone);
  keys.forEach((bytes, row) => {
    assert.equal(index.find(bytes, 0), row % 2 === 0 ? -1 : row);
  });
});
