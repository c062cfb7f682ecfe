/** Annulment: when, in which order, and what it gives back or burns; and the clock (docs/protocol.md, 6). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountView, decodeEventList, type Event, type Intent } from '../src/index.ts';
import { address, sealPost, sealTransfer, TestNetwork } from './network.ts';

const A = address(2);
const B = address(3);
const TOPIC = new Uint8Array(32).fill(9);

function network(parameters = {}): TestNetwork {
  const one = new TestNetwork({ interval: 2 ** 40, ...parameters });
  one.deposit(A, 50_000_000n);
  one.deposit(B, 50_000_000n);
  return one;
}

function events(one: TestNetwork): Event[] {
  return decodeEventList(one.last!.events.bytes())!;
}

test('a nonce is annulled when the clock is past its deadline and it is leastAge blocks old, not before', () => {
  const one = network({ windowPost: 5000 });
  one.block([], [one.fetch(A, [{ kind: 'validate' }])]);
  one.pass(7);
  assert.equal(one.ledger.nonces.count, 1, '7 s on, but 7 blocks');
  one.pass(1);
  assert.equal(one.ledger.nonces.count, 0, 'the 8th block');
  one.block([], [one.fetch(A, [{ kind: 'validate' }])]);
  for (let i = 0; i < 50; i++) one.block([], [], 100);
  assert.equal(one.ledger.nonces.count, 1, '5000 ms on is not past 5000 ms');
  one.block([], [], 1);
  assert.equal(one.ledger.nonces.count, 0);
});

test('an outage ages nobody: the clock goes on by a second a block at most', () => {
  const one = network();
  one.block([], [one.fetch(A, [{ kind: 'validate' }])]);
  const clock = one.ledger.clock;
  one.block([], [], 3_000_000);
  assert.equal(one.ledger.clock, clock + 1000);
  assert.equal(one.ledger.nonces.count, 1);
});

test('one event a fetch with its bitmap, in nonce order; the budget, the places and the number', () => {
  const one = network();
  const hold: Intent = { kind: 'hold', payee: B, max: 1000n, window: 600 };
  const kept = sealTransfer(A, 0n, 1, B, 700n);
  const sealed = sealTransfer(A, 0n, 3, B, 1n).intent;
  const first = one.block(
    [],
    [
      one.fetch(A, [{ kind: 'validate' }, kept.intent, hold, sealed], { sequence: 0n, budget: 5000n }),
      one.fetch(B, [{ kind: 'validate' }], { sequence: 0n, budget: 10n }),
    ],
  ).firstNonces[0]!;
  one.block([kept.fulfil(first + 1)]);
  one.pass(9);
  const annulled = events(one).filter((event) => event.type === 'annulled');
  assert.deepEqual(annulled, [], 'no event once all is over');
  assert.equal(one.ledger.nonces.count, 2, 'the hold and the transfer have longer windows');
  const before = accountView(one.ledger, A)!;
  assert.equal(before.reserved, 5000n - 40n - 700n);
  one.pass(53);
  assert.equal(one.ledger.nonces.count, 1);
  assert.equal(accountView(one.ledger, A)?.reserved, 5000n - 40n - 700n, 'the fetch is not over');
  one.pass(540);
  const after = accountView(one.ledger, A)!;
  assert.deepEqual([after.reserved, after.openPlaces, after.balance], [0n, 0, 50_000_000n - 740n]);
  assert.equal(one.ledger.nextNonce, first + 5, 'retired numbers are not dealt again');
});

test('the bitmap names exactly what was annulled', () => {
  const one = network();
  const kept = sealPost(A, 0n, 1, TOPIC, Uint8Array.of(1));
  const validate: Intent = { kind: 'validate' };
  const intents: Intent[] = [validate, kept.intent, ...new Array<Intent>(8).fill(validate)];
  const first = one.block([], [one.fetch(A, intents, { sequence: 0n })]).firstNonces[0]!;
  one.block([kept.fulfil(first + 1)]);
  one.pass(6);
  while (one.ledger.nonces.count > 0) one.pass(1);
  const [event] = events(one).filter((each) => each.type === 'annulled');
  assert.ok(event?.type === 'annulled');
  assert.equal(event.first, first);
  assert.deepEqual([...event.bitmap.subarray(0, 3)], [0b10111111, 0b11000000, 0]);
});

test('the stake of an annulled post is burnt; of a fulfilled one it is free', () => {
  const one = network();
  const kept = sealPost(A, 0n, 0, TOPIC, Uint8Array.of(1), 4000n);
  const lost = sealPost(A, 0n, 1, TOPIC, Uint8Array.of(2), 300n);
  const first = one.block([], [one.fetch(A, [kept.intent, lost.intent], { sequence: 0n, budget: 5000n })])
    .firstNonces[0]!;
  one.block([kept.fulfil(first)]);
  one.pass(9);
  assert.equal(one.ledger.settlements.burnt, 300n);
  const { balance, unsettled, reserved } = accountView(one.ledger, A)!;
  assert.deepEqual([balance, unsettled, reserved], [50_000_000n - 320n, 320n, 0n]);
});

test('a topic is delivered gapless, by nonce, with annulled places marked, once all before is resolved', () => {
  const one = network();
  const posts = [0, 1, 2].map((i) => sealPost(A, 0n, i, TOPIC, Uint8Array.of(i)));
  const other = sealPost(B, 0n, 0, new Uint8Array(32).fill(8), Uint8Array.of(1));
  const first = one.block(
    [],
    [
      one.fetch(
        A,
        posts.map((post) => post.intent),
        { sequence: 0n },
      ),
      one.fetch(B, [other.intent], { sequence: 0n }),
    ],
  ).firstNonces[0]!;
  const delivered = (): string[] =>
    events(one).flatMap((event) =>
      event.type === 'delivered' ? [`${event.nonce - first}${event.fulfilled ? '' : ' annulled'}`] : [],
    );
  one.block([posts[2]!.fulfil(first + 2)]);
  assert.deepEqual(delivered(), [], 'the third waits for the first two');
  one.block([other.fulfil(first + 3)]);
  assert.deepEqual(delivered(), ['3'], 'another topic waits for nobody');
  one.block([posts[0]!.fulfil(first)]);
  assert.deepEqual(delivered(), ['0']);
  one.pass(5);
  while (one.ledger.nonces.count > 0) one.pass(1);
  assert.deepEqual(delivered(), ['1 annulled', '2']);
  assert.equal(one.ledger.topics.count, 0, 'nothing of the topic is kept');
});
