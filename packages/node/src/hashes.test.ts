/** The fast hashes against the reference. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobleHashes } from '@upfront/core';
import { createHashes } from './hashes.ts';

test('both functions agree with the reference at every size around their blocks', async () => {
  const hashes = await createHashes();
  for (const size of [0, 1, 31, 32, 55, 56, 64, 65, 119, 120, 121, 135, 136, 137, 1000, 70_000]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i * 7);
    assert.deepEqual(hashes.sha256(bytes), nobleHashes.sha256(bytes), `sha256 of ${size}`);
    assert.deepEqual(hashes.keccak256(bytes), nobleHashes.keccak256(bytes), `keccak256 of ${size}`);
  }
});

test('a digest stays what it is when the next one is made', async () => {
  const hashes = await createHashes();
  for (const hash of [hashes.sha256, hashes.keccak256]) {
    const first = hash(Uint8Array.of(1));
    const copy = first.slice();
    hash(Uint8Array.of(2));
    assert.deepEqual(first, copy);
  }
});
