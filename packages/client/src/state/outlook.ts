/**
 * What has to be known before a fetch is signed: L1's `debited`, the network's view, and that both fit the own books.
 *
 * The rule is limit.ts's. Here it is refused, loudly, to sign for more than the own books explain.
 */
import { SEQUENCE_WINDOW } from '@upfront/core';
import type { BaseClient } from '../client.ts';
import { BaseError } from '../errors/base.ts';
import {
  BadAnswerError,
  L1Error,
  L1UnreachableError,
  LimitDiscrepancyError,
  SequenceWindowError,
} from '../errors/kinds.ts';
import { delay } from '../transport/backoff.ts';
import type { NodeAccount } from '../transport/node-api.ts';
import type { Book, Draft, Entry } from './book.ts';
import { limitOf, type NetworkView } from './limit.ts';
import { askAboutOld } from './settle.ts';

/** ms that a view of the account is good for: it only makes limits smaller, so age costs tightness, not safety. */
const VIEW_AGE_MS = 2000;
/** ms between looks at L1, for the same reason. */
const L1_AGE_MS = 60_000;
/** ms that books which have seen L1 before wait for a look: the journal's own bound is as safe, only less tight. */
const LOOK_PATIENCE_MS = 1000;
/** A node that names a sequence so far above the own books would use up the account's numbers. */
const SEQUENCE_JUMP_MOST = 2n ** 32n;
const WINDOW_PAUSE_MS = 50;
const FIRST_LOOK =
  'Nothing was signed: this journal has not seen the first layer yet, so what was taken from the account before is not known. Try again when the first layer answers.';

const looks = new WeakMap<Book, number>();
/** ms between questions about fetches that should be over. */
const OLD_AGE_MS = 60_000;
const questions = new WeakMap<Book, number>();

/** Gives out a sequence for the draft, with its limit. Throws LimitDiscrepancyError, SequenceWindowError, or what asking throws. */
export async function beginFetch(client: BaseClient, action: string, draft: Draft): Promise<Entry> {
  const book = await client.book(action);
  await lookInPassing(client, book);
  await askNowAndThen(client, book);
  let view = await viewOf(client, book, action, VIEW_AGE_MS);
  if (view.committed > book.own(view.height)) {
    // Maybe only out of date: L1 may have settled what these books do not know.
    const silence = await lookAtL1(client, book);
    client.forgetView();
    view = await viewOf(client, book, action, 0);
    if (view.committed > book.own(view.height))
      throw new LimitDiscrepancyError(view.committed, book.own(view.height), silence);
  }
  if (!book.isWindowOpen) await waitForWindow(client, book, action);
  // From here on nothing waits: the limit counts exactly what is signed so far.
  return book.begin(draft, limitOf({ own: book.own(), network: book.networkBound(view) }, draft.budget));
}

/** Without it the books of somebody who only holds, and never resumes, would grow. */
async function askNowAndThen(client: BaseClient, book: Book): Promise<void> {
  if (client.now() - (questions.get(book) ?? 0) <= OLD_AGE_MS) return;
  questions.set(book, client.now());
  try {
    await askAboutOld(client, book);
  } catch (error) {
    // It only makes bounds smaller; the next time is soon enough.
    if (!(error instanceof BaseError)) throw error;
  }
}

/**
 * A look at L1 before a fetch, at most every minute. Without L1 the books alone must do.
 *
 * A mark in the journal is a lower bound of what L1 has debited, and all that was signed since counts on top of it: so
 * with a mark nothing waits for L1 that is slow or down, and what it would have said can only make the bound smaller.
 */
async function lookInPassing(client: BaseClient, book: Book): Promise<void> {
  const last = looks.get(book);
  if (!client.hasL1 || (last !== undefined && client.now() - last <= L1_AGE_MS)) return;
  if (!book.isBased) return void (await lookAtL1(client, book));
  looks.set(book, client.now());
  const look = lookAtL1(client, book);
  // What comes after the wait, of another chain for example, the next look meets again.
  look.catch(() => looks.delete(book));
  const patience = new AbortController();
  try {
    await Promise.race([look, delay(LOOK_PATIENCE_MS, patience.signal)]);
  } finally {
    patience.abort();
  }
}

/**
 * Reads `debited` and the newest settlement. Returns why it could not, if the books have seen L1 before.
 *
 * @throws L1Error if they have not: what was taken before they were begun is not known
 */
export async function lookAtL1(client: BaseClient, book: Book): Promise<L1Error | undefined> {
  if (!client.hasL1) return undefined;
  try {
    const { l1, contract } = await client.contract('limit');
    // In this order: a settlement between both reads makes the number too low, never too high.
    const number = Number(await l1.value(contract, 'number'));
    const { debited, sequence } = await l1.account(contract, client.signer('limit').address);
    const height = number === 0 ? 0 : await formedAt(client, number);
    book.observe(debited, number, height);
    if (sequence > 0n) book.landed(sequence - 1n);
    looks.set(book, client.now());
    return undefined;
  } catch (error) {
    if (!(error instanceof L1Error)) throw error;
    if (book.isBased) return error;
    const Kind = error instanceof L1UnreachableError ? L1UnreachableError : L1Error;
    throw new Kind('The first look at the account', { cause: error, hint: FIRST_LOOK });
  }
}

/** The node's word: too low a height only keeps the bound from shrinking, too high a one makes the network refuse. */
async function formedAt(client: BaseClient, number: number): Promise<number> {
  try {
    return (await client.node.settlement(number)).height;
  } catch (error) {
    if (error instanceof BaseError) return 0;
    throw error;
  }
}

async function viewOf(client: BaseClient, book: Book, action: string, age: number): Promise<NetworkView> {
  const account = await client.view(action, age);
  noteHighest(book, account);
  return { height: account.height, committed: committedOf(account) };
}

/** D + max(0, u) + reserved. */
export function committedOf({ debited, unsettled, reserved }: NodeAccount): bigint {
  return debited + (unsettled > 0n ? unsettled : 0n) + reserved;
}

function noteHighest(book: Book, { highest }: NodeAccount): void {
  if (
    highest > book.highestSigned + SEQUENCE_JUMP_MOST &&
    highest > book.highestLanded + SEQUENCE_JUMP_MOST
  ) {
    throw new BadAnswerError('account', `names the sequence ${highest}, far above all that were signed here`);
  }
  book.landed(highest);
}

/** Waits until a fetch lands. Those that were rejected without a trace are sent again: expired ones land as refused. */
async function waitForWindow(client: BaseClient, book: Book, action: string): Promise<void> {
  const until = performance.now() + client.timeout;
  while (!book.isWindowOpen) {
    if (performance.now() > until) throw new SequenceWindowError(book.highestLanded);
    await delay(WINDOW_PAUSE_MS);
    if (book.isWindowOpen) return;
    const stuck = book.unlanded().filter(({ isAbandoned, isExpired }) => isAbandoned || isExpired);
    if (stuck.length >= SEQUENCE_WINDOW / 2) await resend(client, book, stuck);
    client.forgetView();
    await viewOf(client, book, action, 0);
  }
}

async function resend(client: BaseClient, book: Book, entries: readonly Entry[]): Promise<void> {
  const answers = await client.socket.submit(entries.map(({ message }) => message));
  answers.forEach((answer, i) => {
    const entry = entries[i]!;
    if (answer.status === 'dealt') book.dealt(entry, answer);
    else if (answer.status === 'refused') book.over(entry, true);
  });
}
