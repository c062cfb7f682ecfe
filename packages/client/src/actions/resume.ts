/**
 * Taking up what a crash or a lost answer left open: every fetch in the journal is asked about, and what can be done is.
 *
 * Idempotent. What the caller was told is refused is never performed, even if it was dealt after all.
 */
import type { BaseClient } from '../client.ts';
import type { Outcome } from '../outcome.ts';
import { fulfilOf } from '../state/activity.ts';
import type { Book, Entry } from '../state/book.ts';
import { askFetch, askNonces } from '../state/settle.ts';
import { send } from './fetchNonces.ts';
import { type Fulfilled, perform } from './fulfil.ts';

export interface Resumed {
  readonly sequence: bigint;
  /**
   * finished: every nonce is resolved, fulfilled or annulled. open: it waits for somebody else (a hold's payee) or its end. refused: on record.
   * expired: it was never dealt and cannot be any more. unknown: the node did not tell; ask again.
   */
  readonly status: 'finished' | 'open' | 'refused' | 'expired' | 'unknown';
  readonly first?: number;
  /** Nonces that this account did not perform in time, and that will never be; found out by this call. */
  readonly annulled: readonly number[];
  /** Of the nonces that were open and could be fulfilled. */
  readonly outcomes: readonly Outcome<Fulfilled>[];
}

/** One result a fetch that was not finished. Throws what asking throws; then nothing is lost, and it can be repeated. */
export async function resume(client: BaseClient): Promise<Resumed[]> {
  const book = await client.book('resume');
  const results: Resumed[] = [];
  for (const entry of book.entries()) results.push(await settleEntry(client, book, entry));
  client.forgetView();
  await book.flush();
  return results;
}

/** Brings one entry of the books up to date, and fulfils what is open and may be fulfilled. */
export async function settleEntry(client: BaseClient, book: Book, entry: Entry): Promise<Resumed> {
  const { sequence } = entry;
  if (entry.dealt === undefined) {
    const status = await settleFetch(client, book, entry);
    if (status !== undefined) return { sequence, status, annulled: [], outcomes: [] };
  }
  const { first } = entry.dealt!;
  // Before asking: the books forget the openings of what is resolved.
  const own = new Set(
    Array.from({ length: entry.count }, (_, i) => i).filter((i) => isOwnToFulfil(entry, i)),
  );
  const asked = await askNonces(client, book, entry);
  const annulled = asked.annulled.filter((index) => own.has(index)).map((index) => first + index);
  const able = entry.isAbandoned ? [] : asked.open.filter((index) => own.has(index));
  const outcomes = able.length === 0 ? [] : await perform(client, book, entry, able);
  const isFinished = entry.resolved.size === entry.count;
  const isUnknown = outcomes.some(({ status }) => status === 'unknown');
  const status = isFinished ? 'finished' : isUnknown ? 'unknown' : 'open';
  return { sequence, status, first, annulled, outcomes };
}

/** Undefined if it turns out to be dealt. */
async function settleFetch(
  client: BaseClient,
  book: Book,
  entry: Entry,
): Promise<Resumed['status'] | undefined> {
  const fate = await askFetch(client, book, entry);
  if (fate === 'dealt') return undefined;
  if (fate !== 'pending') return fate;
  if (entry.isAbandoned) return 'open';
  const outcome = await send(client, book, entry);
  if (outcome.status === 'done') return undefined;
  return outcome.status === 'refused' ? 'refused' : 'unknown';
}

function isOwnToFulfil(entry: Entry, index: number): boolean {
  const opening = entry.openings[index];
  return opening !== undefined && fulfilOf(opening, 0) !== undefined;
}
