/** header.ts: back and forth, malformed shapes, and a state that binds its parts. Known answers: vectors.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nobleHashes as hashes } from './hash.ts';
import { decodeHeader, encodeHeader, HEADER_SIZE, type Header, stateHash } from './header.ts';
import { toHex } from './hex.ts';

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const headers: fc.Arbitrary<Header> = fc.record(
  { height: fc.maxSafeNat(), parent: hash, events: hash, state: hash, settlement: hash },
  { noNullPrototype: true },
);

describe('headers', () => {
  it('back and forth', () => {
    fc.assert(
      fc.property(headers, (header) => {
        const bytes = encodeHeader(header);
        assert.equal(bytes.length, HEADER_SIZE);
        assert.deepEqual(decodeHeader(bytes), header);
      }),
    );
  });
  it('malformed', () => {
    const bytes = encodeHeader(fc.sample(headers, { numRuns: 1, seed: 1 })[0]!);
    assert.equal(decodeHeader(bytes.subarray(1)), undefined);
    assert.equal(decodeHeader(new Uint8Array([...bytes, 0])), undefined);
    assert.equal(decodeHeader(new Uint8Array(0)), undefined);
    bytes.set([0, 0x20], 0);
    assert.equal(decodeHeader(bytes), undefined, 'height 2^53 and more');
  });
  it('encoding refuses what does not fit', () => {
    const header = fc.sample(headers, { numRuns: 1, seed: 1 })[0]!;
    assert.throws(() => encodeHeader({ ...header, height: 2 ** 53 }), RangeError);
    assert.throws(() => encodeHeader({ ...header, state: new Uint8Array(31) }), RangeError);
  });
});

describe('the state', () => {
  it('binds each part in its place', () => {
    const [a, b, c, d, e] = [1, 2, 3, 4, 5].map((byte) => new Uint8Array(32).fill(byte)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const states = [
      stateHash(hashes, a, b, c, d),
      stateHash(hashes, e, b, c, d),
      stateHash(hashes, a, e, c, d),
      stateHash(hashes, a, b, e, d),
      stateHash(hashes, a, b, c, e),
      stateHash(hashes, b, a, c, d),
    ];
    assert.equal(new Set(states.map(toHex)).size, states.length);
  });
});
