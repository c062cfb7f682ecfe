/** Text from outside: nothing but exactly what is asked for becomes a value. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { jsonDepth, parseAddress, parseCount, parseCursor, parseHash, parseSequence } from './parse.ts';

const NO_NUMBERS = [
  '',
  ' ',
  '-1',
  '+1',
  '01',
  '1.0',
  '1e3',
  '0x1',
  '1 ',
  ' 1',
  '1n',
  '１',
  'NaN',
  'Infinity',
  '1_000',
  '1'.repeat(21),
];

describe('decimals', () => {
  test('nothing but digits without a leading zero', () => {
    for (const text of NO_NUMBERS) {
      assert.equal(parseCount(text), undefined, text);
      assert.equal(parseSequence(text), undefined, text);
    }
  });

  test('exactly up to their bounds', () => {
    assert.equal(parseCount('0'), 0);
    assert.equal(parseCount('9007199254740991'), Number.MAX_SAFE_INTEGER);
    assert.equal(parseCount('9007199254740992'), undefined);
    assert.equal(parseCount('9007199254740993'), undefined);
    assert.equal(parseCount('1000', 1000), 1000);
    assert.equal(parseCount('1001', 1000), undefined);
    assert.equal(parseSequence(String(2n ** 56n - 1n)), 2n ** 56n - 1n);
    assert.equal(parseSequence(String(2n ** 56n)), undefined);
  });

  test('any integer comes back as it went in', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (value) => parseCount(String(value)) === value));
  });
});

test('addresses, hashes and cursors of exactly their shape', () => {
  assert.equal(parseAddress(`0x${'Ab'.repeat(20)}`)?.length, 20);
  assert.equal(parseHash(`0x${'ab'.repeat(32)}`)?.length, 32);
  for (const text of [
    '',
    '0x',
    `0x${'ab'.repeat(19)}`,
    `0X${'ab'.repeat(20)}`,
    `${'ab'.repeat(20)}`,
    `0x${'ag'.repeat(20)}`,
  ]) {
    assert.equal(parseAddress(text), undefined, text);
  }
  assert.deepEqual(parseCursor('12.0'), { height: 12, index: 0 });
  for (const text of [
    '',
    '1',
    '1.',
    '.1',
    '01.1',
    '1.01',
    '1.1.1',
    '-1.0',
    `1.${2 ** 32}`,
    '9007199254740992.0',
  ]) {
    assert.equal(parseCursor(text), undefined, text);
  }
});

describe('the depth of JSON', () => {
  test('is that of what JSON.parse gives', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    fc.assert(
      fc.property(fc.json(), (text) => {
        assert.equal(jsonDepth(Buffer.from(text), 1000), depthOf(JSON.parse(text)));
      }),
    );
  });

  test('brackets in strings do not count, and quotes may be escaped', () => {
    assert.equal(jsonDepth(Buffer.from('{"a\\"[[[":"[[\\\\"}'), 10), 1);
  });

  test('stops as soon as it is too deep', () => {
    assert.equal(jsonDepth(new Uint8Array(1 << 24).fill(0x5b), 8), 9);
  });
});
