/** codes.ts: append-only, in order. That they are the page's is protocol.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codeName, codes } from './codes.ts';

describe('codes', () => {
  it('ascend, so the table is in order of precedence', () => {
    const numbers: number[] = Object.values(codes);
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(numbers).size, numbers.length);
  });
  it('names', () => {
    assert.equal(codeName(codes.malformed), 'malformed');
    assert.equal(codeName(codes.badCaptureSignature), 'bad-capture-signature');
    for (const code of [0, -1, 14, 19, 32, 1.5]) assert.equal(codeName(code), 'unknown');
  });
});
