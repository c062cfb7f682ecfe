/** The strip's model: a ring that forgets, and counts that stay right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RING, STATE, StripModel } from './model.ts';
import { Rates } from './rates.ts';

const ALICE = new Uint8Array(20).fill(0xa1);
const BOB = new Uint8Array(20).fill(0xb0);

test('a nonce is open, learnt, and resolved', () => {
  const strip = new StripModel();
  strip.dealt(5, 3, ALICE, 1000, 10);
  assert.deepEqual([strip.end, strip.open], [8, 3]);
  assert.equal(strip.state(4), STATE.none);
  assert.equal(strip.firstUnknown(0, 10), 5);
  assert.equal(strip.firstUnknown(0, 9), undefined, 'too young to be asked for');
  strip.learn(5, 'hold', 61_000);
  assert.equal(strip.firstUnknown(0, 10), 6);
  const cell = strip.cell(5)!;
  assert.deepEqual(
    [cell.kind, cell.account, cell.dealtClock, cell.deadline],
    ['hold', `0x${'a1'.repeat(20)}`, 1000, 61_000],
  );
  assert.equal(strip.age(5, 31_000, 1), 0.5);
  assert.equal(strip.age(6, 31_000, 60_000), 0.5, 'with the default window');
  assert.equal(strip.resolved(5, STATE.fulfilled, 'hold', 40), 30);
  assert.equal(strip.resolved(6, STATE.annulled, 'unknown', 50), 40);
  assert.deepEqual([strip.open, strip.fulfilled, strip.annulled], [1, 1, 1]);
  assert.equal(strip.resolved(5, STATE.annulled, 'unknown', 60), undefined, 'only once');
  assert.equal(strip.resolved(99, STATE.fulfilled, 'post', 60), undefined, 'not dealt here');
  assert.equal(strip.cell(6)!.kind, 'unknown');
});

test('an item is fulfilled at once, and a fulfilment tells the kind', () => {
  const strip = new StripModel();
  strip.item(0, BOB, 1);
  strip.dealt(1, 1, ALICE, 5, 1);
  strip.resolved(1, STATE.fulfilled, 'post', 2);
  assert.deepEqual([strip.cell(0)!.kind, strip.cell(0)!.state], ['item', STATE.fulfilled]);
  assert.equal(strip.cell(1)!.kind, 'post');
  assert.equal(strip.open, 0);
});

test('the ring forgets what is old, and its counts with it', () => {
  const strip = new StripModel();
  strip.dealt(0, 10, ALICE, 0, 0);
  strip.dealt(10, RING - 5, BOB, 0, 0);
  assert.equal(strip.end, RING + 5);
  assert.equal(strip.open, RING);
  assert.equal(strip.cell(4), undefined);
  assert.equal(strip.cell(5)!.account, `0x${'a1'.repeat(20)}`);
  assert.equal(strip.cell(RING + 4)!.nonce, RING + 4);
  assert.equal(strip.resolved(4, STATE.fulfilled, 'transfer', 1), undefined);
  assert.equal(strip.open, RING);
});

test('rates: a minute of seconds, and the newest latencies', () => {
  const rates = new Rates();
  assert.equal(rates.percentiles(), undefined);
  rates.add(100, 3);
  rates.add(101, 4);
  rates.add(101, 1);
  assert.deepEqual(rates.history(102).slice(-3), [0, 3, 5]);
  assert.deepEqual(rates.history(150).slice(-51, -48), [0, 3, 5]);
  assert.equal(
    rates.history(500).reduce((sum, one) => sum + one, 0),
    0,
  );
  for (let i = 1; i <= 1000; i++) rates.latency(i);
  const { median, p99, of } = rates.percentiles()!;
  assert.equal(of, 512);
  assert.deepEqual([median, p99], [745, 995]);
});
