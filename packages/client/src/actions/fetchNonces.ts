/**
 * Announcing activities: one signed fetch, dealt as many nonces in one go.
 *
 * The order that a crash must not be able to break: sequence, signature, journal (durable), network.
 */
import { codes, encodeFetch, encodeIntents, fromHex, nobleHashes } from '@upfront/core';
import type { BaseClient } from '../client.ts';
import { BaseError } from '../errors/base.ts';

import { ParameterError, TooManyPendingError } from '../errors/kinds.ts';
import { type Outcome, refused, unknown } from '../outcome.ts';
import { type Activity, intentOf, mostOf, newOpening, type Opening } from '../state/activity.ts';
import type { Book, Entry } from '../state/book.ts';
import { beginFetch } from '../state/outlook.ts';
import { submitAll } from '../transport/submit.ts';
import { assertActivities } from './parameters.ts';

export interface FetchNoncesParameters {
  /** 1..maxIntents; one nonce each, in this order. */
  readonly activities: readonly Activity[];
  /** Units to reserve; at least fees, maxima and stakes. Default: what all activities can take. */
  readonly budget?: bigint | undefined;
}

export interface DealtNonces {
  /** The nonces are `first` .. `first + count - 1`. */
  readonly first: number;
  readonly count: number;
  readonly sequence: bigint;
  /** The block that dealt them, and the network's clock then (ms). */
  readonly height: number;
  readonly clock: number;
  /** What opens each; they are in the journal too. */
  readonly openings: readonly Opening[];
}

/**
 * Fetches nonces, and leaves fulfilling them to `fulfil` (or `resume`).
 *
 * @throws LimitDiscrepancyError, SequenceWindowError, SigningError, JournalFailedError, ParameterError: nothing was sent
 */
export async function fetchNonces(
  client: BaseClient,
  { activities, budget }: FetchNoncesParameters,
): Promise<Outcome<DealtNonces>> {
  const { outcome } = await deal(client, 'fetchNonces', activities, budget);
  return outcome;
}

/** The fetch, and its entry in the books if it was dealt. */
export async function deal(
  client: BaseClient,
  action: string,
  activities: readonly Activity[],
  budget?: bigint,
): Promise<{ readonly outcome: Outcome<DealtNonces>; readonly entry: Entry }> {
  const { genesis } = await client.network();
  const { parameters } = genesis;
  assertActivities(activities, parameters);
  const fees = parameters.fee * BigInt(activities.length);
  const needed = activities.reduce((sum, activity) => sum + mostOf(activity), fees);
  if (budget !== undefined && budget < fees) throw new ParameterError('budget', 'does not cover the fees');
  // Not all of expiryMost: this clock may be ahead of the network's.
  const expires = client.now() + Math.min(client.expiry, Math.floor(0.75 * parameters.expiryMost));
  const openings = activities.map(newOpening);

  const book = await client.book(action);
  const entry = await beginFetch(client, action, { budget: budget ?? needed, fees, expires, openings });
  try {
    await book.record(entry, await sign(client, action, entry));
  } catch (error) {
    book.drop(entry);
    throw error;
  }
  // From here on it may be dealt.
  return { outcome: await send(client, book, entry), entry };
}

async function sign(client: BaseClient, action: string, entry: Entry): Promise<Uint8Array> {
  const { genesis } = await client.network();
  const signer = client.signer(action);
  const { sequence, limit, budget, expires, openings } = entry;
  const intents = openings.map((opening, index) => intentOf(opening, signer.address, sequence, index));
  const intentsHash = nobleHashes.sha256(encodeIntents(intents));
  const signature = await signer.fetch(genesis, { sequence, limit, budget, expires, intents: intentsHash });
  const account = fromHex(signer.address)!;
  return encodeFetch({ account, sequence, limit, budget, expires, signature, intents });
}

/** Sends the recorded message until it is answered, and writes the answer down. */
export async function send(client: BaseClient, book: Book, entry: Entry): Promise<Outcome<DealtNonces>> {
  const { sequence, count, openings } = entry;
  try {
    const [answer] = await submitAll(client.socket, client.timeout, [entry.message]);
    switch (answer!.status) {
      case 'dealt': {
        const { first, height, clock } = answer!;
        book.dealt(entry, answer!);
        return { status: 'done', first, count, sequence, height, clock, openings };
      }
      case 'refused':
        book.over(entry, true);
        client.forgetView();
        return refused(answer!.code, sequence);
      case 'rejected':
        // Without a trace, it may still be dealt until it expires; then it is left to be annulled.
        await book.abandon(entry);
        if (answer!.code === codes.sequenceUsed) book.landed(sequence);
        return refused(answer!.code, sequence);
      case 'fulfilled':
        throw new ParameterError('message', 'is no fetch');
    }
  } catch (error) {
    if (error instanceof TooManyPendingError) await book.abandon(entry);
    if (!(error instanceof BaseError) || error instanceof TooManyPendingError) throw error;
    return unknown(error, sequence);
  }
}
