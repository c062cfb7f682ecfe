/** Views of several validators: what more than 2/3 of them support is taken, and nothing else (docs/protocol.md, 6). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Applied,
  applyBlock,
  assertInvariants,
  compareBytes,
  concatBytes,
  createLedger,
  defaultParameters,
  encodeBlock,
  ITEM,
  type Item,
  itemHead,
  type L1View,
  type Ledger,
  nobleHashes,
  scanBlock,
} from '../src/index.ts';
import { address } from './network.ts';

const VALIDATORS = [11, 12, 13, 14].map(address);
const NEWCOMER = address(15);
const ZERO = new Uint8Array(32);
const NOBODY = new Uint8Array(20);
const setHash = (validators: Uint8Array[]): Uint8Array => nobleHashes.keccak256(concatBytes(...validators));

function ledgerOf(validators: Uint8Array[]): Ledger {
  const parameters = { ...defaultParameters, interval: 1000 };
  return createLedger({ chainId: 1, contract: address(1), time: 1000, parameters, validators }, nobleHashes);
}

function items(count: number): { list: Item[]; heads: Uint8Array[] } {
  const list: Item[] = [];
  const heads: Uint8Array[] = [ZERO];
  for (let n = 1; n <= count; n++) {
    list.push({ kind: ITEM.deposit, account: address(100 + n), amount: BigInt(n), data: ZERO });
    heads.push(itemHead(nobleHashes, heads.at(-1)!, n, list.at(-1)!));
  }
  return { list, heads };
}

function view(over: Partial<L1View> = {}): L1View {
  return {
    time: 2000,
    items: 0,
    head: ZERO,
    settled: 0,
    validators: setHash(VALIDATORS),
    rotation: NOBODY,
    change: 0,
    ...over,
  };
}

function apply(
  ledger: Ledger,
  views: [number, L1View, boolean?][],
  list: Item[] = [],
  time = ledger.time + 10,
  validators = VALIDATORS,
): Applied {
  const bytes = encodeBlock({
    height: ledger.height + 1,
    time,
    parent: ledger.digest,
    views: views.map(([i, one]) => ({ ...one, validator: validators[i]!, signature: new Uint8Array(64) })),
    headerSignatures: [],
    items: list,
    fulfils: [],
    fetches: [],
  });
  const applied = applyBlock(
    ledger,
    scanBlock(bytes, ledger.genesis.parameters)!,
    Uint8Array.from(views.map(([, , isSigned]) => (isSigned === false ? 0 : 1))),
  );
  assertInvariants(ledger);
  return applied;
}

const { list, heads } = items(5);
const at = (n: number, over: Partial<L1View> = {}): L1View => view({ items: n, head: heads[n]!, ...over });
const liar = (n: number): L1View => view({ items: n, head: new Uint8Array(32).fill(0xee) });

const rows: { name: string; views: [number, L1View, boolean?][]; listed: number; imported: number }[] = [
  {
    name: 'three of four at 3',
    views: [
      [0, at(3)],
      [1, at(3)],
      [2, at(3)],
    ],
    listed: 5,
    imported: 3,
  },
  {
    name: 'two of four are too few',
    views: [
      [0, at(3)],
      [1, at(3)],
    ],
    listed: 3,
    imported: 0,
  },
  {
    name: 'the third largest count',
    views: [
      [0, at(1)],
      [1, at(2)],
      [2, at(4)],
      [3, at(5)],
    ],
    listed: 5,
    imported: 2,
  },
  {
    name: 'a count beyond the list supports nothing',
    views: [
      [0, at(2)],
      [1, at(2)],
      [2, at(5)],
    ],
    listed: 3,
    imported: 0,
  },
  {
    name: 'an invented head supports nothing',
    views: [
      [0, at(2)],
      [1, at(2)],
      [2, liar(3)],
    ],
    listed: 3,
    imported: 0,
  },
  {
    name: 'a liar stops nobody',
    views: [
      [0, at(2)],
      [1, at(3)],
      [2, at(3)],
      [3, liar(9)],
    ],
    listed: 3,
    imported: 2,
  },
  {
    name: 'an unsigned view',
    views: [
      [0, at(3)],
      [1, at(3)],
      [2, at(3), false],
    ],
    listed: 3,
    imported: 0,
  },
];

for (const { name, views, listed, imported } of rows) {
  test(`items: ${name}`, () => {
    const ledger = ledgerOf(VALIDATORS);
    apply(ledger, views, list.slice(0, listed));
    assert.equal(ledger.imported, imported);
    assert.equal(ledger.nextNonce, imported, 'each is a nonce');
  });
}

test('items that are not on the chain are never imported; the right ones are, later', () => {
  const ledger = ledgerOf(VALIDATORS);
  const wrong = list.map((item) => ({ ...item, amount: item.amount + 1n }));
  const views: [number, L1View][] = [
    [0, at(3)],
    [1, at(3)],
    [2, at(3)],
  ];
  apply(ledger, views, wrong);
  assert.equal(ledger.imported, 0);
  apply(ledger, [], list.slice(0, 3));
  assert.equal(ledger.imported, 3, 'the newest views are kept');
});

test('a view that goes back in time, items or settlements is passed over', () => {
  const ledger = ledgerOf(VALIDATORS);
  apply(
    ledger,
    [
      [0, at(2, { time: 3000 })],
      [1, at(2, { time: 3000 })],
      [2, at(2, { time: 3000 })],
    ],
    list.slice(0, 2),
  );
  for (const older of [at(2, { time: 2999 }), at(1, { time: 3000 })]) {
    apply(ledger, [
      [0, older],
      [1, older],
      [2, older],
    ]);
    assert.equal(ledger.views[0]?.time, 3000);
    assert.equal(ledger.views[0]?.items, 2);
  }
  assert.equal(ledger.l1Time, 3000);
});

test('l1Time and settled are the values that more than 2/3 have reached', () => {
  const ledger = ledgerOf(VALIDATORS);
  apply(ledger, [
    [0, view({ time: 5000 })],
    [1, view({ time: 9000 })],
  ]);
  assert.equal(ledger.l1Time, 1000, 'two of four say nothing');
  apply(ledger, [
    [2, view({ time: 7000 })],
    [3, view({ time: 8000 })],
  ]);
  assert.equal(ledger.l1Time, 7000);
});

test('a rotation: wanted by more than 2/3, formed, confirmed with the set that L1 names', () => {
  for (const isPassedOver of [false, true]) {
    const ledger = ledgerOf(VALIDATORS);
    const wanted = { rotation: NEWCOMER, change: 1 as const };
    apply(
      ledger,
      [
        [0, view(wanted)],
        [1, view(wanted)],
      ],
      [],
      5000,
    );
    assert.equal(ledger.settlements.formed, 0, 'two of four');
    const { formed } = apply(ledger, [[2, view(wanted)]], [], 6000);
    assert.deepEqual(formed?.rotation, concatBytes(NEWCOMER, Uint8Array.of(1)));
    assert.equal(apply(ledger, [], [], 9000).formed, undefined, 'nothing is formed behind it');
    assert.equal(ledger.validators.length, 4, 'not before it is confirmed');
    const after = isPassedOver ? VALIDATORS : [...VALIDATORS, NEWCOMER].sort(compareBytes);
    const confirmed = view({ settled: 1, validators: setHash(after) });
    apply(ledger, [
      [0, confirmed],
      [1, confirmed],
    ]);
    assert.equal(ledger.settlements.unconfirmed.length, 1);
    apply(ledger, [[2, confirmed]]);
    assert.equal(ledger.settlements.unconfirmed.length, 0);
    assert.deepEqual(ledger.validators, after);
    assert.equal(
      ledger.views.filter((one) => one !== undefined).length,
      3,
      'views stay with their validators',
    );
  }
});

test('whom L1 has dropped is out as soon as more than 2/3 of the views say so', () => {
  const [a, b, c, d] = VALIDATORS as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  for (const left of [
    [a, b, d],
    [b, c],
  ]) {
    const ledger = ledgerOf(VALIDATORS);
    const seen = view({ validators: setHash(left) });
    const saying = (count: number): [number, L1View][] => [0, 1, 2].slice(0, count).map((i) => [i, seen]);
    apply(ledger, saying(2));
    assert.deepEqual(ledger.validators, VALIDATORS, 'two of four');
    apply(ledger, saying(3));
    assert.deepEqual(ledger.validators, left);
    assert.equal(ledger.views.length, left.length);
  }
});

test('a rotation formed before a removal on L1 is confirmed with the set that L1 has', () => {
  const [a, b, c] = VALIDATORS as [Uint8Array, Uint8Array, Uint8Array];
  const ledger = ledgerOf(VALIDATORS);
  const wanted = view({ rotation: NEWCOMER, change: 1 });
  const { formed } = apply(
    ledger,
    [0, 1, 2].map((i) => [i, wanted]),
    [],
    6000,
  );
  assert.notEqual(formed?.rotation.length, 0);
  const left = [a, b, c, NEWCOMER].sort(compareBytes);
  const seen = view({ settled: 1, validators: setHash(left) });
  apply(
    ledger,
    [0, 1, 2].map((i) => [i, seen]),
  );
  assert.equal(ledger.settlements.unconfirmed.length, 0);
  assert.deepEqual(ledger.validators, left);
});

test('the only validator stays, whatever is said of L1', () => {
  const ledger = ledgerOf([VALIDATORS[0]!]);
  apply(ledger, [[0, view({ validators: setHash([]) })]]);
  assert.equal(ledger.validators.length, 1);
});

test('the last validator is not rotated out', () => {
  const ledger = ledgerOf([VALIDATORS[0]!]);
  const wanted = view({ rotation: VALIDATORS[0]!, change: 2 });
  assert.equal(apply(ledger, [[0, wanted]], [], 9000).formed, undefined);
});
