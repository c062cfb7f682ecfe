/**
 * Amounts as people write them, in the network's asset: `0.25` on the command line, `0.25 ETH` in answers.
 *
 * The exact arithmetic is the client's; here is how it is said what is wrong.
 */
import { AmountError, formatAmount, parseAmount } from '@upfront/client';
import { usageError } from './errors.ts';
import type { Asset } from './genesis-file.ts';

export interface Amounts {
  /** Units of a text above 0. Throws CliError. */
  parse(text: string): bigint;
  /** Units of a text that may be 0. Throws CliError. */
  parseOrZero(text: string): bigint;
  /** `0.25`: for JSON. */
  plain(units: bigint): string;
  /** `0.25 ETH`: for people. */
  show(units: bigint): string;
}

export function createAmounts(asset: Asset): Amounts {
  const plain = (units: bigint): string => formatAmount(units, asset);
  const parseOrZero = (text: string): bigint => {
    try {
      return parseAmount(text, asset);
    } catch (cause) {
      if (!(cause instanceof AmountError)) throw cause;
      const step = `the smallest amount is ${plain(1n)} ${asset.symbol}`;
      throw usageError(cause.shortMessage, `Write it as 0.25, with a point and no separators; ${step}.`);
    }
  };
  return {
    plain,
    show: (units) => `${plain(units)} ${asset.symbol}`,
    parseOrZero,
    parse: (text) => {
      const units = parseOrZero(text);
      if (units === 0n) throw usageError('The amount is 0.', 'Give one above 0.');
      return units;
    },
  };
}
