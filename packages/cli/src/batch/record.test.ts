/** The record of a batch: what may have been announced is known after a crash, and what was refused is tried again. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { CliError } from '../errors.ts';
import { BatchRecord } from './record.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'upfront-record-'));
});
after(() => rmSync(folder, { recursive: true }));

function reopened(record: BatchRecord, path: string): BatchRecord {
  record.close();
  return new BatchRecord(path);
}

it('knows after a crash what may have been announced', () => {
  const path = join(folder, 'a', 'batch.jsonl');
  let record = new BatchRecord(path);
  record.begin([0, 1], 5n);
  record = reopened(record, path);
  assert.deepEqual(record.open, { type: 'begin', rows: [0, 1], sequence: '5' });
  record.end([{ type: 'end', row: 0, status: 'done', nonce: 9, height: 3 }]);
  record = reopened(record, path);
  assert.equal(record.open, undefined);
  assert.deepEqual([record.isDone(0), record.isDone(1)], [true, false]);
  record.close();
});

it('takes a payment that was refused for open when it is tried again', () => {
  const path = join(folder, 'refused.jsonl');
  let record = new BatchRecord(path);
  record.begin([0], 1n);
  record.end([{ type: 'end', row: 0, status: 'refused', code: 12, name: 'insufficient-funds' }]);
  assert.equal(record.isDone(0), false);
  record.begin([0], 2n);
  record = reopened(record, path);
  assert.equal(record.open?.sequence, '2');
  assert.equal(record.results.has(0), false);
  record.close();
});

it('passes over a torn line, and refuses a damaged one', () => {
  const path = join(folder, 'torn.jsonl');
  let record = new BatchRecord(path);
  record.begin([0], 1n);
  record.close();
  appendFileSync(path, '{"type":"over');
  record = new BatchRecord(path);
  assert.equal(record.open?.sequence, '1');
  record.end([]);
  record = reopened(record, path);
  assert.equal(record.open, undefined);
  record.close();
  writeFileSync(path, 'no\n');
  assert.throws(() => new BatchRecord(path), CliError);
});
