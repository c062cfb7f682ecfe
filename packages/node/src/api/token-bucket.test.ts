/** Rates hold over any span; what is remembered of addresses is bounded. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AddressBuckets, peerOf, TokenBucket } from './token-bucket.ts';

describe('a bucket', () => {
  test('never gives more than its burst and its rate', () => {
    const steps = fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 50 })), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (list) => {
        const bucket = new TokenBucket(100, 50, 0);
        let now = 0;
        let given = 0;
        for (const [pause, count] of list) {
          now += pause;
          if (bucket.take(count, now)) given += count;
          assert.ok(given <= 50 + (100 * now) / 1000 + 1e-6);
        }
      }),
    );
  });

  test('takes all or nothing, and fills again', () => {
    const bucket = new TokenBucket(10, 10, 0);
    assert.equal(bucket.take(8, 0), true);
    assert.equal(bucket.take(3, 0), false);
    assert.equal(bucket.take(2, 0), true);
    assert.equal(bucket.take(1, 99), false);
    assert.equal(bucket.take(1, 101), true);
    assert.equal(bucket.take(11, 1e9), false);
  });
});

test('addresses are remembered up to a bound, the idlest forgotten first', () => {
  const buckets = new AddressBuckets(1, 1, 3);
  for (const address of ['a', 'b', 'c']) assert.equal(buckets.take(address, 1, 0), true);
  assert.equal(buckets.take('a', 1, 0), false);
  assert.equal(buckets.take('d', 1, 0), true);
  assert.equal(buckets.size, 3);
  assert.equal(buckets.take('a', 1, 0), false);
  assert.equal(buckets.take('b', 1, 0), true);
});

test('one peer is an IPv4 address or a /64 of IPv6', () => {
  const rows = [
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
  ] as const;
  for (const [address, peer] of rows) assert.equal(peerOf(address), peer, address);
});
