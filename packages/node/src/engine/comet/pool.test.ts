/** The pool: bounded, one candidate for each (account, sequence) and for each nonce, and its counts stay true. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { concatBytes, viewOf } from '@upfront/core';
import { Submission } from '../submission.ts';
import { createTestNetwork, transfersOf } from '../testing.ts';
import { isSameMessage, Pool } from './pool.ts';

const network = await createTestNetwork(3, Date.now());
const [alice, bob] = network.payers;

function fetchOf(payer: typeof alice, sequence: bigint, amount = 5n): Uint8Array {
  return transfersOf(network, payer!, sequence, bob!.address, 1, amount).fetch;
}

function fulfilOf(nonce: number, amount = 5n): Uint8Array {
  return transfersOf(network, alice!, 0n, bob!.address, 1, amount).fulfil(nonce, 0);
}

const ROOM = { messages: 100, bytes: 1 << 20 };

describe('the pool', () => {
  test('has one candidate for each account and sequence, and it is the first that came', () => {
    const pool = new Pool(ROOM);
    const first = fetchOf(alice, 0n);
    const candidate = pool.add(first, 7, true)!;
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
      assert.equal(pool.find(message, viewOf(message), 0) === candidate, isSameKey);
      assert.equal(pool.add(message, 9, false) === candidate, isSameKey);
    }
    assert.deepEqual(candidate.bytes, first);
    assert.equal(pool.count, 3);
  });

  test('has one candidate for each nonce, beside the fetches', () => {
    const pool = new Pool(ROOM);
    const candidate = pool.add(fulfilOf(4), 1, true)!;
    assert.deepEqual([candidate.isFetch, candidate.nonce], [false, 4]);
    assert.equal(pool.add(fulfilOf(4, 6n), 1, true), candidate);
    assert.notEqual(pool.add(fulfilOf(5), 1, false), candidate);
    pool.add(fetchOf(alice, 4n), 1, true);
    assert.deepEqual([pool.fulfils.size, pool.fetches.size, pool.count], [2, 1, 3]);
  });

  test('what was checked takes the place of what came too early, and of nothing else', () => {
    const pool = new Pool({ messages: 2, bytes: 1000 });
    const early = pool.add(fulfilOf(7, 1n), 5, false)!;
    assert.equal(pool.add(fulfilOf(7, 2n), 5, false), early);
    const checked = pool.add(fulfilOf(7, 3n), 6, true)!;
    assert.notEqual(checked, early);
    assert.equal(checked.waiters, early.waiters, 'nobody who waits is forgotten');
    assert.equal(pool.add(fulfilOf(7, 4n), 6, true), checked);
    assert.equal(pool.add(fulfilOf(7, 1n), 6, false), checked);
    assert.equal(pool.count, 1);
    assert.equal(pool.bytes, checked.bytes.length);
    assert.ok(pool.add(fulfilOf(8), 6, true));
    assert.equal(pool.add(fulfilOf(9), 6, true), undefined);
  });

  test('finds a message where it stands among others', () => {
    const pool = new Pool(ROOM);
    const [fetch, fulfil] = [fetchOf(alice, 3n), fulfilOf(8)];
    const joined = concatBytes(fulfil, fetch, fulfilOf(9));
    pool.add(fetch, 1, true);
    const found = pool.find(joined, viewOf(joined), fulfil.length)!;
    assert.ok(isSameMessage(found, joined, fulfil.length, fetch.length));
    assert.ok(!isSameMessage(found, joined, fulfil.length, fetch.length - 1));
    assert.ok(!isSameMessage(found, joined, 0, fetch.length));
    assert.equal(pool.find(joined, viewOf(joined), 0), undefined);
  });

  test('takes no more messages than its bound, and says so', () => {
    const pool = new Pool({ messages: 3, bytes: 1 << 20 });
    for (let i = 0; i < 3; i++) assert.notEqual(pool.add(fetchOf(alice, BigInt(i)), 1, true), undefined);
    assert.equal(pool.isFull(1, 1), true);
    assert.equal(pool.add(fulfilOf(1), 1, true), undefined);
    // What it has already needs no room.
    assert.notEqual(pool.add(fetchOf(alice, 2n), 1, true), undefined);
    assert.equal(pool.count, 3);
  });

  test('takes no more bytes than its bound', () => {
    const fetch = fetchOf(alice, 0n);
    const pool = new Pool({ messages: 100, bytes: 2 * fetch.length });
    assert.equal(pool.isFull(1, 2 * fetch.length + 1), true);
    pool.add(fetch, 1, true);
    pool.add(fetchOf(alice, 1n), 1, true);
    assert.equal(pool.bytes, 2 * fetch.length);
    assert.equal(pool.add(fetchOf(alice, 2n), 1, true), undefined);
  });

  test('gives room back once, however often a candidate is removed', () => {
    const fetch = fetchOf(alice, 0n);
    const pool = new Pool({ messages: 2, bytes: 2 * fetch.length });
    const candidate = pool.add(fetch, 1, true)!;
    pool.add(fulfilOf(3), 1, true);
    pool.remove(candidate);
    pool.remove(candidate);
    assert.equal(pool.bytes, fulfilOf(3).length);
    assert.equal(pool.count, 1);
    const next = pool.add(fetchOf(alice, 0n, 6n), 2, true)!;
    assert.notEqual(next, candidate);
    pool.remove(candidate);
    assert.equal(pool.find(fetch, viewOf(fetch), 0), next);
    assert.equal(pool.bytes, fulfilOf(3).length + next.bytes.length);
  });

  test('keeps who waits with the candidate, in the order they came', () => {
    const pool = new Pool(ROOM);
    const fetch = fetchOf(alice, 0n);
    const view = viewOf(fetch);
    const index = { view, offsets: new Uint32Array([0]), sizes: new Uint32Array([fetch.length]) };
    const [one, two] = [new Submission(fetch, index), new Submission(fetch, index)];
    pool.add(fetch, 1, true)!.waiters.push({ submission: one, index: 0 });
    pool.add(fetch, 1, true)!.waiters.push({ submission: two, index: 0 });
    const { waiters } = pool.find(fetch, viewOf(fetch), 0)!;
    assert.deepEqual([waiters[0]!.submission === one, waiters[1]!.submission === two], [true, true]);
  });

  test('gives fetches in the order they came', () => {
    const pool = new Pool(ROOM);
    for (const sequence of [5n, 1n, 3n]) pool.add(fetchOf(alice, sequence), 1, true);
    const order = [...pool.fetches.values()].map(({ view }) => Number(view.getBigUint64(21)));
    assert.deepEqual(order, [5, 1, 3]);
  });
});
