/** The journal in IndexedDB: the shared suite on a stand-in for a browser's database. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IDBFactory } from 'fake-indexeddb';
import { journalSuite } from '../../test/journal-suite.ts';
import { JournalFailedError } from '../errors/kinds.ts';
import { indexedDbJournal } from './indexeddb.ts';

let count = 0;
const open = async () => {
  const options = { name: `journal-${count++}`, indexedDB: new IDBFactory() };
  return () => indexedDbJournal(options);
};

journalSuite('indexeddb', open, true);

test('indexeddb: says so where there is none', async () => {
  await assert.rejects(() => indexedDbJournal({ name: 'x', locks: null }), JournalFailedError);
});

test('indexeddb: a record that cannot be stored changes nothing', async () => {
  const journal = await (await open())();
  const bad = { type: 'bad', field: (() => 1) as unknown as string };
  await assert.rejects(() => journal.append([{ type: 'good' }, bad]), JournalFailedError);
  await journal.append([{ type: 'next' }]);
  const types = (await journal.read()).map(({ type }) => type);
  assert.equal(types.at(-1), 'next');
  assert.ok(!types.includes('good'));
  await journal.close();
});
