/**
 * What a client writes down before it acts, so that a crash loses nothing: records in order, durable when told so.
 *
 * One journal belongs to one account on one network, and to one process at a time. Every implementation passes
 * test/journal-suite.ts.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A plain JSON object; `type` says which. What the types are is book.ts's affair. */
export interface JournalRecord {
  readonly type: string;
  readonly [field: string]: Json;
}

export interface Journal {
  /** Writes records in order, behind all earlier ones. They are durable when it resolves. Throws JournalFailedError. */
  append(records: readonly JournalRecord[]): Promise<void>;
  /** All records in order; one that a crash cut short was never durable, and is left out. Throws JournalCorruptError. */
  read(): Promise<JournalRecord[]>;
  /** Puts these in place of all records that were appended before the call, whole or not at all. Throws JournalFailedError. */
  compact(records: readonly JournalRecord[]): Promise<void>;
  /** Lets go of the lock. Nothing may be called afterwards. */
  close(): Promise<void>;
}

/** Whether a parsed value is a record. */
export function isJournalRecord(value: unknown): value is JournalRecord {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
