/**
 * What the wallet says of things under way: each says what it waits for and until when, whoever is silent.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenNonce } from '../src/api.ts';
import { type PendingInput, pendingOf } from '../src/wallet/pending.ts';

const BOB = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc';

const NOTHING: PendingInput = {
  fetches: [],
  open: [],
  waiting: [],
  account: undefined,
  l1: undefined,
  leaving: undefined,
  clock: 1000,
  now: 0,
  interval: 60_000,
  nextSettlement: undefined,
  showAmount: (units) => `${units} u`,
  showName: (address) => address.slice(0, 6),
  showDuration: (ms) => `${ms / 1000} s`,
  showTime: (ms) => `t${ms}`,
};
const TRANSFER = { kind: 'transfer', to: BOB, amount: 5n };
const HOLD = { kind: 'hold', payee: BOB, max: 9n };
const LEAVING = { claimableAt: 20n, isAcknowledged: false, l1Time: 10n, isClosed: false };
const L1 = { claimable: 0n, exiting: false, balance: 7n };

function fetchOf(activity: object, changes: object = {}) {
  const openings = [{ activity: activity as { kind: string } }];
  return {
    sequence: 3n,
    expires: 9000,
    dealt: { first: 17 },
    isAbandoned: false,
    resolved: new Set<number>(),
    openings,
    ...changes,
  };
}

function openOf(kind: OpenNonce['intent']['kind'], changes: object = {}): OpenNonce {
  const intent = { kind, payee: BOB, max: '9' };
  return {
    nonce: '17',
    account: BOB,
    sequence: '3',
    index: 0,
    deadline: '43000',
    dealtClock: '0',
    dealtHeight: '1',
    intent,
    ...changes,
  };
}

const CASES: readonly [
  name: string,
  input: Partial<PendingInput>,
  title: RegExp,
  waitsFor: RegExp,
  until: RegExp,
  needsPage: boolean,
][] = [
  [
    'an own payment',
    { fetches: [fetchOf(TRANSFER)], open: [openOf('transfer')] },
    /^Payment of 5 u to 0x3c44$/,
    /this page to perform it/,
    /^42 s left/,
    true,
  ],
  [
    'one of another device',
    { open: [openOf('transfer')] },
    /^A payment$/,
    /not in this browser/,
    /^42 s left/,
    false,
  ],
  [
    'one that was given up',
    { fetches: [fetchOf(TRANSFER, { isAbandoned: true })], open: [openOf('transfer')] },
    /Payment/,
    /left to be annulled/,
    /42 s/,
    false,
  ],
  [
    'one whose time is up',
    { fetches: [fetchOf(TRANSFER)], open: [openOf('transfer', { deadline: '900' })] },
    /Payment/,
    /perform/,
    /next block annuls it/,
    true,
  ],
  [
    'a hold',
    { fetches: [fetchOf(HOLD)], open: [openOf('hold')] },
    /^Hold of up to 9 u for 0x3c44$/,
    /payee to capture or release/,
    /42 s left/,
    false,
  ],
  [
    'a payment, the node away',
    { fetches: [fetchOf(TRANSFER)], clock: undefined },
    /Payment of 5 u/,
    /node to come back/,
    /clock stands/,
    true,
  ],
  [
    'a hold, the node away',
    { fetches: [fetchOf(HOLD)], clock: undefined },
    /Hold of up to 9 u/,
    /payee/,
    /clock stands/,
    false,
  ],
  [
    'signed, no answer',
    { fetches: [fetchOf(TRANSFER, { dealt: undefined })] },
    /Payment of 5 u/,
    /Do not do it over/,
    /until t9000/,
    true,
  ],
  [
    'a deposit on its way',
    { waiting: [{ what: 'deposit', amount: 5n, since: 1, hash: '', item: undefined }] },
    /^Deposit of 5 u$/,
    /block of the first layer/,
    /No time limit/,
    false,
  ],
  [
    'a deposit that is mined',
    { waiting: [{ what: 'deposit', amount: 5n, since: 1, hash: '0x', item: 4 }] },
    /Deposit/,
    /finalised/,
    /the contract has it/,
    false,
  ],
  [
    'a withdrawal',
    { waiting: [{ what: 'withdraw', amount: 5n, since: 1, hash: '', item: undefined }] },
    /Withdrawal of 5 u/,
    /next settlement/,
    /every 60 s/,
    false,
  ],
  [
    'what can be claimed',
    { l1: { ...L1, claimable: 5n } },
    /^5 u to claim$/,
    /Waits for you/,
    /nobody else/i,
    false,
  ],
  [
    'an exit',
    { l1: { ...L1, exiting: true }, leaving: LEAVING },
    /^Exit with 7 u/,
    /acknowledge it/,
    /from t20000 on/,
    false,
  ],
  [
    'an exit that nobody answered',
    { l1: { ...L1, exiting: true }, leaving: { ...LEAVING, l1Time: 20n } },
    /Exit/,
    /Nobody acknowledged.* claim pays it now/,
    /No time limit/,
    false,
  ],
  [
    'an exit that a settlement has answered',
    { l1: { ...L1, exiting: true }, leaving: { ...LEAVING, isAcknowledged: true } },
    /Exit/,
    /acknowledged it: claim pays it now/,
    /No time limit/,
    false,
  ],
];

test('an exit that was claimed is over, though the contract keeps its mark', () => {
  const l1 = { ...L1, exiting: true, balance: 0n };
  const leaving = { ...LEAVING, l1Time: 30n, isClosed: true };
  assert.deepEqual(pendingOf({ ...NOTHING, l1, leaving }), []);
});

for (const [name, input, title, waitsFor, until, needsPage] of CASES) {
  test(`${name} says what it waits for and until when`, () => {
    const list = pendingOf({ ...NOTHING, ...input });
    assert.equal(list.length, 1);
    assert.match(list[0]!.title, title);
    assert.match(list[0]!.waitsFor, waitsFor);
    assert.match(list[0]!.until, until);
    assert.equal(list[0]!.needsPage, needsPage);
  });
}

test('nothing under way is nothing', () => {
  assert.deepEqual(pendingOf(NOTHING), []);
  assert.deepEqual(pendingOf({ ...NOTHING, clock: undefined, l1: L1 }), []);
  assert.deepEqual(
    pendingOf({ ...NOTHING, clock: undefined, fetches: [fetchOf(TRANSFER, { resolved: new Set([0]) })] }),
    [],
  );
});
