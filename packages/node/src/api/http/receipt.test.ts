/** Receipts carry what the height's validators signed, and wait for enough of it; whoever else signed does not count. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobleHashes, toHex } from '@upfront/core';
import { receiptOf } from './receipt.ts';

const zero = new Uint8Array(32);
const header = { height: 7, parent: zero, events: zero, state: zero, settlement: zero };
const addressOf = (n: number): Uint8Array => new Uint8Array(20).fill(n);
const signatureOf = (n: number) => ({ validator: addressOf(n), signature: new Uint8Array(64).fill(n) });
const event = [1, 2, 3];
const STRANGER = 9;

test('a receipt has the signatures of the validators, and of nobody else', async () => {
  const set = [1, 2, 3, 4];
  // The node's own comes first; those of the others with later blocks.
  const looks = [[STRANGER], [STRANGER, 1, 2], [STRANGER, 1, 2, 3]];
  let at = 0;
  const store = {
    meta: {} as never,
    header: () => ({ header, digest: zero, signatures: looks[Math.min(at++, 2)]!.map(signatureOf) }),
    events: () => new Uint8Array([0, 0, 0, 1, 0, event.length, ...event]),
    validatorsAt: () => set.map(addressOf),
  };
  const { signatures } = await receiptOf({ store, hashes: nobleHashes } as never, 'somebody', 7, 0);
  assert.equal(at, 3, 'three signed with the stranger, and the third look is waited for');
  assert.deepEqual(
    signatures.map(({ validator }) => validator),
    [1, 2, 3].map((n) => toHex(addressOf(n))),
  );
});
