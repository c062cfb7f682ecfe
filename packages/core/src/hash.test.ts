/** hash.ts: known answers, and results that are the caller's own. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { asciiBytes } from './bytes.ts';
import { nobleHashes } from './hash.ts';
import { toHex } from './hex.ts';

describe('nobleHashes', () => {
  it('sha256 is that of node:crypto', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const expected = createHash('sha256').update(bytes).digest('hex');
        assert.equal(toHex(nobleHashes.sha256(bytes)), `0x${expected}`);
      }),
    );
  });
  it('keccak256 is that of Ethereum, not SHA3-256', () => {
    assert.equal(
      toHex(nobleHashes.keccak256(new Uint8Array(0))),
      '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    );
    assert.equal(
      toHex(nobleHashes.keccak256(asciiBytes('Transfer(address,address,uint256)'))),
      '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef',
    );
  });
  it('results are fresh', () => {
    for (const hash of [nobleHashes.sha256, nobleHashes.keccak256]) {
      const input = Uint8Array.of(1);
      const first = hash(input);
      const copy = first.slice();
      hash(Uint8Array.of(2)).fill(0);
      assert.deepEqual(first, copy);
      assert.notEqual(hash(input).buffer, hash(input).buffer);
    }
  });
});
