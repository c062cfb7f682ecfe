/**
 * The committee's pool: one candidate a key, and nobody keeps a place with what was not checked.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFulfil } from '@upfront/core';
import { Pool } from './pool.ts';

const withdraw = (nonce: number, salt: number): Uint8Array =>
  encodeFulfil({ kind: 'withdraw', nonce, salt: new Uint8Array(16).fill(salt), amount: 1n });

test('what was checked takes the place of what came too early, and of nothing else', () => {
  const pool = new Pool({ messages: 2, bytes: 1000 });
  const early = pool.add(withdraw(7, 1), 5, false)!;
  assert.equal(pool.add(withdraw(7, 2), 5, false), early);
  const checked = pool.add(withdraw(7, 3), 6, true)!;
  assert.notEqual(checked, early);
  assert.equal(pool.add(withdraw(7, 4), 6, true), checked);
  assert.equal(pool.add(withdraw(7, 1), 6, false), checked);
  assert.equal(pool.count, 1);
  assert.equal(pool.bytes, checked.bytes.length);
  assert.ok(pool.add(withdraw(8, 1), 6, true));
  assert.equal(pool.add(withdraw(9, 1), 6, true), undefined);
});
