/** The place on L1 that survives a restart: what is kept, when, and what is not trusted. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type CursorFile, createCursorFile } from './cursor-file.ts';
import type { L1Cursor } from './watcher.ts';

const IDENTITY = { chainId: 31337, contract: `0x${'11'.repeat(20)}` };
const ADDRESS = new Uint8Array(20).fill(7);
const CURSOR: L1Cursor = {
  block: 1234,
  hash: `0x${'ab'.repeat(32)}`,
  items: 5,
  head: new Uint8Array(32).fill(9),
  validators: new Map([[`0x${'07'.repeat(20)}`, ADDRESS]]),
};

let folder: string;
let path: string;
let warnings: string[];
let time: number;
let file: CursorFile;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upfront-cursor-'));
  path = join(folder, 'l1-cursor.json');
  warnings = [];
  time = 0;
  file = open();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(identity = IDENTITY, at = path): CursorFile {
  const log = { info() {}, error() {}, warn: (_: object, message: string) => void warnings.push(message) };
  return createCursorFile(at, identity, log, { now: () => time });
}

test('what was saved is loaded', () => {
  assert.equal(file.load(), undefined);
  file.save(CURSOR, 5);
  assert.deepEqual(open().load(), CURSOR);
  assert.deepEqual(warnings, []);
});

test('nothing beyond what was imported, and nothing that is not there yet', () => {
  file.save(CURSOR, 4);
  file.save(undefined, 9);
  assert.equal(existsSync(path), false);
});

test('offers are taken at most once a minute', () => {
  file.offer(CURSOR, 5);
  time = 59_999;
  file.offer({ ...CURSOR, block: 1235 }, 5);
  assert.equal(open().load()!.block, 1234);
  time = 60_000;
  file.offer({ ...CURSOR, block: 1236 }, 5);
  assert.equal(open().load()!.block, 1236);
});

test('of another chain or contract: not used, with a warning', () => {
  file.save(CURSOR, 5);
  assert.equal(open({ ...IDENTITY, chainId: 1 }).load(), undefined);
  assert.equal(open({ ...IDENTITY, contract: `0x${'22'.repeat(20)}` }).load(), undefined);
  assert.equal(warnings.length, 2);
});

test('damaged in any way: not used, with a warning', () => {
  file.save(CURSOR, 5);
  const saved = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const texts = [
    '',
    '{',
    'null',
    '[]',
    readFileSync(path, 'utf8').slice(0, 60),
    ...Object.keys(saved).map((key) => JSON.stringify({ ...saved, [key]: undefined })),
    JSON.stringify({ ...saved, block: -1 }),
    JSON.stringify({ ...saved, items: 1.5 }),
    JSON.stringify({ ...saved, hash: '0xab' }),
    JSON.stringify({ ...saved, head: 7 }),
    JSON.stringify({ ...saved, validators: ['0x00'] }),
  ];
  for (const text of texts) {
    writeFileSync(path, text);
    assert.equal(open().load(), undefined, text);
  }
  assert.equal(warnings.length, texts.length);
});

test('a folder that takes no file is a warning, no failure', () => {
  open(IDENTITY, join(folder, 'missing', 'file')).save(CURSOR, 5);
  assert.deepEqual(warnings, ['the place on L1 was not written down']);
});
