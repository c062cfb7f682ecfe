/**
 * Every code of a fetch, in order of precedence (docs/protocol.md, 7): each row keeps the faults of the rows below it,
 * as far as both can be.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  accountView,
  checkFetch,
  codeName,
  codes,
  decodeEvent,
  encodeState,
  type Intent,
  ITEM,
  viewOf,
} from '../src/index.ts';
import { address, OPERATOR, sealTransfer, TestNetwork } from './network.ts';

type Fault =
  | 'unsigned'
  | 'poor'
  | 'lagging'
  | 'used'
  | 'out of range'
  | 'expired'
  | 'too late'
  | 'exiting'
  | 'many'
  | 'small budget'
  | 'large budget'
  | 'low limit';

const PAYER = address(2);
const PAYEE = address(3);
const MEANS: Fault[] = ['exiting', 'many', 'small budget', 'large budget', 'low limit'];

const rows: { code: number; faults: Fault[] }[] = [
  { code: codes.badSignature, faults: ['unsigned', 'lagging', 'used', 'expired', ...MEANS] },
  { code: codes.notParticipant, faults: ['poor', 'lagging', 'out of range', 'expired', ...MEANS] },
  { code: codes.lagging, faults: ['lagging', 'used', 'expired', ...MEANS] },
  { code: codes.sequenceUsed, faults: ['used', 'expired', ...MEANS] },
  { code: codes.sequenceOutOfRange, faults: ['out of range', 'expired', ...MEANS] },
  { code: codes.expired, faults: ['expired', ...MEANS] },
  { code: codes.expiresTooLate, faults: ['too late', ...MEANS] },
  { code: codes.exiting, faults: MEANS },
  { code: codes.overAllowance, faults: MEANS.slice(1) },
  { code: codes.budgetTooSmall, faults: MEANS.slice(2) },
  { code: codes.insufficientFunds, faults: MEANS.slice(3) },
  { code: codes.limitTooLow, faults: MEANS.slice(4) },
  { code: 0, faults: [] },
];

for (const { code, faults } of rows) {
  test(`${code === 0 ? 'dealt' : codeName(code)}: ${faults.join(', ') || 'no fault'}`, () => {
    // No cut: it would end the exit before the fetch comes.
    const network = new TestNetwork({ interval: 2 ** 40 });
    const has = (fault: Fault): boolean => faults.includes(fault);
    const { bond, fee, lag, expiryMost } = network.genesis.parameters;
    const balance = has('poor') ? bond - 1n : 50n * bond;
    network.deposit(PAYER, balance);
    if (has('used')) {
      network.block([], [network.fetch(PAYER, [{ kind: 'validate' }], { sequence: 0n, budget: fee })]);
      network.pass(9);
    }
    if (has('exiting')) network.item(ITEM.exit, PAYER, 0n);
    network.block();
    if (has('lagging')) {
      network.l1Time = network.time;
      network.block([], [], lag + 1);
    }
    const intents = new Array<Intent>(has('many') ? 129 : 1).fill({
      kind: 'hold',
      payee: PAYEE,
      max: has('small budget') ? balance : 100n,
      window: 5,
    });
    const needed = (fee + 100n) * BigInt(intents.length);
    const time = network.time + 10;
    const message = network.fetch(PAYER, intents, {
      sequence: has('out of range') ? 65n : has('used') ? 0n : 1n,
      expires: has('expired') ? time - 1 : has('too late') ? time + expiryMost + 1 : time,
      budget: has('large budget') ? balance : needed,
      limit: has('low limit') ? needed - 1n : balance * 300n,
    });

    const before = accountView(network.ledger, PAYER);
    const early = checkFetch(network.ledger, message, viewOf(message), 0, time);
    const { results, events, firstNonces } = network.block([], [message], 10, [has('unsigned') ? 0 : 1]);
    assert.equal(codeName(results[0]!), codeName(code));
    if (!has('unsigned')) assert.equal(codeName(early), codeName(code), 'the check before says the same');
    const after = accountView(network.ledger, PAYER);
    if (code === 0) {
      assert.equal(firstNonces[0], network.ledger.nextNonce - 1);
      assert.equal(decodeEvent(events.event(events.count - 1))?.type, 'dealt');
      return;
    }
    assert.equal(firstNonces[0], -1);
    const isRecorded = code >= codes.expired;
    assert.equal(events.count, isRecorded ? 1 : 0);
    if (isRecorded) assert.equal(decodeEvent(events.event(0))?.type, 'refused');
    if (isRecorded) assert.notEqual(after?.used, before?.used, 'the sequence is used up');
    const { highest: _h, used: _u, ...rest } = after!;
    const { highest: _bh, used: _bu, ...restBefore } = before!;
    assert.deepEqual(rest, restBefore, 'nothing else changed');
    if (!isRecorded) assert.deepEqual(after, before);
  });
}

test('limits at their edge: expiry inclusive, window of sequences, budget and limit exact', () => {
  const network = new TestNetwork();
  const { bond, fee } = network.genesis.parameters;
  network.deposit(PAYER, 10n * bond);
  const deal = (sequence: bigint, budget: bigint, limit: bigint): number => {
    const message = network.fetch(PAYER, [{ kind: 'validate' }], {
      sequence,
      budget,
      limit,
      expires: network.time + 10,
    });
    return network.block([], [message]).results[0]!;
  };
  assert.equal(deal(63n, fee, fee), 0, 'highest + 64 while highest is -1');
  assert.equal(deal(0n, fee, 0n), codes.limitTooLow, 'below the authority, the authority counts');
  assert.equal(deal(128n, fee, 2n * fee), codes.sequenceOutOfRange);
  assert.equal(deal(127n, fee, 2n * fee), 0, 'highest + 64');
  assert.equal(deal(63n, fee, 3n * fee), codes.sequenceOutOfRange, 'highest - 64');
  assert.equal(
    deal(64n, fee, 3n * fee),
    codes.limitTooLow,
    'highest - 63 is in range; the newer limit rules',
  );
  assert.equal(deal(128n, 9n * bond - 2n * fee, 9n * bond), 0, 'all but the bond');
  assert.equal(accountView(network.ledger, PAYER)?.free, bond);
});

test('the limit covers all that was and may be taken: D, u if positive, reserved and budget, to the unit', () => {
  const network = new TestNetwork({ interval: 60_000 });
  network.deposit(PAYER, 50_000_000n);
  network.deposit(PAYEE, 50_000_000n);
  const pay = (amount: bigint): void => {
    const sequence = network.nextSequence(PAYER);
    const sealed = sealTransfer(PAYER, sequence, 0, PAYEE, amount);
    const message = network.fetch(PAYER, [sealed.intent], { sequence, budget: amount + 10n });
    const [nonce] = network.block([], [message]).firstNonces;
    assert.equal(network.block([sealed.fulfil(nonce!)]).results[0], 0);
  };
  const hold = (account: Uint8Array): void => {
    const intent: Intent = { kind: 'hold', payee: OPERATOR, max: 5000n, window: 600 };
    assert.equal(network.block([], [network.fetch(account, [intent], { budget: 5010n })]).results[0], 0);
  };
  pay(700_000n);
  network.pass(61);
  pay(200_000n);
  hold(PAYER);
  hold(PAYEE);
  const payer = accountView(network.ledger, PAYER)!;
  const payee = accountView(network.ledger, PAYEE)!;
  assert.deepEqual([payer.debited, payer.unsettled, payer.reserved], [700_010n, 200_020n, 5000n]);
  assert.deepEqual([payee.debited, payee.unsettled, payee.reserved], [0n, -199_990n, 5000n]);
  const deal = (account: Uint8Array, limit: bigint): number => {
    const message = network.fetch(account, [{ kind: 'validate' }], { budget: 100n, limit });
    return network.block([], [message]).results[0]!;
  };
  assert.equal(deal(PAYER, 700_010n + 200_020n + 5000n + 99n), codes.limitTooLow);
  assert.equal(deal(PAYER, 700_010n + 200_020n + 5000n + 100n), 0);
  assert.equal(deal(PAYEE, 5000n + 99n), codes.limitTooLow, 'what is to come does not lower it');
  assert.equal(deal(PAYEE, 5000n + 100n), 0);
});

test('a fetch of a block that has passed leaves no second trace', () => {
  const network = new TestNetwork();
  network.deposit(PAYER, 10_000_000n);
  const message = network.fetch(PAYER, [{ kind: 'validate' }]);
  network.block([], [message]);
  const before = network.ledger.nextNonce;
  const { results, events } = network.block([], [message, message]);
  assert.deepEqual([...results], [codes.sequenceUsed, codes.sequenceUsed]);
  assert.equal(events.count, 0);
  assert.equal(network.ledger.nextNonce, before);
  assert.ok(encodeState(network.ledger).length > 0);
});
