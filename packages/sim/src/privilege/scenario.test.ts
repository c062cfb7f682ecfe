/** Scenario files: what is filled in, what is refused and by which path; sweeps and smaller ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, parseScenario, ScenarioError, scaled } from './scenario.ts';

const honest = { name: 'honest', count: 10, demand: { rate: 2 } };
const attackers = { name: 'slow', count: 4, behaviour: 'slow' };
const base = {
  name: 'one',
  title: 'One',
  duration: 60,
  warmup: 10,
  honest: [honest],
  attackers: [attackers],
};

test('defaults are filled in, the core gives those of the network', () => {
  const scenario = parseScenario(base);
  assert.equal(scenario.network.capacity, 2 ** 20);
  assert.equal(scenario.network.windowTransfer, 60_000);
  assert.equal(scenario.honest[0]!.hold, 1);
  assert.equal(scenario.honest[0]!.demand.law, 'poisson');
  assert.equal(scenario.attackers[0]!.start, 60);
  assert.equal(scenario.money.deposit, 50_000);
  assert.equal(base.honest[0], honest, 'what was given is not changed');
});

const sweep = { path: 'attackers.0.count', label: 'attackers', values: [1, 2] };
const faults: { what: string; json: unknown; path: string; message: RegExp }[] = [
  { what: 'no object', json: 7, path: '', message: /The scenario must be object/ },
  { what: 'a missing field', json: { ...base, title: undefined }, path: 'title', message: /title/ },
  {
    what: 'a missing inner field',
    json: { ...base, honest: [{ name: 'honest' }] },
    path: 'honest.0.demand',
    message: /is missing/,
  },
  { what: 'an unknown field', json: { ...base, frobs: 1 }, path: 'frobs', message: /is not a field/ },
  {
    what: 'an unknown inner field',
    json: { ...base, honest: [{ ...honest, colour: 1 }] },
    path: 'honest.0.colour',
    message: /is not a field/,
  },
  {
    what: 'a number that is too small',
    json: { ...base, honest: [{ ...honest, demand: { rate: 0 } }] },
    path: 'honest.0.demand.rate',
    message: /must be > 0/,
  },
  {
    what: 'a word that is none of them',
    json: { ...base, attackers: [{ ...attackers, behaviour: 'nice' }] },
    path: 'attackers.0.behaviour',
    message: /withhold, pulse, slow/,
  },
  { what: 'a warm-up without end', json: { ...base, warmup: 60 }, path: 'warmup', message: /below duration/ },
  {
    what: 'too many blocks',
    json: { ...base, network: { block: 1 } },
    path: 'duration',
    message: /at most 20000/,
  },
  {
    what: 'too many accounts together',
    json: { ...base, honest: [{ ...honest, count: 20_000 }] },
    path: 'honest, attackers',
    message: /at most 20000/,
  },
  {
    what: 'two groups of one name',
    json: { ...base, attackers: [{ ...attackers, name: 'honest' }] },
    path: 'name',
    message: /two groups/,
  },
  {
    what: 'a sweep of nothing',
    json: { ...base, sweep: { ...sweep, path: 'nobody.0.count' } },
    path: 'sweep.path',
    message: /names no field/,
  },
  {
    what: 'a sweep of a field that is not one',
    json: { ...base, sweep: { ...sweep, path: 'attackers.0.size' } },
    path: 'attackers.0.size',
    message: /is not a field/,
  },
  {
    what: 'a value of a sweep that cannot be',
    json: { ...base, sweep: { ...sweep, values: [1, -1] } },
    path: 'attackers.0.count',
    message: /must be >= 0/,
  },
  {
    what: 'a start below the floor',
    json: { ...base, network: { standingStart: 10 } },
    path: 'network.standingFloor',
    message: /at most network.standingStart/,
  },
];

for (const { what, json, path, message } of faults) {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => parseScenario(json),
      (error) => {
        assert.ok(error instanceof ScenarioError, String(error));
        assert.equal(error.path, path);
        assert.match(error.message, message);
        return true;
      },
    );
  });
}

test('a sweep changes one field, and the scenario itself not', () => {
  const scenario = parseScenario({ ...base, sweep });
  assert.equal(at(scenario, 2).attackers[0]!.count, 2);
  assert.equal(at(scenario, 2).sweep, undefined);
  assert.equal(scenario.attackers[0]!.count, 4);
});

test('a smaller one keeps the shares', () => {
  const small = scaled(parseScenario({ ...base, idle: 1000, sweep: { ...sweep, values: [4, 40] } }), 2);
  assert.deepEqual(
    [small.idle, small.network.capacity, small.honest[0]!.count, small.attackers[0]!.count],
    [500, 2 ** 19, 5, 2],
  );
  assert.deepEqual(small.sweep?.values, [2, 20]);
});
