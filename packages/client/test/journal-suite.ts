/**
 * What every journal must do, whatever it writes to.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClosedError, JournalLockedError } from '../src/errors/kinds.ts';
import type { Journal, JournalRecord } from '../src/journal/journal.ts';

/** `open` opens the same journal again; `isShared` says whether it outlives its closing. */
export function journalSuite(
  name: string,
  open: () => Promise<() => Promise<Journal>>,
  isShared: boolean,
): void {
  const a: JournalRecord = { type: 'a', number: 1, text: 'ä\n"', list: [{ x: null }, true] };
  const b: JournalRecord = { type: 'b' };

  test(`${name}: begins empty and gives back what was appended, in order`, async () => {
    const journal = await (await open())();
    assert.deepEqual(await journal.read(), []);
    await journal.append([a, b]);
    await journal.append([]);
    await journal.append([a]);
    assert.deepEqual(await journal.read(), [a, b, a]);
    await journal.close();
  });

  test(`${name}: appends that meet keep their order`, async () => {
    const journal = await (await open())();
    const records = Array.from({ length: 50 }, (_, n): JournalRecord => ({ type: 'n', n }));
    await Promise.all(records.map((record) => journal.append([record])));
    assert.deepEqual(await journal.read(), records);
    await journal.close();
  });

  test(`${name}: keeps no reference to what it was given or gave`, async () => {
    const journal = await (await open())();
    const list = [1];
    await journal.append([{ type: 'list', list }]);
    list.push(2);
    const [first] = await journal.read();
    (first!['list'] as number[]).push(3);
    assert.deepEqual(await journal.read(), [{ type: 'list', list: [1] }]);
    await journal.close();
  });

  test(`${name}: compacts, and appends behind that`, async () => {
    const journal = await (await open())();
    await journal.append([a, a, a]);
    await journal.compact([b]);
    await journal.append([a]);
    assert.deepEqual(await journal.read(), [b, a]);
    await journal.close();
  });

  test(`${name}: keeps what is appended while it compacts, and in its place`, async () => {
    const journal = await (await open())();
    const done = [journal.append([a]), journal.compact([b]), journal.append([a, a])];
    await Promise.all(done);
    assert.deepEqual(await journal.read(), [b, a, a]);
    await journal.close();
  });

  test(`${name}: does nothing once closed, and closes twice`, async () => {
    const journal = await (await open())();
    await journal.close();
    await journal.close();
    await assert.rejects(() => journal.append([a]), ClosedError);
    await assert.rejects(() => journal.read(), ClosedError);
    await assert.rejects(() => journal.compact([a]), ClosedError);
  });

  if (!isShared) return;

  test(`${name}: is there again after closing`, async () => {
    const reopen = await open();
    const first = await reopen();
    await first.append([a]);
    await first.compact([a, b]);
    await first.append([b]);
    await first.close();
    const second = await reopen();
    assert.deepEqual(await second.read(), [a, b, b]);
    await second.close();
  });

  test(`${name}: only one has it open`, async () => {
    const reopen = await open();
    const first = await reopen();
    await assert.rejects(reopen, JournalLockedError);
    await first.close();
    const second = await reopen();
    await second.close();
  });
}
