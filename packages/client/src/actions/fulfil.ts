/**
 * Performing what was announced: the openings of dealt nonces, sent until each is answered.
 */
import { codes, encodeFulfil } from '@upfront/core';
import type { BaseClient } from '../client.ts';
import { BaseError } from '../errors/base.ts';
import { NoNodeError, ParameterError } from '../errors/kinds.ts';
import { type Outcome, refused, unknown } from '../outcome.ts';
import { fulfilOf, type Opening, spentBy } from '../state/activity.ts';
import type { Book, Entry } from '../state/book.ts';
import type { Answer } from '../transport/frames.ts';
import { submitAll } from '../transport/submit.ts';
import { assertCount } from './parameters.ts';

export interface FulfilParameters {
  readonly nonce: number;
  /** What opens it, if it was handed over by whoever fetched the nonce; own ones are in the journal. */
  readonly opening?: Opening | undefined;
}

export interface Fulfilled {
  readonly nonce: number;
  /** The block that has it: final. */
  readonly height: number;
}

/**
 * Fulfils one nonce: an own one from the journal, or anybody's whose opening is given.
 *
 * @throws ParameterError if there is no opening for it, or it is a hold (see `capture`) or a validation (see `validate`)
 */
export async function fulfil(
  client: BaseClient,
  { nonce, opening }: FulfilParameters,
): Promise<Outcome<Fulfilled>> {
  assertCount('nonce', nonce);
  const found = client.address === undefined ? undefined : (await client.book('fulfil')).find(nonce);
  if (found !== undefined && opening === undefined) {
    if (found.entry.openings[found.index] === undefined)
      throw new ParameterError('nonce', 'has no opening in the journal');
    const [outcome] = await perform(client, await client.book('fulfil'), found.entry, [found.index]);
    return outcome!;
  }
  const message = opening === undefined ? undefined : fulfilOf(opening, nonce);
  if (message === undefined)
    throw new ParameterError(
      'opening',
      'of a transfer, withdrawal or post is needed: the journal has none for this nonce (any more)',
    );
  try {
    const [answer] = await submitAll(client.socket, client.timeout, [encodeFulfil(message)]);
    return await outcomeOf(client, answer!, found?.entry.sequence ?? 0n, nonce);
  } catch (error) {
    if (error instanceof BaseError && !(error instanceof NoNodeError))
      return unknown(error, found?.entry.sequence ?? 0n, nonce);
    throw error;
  }
}

/** Fulfils nonces of a dealt entry by their indexes; one outcome each, in order. What became final is in the books. */
export async function perform(
  client: BaseClient,
  book: Book,
  entry: Entry,
  indexes: readonly number[],
): Promise<Outcome<Fulfilled>[]> {
  const { first } = entry.dealt!;
  const messages = indexes.map((index) => {
    const message = fulfilOf(entry.openings[index]!, first + index);
    if (message === undefined) throw new ParameterError('nonce', 'is no transfer, withdrawal or post');
    return encodeFulfil(message);
  });
  let answers: Answer[];
  try {
    answers = await submitAll(client.socket, client.timeout, messages);
  } catch (error) {
    if (error instanceof BaseError)
      return indexes.map((index) => unknown(error, entry.sequence, first + index));
    throw error;
  }
  const outcomes = await Promise.all(
    answers.map((answer, i) => outcomeOf(client, answer, entry.sequence, first + indexes[i]!)),
  );

  // From here on the books change.
  const done = indexes.filter((_, i) => outcomes[i]!.status === 'done');
  const spent = done.reduce((sum, index) => sum + spentBy(entry.openings[index]!), 0n);
  const height = outcomes.reduce(
    (most, outcome) => (outcome.status === 'done' ? Math.max(most, outcome.height) : most),
    0,
  );
  book.resolve(entry, done, spent, height);
  return outcomes;
}

async function outcomeOf(
  client: BaseClient,
  answer: Answer,
  sequence: bigint,
  nonce: number,
): Promise<Outcome<Fulfilled>> {
  if (answer.status === 'fulfilled') return { status: 'done', nonce, height: answer.height };
  const code = answer.status === 'rejected' || answer.status === 'refused' ? answer.code : 111;
  if (code !== codes.notOpen) return refused(code, sequence, nonce);
  // Resolved already: whoever else had the opening may have fulfilled it, with the same content.
  try {
    const { status, height } = await client.node.nonce(nonce);
    if (status === 'fulfilled' && height !== undefined) return { status: 'done', nonce, height };
    return refused(code, sequence, nonce);
  } catch (error) {
    if (error instanceof BaseError) return unknown(error, sequence, nonce);
    throw error;
  }
}
