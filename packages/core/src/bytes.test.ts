/** bytes.ts: integers at their bounds, runs, and a writer that refuses what does not fit. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  asciiBytes,
  ByteWriter,
  compareBytes,
  concatBytes,
  copyBytes,
  equalBytes,
  isStrictlyAscending,
  isZero,
  readSafe,
  readU64,
  viewOf,
  writeSafe,
  writeU64,
} from './bytes.ts';

const safe = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1));

describe('u64', () => {
  const bytes = new Uint8Array(12).subarray(3, 11);
  const view = viewOf(bytes);

  it('a number and a bigint are the same bytes', () => {
    fc.assert(
      fc.property(safe, (value) => {
        writeSafe(view, 0, value);
        assert.equal(readU64(view, 0), BigInt(value));
        assert.equal(readSafe(view, 0), value);
        writeU64(view, 0, BigInt(value));
        assert.equal(readSafe(view, 0), value);
      }),
    );
  });
  it('above 2^53 - 1 is -1 as a number', () => {
    for (const value of [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
      writeU64(view, 0, value);
      assert.equal(readSafe(view, 0), -1);
      assert.equal(readU64(view, 0), value);
    }
  });
  it('is big-endian', () => {
    writeSafe(view, 0, 0x01020304050607);
    assert.deepEqual([...bytes], [0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

describe('runs', () => {
  const bytes = Uint8Array.of(0, 0, 1, 2, 3);

  it('copy, equal, zero', () => {
    const target = new Uint8Array(4);
    copyBytes(target, 1, bytes, 2, 2);
    assert.deepEqual([...target], [0, 1, 2, 0]);
    assert.equal(equalBytes(target, 1, bytes, 2, 2), true);
    assert.equal(equalBytes(target, 1, bytes, 2, 3), false);
    assert.equal(isZero(bytes, 0, 2), true);
    assert.equal(isZero(bytes, 0, 3), false);
    assert.equal(isZero(bytes, 4, 0), true);
  });
  it('a run beyond the end equals nothing and is not zero', () => {
    assert.equal(equalBytes(bytes, 4, Uint8Array.of(3, 0), 0, 2), false);
    assert.equal(isZero(Uint8Array.of(0), 0, 2), false);
  });
  it('order is that of their hex', () => {
    const text = (b: Uint8Array): string => Buffer.from(b).toString('hex');
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3, max: 2 }),
        fc.uint8Array({ maxLength: 3, max: 2 }),
        (a, b) => {
          const expected = text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0;
          assert.equal(Math.sign(compareBytes(a, b)), expected);
        },
      ),
    );
  });
  it('strictly ascending', () => {
    const [a, b] = [Uint8Array.of(1), Uint8Array.of(2)];
    assert.equal(isStrictlyAscending([]), true);
    assert.equal(isStrictlyAscending([a, b]), true);
    assert.equal(isStrictlyAscending([a, a]), false);
    assert.equal(isStrictlyAscending([b, a]), false);
  });
  it('joined', () => {
    assert.deepEqual([...concatBytes(bytes, Uint8Array.of(9), new Uint8Array(0))], [0, 0, 1, 2, 3, 9]);
    assert.deepEqual([...asciiBytes('up/1')], [0x75, 0x70, 0x2f, 0x31]);
  });
});

describe('ByteWriter', () => {
  it('writes each width, growing', () => {
    const writer = new ByteWriter(1).u8(1).u16(2).u32(3).u64(4).u64(5n).bytes(Uint8Array.of(6, 7));
    assert.equal(writer.length, 25);
    const expected = [1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5, 6, 7];
    assert.deepEqual([...writer.finish()], expected);
  });
  it('grows from nothing', () => assert.deepEqual([...new ByteWriter(0).u8(7).finish()], [7]));
  it('gives fresh bytes and goes on', () => {
    const writer = new ByteWriter(8).u8(1);
    const first = writer.finish();
    writer.u8(2);
    first[0] = 9;
    assert.deepEqual([...writer.finish()], [1, 2]);
  });

  const refused: [string, (writer: ByteWriter) => void][] = [
    ['u8 256', (w) => w.u8(256)],
    ['u16 65536', (w) => w.u16(65536)],
    ['u32 2^32', (w) => w.u32(2 ** 32)],
    ['u64 2^53 as a number', (w) => w.u64(2 ** 53)],
    ['u64 2^64', (w) => w.u64(2n ** 64n)],
    ['u64 -1', (w) => w.u64(-1n)],
    ['-1', (w) => w.u16(-1)],
    ['a fraction', (w) => w.u16(0.5)],
    ['NaN', (w) => w.u64(Number.NaN)],
    ['another size', (w) => w.bytes(new Uint8Array(19), 20)],
  ];
  for (const [name, write] of refused) {
    it(`refuses ${name}`, () => {
      const writer = new ByteWriter();
      assert.throws(() => write(writer), RangeError);
      assert.equal(writer.length, 0);
    });
  }
});
