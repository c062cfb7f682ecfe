/** The table of node codes and that of docs/api.md are the same. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { codes } from '@upfront/core';
import { errorBody, httpStatusOf, type NodeCode, NodeError, nodeCodeName, nodeCodes } from './errors.ts';

const API = readFileSync(new URL('../../../../docs/api.md', import.meta.url), 'utf8');

test('docs/api.md has exactly these codes, names and statuses', () => {
  const documented = [...API.matchAll(/^\| (\d{3}) \| ([a-z-]+) \| (\d{3}) \|/gm)].map(
    ([, code, name, status]) => [Number(code), name, Number(status)],
  );
  const ours = Object.values(nodeCodes).map((code) => [code, nodeCodeName(code), httpStatusOf(code)]);
  assert.deepEqual(documented, ours);
});

test('no code is both a node’s and the core’s', () => {
  assert.ok(Math.max(...Object.values(codes)) < Math.min(...Object.values(nodeCodes)));
});

test('an error by its number has the code and the name', () => {
  for (const code of Object.values(nodeCodes) as NodeCode[]) {
    const error = NodeError.of(code, 'why');
    assert.equal(error.code, code);
    assert.equal(error.message, `${nodeCodeName(code)}: why`);
  }
  assert.equal(nodeCodeName(1), 'unknown');
  assert.deepEqual(errorBody(107, 'gone'), { error: { code: 107, name: 'not-found', message: 'gone' } });
});
