/** Each relation between limits, broken once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLimits, defaultLimits, type Limits } from './limits.ts';

test('the defaults hold together', () => {
  assert.deepEqual(createLimits(), defaultLimits);
});

test('each relation that does not hold is named', () => {
  const rows: [Partial<Limits>, RegExp][] = [
    [{ connections: 0 }, /limit connections is 0/],
    [{ frameBytes: 1.5 }, /limit frameBytes/],
    [{ drainMs: Number.NaN }, /limit drainMs/],
    [{ frameMessages: 4097 }, /frameMessages <= 4096/],
    [{ frameBytes: 65_000 }, /longest message/],
    [{ jsonBytes: 1 << 20 }, /jsonBytes/],
    [{ connections: 1 }, /connectionsPerAddress/],
    [{ messageBurst: 100 }, /messageBurst/],
    [{ requestBurst: 10 }, /requestBurst/],
    [{ connectionIntakeBytes: 1 << 19 }, /frameBytes <= connectionIntakeBytes/],
    [{ intakeBytes: 1 << 23 }, /connectionIntakeBytes <= intakeBytes/],
    [{ streamQueueBytes: 1 << 20 }, /streamHighWaterBytes/],
    [{ streamQueueBytes: (1 << 20) + 1000 }, /streamQueueBytes holds/],
    [{ pageDefault: 1001 }, /pageDefault/],
  ];
  for (const [replaced, message] of rows) {
    assert.throws(
      () => createLimits(replaced),
      (error) => error instanceof RangeError && message.test(error.message),
    );
  }
});
