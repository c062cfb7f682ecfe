/** commitment.ts: it binds everything that is in it; an opener reads runs in place. Known answers: vectors.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concatBytes } from './bytes.ts';
import { commitment, createOpener, transferActivity, withdrawActivity } from './commitment.ts';
import { nobleHashes as hashes } from './hash.ts';
import { toHex } from './hex.ts';

const run = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });

describe('commitment', () => {
  const account = new Uint8Array(20).fill(1);
  const salt = new Uint8Array(16).fill(2);
  const activity = withdrawActivity(5n);

  it('binds account, sequence, index, kind, salt and activity', () => {
    const made = [
      commitment(hashes, account, 1n, 0, 3, salt, activity),
      commitment(hashes, new Uint8Array(20), 1n, 0, 3, salt, activity),
      commitment(hashes, account, 2n, 0, 3, salt, activity),
      commitment(hashes, account, 1n, 1, 3, salt, activity),
      commitment(hashes, account, 1n, 0, 4, salt, activity),
      commitment(hashes, account, 1n, 0, 3, new Uint8Array(16), activity),
      commitment(hashes, account, 1n, 0, 3, salt, withdrawActivity(6n)),
      commitment(hashes, account, 1n, 0, 3, salt, new Uint8Array(0)),
    ];
    assert.equal(new Set(made.map(toHex)).size, made.length);
  });
  it('refuses what does not fit', () => {
    const short = new Uint8Array(15);
    assert.throws(() => commitment(hashes, account, 1n, 0, 3, short, activity), RangeError);
    assert.throws(() => commitment(hashes, short, 1n, 0, 3, salt, activity), RangeError);
    assert.throws(() => commitment(hashes, account, 1n, 65536, 3, salt, activity), RangeError);
    assert.throws(() => commitment(hashes, account, -1n, 0, 3, salt, activity), RangeError);
    assert.throws(() => withdrawActivity(2n ** 64n), RangeError);
    assert.throws(() => transferActivity(short, 1n, new Uint8Array(32)), RangeError);
    assert.throws(() => transferActivity(account, 1n, short), RangeError);
  });
});

describe('an opener', () => {
  const opens = createOpener(hashes);
  const sizes = fc.oneof(fc.constantFrom(0, 8, 60, 64, 65, 200, 201, 400), fc.nat(3000));

  it('opens what was committed, wherever the runs lie, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.record({
          account: run(20),
          sequence: fc.bigInt(0n, 2n ** 56n - 1n),
          index: fc.nat(255),
          kind: fc.constantFrom(1, 3, 4),
          salt: run(16),
          activity: sizes.chain(run),
          at: fc.nat(7),
          bit: fc.nat(),
        }),
        ({ account, sequence, index, kind, salt, activity, at, bit }) => {
          const expected = commitment(hashes, account, sequence, index, kind, salt, activity);
          const margin = new Uint8Array(at).fill(0xaa);
          const message = concatBytes(margin, salt, margin, activity, margin);
          const pledges = concatBytes(margin, expected, margin);
          const accounts = concatBytes(margin, account);
          const open = (): boolean =>
            opens(
              accounts,
              at,
              sequence,
              index,
              kind,
              message,
              at,
              2 * at + 16,
              activity.length,
              pledges,
              at,
            );
          assert.equal(open(), true);

          const targets = [
            accounts.subarray(at),
            pledges.subarray(at, at + 32),
            message.subarray(at, at + 16),
          ];
          if (activity.length > 0) targets.push(message.subarray(2 * at + 16, 2 * at + 16 + activity.length));
          for (const target of targets) {
            target[bit % target.length]! ^= 1 << (bit % 8);
            assert.equal(open(), false);
            target[bit % target.length]! ^= 1 << (bit % 8);
          }
          assert.equal(open(), true);
        },
      ),
    );
  });
});
