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

test('a batch gives the same digests, however full it is and however often it runs', async () => {
  const { sha256Batch } = await createHashes();
  for (const size of [0, 1, 32, 55, 56, 63, 64, 65, 90, 116, 119, 120, 183, 184, 1000]) {
    const batch = sha256Batch!(size, 7);
    for (const count of [0, 7, 1, 4, 5]) {
      const messages = Array.from({ length: count }, (_, i) =>
        Uint8Array.from({ length: size }, (_, at) => at * 31 + i * 7 + count),
      );
      for (let i = 0; i < count; i++) batch.bytes.set(messages[i]!, i * batch.stride);
      batch.run(count);
      messages.forEach((message, i) => {
        const digest = batch.digests.slice(i * 32, i * 32 + 32);
        assert.deepEqual(digest, nobleHashes.sha256(message), `message ${i} of ${count}, ${size} bytes`);
      });
    }
    assert.throws(() => batch.run(8), RangeError);
  }
});
