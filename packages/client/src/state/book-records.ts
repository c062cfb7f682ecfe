/**
 * The books' records, to and from plain JSON: amounts and sequences as decimal text, bytes as hex.
 *
 * Whatever is not exactly what these functions write is damage.
 */
import { fromHex, INTENTS_MOST, toHex } from '@upfront/core';
import type { Address, Hex } from 'viem';
import { JournalCorruptError, NetworkMismatchError } from '../errors/kinds.ts';
import type { JournalRecord, Json } from '../journal/journal.ts';
import { openingFromJson, openingToJson } from './activity.ts';
import type { Entry, Identity } from './book.ts';

export function recordOf(entry: Entry): JournalRecord {
  return {
    type: 'fetch',
    sequence: String(entry.sequence),
    limit: String(entry.limit),
    budget: String(entry.budget),
    fees: String(entry.fees),
    expires: entry.expires,
    count: entry.count,
    openings: entry.openings.map(openingToJson),
    message: toHex(entry.message),
  };
}

/** Everything that brings a live entry back. */
export function recordsOf(entry: Entry): JournalRecord[] {
  const records = [recordOf(entry)];
  const { sequence, spent, resolvedHeight } = entry;
  if (entry.dealt !== undefined) records.push(dealtRecord(sequence, entry.dealt));
  if (entry.isAbandoned) records.push(abandonedRecord(sequence));
  if (entry.isExpired) records.push({ type: 'over', sequence: String(sequence), isLanded: false });
  if (entry.resolved.size > 0) {
    const indexes = [...entry.resolved];
    records.push({
      type: 'resolved',
      sequence: String(sequence),
      indexes,
      spent: String(spent),
      height: resolvedHeight,
    });
  }
  return records;
}

export function dealtRecord(sequence: bigint, dealt: NonNullable<Entry['dealt']>): JournalRecord {
  return {
    type: 'dealt',
    sequence: String(sequence),
    first: dealt.first,
    height: dealt.height,
    clock: dealt.clock,
  };
}

export function abandonedRecord(sequence: bigint): JournalRecord {
  return { type: 'abandoned', sequence: String(sequence) };
}

export function entryOf(record: JournalRecord): Entry {
  const message = fromHex(String(record['message']));
  const entryCount = count(record, 'count');
  if (message === undefined || entryCount < 1 || entryCount > INTENTS_MOST) {
    throw new JournalCorruptError('a fetch is no fetch');
  }
  return {
    sequence: integer(record, 'sequence'),
    limit: integer(record, 'limit'),
    budget: integer(record, 'budget'),
    fees: integer(record, 'fees'),
    expires: count(record, 'expires'),
    count: entryCount,
    openings: list(record, 'openings').map(openingFromJson),
    message,
    dealt: undefined,
    isAbandoned: false,
    isExpired: false,
    resolved: new Set(),
    spent: 0n,
    resolvedHeight: 0,
  };
}

export function identityOf(record: JournalRecord, account: Address): Identity {
  const { type, version, genesis } = record;
  if (type !== 'identity' || version !== 1 || typeof genesis !== 'string' || fromHex(genesis) === undefined) {
    throw new JournalCorruptError('it does not begin with whose it is');
  }
  if (String(record['account']).toLowerCase() !== account.toLowerCase()) {
    throw new NetworkMismatchError('journal\u2019s account', String(record['account']), account);
  }
  return { genesis: genesis as Hex, account };
}

export function integer(record: JournalRecord, name: string): bigint {
  const value = record[name];
  if (typeof value !== 'string' || !/^-?\d{1,20}$/.test(value)) throw fault(record, name);
  return BigInt(value);
}

export function count(record: JournalRecord, name: string): number {
  const value = record[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw fault(record, name);
  return value;
}

export function list(record: JournalRecord, name: string): readonly Json[] {
  const value = record[name];
  if (!Array.isArray(value)) throw fault(record, name);
  return value as readonly Json[];
}

export function fault(record: JournalRecord, name: string): JournalCorruptError {
  return new JournalCorruptError(`a record of type ${record.type} has a wrong \`${name}\``);
}
