/** The journal in a file: the shared suite, torn and damaged files, locks. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { journalSuite } from '../../test/journal-suite.ts';
import { JournalCorruptError, JournalLockedError } from '../errors/kinds.ts';
import { fileJournal } from './file.ts';

const freshPath = async () => join(await mkdtemp(join(tmpdir(), 'upfront-journal-')), 'account.journal');

journalSuite(
  'file',
  async () => {
    const path = await freshPath();
    return () => fileJournal(path);
  },
  true,
);

test('file: a torn last line is left out and cut off', async () => {
  const path = await freshPath();
  const first = await fileJournal(path);
  await first.append([{ type: 'whole' }]);
  await first.close();
  await appendFile(path, '{"type":"to');
  const second = await fileJournal(path);
  await second.append([{ type: 'next' }]);
  assert.deepEqual(await second.read(), [{ type: 'whole' }, { type: 'next' }]);
  await second.close();
});

test('file: a damaged line in the middle is an error, not a gap', async () => {
  const path = await freshPath();
  await writeFile(path, '{"type":"a"}\n{"ty\n{"type":"b"}\n');
  const journal = await fileJournal(path);
  await assert.rejects(() => journal.read(), JournalCorruptError);
  await journal.close();
});

test('file: is its owner\u2019s alone, and leaves nothing beside it', async () => {
  const path = await freshPath();
  const journal = await fileJournal(path);
  await journal.append([{ type: 'a' }]);
  await journal.compact([{ type: 'b' }]);
  assert.equal((await stat(path)).mode & 0o077, 0);
  await journal.close();
  assert.deepEqual(await readdir(dirname(path)), ['account.journal']);
});

test('file: the lock of a living process holds, of a dead one does not', async () => {
  const path = await freshPath();
  await writeFile(`${path}.lock`, '1');
  await assert.rejects(() => fileJournal(path), JournalLockedError);
  await writeFile(`${path}.lock`, '999999999');
  const journal = await fileJournal(path);
  assert.equal(await readFile(`${path}.lock`, 'utf8'), String(process.pid));
  await journal.close();
});
