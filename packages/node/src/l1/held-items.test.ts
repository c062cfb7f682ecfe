// The run of items that are held: what is given, what is let go.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Item } from '@upfront/core';
import { HeldItems } from './held-items.ts';

const item = (n: number): Item => ({
  kind: 1,
  account: new Uint8Array(20),
  amount: BigInt(n),
  data: new Uint8Array(32),
});
const head = (n: number): Uint8Array => new Uint8Array(32).fill(n);

/** Items first..last, of which at most `most` are held. */
function holding(first: number, last: number, most = 100): HeldItems {
  const held = new HeldItems(most);
  held.moveTo(first);
  for (let n = first; n <= last; n++) held.offer(n, item(n), head(n));
  return held;
}

const numbers = (items: readonly Item[]) => items.map(({ amount }) => Number(amount));

describe('HeldItems', () => {
  const rows = [
    { name: 'from the first', n: 5, most: 2, last: 9, gives: [5, 6] },
    { name: 'from the middle', n: 8, most: 9, last: 9, gives: [8, 9] },
    { name: 'none above the last that may be given', n: 6, most: 9, last: 7, gives: [6, 7] },
    { name: 'none before the first', n: 4, most: 9, last: 9, gives: [] },
    { name: 'none behind the last', n: 10, most: 9, last: 20, gives: [] },
    { name: 'none if the last lies before', n: 8, most: 9, last: 6, gives: [] },
    { name: 'none if none are wanted', n: 5, most: 0, last: 9, gives: [] },
  ];
  for (const { name, n, most, last, gives } of rows) {
    it(name, () => assert.deepEqual(numbers(holding(5, 9).from(n, most, last)), gives));
  }

  it('takes what comes next, and no more than there is room for', () => {
    const held = holding(1, 3, 4);
    held.offer(5, item(5), head(5));
    held.offer(3, item(3), head(3));
    assert.equal(held.next, 4);
    held.offer(4, item(4), head(4));
    held.offer(5, item(5), head(5));
    assert.equal(held.next, 5);
    assert.equal(held.isFull, true);
    assert.deepEqual(held.headAt(4), head(4));
    assert.equal(held.headAt(5), undefined);
  });

  it('moves on, back and far', () => {
    const held = holding(1, 5);
    held.moveTo(3);
    assert.deepEqual([held.size, held.next], [3, 6]);
    assert.deepEqual(held.headAt(3), head(3));
    held.moveTo(6);
    assert.deepEqual([held.size, held.next], [0, 6]);
    held.moveTo(2);
    assert.deepEqual([held.size, held.next], [0, 2]);
    held.moveTo(50);
    assert.deepEqual([held.size, held.next], [0, 50]);
  });

  it('lets go of what is behind a number', () => {
    const held = holding(5, 9);
    held.truncate(9);
    assert.equal(held.next, 10);
    held.truncate(6);
    assert.deepEqual([held.size, held.next], [2, 7]);
    held.truncate(1);
    assert.deepEqual([held.size, held.next], [0, 5]);
  });
});
