/** Events as sentences: one and many, and nothing that is not so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '@upfront/core';
import { createAmounts } from './amounts.ts';
import { ETHER } from './genesis-file.ts';
import { counted, describeEvent, quoted } from './words.ts';

const words = { amounts: createAmounts(ETHER), name: (address: string) => address };
const say = (event: object): string => describeEvent(event as Event, new Uint8Array(0), words);

test('words: one is one, and more are more', () => {
  assert.equal(counted(1, 'byte'), '1 byte');
  assert.equal(counted(0, 'byte'), '0 bytes');
  assert.equal(counted(2, 'entry', 'entries'), '2 entries');
  assert.equal(quoted(new Uint8Array(0), 1), '1 byte');
  const formed = { type: 'formed', number: 3, inbox: 2, debits: 1, credits: 2, payouts: 0 };
  assert.equal(say(formed), 'settlement 3 formed: 1 debit, 2 credits, 0 payouts, items up to 2');
});

test('words: a settlement tells nobody to claim what it may not have paid out', () => {
  assert.equal(say({ type: 'settled', number: 3 }), 'settlement 3 is on the first layer');
});
