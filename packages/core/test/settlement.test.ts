/** Cuts, parts, exits, rotation and lag, each rule of docs/protocol.md, 9, with its figures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  accountView,
  CREDIT_SIZE,
  codes,
  DEBIT_SIZE,
  decodeEventList,
  type FormedSettlement,
  type Intent,
  ITEM,
  readU64,
  viewOf,
} from '../src/index.ts';
import { address, OPERATOR, sealTransfer, sealWithdraw, TestNetwork } from './network.ts';

const [A, B, C, D] = [2, 3, 4, 5].map(address) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const START = 50_000_000n;
const FEE = 10n;

function network(parameters = {}): TestNetwork {
  const one = new TestNetwork({ interval: 60_000, ...parameters });
  for (const account of [A, B, C]) one.deposit(account, START);
  formed(one, 60);
  one.settled = one.ledger.settlements.formed;
  one.block();
  return one;
}

/** Passes time by the second, and gives what was formed meanwhile. */
function formed(one: TestNetwork, seconds: number): FormedSettlement[] {
  const list: FormedSettlement[] = [];
  for (let i = 0; i < seconds; i++) {
    const settlement = one.block([], [], 1000).formed;
    if (settlement !== undefined) list.push(settlement);
  }
  return list;
}

function pay(one: TestNetwork, from: Uint8Array, to: Uint8Array, amount: bigint): void {
  const sequence = one.nextSequence(from);
  const sealed = sealTransfer(from, sequence, 0, to, amount);
  const [nonce] = one.block(
    [],
    [one.fetch(from, [sealed.intent], { sequence, budget: amount + FEE })],
  ).firstNonces;
  assert.equal(one.block([sealed.fulfil(nonce!)]).results[0], 0);
}

function withdraw(one: TestNetwork, from: Uint8Array, amount: bigint): void {
  const sequence = one.nextSequence(from);
  const sealed = sealWithdraw(from, sequence, 0, amount);
  const [nonce] = one.block(
    [],
    [one.fetch(from, [sealed.intent], { sequence, budget: amount + FEE })],
  ).firstNonces;
  assert.equal(one.block([sealed.fulfil(nonce!)]).results[0], 0);
}

const debits = (one: FormedSettlement): bigint[] => amounts(one.debits, DEBIT_SIZE, 0);
const credits = (one: FormedSettlement): bigint[] => amounts(one.credits, CREDIT_SIZE, 20);
const payouts = (one: FormedSettlement): bigint[] => amounts(one.payouts, CREDIT_SIZE, 20);

function amounts(list: Uint8Array, size: number, at: number): bigint[] {
  return Array.from({ length: list.length / size }, (_, i) => readU64(viewOf(list), i * size + at));
}

test('one transfer: a debit of amount and fee, a credit less the entry fee; both once', () => {
  const one = network();
  pay(one, A, B, 700_000n);
  const [settlement, ...more] = formed(one, 200);
  assert.deepEqual(debits(settlement!), [700_000n + FEE]);
  assert.deepEqual(credits(settlement!), [700_000n - 25_000n]);
  assert.deepEqual(more, []);
  assert.equal(accountView(one.ledger, B)?.balance, START + 675_000n);
  assert.equal(one.ledger.settlements.feePot, 25_000n, 'shared by the next cut');
  assert.equal(accountView(one.ledger, OPERATOR)?.balance, FEE);
});

test('what is below dust waits, however often the interval passes', () => {
  const one = network();
  pay(one, A, B, 99_900n);
  assert.deepEqual(formed(one, 200), []);
  // The interval is long over, so this one's fetch takes a cut, which lists nothing either.
  pay(one, A, B, 5n);
  pay(one, A, B, 95n);
  const [settlement] = formed(one, 60);
  assert.deepEqual(debits(settlement!), [100_030n]);
  assert.deepEqual(credits(settlement!), [75_000n], 'exactly dust is listed');
});

test('debits below dust join, largest first, only as far as they are needed', () => {
  const one = network();
  pay(one, A, C, 60_000n);
  pay(one, B, C, 90_000n);
  const [settlement] = formed(one, 60);
  // C is to get 150,000 less 25,000; B's 90,010 do not cover it, so A's join.
  assert.deepEqual(debits(settlement!).sort(), [60_010n, 90_010n]);
  assert.deepEqual(credits(settlement!), [125_000n]);
  const other = network();
  pay(other, A, C, 50_000n);
  pay(other, B, C, 60_000n);
  other.ledger.settlements.pool = 50_000n;
  other.ledger.settlements.burnt = 50_000n;
  other.ledger.settlements.l1Pool = 50_000n;
  const [covered] = formed(other, 60);
  assert.deepEqual(debits(covered!), [60_010n], 'with the pool, the larger one is enough');
});

test('a withdrawal is a payout less the entry fee, beside its debit', () => {
  const one = network();
  withdraw(one, A, 400_000n);
  const [settlement] = formed(one, 60);
  assert.deepEqual([debits(settlement!), payouts(settlement!)], [[400_010n], [375_000n]]);
  assert.equal(accountView(one.ledger, A)?.payoutOwed, 0n);
});

test('debits come before payouts before credits, part by part, one a block, each ordered by address', () => {
  const one = network({ maxEntries: 2 });
  pay(one, C, D, 700_000n);
  pay(one, B, D, 600_000n);
  withdraw(one, A, 500_000n);
  withdraw(one, B, 200_000n);
  const list = formed(one, 80);
  assert.deepEqual(
    list.map((part) => [debits(part), payouts(part), credits(part)]),
    [
      [[500_010n, 800_020n], [], []],
      [[700_010n], [475_000n], []],
      [[], [175_000n], [1_275_000n]],
    ],
  );
  assert.deepEqual(
    list.map((part) => part.height - list[0]!.height),
    [0, 1, 2],
  );
});

test('at most maxUnconfirmed are formed and unconfirmed; confirming lets the next be formed', () => {
  const one = network({ maxEntries: 1, maxUnconfirmed: 2 });
  pay(one, A, D, 700_000n);
  withdraw(one, B, 300_000n);
  assert.equal(formed(one, 100).length, 2);
  one.settled = one.ledger.settlements.formed - 1;
  const events = decodeEventList(one.block([], [], 1000).events.bytes())!;
  assert.deepEqual(
    events.map((event) => event.type),
    ['settled', 'formed'],
  );
});

test('an exit with nothing open is acknowledged by the next settlement; what came after the cut stays', () => {
  const one = network({ maxEntries: 1 });
  pay(one, A, B, 700_000n);
  one.item(ITEM.exit, A, 5n);
  one.block();
  pay(one, B, A, 300_000n);
  const [debit, credit] = formed(one, 61);
  // A's credit nets with its debit: it owes 400,010. B is owed 400,000 less a fee of its own.
  assert.deepEqual([debits(debit!), credits(credit!)], [[400_010n], [374_990n]]);
  assert.deepEqual([debit!.inbox, credit!.inbox], [4, 4]);
  const after = accountView(one.ledger, A)!;
  assert.deepEqual(
    [after.balance, after.isExiting, after.authority, after.highest],
    [0n, false, undefined, 4n],
  );
  const refused = one.block([], [one.fetch(A, [{ kind: 'validate' }], { sequence: 6n })]);
  assert.equal(refused.results[0], codes.notParticipant);
});

test('what a leaver receives between the cut and its acknowledgement stays as its balance', () => {
  const one = network({ maxEntries: 1, interval: 30_000 });
  pay(one, B, A, 700_000n);
  pay(one, C, D, 700_000n);
  one.item(ITEM.exit, A, 0n);
  const sequence = one.nextSequence(C);
  const late = sealTransfer(C, sequence, 0, A, 5000n);
  const hold = one.fetch(C, [late.intent], { sequence, budget: 5010n });
  const [nonce] = one.block([], [hold]).firstNonces;
  while (formed(one, 1).length === 0);
  assert.equal(one.ledger.waitingExits.length, 1, 'the cut is taken, its first part formed');
  assert.equal(one.block([late.fulfil(nonce!)]).results[0], 0);
  one.pass(3);
  assert.equal(one.ledger.waitingExits.length, 0);
  assert.equal(accountView(one.ledger, A)?.balance, 5000n);
  assert.equal(accountView(one.ledger, A)?.unsettled, -5000n);
});

test('an exit waits for the last open nonce of its account, and nothing behind it is acknowledged before', () => {
  const one = network();
  const hold: Intent = { kind: 'hold', payee: B, max: 9000n, window: 100 };
  one.block([], [one.fetch(A, [hold], { budget: 9010n })]);
  one.item(ITEM.exit, A, 1n);
  one.item(ITEM.exit, B, 0n);
  one.block();
  assert.equal(one.block([], [one.fetch(A, [hold])]).results[0], codes.exiting);
  const early = formed(one, 90);
  assert.deepEqual(
    early.filter((part) => part.inbox > 3),
    [],
  );
  const late = formed(one, 120);
  assert.equal(late.at(-1)?.inbox, 5);
  assert.deepEqual(debits(late[0]!), [FEE], 'a leaver is listed below dust too');
});

test("a leaver's credit that the entry fee eats is not listed, and the leaver is done", () => {
  const one = network();
  pay(one, A, D, 20_000n);
  one.item(ITEM.exit, D, 0n);
  const list = formed(one, 61);
  assert.equal(list.at(-1)?.inbox, 4);
  assert.deepEqual(list.flatMap(credits), []);
  assert.equal(accountView(one.ledger, D)?.balance, 0n);
});

test('lag: no fetch is dealt while L1 or a settlement lies back too far, without using its sequence up', () => {
  const lag = 100_000;
  const deal = (one: TestNetwork): number =>
    one.block([], [one.fetch(A, [{ kind: 'validate' }], { sequence: 60n })]).results[0]!;
  const l1 = network({ lag });
  l1.l1Time = l1.time;
  l1.block([], [], lag - 20);
  assert.equal(l1.ledger.isLagging(l1.time + 20), false);
  l1.block([], [], 50);
  assert.equal(deal(l1), codes.lagging);
  l1.l1Time = undefined;
  assert.equal(deal(l1), 0, 'the same sequence, once L1 is back');

  const unconfirmed = network({ lag });
  pay(unconfirmed, A, B, 700_000n);
  formed(unconfirmed, 60 + 100);
  assert.equal(deal(unconfirmed), codes.lagging);
  unconfirmed.settled = unconfirmed.ledger.settlements.formed;
  assert.equal(deal(unconfirmed), 0);
});
