/**
 * A list of payments as people keep it: `address,amount[,reference]` a line (RFC 4180; a header line may stand first).
 *
 * The whole file is read and checked before anything is paid; an error names its line.
 */
import { stringToBytes, toHex } from 'viem';
import { usageError } from './errors.ts';

export interface CsvRow {
  /** Of the file, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** Bytes of a reference that is written as text. */
const REFERENCE_BYTES = 32;

/** Rows that are not empty. Throws CliError if a quote is not closed or stands where none may. */
export function parseCsv(text: string): CsvRow[] {
  const rows: CsvRow[] = [];
  const source = text.replace(/^\uFEFF/, '');
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/gy;
  let fields: string[] = [];
  let line = 1;
  let first = 1;
  while (pattern.lastIndex < source.length || fields.length > 0) {
    const match = pattern.exec(source);
    if (match === null)
      throw usageError(
        `Line ${line} has a quote where none may stand.`,
        'Write "" for a quote within quotes.',
      );
    const [whole, quoted, plain = '', end] = match;
    fields.push((quoted?.replaceAll('""', '"') ?? plain).trim());
    line += whole.match(/\r\n|\n|\r/g)?.length ?? 0;
    if (end === ',') {
      // A comma at the very end stands before one more, empty field.
      if (pattern.lastIndex < source.length) continue;
      fields.push('');
    }
    if (fields.some((field) => field !== '')) rows.push({ line: first, fields });
    fields = [];
    first = line;
  }
  return rows;
}

/** The rows without a header line: one whose first field is a word such as `address` or `to`. */
export function withoutHeader(rows: readonly CsvRow[]): readonly CsvRow[] {
  return /^(address|to|recipient|payee|account)$/i.test(rows[0]?.fields[0] ?? '') ? rows.slice(1) : rows;
}

/** A payment's reference: 0x and 64 hex digits, or a text of at most 32 bytes in UTF-8. */
export function parseReference(text: string): `0x${string}` {
  if (/^0x[0-9a-f]{64}$/i.test(text)) return text.toLowerCase() as `0x${string}`;
  const bytes = stringToBytes(text);
  if (bytes.length > REFERENCE_BYTES) {
    throw usageError(
      `The reference \`${text}\` has ${bytes.length} bytes.`,
      'Use at most 32, or 0x and 64 hex digits.',
    );
  }
  return toHex(bytes, { size: REFERENCE_BYTES });
}

/** A reference for people: its text if it is one, empty if it is zero, else hex. */
export function showReference(reference: string): string {
  const hex = reference.replace(/^0x/, '').replace(/(00)+$/, '');
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(hex, 'hex'));
    if (!/\p{C}/u.test(text)) return text;
  } catch {
    // Not UTF-8: shown as it is.
  }
  return reference;
}

/** A field as RFC 4180 has it. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
