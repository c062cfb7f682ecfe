/** What an outcome says to do next: for whoever reads it, so it names what to do and no function. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codes } from '@upfront/core';
import { LimitDiscrepancyError, TimeoutError } from './errors/kinds.ts';
import { OutcomeUnknownError, RefusedError, refused, unknown } from './outcome.ts';

test('outcome: hints name no function, and are part of the error', () => {
  const timeout = new TimeoutError('submit', 1);
  const errors = [
    ...Object.values(codes).map((code) => new RefusedError(refused(code, 7n))),
    new OutcomeUnknownError(unknown(timeout, 7n)),
    new OutcomeUnknownError(unknown(timeout, 7n, 17)),
    new LimitDiscrepancyError(2n, 1n, timeout),
  ];
  for (const { hint, message } of errors) {
    assert.ok(hint !== undefined && message.includes(hint), message);
    assert.doesNotMatch(hint, /\w\(|`/);
  }
});

test('outcome: unknown says what to ask about', () => {
  const reason = new TimeoutError('submit', 1);
  assert.match(unknown(reason, 7n).ask, /Resume.*the fetch of sequence 7/);
  assert.match(unknown(reason, 7n, 17).ask, /Resume.*nonce 17/);
});
