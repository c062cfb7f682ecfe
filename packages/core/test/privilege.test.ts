/** Privilege: standing, allowance and the sum of active standing (docs/protocol.md, 6 and 7). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountView, codes, type Intent } from '../src/index.ts';
import { address, fulfilOf, sealPost, sealTransfer, TestNetwork } from './network.ts';

const A = address(2);
const B = address(3);
const hold = (max = 0n): Intent => ({ kind: 'hold', payee: B, max: max + 1n, window: 5 });
const validate: Intent = { kind: 'validate' };

function network(parameters = {}): TestNetwork {
  const one = new TestNetwork({ interval: 2 ** 40, ...parameters });
  one.deposit(A, 50_000_000n);
  one.deposit(B, 50_000_000n);
  return one;
}

const rows: {
  name: string;
  standing: number;
  active: number;
  capacity?: number;
  maxPlaces?: number;
  allowance: number;
}[] = [
  { name: 'a new account', standing: 8192, active: 8192, allowance: 128 },
  { name: 'the floor', standing: 64, active: 64, allowance: 1 },
  { name: 'full standing', standing: 65536, active: 65536, allowance: 1024 },
  {
    name: 'full standing, the widest genesis',
    standing: 65536,
    active: 65536,
    maxPlaces: 65536,
    allowance: 65536,
  },
  { name: 'half of the capacity', standing: 8192, active: 16384, capacity: 100, allowance: 50 },
  { name: 'a share rounded down', standing: 8192, active: 24576, capacity: 100, allowance: 33 },
  { name: 'a share below one', standing: 64, active: 65536, capacity: 100, allowance: 1 },
];

for (const { name, standing, active, allowance, ...parameters } of rows) {
  test(`allowance: ${name}`, () => {
    const { ledger } = network(parameters);
    const row = ledger.accounts.find(A, 0);
    ledger.accounts.standing.set(row, standing);
    assert.equal(ledger.privilege.allowance(row, active), allowance);
  });
}

test('each kind: what being fulfilled and what being annulled does to standing', () => {
  const table: { kind: string; fulfilled: number; annulled: number }[] = [
    { kind: 'transfer', fulfilled: 8192 + 64, annulled: 4096 },
    { kind: 'withdraw', fulfilled: 8192 + 64, annulled: 4096 },
    { kind: 'post', fulfilled: 8192 + 64, annulled: 4096 },
    { kind: 'validate', fulfilled: 8192 + 64, annulled: 4096 },
    { kind: 'hold', fulfilled: 8192 + 64, annulled: 8192 },
    { kind: 'release', fulfilled: 8192, annulled: 8192 },
  ];
  for (const { kind, fulfilled, annulled } of table) {
    for (const isFulfilled of [true, false]) {
      const one = network();
      const transfer = sealTransfer(A, 0n, 0, B, 5n);
      const post = sealPost(A, 0n, 0, new Uint8Array(32), Uint8Array.of(1));
      const signature = new Uint8Array(64).fill(1);
      const withdraw: Intent = { kind: 'withdraw', commitment: new Uint8Array(32) };
      const intents: Record<string, Intent> = {
        transfer: transfer.intent,
        post: post.intent,
        validate,
        withdraw,
      };
      const intent = intents[kind] ?? hold();
      const [nonce] = one.block([], [one.fetch(A, [intent], { sequence: 0n })]).firstNonces;
      const messages: Record<string, Uint8Array> = {
        transfer: transfer.fulfil(nonce!),
        post: post.fulfil(nonce!),
        validate: fulfilOf({ kind: 'validate', nonce: nonce!, height: 1, signature }),
        hold: fulfilOf({ kind: 'hold', nonce: nonce!, amount: 1n, signature }),
        release: fulfilOf({ kind: 'hold', nonce: nonce!, amount: 0n, signature }),
      };
      if (isFulfilled && kind === 'withdraw') continue;
      if (isFulfilled) assert.equal(one.block([messages[kind]!]).results[0], 0);
      else one.pass(62);
      assert.equal(one.ledger.nonces.count, 0, kind);
      assert.equal(accountView(one.ledger, A)?.standing, isFulfilled ? fulfilled : annulled, kind);
    }
  }
});

test('standing never leaves floor..one; each annulled nonce halves', () => {
  const one = network();
  one.block([], [one.fetch(A, new Array(3).fill(validate))]);
  one.pass(9);
  assert.equal(accountView(one.ledger, A)?.standing, 8192 >> 3);
  one.block([], [one.fetch(A, new Array(16).fill(validate))]);
  one.pass(9);
  assert.equal(accountView(one.ledger, A)?.standing, 64, 'the floor');
  assert.equal(accountView(one.ledger, A)?.allowance, 1);
  const row = one.ledger.accounts.find(A, 0);
  one.ledger.accounts.standing.set(row, 65530);
  const post = sealPost(A, 2n, 0, new Uint8Array(32), new Uint8Array(0));
  const [nonce] = one.block([], [one.fetch(A, [post.intent], { sequence: 2n })]).firstNonces;
  one.block([post.fulfil(nonce!)]);
  assert.equal(accountView(one.ledger, A)?.standing, 65536, 'one');
});

test('a post takes a place for each 256 bytes of its declared size', () => {
  const topic = new Uint8Array(32);
  for (const [size, places] of [
    [0, 1],
    [1, 1],
    [256, 1],
    [257, 2],
    [16384, 64],
  ] as const) {
    const one = network();
    const intent: Intent = { kind: 'post', topic, stake: 0n, size, commitment: topic };
    one.block([], [one.fetch(A, [intent])]);
    assert.equal(accountView(one.ledger, A)?.openPlaces, places, `${size} bytes`);
    one.pass(9);
    assert.equal(accountView(one.ledger, A)?.openPlaces, 0);
  }
});

test('A counts everybody active in the block, each once, before its first fetch; idle ones do not count', () => {
  const one = network({ capacity: 120 });
  const many = (account: Uint8Array, sequence: bigint, count: number): Uint8Array =>
    one.fetch(account, new Array<Intent>(count).fill(hold()), { sequence, limit: 2n ** 62n });
  assert.equal(
    accountView(one.ledger, A)?.allowance,
    120,
    'alone: all of the capacity, though B has standing too',
  );
  // Two fetches of A and one of B: A = 2 standings, so 60 each.
  const { results } = one.block([], [many(A, 0n, 60), many(A, 1n, 1), many(B, 0n, 60)]);
  assert.deepEqual([...results], [0, codes.overAllowance, 0]);
  assert.equal(one.ledger.privilege.active, 2 * 8192);
  assert.equal(
    one.block([], [many(B, 1n, 1)]).results[0],
    codes.overAllowance,
    'who has an open nonce counts on',
  );
  const alone = network({ capacity: 120 });
  for (const sequence of [0n, 1n]) {
    const half = alone.fetch(A, new Array<Intent>(60).fill(hold()), { sequence, limit: 2n ** 62n });
    assert.equal(
      alone.block([], [half]).results[0],
      0,
      'who has an open nonce and fetches again counts once',
    );
  }
  // A fetch that fails an early check makes nobody active.
  const other = network({ capacity: 120 });
  const expired = other.fetch(B, [hold()], { sequence: 0n, expires: 5 });
  const full = other.fetch(A, new Array<Intent>(120).fill(hold()), { sequence: 0n });
  assert.deepEqual([...other.block([], [expired, full]).results], [codes.expired, 0]);
});

test('who comes into range only by another fetch of the block is not dealt: A does not count it', () => {
  const one = network({ capacity: 100 });
  one.block([], [one.fetch(B, new Array<Intent>(100).fill(hold()), { sequence: 0n })]);
  const mover = one.fetch(A, [hold()], { sequence: 63n, expires: 5 });
  const rider = one.fetch(A, new Array<Intent>(128).fill(hold()), { sequence: 100n });
  assert.deepEqual([...one.block([], [mover, rider]).results], [codes.expired, codes.sequenceOutOfRange]);
  const { results } = one.block([], [rider]);
  assert.equal(results[0], codes.overAllowance, 'in the next block it counts, and has its share');
});
