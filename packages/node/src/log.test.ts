/** The log keeps secrets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog, redactUrl } from './log.ts';

test('what could be a secret is left out by name', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  log.info({ privateKey: 'SECRET', nested: { password: 'SECRET' }, height: 5 }, 'hello');
  log.debug({}, 'not this one');
  assert.equal(lines.length, 1);
  const line = JSON.parse(lines[0]!) as Record<string, unknown>;
  assert.equal(line['height'], 5);
  assert.equal(line['msg'], 'hello');
  assert.ok(!lines[0]!.includes('SECRET'));
});

test('a URL is shown without user, path and query', () => {
  assert.equal(redactUrl('https://u:p@rpc.example/v3/KEY?x=KEY'), 'https://rpc.example/…');
  assert.equal(redactUrl('http://127.0.0.1:8545'), 'http://127.0.0.1:8545');
  assert.equal(redactUrl('nonsense'), '[no URL]');
});
