/** What people read, exactly. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAmount } from '@upfront/client';
import fc from 'fast-check';
import { grouped, plainAmount, plural, shortHex, showAmount, showDuration, showStanding } from './format.ts';

const ETHER = { symbol: 'ETH', decimals: 18, unit: 10n ** 9n };

test('amounts are exact, with their unit', () => {
  const cases: [bigint, string][] = [
    [0n, '0'],
    [1n, '0.000000001'],
    [250_000_000n, '0.25'],
    [1_234_567_000_000_000n, '1,234,567'],
    [-5n, '−0.000000005'],
    [9_223_372_036_854_775_807n, '9,223,372,036.854775807'],
  ];
  for (const [units, text] of cases) assert.equal(plainAmount(units, ETHER), text);
  assert.equal(showAmount('7', ETHER), '0.000000007\u00a0ETH');
  assert.equal(showAmount('1234', undefined), '1,234\u00a0units');
  assert.equal(plainAmount(12n, { symbol: 'X', decimals: 2, unit: 100n }), '12');
  assert.equal(plainAmount(12n, { symbol: 'X', decimals: 0, unit: 1000n }), '12,000');
});

test('amounts are what the client writes, but for the separators', () => {
  const amounts = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(
      amounts,
      fc.integer({ min: 0, max: 18 }),
      fc.integer({ min: 0, max: 18 }),
      (units, decimals, zeros) => {
        const format = { symbol: '', decimals, unit: 10n ** BigInt(zeros) };
        assert.equal(plainAmount(units, format).replaceAll(',', ''), formatAmount(units, format));
      },
    ),
  );
});

test('durations have one or two units', () => {
  const cases: [number, string][] = [
    [0, '0 ms'],
    [850, '850 ms'],
    [4210, '4.2 s'],
    [59_999, '59 s'],
    [200_000, '3 min 20 s'],
    [600_000, '10 min'],
    [7_500_000, '2 h 5 min'],
    [273_600_000, '3 d 4 h'],
    [-5, '0 ms'],
  ];
  for (const [ms, text] of cases) assert.equal(showDuration(ms).replaceAll('\u00a0', ' '), text);
});

test('names, counts and standing', () => {
  assert.equal(shortHex(`0x${'ab'.repeat(20)}`), '0xabab…\u2060abab');
  assert.equal(shortHex('0x1234'), '0x1234');
  assert.equal(grouped(1_234_567n), '1,234,567');
  assert.equal(plural(1, 'entry', 'entries'), '1\u00a0entry');
  assert.equal(plural(0, 'nonce'), '0\u00a0nonces');
  assert.equal(showStanding(8192), '12.50\u00a0%');
});
