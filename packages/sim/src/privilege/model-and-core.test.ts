/**
 * The model and the real core agree: every history that the model makes is played on the core as fetches, fulfilments and
 * blocks, and after each block standing, open places and the sum of active standing are the same.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  applyBlock,
  assertInvariants,
  codes,
  commitment,
  concatBytes,
  createLedger,
  defaultParameters,
  encodeBlock,
  encodeFetch,
  encodeFulfil,
  type Genesis,
  type Intent,
  ITEM,
  type Item,
  itemHead,
  type Ledger,
  nobleHashes,
  scanBlock,
  transferActivity,
} from '@upfront/core';
import type { Lot } from './lots.ts';
import { simulate } from './model.ts';
import type { Rule } from './rules/rule.ts';
import { UpfrontRule } from './rules/upfront.ts';
import { parametersOf, parseScenario, type Scenario } from './scenario.ts';

const ZERO = new Uint8Array(32);
const SALT = new Uint8Array(16).fill(7);
const SIGNATURE = new Uint8Array(64).fill(1);
const START = 1_000_000;
const OPERATOR = address(0xffff);
const PAYEE = address(0xfffe);

function address(n: number): Uint8Array {
  const bytes = new Uint8Array(20).fill(0xaa, 0, 1);
  new DataView(bytes.buffer).setUint32(16, n);
  return bytes;
}

/** Plays what the model does on the core. */
class CoreHistory {
  readonly ledger: Ledger;
  readonly #scenario: Scenario;
  readonly #sequences: bigint[] = [];
  readonly #first = new Map<Lot, { sequence: bigint; first: number }>();
  #dealt: { lot: Lot; seconds: number }[] = [];
  #resolved: Lot[] = [];
  #items: Item[] = [];
  #time = START;
  #head: Uint8Array = ZERO;
  annulled = 0;
  refused = 0;

  constructor(scenario: Scenario, accounts: number) {
    this.#scenario = scenario;
    const genesis: Genesis = {
      chainId: 31337,
      contract: address(1),
      time: START,
      parameters: { ...parametersOf(scenario), interval: 2 ** 40 },
      validators: [OPERATOR],
    };
    this.ledger = createLedger(genesis, nobleHashes);
    for (let row = 0; row < accounts; row++) {
      this.#items.push({ kind: ITEM.deposit, account: address(row + 2), amount: 10n ** 12n, data: ZERO });
      this.#head = itemHead(nobleHashes, this.#head, row + 1, this.#items[row]!);
      this.#sequences.push(0n);
    }
    this.#apply([], [], 0);
  }

  dealt(lot: Lot, seconds: number): void {
    this.#dealt.push({ lot, seconds });
  }

  resolved(lot: Lot): void {
    if (lot.state === 'annulled') this.annulled += lot.nonces;
    else this.#resolved.push(lot);
  }

  /** One block of the model as one block of the core; `greedy` rows took all that they could, so one more is refused. */
  seal(greedy: (row: number) => boolean): void {
    const fulfils = this.#resolved.flatMap((lot) => this.#fulfilsOf(lot));
    const fetches = this.#dealt.map(({ lot, seconds }) => this.#fetchOf(lot, seconds));
    const probes = this.#dealt.filter(({ lot }) => greedy(lot.row)).map(({ lot }) => lot.row);
    for (const row of probes) fetches.push(this.#encode(row, this.#next(row), [{ kind: 'validate' }]));
    const { results, firstNonces } = this.#apply(fulfils, fetches, this.#scenario.network.block);
    const count = fulfils.length + this.#dealt.length;
    assert.deepEqual([...results.subarray(0, count)], new Array(count).fill(0), 'what the model did is done');
    for (const code of results.subarray(count)) assert.equal(code, codes.overAllowance, 'and no more');
    this.refused += probes.length;
    this.#dealt.forEach(({ lot }, i) => {
      this.#first.get(lot)!.first = firstNonces[i]!;
    });
    this.#dealt = [];
    this.#resolved = [];
  }

  #next(row: number): bigint {
    const sequence = this.#sequences[row]!;
    this.#sequences[row] = sequence + 1n;
    return sequence;
  }

  #fetchOf(lot: Lot, seconds: number): Uint8Array {
    const sequence = this.#next(lot.row);
    this.#first.set(lot, { sequence, first: -1 });
    const account = address(lot.row + 2);
    const intents = Array.from({ length: lot.nonces }, (_, index): Intent => {
      if (lot.lapse === 0) return { kind: 'hold', payee: PAYEE, max: 1n, window: seconds };
      if (lot.isPost) {
        const sealed = commitment(nobleHashes, account, sequence, index, 4, SALT, ZERO);
        return { kind: 'post', topic: ZERO, stake: 0n, size: lot.places * 256, commitment: sealed };
      }
      const activity = transferActivity(PAYEE, 1n, ZERO);
      return {
        kind: 'transfer',
        commitment: commitment(nobleHashes, account, sequence, index, 1, SALT, activity),
      };
    });
    return this.#encode(lot.row, sequence, intents);
  }

  #fulfilsOf(lot: Lot): Uint8Array[] {
    const { first } = this.#first.get(lot)!;
    return Array.from({ length: lot.nonces }, (_, i) =>
      lot.isPost
        ? encodeFulfil({ kind: 'post', nonce: first + i, salt: SALT, data: ZERO })
        : encodeFulfil({
            kind: 'transfer',
            nonce: first + i,
            salt: SALT,
            to: PAYEE,
            amount: 1n,
            reference: ZERO,
          }),
    );
  }

  #encode(row: number, sequence: bigint, intents: Intent[]): Uint8Array {
    return encodeFetch({
      account: address(row + 2),
      sequence,
      limit: 2n ** 62n,
      budget: BigInt(intents.length) * (defaultParameters.fee + 1n),
      expires: this.#time + 60_000,
      signature: SIGNATURE,
      intents,
    });
  }

  #apply(fulfils: Uint8Array[], fetches: Uint8Array[], step: number) {
    this.#time += step;
    const view = {
      time: this.#time,
      items: this.#sequences.length,
      head: this.#head,
      settled: 0,
      validators: nobleHashes.keccak256(concatBytes(OPERATOR)),
      rotation: new Uint8Array(20),
      change: 0 as const,
      validator: OPERATOR,
      signature: SIGNATURE,
    };
    const bytes = encodeBlock({
      height: this.ledger.height + 1,
      time: this.#time,
      parent: this.ledger.digest,
      views: [view],
      headerSignatures: [],
      items: this.#items.splice(0),
      fulfils,
      fetches,
    });
    const block = scanBlock(bytes, this.ledger.genesis.parameters)!;
    return applyBlock(this.ledger, block, new Uint8Array(1 + fulfils.length + fetches.length).fill(1));
  }
}

/** Everything that the model knows at once: capacity is scarce, somebody crashes, posts are large, holds lapse. */
function everything(seed: number): Scenario {
  return parseScenario({
    name: 'everything',
    title: 'everything',
    seed,
    duration: 150,
    warmup: 1,
    network: { capacity: 260, maxPlaces: 96, windowTransfer: 12_000, standingGain: 512 },
    honest: [
      { name: 'payers', count: 3, demand: { rate: 12 } },
      { name: 'crashing', count: 2, standing: 1, demand: { rate: 20 }, crash: { at: 40, for: 9 } },
      { name: 'late', count: 1, standing: 0.7, demand: { rate: 20 }, crash: { at: 70, for: 30, open: 3 } },
      { name: 'griefed', count: 1, demand: { rate: 9 }, griefed: { share: 0.3, window: 20 } },
      { name: 'posters', count: 2, start: 20, demand: { rate: 3 }, post: { size: 600 } },
    ],
    attackers: [
      { name: 'withhold', count: 1, start: 5, behaviour: 'withhold' },
      { name: 'pulse', count: 2, start: 5, behaviour: 'pulse', target: 0.8, stagger: 4 },
      { name: 'slow', count: 2, start: 30, behaviour: 'slow' },
      { name: 'lapse', count: 1, start: 30, behaviour: 'lapse', window: 25 },
    ],
  });
}

for (const seed of [1, 2, 3]) {
  test(`the same history gives the same standing, places and outcome, seed ${seed}`, () => {
    const scenario = everything(seed);
    const groups = [...scenario.honest, ...scenario.attackers];
    const rows = groups.flatMap(({ name, count }) => new Array<string>(count).fill(name));
    const core = new CoreHistory(scenario, rows.length);
    const { accounts, privilege } = core.ledger;
    const start = scenario.network.standingStart / 65536;
    const standings = groups.flatMap(({ count, standing }) => new Array(count).fill(standing ?? start));
    // Who was here before has its standing from a history that is not played.
    standings.forEach((standing, row) => {
      accounts.standing.set(row, Math.round(standing * 65536));
    });
    let open = 0;
    const compare = (block: number, rule: Rule): void => {
      assert.ok(rule instanceof UpfrontRule);
      core.seal((row) => ['withhold', 'slow', 'lapse'].includes(rows[row]!));
      const { columns } = rule;
      for (let row = 0; row < rows.length; row++) {
        const found = accounts.find(address(row + 2), 0);
        const which = `${rows[row]} in block ${block}`;
        assert.equal(columns.standing.get(row), accounts.standing.get(found), `standing of ${which}`);
        assert.equal(columns.openNonces.get(row), accounts.openNonces.get(found), `open nonces of ${which}`);
        assert.equal(columns.openPlaces.get(row), accounts.openPlaces.get(found), `open places of ${which}`);
      }
      assert.equal(rule.privilege.active, privilege.active, `A in block ${block}`);
      open = rows.reduce((sum, _, row) => sum + columns.openNonces.get(row), 0);
      assert.equal(core.ledger.nonces.count, open, 'nothing is open in one and resolved in the other');
    };
    const run = simulate(scenario, 'upfront', true, {
      dealt: (lot, seconds) => core.dealt(lot, seconds),
      resolved: (lot) => core.resolved(lot),
      sealed: compare,
    });
    assertInvariants(core.ledger);
    const sum = (of: 'fulfilled' | 'annulled'): number =>
      run.groups.reduce((total, { tally }) => total + tally[of], 0);
    assert.ok(core.annulled > 100 && sum('fulfilled') > 1000, `${core.annulled} annulled`);
    assert.ok(core.refused > 50, `${core.refused} fetches of one nonce more were refused`);
  });
}
