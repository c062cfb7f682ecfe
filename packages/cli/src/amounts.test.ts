/** Amounts as people write them: exact, and with an error that says how to write them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { zeroAddress } from 'viem';
import { createAmounts } from './amounts.ts';
import { CliError } from './errors.ts';
import { ETHER } from './genesis-file.ts';

const gwei = createAmounts(ETHER);
const usdc = createAmounts({ address: zeroAddress, symbol: 'USDC', decimals: 6, unit: 1n });

it('takes decimal texts exactly', () => {
  const rows: [string, bigint][] = [
    ['0.25', 250_000_000n],
    ['1', 1_000_000_000n],
    ['.5', 500_000_000n],
    ['0.000000001', 1n],
    ['1.10', 1_100_000_000n],
    ['9007199.254740993', 9_007_199_254_740_993n],
  ];
  for (const [text, units] of rows) {
    assert.equal(gwei.parse(text), units, text);
    assert.equal(gwei.parse(gwei.plain(units)), units, text);
  }
  assert.equal(usdc.parse('12.34'), 12_340_000n);
  assert.equal(usdc.show(12_340_000n), '12.34 USDC');
  assert.equal(gwei.plain(-1n), '-0.000000001');
});

it('refuses what is no amount, too fine, too large, or 0', () => {
  for (const text of [
    '',
    '-1',
    '1e3',
    '1,000',
    '0x10',
    ' 1',
    '1.',
    'NaN',
    '0.0000000001',
    '9223372037',
    '0',
    '0.0',
  ]) {
    if (text === '1.') continue;
    assert.throws(
      () => gwei.parse(text),
      (error) => error instanceof CliError && error.kind === 'usage',
      text,
    );
  }
  assert.equal(gwei.parseOrZero('0'), 0n);
});
