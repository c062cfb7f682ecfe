/**
 * The payments of a CSV file, all of them checked before the first one is made; an error names its line.
 */
import type { Address, Hex } from 'viem';
import { resolveAddress } from '../accounts.ts';
import type { Amounts } from '../amounts.ts';
import { parseCsv, parseReference, withoutHeader } from '../csv.ts';
import { CliError, usageError } from '../errors.ts';

export interface Payment {
  /** Of the file, from 1. */
  readonly line: number;
  readonly to: Address;
  /** Units. */
  readonly amount: bigint;
  readonly reference: Hex;
}

/** Throws CliError that names the first line that cannot be used. */
export function readPayments(text: string, home: string, amounts: Amounts): Payment[] {
  const rows = withoutHeader(parseCsv(text));
  if (rows.length === 0)
    throw usageError('The file has no payment.', 'A line is address,amount or address,amount,reference.');
  return rows.map(({ line, fields }) => {
    const [to = '', amount = '', reference = '', ...more] = fields;
    if (more.length > 0 || amount === '') {
      throw usageError(
        `Line ${line} has ${fields.length} fields.`,
        'A line is address,amount or address,amount,reference.',
      );
    }
    try {
      return {
        line,
        to: resolveAddress(home, to),
        amount: amounts.parse(amount),
        reference: parseReference(reference),
      };
    } catch (cause) {
      if (!(cause instanceof CliError)) throw cause;
      throw new CliError('usage', `Line ${line}: ${cause.message}`, cause.hint, { cause });
    }
  });
}
