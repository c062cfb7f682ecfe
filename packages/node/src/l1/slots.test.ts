// Where settlements go among pending transactions: one row a situation.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { placements, type Slot } from './slots.ts';

function slot(nonce: number, number: number | undefined): Slot {
  const fees = { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n };
  return {
    nonce,
    number,
    transaction: undefined,
    serialised: undefined,
    data: '0x',
    gas: 0n,
    fees,
    since: 0,
  };
}

describe('placements', () => {
  // The account's next nonce is 7 and the last settlement 3 in every row; three may be under way.
  const rows: { name: string; slots: Slot[]; gives: [number: number, nonce: number][] }[] = [
    {
      name: 'nothing is pending',
      slots: [],
      gives: [
        [4, 7],
        [5, 8],
        [6, 9],
      ],
    },
    {
      name: 'one is pending',
      slots: [slot(7, 4)],
      gives: [
        [5, 8],
        [6, 9],
      ],
    },
    { name: 'all are pending', slots: [slot(7, 4), slot(8, 5), slot(9, 6)], gives: [] },
    { name: 'an unknown one is waited for', slots: [slot(7, undefined), slot(8, 4)], gives: [] },
    {
      name: 'settled by somebody else, nothing behind it: its place is used',
      slots: [slot(7, 3)],
      gives: [
        [4, 7],
        [5, 8],
        [6, 9],
      ],
    },
    {
      name: 'settled by somebody else, others behind it: they stay',
      slots: [slot(7, 3), slot(8, 4)],
      gives: [
        [5, 9],
        [6, 10],
      ],
    },
    {
      name: 'an empty one in front',
      slots: [slot(7, 0), slot(8, 4)],
      gives: [
        [5, 9],
        [6, 10],
      ],
    },
    {
      name: 'the next one failed: all are placed anew',
      slots: [slot(7, 5), slot(8, 6)],
      gives: [
        [4, 7],
        [5, 8],
        [6, 9],
      ],
    },
    { name: 'more are pending than may be', slots: [4, 5, 6, 7].map((n, i) => slot(7 + i, n)), gives: [] },
  ];
  for (const { name, slots, gives } of rows) {
    it(name, () => {
      const places = placements(slots, 7, 3, 3).map(({ number, nonce }) => [number, nonce]);
      assert.deepEqual(places, gives);
    });
  }
});
