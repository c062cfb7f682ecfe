/**
 * Asking what became of fetches, and writing it into the books. It sends and performs nothing.
 *
 * A node's word makes what was signed count for less, never for more: see limit.ts.
 */
import { decodeFetch, type Intent } from '@upfront/core';
import type { BaseClient } from '../client.ts';
import type { NodeNonce } from '../transport/node-api.ts';
import { spentBy } from './activity.ts';
import type { Book, Entry } from './book.ts';

/** ms that a node may be behind this clock before a fetch that it does not know counts as expired. */
const CLOCK_SLACK_MS = 60_000;
const ASKED_AT_ONCE = 16;
/** Fetches that are asked about in passing. */
const OLD_MOST = 64;

/** pending: it may still be dealt. */
export type Fate = 'dealt' | 'refused' | 'expired' | 'pending';

/** What became of a fetch that is not known to be dealt. */
export async function askFetch(client: BaseClient, book: Book, entry: Entry): Promise<Fate> {
  const { address } = client.signer('resume');
  const answer = await client.node.fetch(address, entry.sequence);
  if (answer.status === 'dealt') {
    book.dealt(entry, answer);
    return 'dealt';
  }
  if (answer.status === 'refused') {
    book.over(entry, true);
    return 'refused';
  }
  const { time } = await client.node.status();
  if (Math.max(time, client.now() - CLOCK_SLACK_MS) <= entry.expires) return 'pending';
  book.over(entry, false);
  return 'expired';
}

/** Asks about every nonce that is not known to be resolved; the indexes of those that are open, or turned out to be annulled. */
export async function askNonces(
  client: BaseClient,
  book: Book,
  entry: Entry,
): Promise<{ open: number[]; annulled: number[] }> {
  const open: number[] = [];
  const annulled: number[] = [];
  const { genesis } = await client.network();
  const intents = decodeFetch(entry.message, genesis.parameters)?.intents ?? [];
  const all = Array.from({ length: entry.count }, (_, index) => index);
  const asked = all.filter((index) => !entry.resolved.has(index));
  for (let at = 0; at < asked.length; at += ASKED_AT_ONCE) {
    const indexes = asked.slice(at, at + ASKED_AT_ONCE);
    const answers = await Promise.all(indexes.map((index) => client.node.nonce(entry.dealt!.first + index)));
    answers.forEach((answer, i) => {
      const index = indexes[i]!;
      if (answer.status === 'open') open.push(index);
      if (answer.status === 'annulled') annulled.push(index);
      if (answer.status !== 'fulfilled' && answer.status !== 'annulled') return;
      const spent = spentOf(entry, index, intents[index], answer);
      book.resolve(entry, [index], spent, answer.height ?? entry.dealt!.height);
    });
  }
  return { open, annulled };
}

/** Asks about fetches that should be over by now: holds that somebody captured, what was left to be annulled. */
export async function askAboutOld(client: BaseClient, book: Book): Promise<void> {
  const old = book.entries().filter(({ expires }) => client.now() - CLOCK_SLACK_MS > expires);
  for (const entry of old.slice(0, OLD_MOST)) {
    const isDealt = entry.dealt !== undefined || (await askFetch(client, book, entry)) === 'dealt';
    if (isDealt) await askNonces(client, book, entry);
  }
}

/** What a resolved nonce took. The node's word counts only where it makes it less than what was signed for. */
function spentOf(
  entry: Entry,
  index: number,
  intent: Intent | undefined,
  { status, event }: NodeNonce,
): bigint {
  if (status === 'annulled') return intent?.kind === 'post' ? intent.stake : 0n;
  const opening = entry.openings[index];
  if (opening !== undefined && opening.activity.kind !== 'hold') return spentBy(opening);
  if (intent?.kind === 'post' || intent?.kind === 'validate') return 0n;
  const most = intent?.kind === 'hold' ? intent.max : entry.budget;
  const amount = event?.['amount'];
  if (typeof amount !== 'string' || !/^\d{1,19}$/.test(amount)) return most;
  return BigInt(amount) < most ? BigInt(amount) : most;
}
