/** The books: written, read again, compacted, damaged, another account's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  JournalCorruptError,
  JournalFailedError,
  JournalLockedError,
  NetworkMismatchError,
} from '../errors/kinds.ts';
import type { Journal, JournalRecord } from '../journal/journal.ts';
import { memoryJournal } from '../journal/memory.ts';
import { newOpening } from './activity.ts';
import { Book, type Draft } from './book.ts';

const ACCOUNT = `0x${'0a'.repeat(20)}` as const;
const REFERENCE = `0x${'00'.repeat(32)}` as const;
const draft = (amount: bigint): Draft => ({
  budget: amount + 10n,
  fees: 10n,
  expires: 1000,
  openings: [newOpening({ kind: 'transfer', to: ACCOUNT, amount, reference: REFERENCE })],
});
const open = (journal: Journal) => Book.open(journal, ACCOUNT, async () => '0x1234');

async function filled(): Promise<{ journal: Journal; book: Book }> {
  const journal = { ...memoryJournal(), close: async () => undefined };
  const book = await open(journal);
  for (let i = 0; i < 4; i++) await book.record(book.begin(draft(100n), 0n), Uint8Array.of(1, i));
  const [a, b, c] = book.entries();
  book.dealt(a!, { first: 0, height: 5, clock: 50 });
  book.resolve(a!, [0], 100n, 6);
  book.dealt(b!, { first: 1, height: 5, clock: 50 });
  book.over(c!, true);
  await book.abandon(b!);
  book.observe(0n, 1, 2);
  return { journal, book };
}

test('book: what is written down comes back, compacted or not', async () => {
  for (const isCompacted of [false, true]) {
    const { journal, book } = await filled();
    assert.equal(book.own(), 330n);
    if (isCompacted) await book.compact();
    await book.close();
    const again = await open(journal);
    assert.equal(again.own(), 330n);
    assert.deepEqual([again.highestSigned, again.highestLanded, again.nextSequence()], [3n, 2n, 4n]);
    const [b, d] = again.entries();
    assert.deepEqual([b!.sequence, b!.isAbandoned, b!.dealt?.first], [1n, true, 1]);
    assert.deepEqual([d!.sequence, d!.dealt, d!.message], [3n, undefined, Uint8Array.of(1, 3)]);
    assert.deepEqual(d!.openings, book.entries()[1]!.openings);
    assert.deepEqual(
      [0n, 1n, 2n, 3n, 4n].map((sequence) => again.knows(sequence)),
      [true, true, true, true, false],
    );
    assert.equal(again.genesis, '0x1234');
  }
});

test('book: is one account\u2019s, and begins with whose it is', async () => {
  const { journal, book } = await filled();
  await book.close();
  await assert.rejects(
    () => Book.open(journal, `0x${'0b'.repeat(20)}`, async () => '0x'),
    NetworkMismatchError,
  );
  const again = await open(journal);
  await assert.rejects(() => open(journal), JournalLockedError);
  await again.close();
  const headless = memoryJournal();
  await headless.append([{ type: 'dealt', sequence: '1' }]);
  await assert.rejects(() => open(headless), JournalCorruptError);
});

test('book: records that it cannot have written are damage', async () => {
  const bad: JournalRecord[] = [
    { type: 'fetch' },
    {
      type: 'fetch',
      sequence: '0',
      limit: '0',
      budget: '0',
      fees: '0',
      expires: 0,
      count: 1,
      openings: [{ kind: 'x' }],
      message: '0x',
    },
    { type: 'debited', debited: 'x', number: 0, height: 0 },
    { type: 'summary' },
  ];
  for (const record of bad) {
    const { journal, book } = await filled();
    await book.close();
    await journal.append([record]);
    await assert.rejects(() => open(journal), JournalCorruptError, JSON.stringify(record));
  }
});

test('book: two that begin at once get two sequences, each counted in the other\u2019s limit', async () => {
  const book = await open(memoryJournal());
  const view = { height: 1, committed: 0n };
  const [a, b] = [book.begin(draft(1n), 0n), book.begin(draft(2n), 0n)];
  assert.deepEqual([a.sequence, b.sequence], [0n, 1n]);
  assert.equal(book.networkBound(view), 11n + 12n);
  book.dealt(a, { first: 0, height: 1, clock: 0 });
  assert.equal(book.networkBound(view), 12n);
  book.drop(b);
  assert.equal(book.own(), 11n);
  assert.equal(book.nextSequence(), 1n);
});

test('book: the window is 64 sequences above what landed', async () => {
  const book = await open(memoryJournal());
  for (let i = 0; i < 64; i++) {
    assert.ok(book.isWindowOpen);
    book.begin(draft(1n), 0n);
  }
  assert.ok(!book.isWindowOpen);
  book.landed(0n);
  assert.ok(book.isWindowOpen);
});

test('book: what expired counts nothing, and is kept until its sequence is used up', async () => {
  const journal = { ...memoryJournal(), close: async () => undefined };
  const book = await open(journal);
  for (let i = 0; i < 3; i++) await book.record(book.begin(draft(1n), 0n), Uint8Array.of(1, i));
  const [a] = book.entries();
  book.over(a!, false);
  assert.equal(book.own(), 22n);
  await book.compact();
  await book.close();
  const again = await open(journal);
  assert.equal(again.own(), 22n);
  assert.deepEqual([again.entries().length, again.unlanded().length], [2, 3]);
  again.landed(0n);
  assert.equal(again.unlanded().length, 2);
});

test('book: a journal that cannot be written stops what would be sent', async () => {
  const journal = memoryJournal();
  const book = await open({
    ...journal,
    append: () => Promise.reject(new JournalFailedError('written', new Error('disk full'))),
    read: async () => [{ type: 'identity', version: 1, genesis: '0x12', account: ACCOUNT }],
  });
  await assert.rejects(() => book.record(book.begin(draft(1n), 0n), Uint8Array.of(1)), JournalFailedError);
});

test('book: written anew while it is used, it loses nothing', async () => {
  const journal = { ...memoryJournal(), close: async () => undefined };
  const book = await open(journal);
  const waiting: Promise<void>[] = [];
  for (let i = 0; i < 30_000; i++) {
    const entry = book.begin(draft(1n), 0n);
    waiting.push(book.record(entry, Uint8Array.of(1)));
    book.dealt(entry, { first: i, height: i + 1, clock: 0 });
    if (i % 100 > 0) book.resolve(entry, [0], 1n, i + 1);
    if (i % 1000 === 0) await Promise.all(waiting.splice(0));
  }
  await Promise.all(waiting);
  await book.close();
  assert.ok((await journal.read()).length < 60_000);
  const again = await open(journal);
  assert.equal(again.own(), book.own());
  assert.equal(again.entries().length, 300);
  assert.equal(again.nextSequence(), 30_000n);
});
