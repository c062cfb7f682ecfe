/** How far something is, in words: the rate counts what was done since it began. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createProgress } from './progress.ts';

it('progress: all of a short run is in its rate, and nothing that was done before', () => {
  let text = '';
  let time = 0;
  const stderr = { write: (more: string) => (text += more), isTTY: false };
  const progress = createProgress(300, 'payments', { from: 100, streams: { stderr }, now: () => time });
  time = 500;
  progress.show(300);
  progress.end();
  assert.equal(text.split('\n').at(-2), '300 of 300 payments, 400/s');
});
