/** Each rule by a table: what is asked for in a block, and what is dealt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRule } from './rules/create.ts';
import { type Outcome, type Requests, RULE_NAMES, type Rule, type RuleName } from './rules/rule.ts';
import { parseScenario } from './scenario.ts';

function rule(name: RuleName, rows: number, network: object = {}): Rule {
  const scenario = parseScenario({
    name: 'table',
    title: 'table',
    duration: 2,
    warmup: 1,
    network: { capacity: 100, maxPlaces: 64, ...network },
    honest: [{ name: 'honest', count: rows, demand: { rate: 1 } }],
  });
  const made = createRule(name, { scenario, rows });
  for (let row = 0; row < rows; row++) made.enter(row, 1);
  return made;
}

/** What each row is dealt of what it wants. */
function deal(
  one: Rule,
  wants: readonly (readonly [row: number, want: number, places?: number])[],
): number[] {
  const requests: Requests = {
    count: wants.length,
    rows: Int32Array.from(wants, ([row]) => row),
    wants: Float64Array.from(wants, ([, want]) => want),
    places: Float64Array.from(wants, ([, , places]) => places ?? 1),
    granted: new Float64Array(wants.length),
  };
  one.deal(requests);
  return [...requests.granted];
}

const ASK = Number.POSITIVE_INFINITY;
const tables: Record<
  RuleName,
  { what: string; rows: number; wants: [number, number, number?][]; dealt: number[] }[]
> = {
  upfront: [
    { what: 'alone: its own most', rows: 4, wants: [[0, ASK]], dealt: [64] },
    {
      what: 'equal standing, equal parts',
      rows: 4,
      wants: [
        [0, ASK],
        [1, ASK],
      ],
      dealt: [50, 50],
    },
    {
      what: 'idle ones take nothing away',
      rows: 1000,
      wants: [
        [0, 10],
        [1, ASK],
      ],
      dealt: [10, 50],
    },
    {
      what: 'places, not nonces',
      rows: 4,
      wants: [
        [0, ASK, 3],
        [1, ASK, 7],
      ],
      dealt: [16, 7],
    },
    {
      what: 'one at least',
      rows: 400,
      wants: Array.from({ length: 300 }, (_, i) => [i, 2]),
      dealt: new Array(300).fill(1),
    },
  ],
  'equal-share': [
    { what: 'alone: its part', rows: 4, wants: [[0, ASK]], dealt: [25] },
    {
      what: 'idle ones keep their part',
      rows: 50,
      wants: [
        [0, ASK],
        [1, 1],
      ],
      dealt: [2, 1],
    },
    { what: 'one at least', rows: 1000, wants: [[0, ASK]], dealt: [1] },
  ],
  'fair-queue': [
    { what: 'alone: everything', rows: 4, wants: [[0, ASK]], dealt: [100] },
    {
      what: 'what one does not want, the others have',
      rows: 4,
      wants: [
        [0, 10],
        [1, ASK],
        [2, ASK],
      ],
      dealt: [10, 45, 45],
    },
    {
      what: 'no more than is wanted',
      rows: 4,
      wants: [
        [0, 3],
        [1, 5],
      ],
      dealt: [3, 5],
    },
    {
      what: 'the rest of a division, one by one',
      rows: 4,
      wants: [
        [0, ASK],
        [1, ASK],
        [2, ASK],
      ],
      dealt: [34, 33, 33],
    },
  ],
  deposit: [
    {
      what: 'first come, first served',
      rows: 4,
      wants: [
        [0, 90],
        [1, 90],
      ],
      dealt: [90, 10],
    },
    {
      what: 'fetches of 256 in turn',
      rows: 4,
      wants: [
        [2, 30],
        [3, 20],
      ],
      dealt: [30, 20],
    },
  ],
  aimd: [
    { what: 'its window', rows: 4, wants: [[0, ASK]], dealt: [64] },
    {
      what: 'first come, first served',
      rows: 4,
      wants: [
        [0, ASK],
        [1, ASK],
      ],
      dealt: [64, 36],
    },
  ],
};

for (const name of RULE_NAMES) {
  for (const { what, rows, wants, dealt } of tables[name]) {
    test(`${name}: ${what}`, () => assert.deepEqual(deal(rule(name, rows), wants), dealt));
  }
}

test('what is closed is free again, for every rule', () => {
  for (const name of RULE_NAMES) {
    const one = rule(name, 2);
    const [first] = deal(one, [[0, ASK]]);
    assert.ok(first! > 0);
    const again = deal(one, [[0, ASK]])[0]!;
    assert.equal(again, 0, `${name}: it has all that it may`);
    one.closed(0, first!, 1, 0);
    assert.deepEqual(deal(one, [[0, ASK]]), [first], name);
  }
});

test('fair queuing: who holds more waits until the other has as much', () => {
  const one = rule('fair-queue', 2);
  deal(one, [[0, 80]]);
  assert.deepEqual(
    deal(one, [
      [0, ASK],
      [1, ASK],
    ]),
    [0, 20],
  );
  one.closed(0, 40, 1, 1);
  assert.deepEqual(
    deal(one, [
      [0, ASK],
      [1, ASK],
    ]),
    [10, 30],
  );
});

const outcomes: { name: RuleName; start: number; nonces: number; outcome: Outcome; after: number }[] = [
  { name: 'upfront', start: 1 / 8, nonces: 3, outcome: 1, after: 131 / 1024 },
  { name: 'upfront', start: 1, nonces: 1, outcome: 1, after: 1 },
  { name: 'upfront', start: 1, nonces: 2, outcome: -1, after: 1 / 4 },
  { name: 'upfront', start: 1, nonces: 40, outcome: -1, after: 1 / 1024 },
  { name: 'upfront', start: 1, nonces: 7, outcome: 0, after: 1 },
  { name: 'aimd', start: 1 / 2, nonces: 1, outcome: 1, after: (32 + 1 / 32) / 64 },
  { name: 'aimd', start: 1, nonces: 2, outcome: -1, after: 1 / 4 },
  { name: 'aimd', start: 1, nonces: 40, outcome: -1, after: 1 / 64 },
  { name: 'aimd', start: 1, nonces: 7, outcome: 0, after: 1 },
  { name: 'equal-share', start: 1 / 8, nonces: 5, outcome: -1, after: 1 },
  { name: 'fair-queue', start: 1 / 8, nonces: 5, outcome: -1, after: 1 },
  { name: 'deposit', start: 1 / 8, nonces: 5, outcome: -1, after: 1 },
];

for (const { name, start, nonces, outcome, after } of outcomes) {
  test(`${name}: ${nonces} nonces with outcome ${outcome} at standing ${start}`, () => {
    const one = rule(name, 1);
    one.enter(0, start);
    assert.deepEqual(deal(one, [[0, nonces]]), [nonces]);
    one.closed(0, nonces, 1, outcome);
    assert.equal(one.standing(0), after);
  });
}
