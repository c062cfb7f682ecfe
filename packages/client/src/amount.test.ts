/** Amounts as people write them, both ways, exactly. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAmount, parseAmount } from './amount.ts';
import { AmountError, ParameterError } from './errors/kinds.ts';

const ETH = { decimals: 18, unit: 10n ** 9n };
const USDC = { decimals: 6, unit: 1n };
const WHOLES = { decimals: 2, unit: 10n ** 5n };

test('amounts: text to units and back', () => {
  const rows = [
    ['0.25', ETH, 250_000_000n, '0.25'],
    ['1', ETH, 1_000_000_000n, '1'],
    ['.5', USDC, 500_000n, '0.5'],
    ['12.', USDC, 12_000_000n, '12'],
    ['0.000001', USDC, 1n, '0.000001'],
    ['0.1000000', USDC, 100_000n, '0.1'],
    ['007', USDC, 7_000_000n, '7'],
    ['9223372036.854775807', ETH, 2n ** 63n - 1n, '9223372036.854775807'],
    ['3000', WHOLES, 3n, '3000'],
    ['0', ETH, 0n, '0'],
  ] as const;
  for (const [text, format, units, back] of rows) {
    assert.equal(parseAmount(text, format), units, text);
    assert.equal(formatAmount(units, format), back);
  }
  assert.equal(formatAmount(-1n, USDC), '-0.000001');
});

test('amounts: what is no amount, or not exact, is an error', () => {
  const bad = ['', '.', '1e3', '-1', '+1', ' 1', '1,5', '0x10', '1.2.3', '0.0000001', '9223372036854.775808'];
  for (const text of bad) assert.throws(() => parseAmount(text, USDC), AmountError, text);
  assert.throws(() => parseAmount('3500', WHOLES), AmountError);
  assert.throws(() => parseAmount('1', { decimals: 18, unit: 20n }), ParameterError);
  assert.throws(() => parseAmount('1', { decimals: -1, unit: 1n }), ParameterError);
});

test('amounts: every amount of every format survives', () => {
  const units = fc.bigInt(0n, 2n ** 63n - 1n);
  fc.assert(
    fc.property(
      units,
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 0, max: 30 }),
      (amount, decimals, zeros) => {
        const format = { decimals, unit: 10n ** BigInt(zeros) };
        assert.equal(parseAmount(formatAmount(amount, format), format), amount);
      },
    ),
  );
});
