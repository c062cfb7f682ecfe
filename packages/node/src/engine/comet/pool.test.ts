/** The pool: bounded, one candidate for each (account, sequence) and for each nonce, and its counts stay true. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { concatBytes, OPENING, splitMessages, viewOf } from '@upfront/core';
import { STAGE, Submission } from '../submission.ts';
import { createTestNetwork, transfersOf } from '../testing.ts';
import { Bundle, bundlesOf } from './bundle.ts';
import { BUNDLE_BYTES_MOST } from './limits.ts';
import { type Candidate, Pool } from './pool.ts';

const network = await createTestNetwork(3, Date.now());
const [alice, bob] = network.payers;

function fetchOf(payer: typeof alice, sequence: bigint, amount = 5n): Uint8Array {
  return transfersOf(network, payer!, sequence, bob!.address, 1, amount).fetch;
}

function fulfilOf(nonce: number, amount = 5n): Uint8Array {
  return transfersOf(network, alice!, 0n, bob!.address, 1, amount).fulfil(nonce, 0);
}

/** Adds a message that came alone. */
function add(pool: Pool, message: Uint8Array, height: number, isChecked: boolean): Candidate | undefined {
  const bundle = Bundle.of(message, OPENING.unknown, height);
  if (!isChecked) bundle.stages[0] = STAGE.early;
  return pool.add(bundle, 0);
}

/** Whether both are the same place. */
function isOne(a: Candidate | undefined, b: Candidate | undefined): boolean {
  return a !== undefined && b !== undefined && a.bundle === b.bundle && a.index === b.index;
}

function submissionOf(...messages: Uint8Array[]): Submission {
  const bytes = concatBytes(...messages);
  return new Submission(bytes, splitMessages(bytes, network.genesis.parameters)!);
}

const ROOM = { messages: 100, bytes: 1 << 20 };

describe('the pool', () => {
  test('has one candidate for each account and sequence, and it is the first that came', () => {
    const pool = new Pool(ROOM);
    const first = fetchOf(alice, 0n);
    const candidate = add(pool, first, 7, true)!;
    assert.deepEqual(
      [candidate.isFetch, candidate.nonce, candidate.height, candidate.isChecked],
      [true, -1, 7, true],
    );
    const rows: [Uint8Array, boolean][] = [
      [first.slice(), true],
      [fetchOf(alice, 0n, 6n), true],
      [fetchOf(alice, 1n), false],
      [fetchOf(bob, 0n), false],
    ];
    for (const [message, isSameKey] of rows) {
      assert.equal(isOne(pool.find(message, viewOf(message), 0), candidate), isSameKey);
      assert.equal(isOne(add(pool, message, 9, false), candidate), isSameKey);
    }
    assert.deepEqual(candidate.bytes, first);
    assert.equal(pool.count, 3);
  });

  test('has one candidate for each nonce, beside the fetches', () => {
    const pool = new Pool(ROOM);
    const candidate = add(pool, fulfilOf(4), 1, true)!;
    assert.deepEqual([candidate.isFetch, candidate.nonce], [false, 4]);
    assert.ok(isOne(add(pool, fulfilOf(4, 6n), 1, true), candidate));
    assert.ok(!isOne(add(pool, fulfilOf(5), 1, false), candidate));
    add(pool, fetchOf(alice, 4n), 1, true);
    assert.deepEqual([[...pool.fulfils()].length, [...pool.fetches()].length, pool.count], [2, 1, 3]);
  });

  test('what was checked takes the place of what came too early, and of nothing else', () => {
    const pool = new Pool({ messages: 2, bytes: 1000 });
    const early = add(pool, fulfilOf(7, 1n), 5, false)!;
    assert.ok(isOne(add(pool, fulfilOf(7, 2n), 5, false), early));
    const waiter = { submission: submissionOf(fulfilOf(7, 1n)), index: 0 };
    early.bundle.wait(0, waiter);
    const checked = add(pool, fulfilOf(7, 3n), 6, true)!;
    assert.ok(!isOne(checked, early));
    assert.deepEqual(checked.waiters, [waiter], 'nobody who waits is forgotten');
    assert.ok(isOne(add(pool, fulfilOf(7, 4n), 6, true), checked));
    assert.ok(isOne(add(pool, fulfilOf(7, 1n), 6, false), checked));
    assert.equal(pool.count, 1);
    assert.equal(pool.bytes, checked.size);
    assert.ok(add(pool, fulfilOf(8), 6, true));
    assert.equal(add(pool, fulfilOf(9), 6, true), undefined);
  });

  test('finds a message where it stands among others', () => {
    const pool = new Pool(ROOM);
    const [fetch, fulfil] = [fetchOf(alice, 3n), fulfilOf(8)];
    const joined = concatBytes(fulfil, fetch, fulfilOf(9));
    add(pool, fetch, 1, true);
    const found = pool.find(joined, viewOf(joined), fulfil.length)!;
    assert.ok(found.isSame(joined, fulfil.length, fetch.length));
    assert.ok(!found.isSame(joined, fulfil.length, fetch.length - 1));
    assert.ok(!found.isSame(joined, 0, fetch.length));
    assert.ok(pool.findSame(joined, viewOf(joined), fulfil.length, fetch.length));
    assert.equal(pool.findSame(joined, viewOf(joined), fulfil.length, fetch.length - 1), undefined);
    assert.equal(pool.find(joined, viewOf(joined), 0), undefined);
  });

  test('finds each message of a block, whatever its neighbours are there and whatever has left', () => {
    const messages = [fulfilOf(1), fulfilOf(2), fetchOf(alice, 0n), fulfilOf(3), fetchOf(bob, 0n)];
    const [one, two, three, four, five] = messages as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const pool = new Pool(ROOM);
    const [bundle] = bundlesOf(submissionOf(...messages), 1, false);
    for (let i = 0; i < messages.length; i++) pool.add(bundle!, i);
    const rival = fulfilOf(2, 9n);
    const block = concatBytes(one, rival, two, three, five, four, fulfilOf(9));
    const view = viewOf(block);
    let offset = 0;
    const found = [one, rival, two, three, five, four, fulfilOf(9)].map((message) => {
      const candidate = pool.find(block, view, offset);
      const isSame = candidate?.isSame(block, offset, message.length);
      offset += message.length;
      return [candidate?.index, isSame];
    });
    assert.deepEqual(found, [
      [0, true],
      [1, false],
      [1, true],
      [2, true],
      [4, true],
      [3, true],
      [undefined, undefined],
    ]);
    // What has left is not found as the one behind the last.
    pool.remove(pool.find(two, viewOf(two), 0)!);
    pool.find(one, viewOf(one), 0);
    assert.equal(pool.find(two, viewOf(two), 0), undefined);
    const again = add(pool, two, 2, true);
    pool.find(one, viewOf(one), 0);
    assert.ok(isOne(pool.find(two, viewOf(two), 0), again));
  });

  test('takes no more messages than its bound, and says so', () => {
    const pool = new Pool({ messages: 3, bytes: 1 << 20 });
    for (let i = 0; i < 3; i++) assert.notEqual(add(pool, fetchOf(alice, BigInt(i)), 1, true), undefined);
    assert.equal(pool.isFull(1, 1), true);
    assert.equal(add(pool, fulfilOf(1), 1, true), undefined);
    // What it has already needs no room.
    assert.notEqual(add(pool, fetchOf(alice, 2n), 1, true), undefined);
    assert.equal(pool.count, 3);
  });

  test('takes no more bytes than its bound', () => {
    const fetch = fetchOf(alice, 0n);
    const pool = new Pool({ messages: 100, bytes: 2 * fetch.length });
    assert.equal(pool.isFull(1, 2 * fetch.length + 1), true);
    add(pool, fetch, 1, true);
    add(pool, fetchOf(alice, 1n), 1, true);
    assert.equal(pool.bytes, 2 * fetch.length);
    assert.equal(add(pool, fetchOf(alice, 2n), 1, true), undefined);
  });

  test('gives room back once, however often a candidate is removed', () => {
    const fetch = fetchOf(alice, 0n);
    const pool = new Pool({ messages: 2, bytes: 2 * fetch.length });
    const candidate = add(pool, fetch, 1, true)!;
    add(pool, fulfilOf(3), 1, true);
    pool.remove(candidate);
    pool.remove(candidate);
    assert.equal(pool.bytes, fulfilOf(3).length);
    assert.equal(pool.count, 1);
    const next = add(pool, fetchOf(alice, 0n, 6n), 2, true)!;
    assert.ok(!isOne(next, candidate));
    pool.remove(candidate);
    assert.ok(isOne(pool.find(fetch, viewOf(fetch), 0), next));
    assert.equal(pool.bytes, fulfilOf(3).length + next.size);
  });

  test('counts a bundle whole from the first of its messages to the last', () => {
    const [one, two] = [fulfilOf(4), fetchOf(alice, 0n)];
    const submission = submissionOf(one, two);
    const pool = new Pool({ messages: 100, bytes: submission.bytes.length });
    const [bundle] = bundlesOf(submission, 1, true);
    const first = pool.add(bundle!, 0)!;
    assert.equal(pool.bytes, submission.bytes.length);
    assert.equal(add(pool, fulfilOf(5), 1, true), undefined, 'no room');
    const second = pool.add(bundle!, 1)!;
    assert.equal(pool.bytes, submission.bytes.length);
    assert.deepEqual([first.bytes, second.bytes], [one, two]);
    pool.remove(first);
    assert.equal(pool.bytes, submission.bytes.length);
    pool.remove(second);
    assert.equal(pool.bytes, 0);
    assert.notEqual(add(pool, fulfilOf(5), 1, true), undefined);
  });

  test('names a bundle anew when its name is free again', () => {
    const pool = new Pool(ROOM);
    const [first, second] = [add(pool, fulfilOf(1), 1, true)!, add(pool, fulfilOf(2), 1, true)!];
    pool.remove(first);
    const third = add(pool, fulfilOf(3), 1, true)!;
    assert.equal(third.bundle.number, first.bundle.number);
    pool.remove(first);
    assert.deepEqual(
      [...pool.fulfils()].map(({ nonce }) => nonce),
      [2, 3],
    );
    assert.ok(isOne(pool.find(second.bytes, viewOf(second.bytes), 0), second));
  });

  test('keeps who waits with the candidate, in the order they came', () => {
    const pool = new Pool(ROOM);
    const fetch = fetchOf(alice, 0n);
    const [one, two] = [submissionOf(fetch), submissionOf(fulfilOf(3), fetch)];
    pool.add(bundlesOf(one, 1, true)[0]!, 0);
    const known = pool.add(bundlesOf(two, 1, true)[0]!, 1)!;
    known.bundle.wait(known.index, { submission: two, index: 1 });
    const { waiters } = pool.find(fetch, viewOf(fetch), 0)!;
    assert.deepEqual(
      waiters.map(({ submission, index }) => [submission === one, index]),
      [
        [true, 0],
        [false, 1],
      ],
    );
  });

  test('gives fetches in the order they came', () => {
    const pool = new Pool(ROOM);
    for (const sequence of [5n, 1n, 3n]) add(pool, fetchOf(alice, sequence), 1, true);
    const order = [...pool.fetches()].map((one) => Number(viewOf(one.bytes).getBigUint64(21)));
    assert.deepEqual(order, [5, 1, 3]);
  });
});

describe('the bundles of a submission', () => {
  const messages = [fulfilOf(4), fetchOf(alice, 0n), fulfilOf(5), fetchOf(bob, 2n)];

  test('share its bytes if all of it is good', () => {
    const submission = submissionOf(...messages);
    const [bundle, ...none] = bundlesOf(submission, 3, true);
    assert.deepEqual(none, []);
    assert.equal(bundle!.bytes, submission.bytes);
    assert.deepEqual(bundle!.waitersOf(2), [{ submission, index: 2 }]);
    assert.deepEqual(bundlesOf(submission, 3, false)[0]!.waitersOf(2), []);
  });

  test('keep nothing of it but what is good, and what was found of that', () => {
    const submission = submissionOf(...messages);
    submission.stages[0] = STAGE.done;
    submission.openings.set([OPENING.wrong, OPENING.unknown, OPENING.right, OPENING.unknown]);
    const [bundle, ...none] = bundlesOf(submission, 3, true);
    assert.deepEqual(none, []);
    assert.deepEqual(bundle!.bytes, concatBytes(...messages.slice(1)));
    const pool = new Pool(ROOM);
    const added = [0, 1, 2].map((i) => pool.add(bundle!, i)!);
    assert.deepEqual(
      added.map(({ bytes, opening, height }) => [bytes, opening, height]),
      [
        [messages[1], OPENING.unknown, 3],
        [messages[2], OPENING.right, 3],
        [messages[3], OPENING.unknown, 3],
      ],
    );
    assert.deepEqual(added[1]!.waiters, [{ submission, index: 2 }]);
  });

  test('are none if nothing is good, and several if one is too long for a link', () => {
    const bad = submissionOf(...messages);
    bad.stages.fill(STAGE.done);
    assert.deepEqual(bundlesOf(bad, 1, true), []);
    const count = Math.floor(BUNDLE_BYTES_MOST / messages[0]!.length) + 1;
    const long = submissionOf(...Array.from({ length: count }, (_, i) => fulfilOf(i)));
    const bundles = bundlesOf(long, 1, true);
    assert.deepEqual(
      bundles.map(({ offsets }) => offsets.length),
      [count - 1, 1],
    );
    assert.deepEqual(bundles[1]!.waitersOf(0), [{ submission: long, index: count - 1 }]);
  });
});
