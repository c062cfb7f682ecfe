/** Standing from events: the rules, one by one. That it is the node's too is seen in test/pages.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventJson } from '../api.ts';
import { annulledIn } from '../components/bitmap.ts';
import { standingOf } from './standing.ts';

const ME = '0xaa';
const RULES = { start: 8192, floor: 64, gain: 64 };
const bits = (first: string): string => `0x${first}${'0'.repeat(64 - first.length)}`;

function endOf(events: EventJson[], kinds: Record<string, ('hold' | 'transfer')[]> = {}): number {
  const placed = events.map((event, i) => ({ cursor: `${i + 1}.0`, event }));
  return standingOf(ME, placed, RULES, new Map(Object.entries(kinds))).at(-1)!.standing;
}

test('what one fulfils raises it; what one receives does not', () => {
  const gains: EventJson[] = [
    { type: 'transferred', from: ME, to: '0xbb', amount: '1' },
    { type: 'captured', payer: ME, payee: '0xbb', amount: '1' },
    { type: 'withdrawn', account: ME },
    { type: 'posted', account: ME },
    { type: 'validated', account: ME },
  ];
  for (const event of gains) assert.equal(endOf([event]), 8256, event.type);
  const others: EventJson[] = [
    { type: 'transferred', from: '0xbb', to: ME, amount: '1' },
    { type: 'captured', payer: '0xbb', payee: ME, amount: '1' },
    { type: 'captured', payer: ME, payee: '0xbb', amount: '0' },
    { type: 'dealt', account: ME },
    { type: 'refused', account: ME },
  ];
  for (const event of others) assert.equal(endOf([event]), 8192, event.type);
  assert.equal(endOf(Array.from({ length: 2000 }, () => gains[0]!)), 65_536, 'never above one');
});

test('each annulled nonce halves it, a hold does not, and there is a floor', () => {
  const annulled = (bitmap: string): EventJson => ({ type: 'annulled', account: ME, sequence: '3', bitmap });
  assert.deepEqual(annulledIn(bits('a01')), [0, 2, 11]);
  assert.equal(endOf([annulled(bits('a'))]), 2048);
  assert.equal(endOf([annulled(bits('a'))], { 3: ['hold', 'transfer', 'transfer'] }), 4096);
  assert.equal(endOf([annulled(bits('ffff'))]), 64);
});

test('only changes are points, and the first is the beginning', () => {
  const event: EventJson = { type: 'transferred', from: ME, to: '0xbb', amount: '1' };
  const quiet: EventJson = { type: 'dealt', account: ME };
  const placed = [quiet, event, quiet].map((one, i) => ({ cursor: `${i + 1}.0`, event: one }));
  assert.deepEqual(standingOf(ME, placed, RULES, new Map()), [
    { height: 1, standing: 8192 },
    { height: 2, standing: 8256 },
  ]);
  assert.deepEqual(standingOf(ME, [], RULES, new Map()), []);
});
