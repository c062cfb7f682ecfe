/** Codes against docs/api.md, and what errors must not give away. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { codes } from '@upfront/core';
import { BaseError, stripSecrets } from './base.ts';
import { clientCodes, isPassing, nameOfCode, nodeCodes } from './codes.ts';
import { L1Error, NodeError } from './kinds.ts';

test('errors: node codes are those of docs/api.md', () => {
  const page = readFileSync(new URL('../../../../docs/api.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| (1\d\d) \| ([a-z-]+) \|/gm)].map(([, code, name]) => [
    Number(code),
    name,
  ]);
  assert.deepEqual(
    Object.values(nodeCodes).map((code) => [code, nameOfCode(code)]),
    rows,
  );
});

test('errors: the three tiers share no number, and each has a name', () => {
  const all = [...Object.values(codes), ...Object.values(nodeCodes), ...Object.values(clientCodes)];
  assert.equal(new Set(all).size, all.length);
  for (const code of all) assert.notEqual(nameOfCode(code), 'unknown');
  assert.equal(nameOfCode(clientCodes.noL1), 'no-l1');
  assert.equal(nameOfCode(clientCodes.l1Failed), 'l1-failed');
  assert.equal(nameOfCode(9999), 'unknown');
});

test('errors: URLs lose what follows the host, and who logs in', () => {
  const text = 'POST https://user:pass@rpc.example/v2/KEY?x=1 failed, wss://node/v1/socket too';
  assert.equal(stripSecrets(text), 'POST https://rpc.example failed, wss://node too');
});

test('errors: a cause is kept without its secrets', () => {
  const cause = new Error(
    'HTTP request failed.\nURL: https://rpc.example/KEY\nRequest body: {"privateKey":"0x12"}',
  );
  const error = new L1Error('The deposit', { cause });
  assert.ok(error instanceof BaseError);
  assert.equal(error.code, clientCodes.l1Failed);
  assert.equal(error.name, 'L1Error');
  assert.match(error.message, /Cause: HTTP request failed\./);
  assert.doesNotMatch(
    `${error.message} ${(error.cause as Error).message} ${(error.cause as Error).stack}`,
    /KEY/,
  );
});

test('errors: what may pass is what the node said so of', () => {
  assert.ok(new NodeError(nodeCodes.overloaded, 'submit', '').passing);
  assert.ok(!isPassing(nodeCodes.notFound));
  assert.ok(!isPassing(codes.lagging));
});
