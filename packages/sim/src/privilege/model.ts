/**
 * One run: a population, a rule and a clock, block by block in the order of docs/protocol.md, 6 (annul, fulfil, fetch).
 *
 * Assumptions stand in docs/privilege.md. Deterministic: the same scenario and rule give the same outcome.
 * Invariant: every dealt nonce is resolved once, or still open at the end.
 */
import { defaultParameters, STANDING_ONE } from '@upfront/core';
import { type Account, Blocks, type Plan } from './account.ts';
import { AttackerAccount } from './attacker.ts';
import { HonestAccount } from './honest.ts';
import { Calendar, type Lot, Topic } from './lots.ts';
import { type Recovery, type Series, Tally } from './measure.ts';
import { shuffle } from './random.ts';
import { createRule } from './rules/create.ts';
import type { Requests, Rule, RuleName } from './rules/rule.ts';
import type { AttackerGroup, HonestGroup, Scenario } from './scenario.ts';

/** Points of each line of a plot. */
const SAMPLES = 120;

export interface GroupOutcome {
  readonly name: string;
  readonly isHonest: boolean;
  readonly count: number;
  readonly tally: Tally;
  readonly series: Series;
  readonly recoveries: readonly Recovery[];
}

export interface RunOutcome {
  readonly groups: readonly GroupOutcome[];
  /** s that were measured, and between two points of a line. */
  readonly seconds: number;
  readonly every: number;
  /** The most places open at once, as a part of the capacity. */
  readonly peakOpen: number;
}

/** Who wants to see every block: the test that compares with the core. */
export interface Observer {
  dealt(lot: Lot, seconds: number): void;
  resolved(lot: Lot): void;
  sealed(block: number, rule: Rule): void;
}

interface Group extends GroupOutcome {
  readonly accounts: readonly Account[];
}

/** Runs a scenario under a rule. Without `attack` its attackers stay away. */
export function simulate(scenario: Scenario, name: RuleName, attack = true, observer?: Observer): RunOutcome {
  return new Run(scenario, name, attack, observer).run();
}

class Run {
  readonly #scenario: Scenario;
  readonly #blocks: Blocks;
  readonly #rule: Rule;
  readonly #groups: readonly Group[];
  readonly #accounts: readonly Account[];
  readonly #calendar: Calendar;
  readonly #topic = new Topic();
  readonly #observer: Observer | undefined;
  readonly #last: number;
  readonly #warm: number;
  readonly #order: Int32Array;
  readonly #wants: Float64Array;
  readonly #requests: Requests;
  #lots = 0;
  #openPlaces = 0;
  #peak = 0;

  constructor(scenario: Scenario, name: RuleName, attack: boolean, observer: Observer | undefined) {
    this.#scenario = scenario;
    this.#observer = observer;
    this.#blocks = new Blocks(scenario);
    this.#last = this.#blocks.at(scenario.duration);
    this.#warm = this.#blocks.at(scenario.warmup);
    this.#calendar = new Calendar(this.#last);
    const attackers = attack ? scenario.attackers : [];
    const active = [...scenario.honest, ...attackers].reduce((sum, { count }) => sum + count, 0);
    this.#rule = createRule(name, { scenario, rows: active + scenario.idle });
    this.#groups = this.#populate(attackers);
    this.#accounts = this.#groups.flatMap(({ accounts }) => accounts);
    this.#order = new Int32Array(active);
    this.#wants = new Float64Array(active);
    this.#requests = {
      count: 0,
      rows: new Int32Array(active),
      wants: new Float64Array(active),
      places: new Float64Array(active),
      granted: new Float64Array(active),
    };
  }

  run(): RunOutcome {
    const every = Math.max(1, Math.round(this.#last / SAMPLES));
    const before = this.#groups.map(() => 0);
    for (let block = 1; block <= this.#last; block++) {
      this.#resolve(block);
      this.#fetch(block);
      this.#deliver(block);
      if (block > this.#warm) this.#lock();
      this.#peak = Math.max(this.#peak, this.#openPlaces);
      if (block % every === 0) this.#sample(before, every);
      this.#observer?.sealed(block, this.#rule);
    }
    return {
      groups: this.#groups,
      seconds: (this.#last - this.#warm) * this.#blocks.seconds,
      every: every * this.#blocks.seconds,
      peakOpen: this.#peak / this.#scenario.network.capacity,
    };
  }

  /** Steps 2 and 4 of a block. */
  #resolve(block: number): void {
    const { annulled, ready } = this.#calendar.take(block);
    for (const lot of annulled) this.#close(lot, 'annulled', block);
    for (const lot of ready) {
      const backAt = this.#accounts[lot.row]!.backAt(block);
      if (backAt > block) this.#calendar.add(lot, Math.min(backAt, lot.annulAt));
      else this.#close(lot, 'fulfilled', block);
    }
  }

  #close(lot: Lot, state: 'fulfilled' | 'annulled', block: number): void {
    const { nonces } = lot;
    const account = this.#accounts[lot.row]!;
    const isMeasured = block > this.#warm;
    lot.state = state;
    this.#rule.closed(lot.row, nonces, lot.places, state === 'fulfilled' ? 1 : lot.lapse);
    account.open -= nonces;
    this.#openPlaces -= nonces * lot.places;
    const { tally } = account;
    const stake = account.post?.stake ?? 0;
    if (state === 'fulfilled' || lot.lapse === 0) account.funds += nonces * (this.#rule.deposit + stake);
    if (state === 'fulfilled') {
      tally.everFulfilled += nonces;
      if (isMeasured) tally.fulfilled += nonces;
    } else if (isMeasured) {
      tally.annulled += nonces;
      tally.stakeBurnt += nonces * stake;
      if (lot.lapse < 0) tally.depositsBurnt += nonces * this.#rule.deposit;
    }
    account.resolved(lot, block);
    this.#observer?.resolved(lot);
  }

  /** Step 5: everybody asks, in an order that the block's maker chose blindly. */
  #fetch(block: number): void {
    const requests = this.#requests;
    let asking = 0;
    for (const account of this.#accounts) {
      const want = Math.min(account.want(block), Math.floor(account.funds / this.#price(account)));
      if (want <= 0) continue;
      this.#order[asking++] = account.row;
      this.#wants[account.row] = want;
    }
    shuffle(this.#order, asking, this.#scenario.seed, block);
    for (let i = 0; i < asking; i++) {
      const row = this.#order[i]!;
      requests.rows[i] = row;
      requests.wants[i] = this.#wants[row]!;
      requests.places[i] = this.#accounts[row]!.places;
    }
    requests.count = asking;
    this.#rule.deal(requests);
    for (let i = 0; i < asking; i++) {
      const nonces = requests.granted[i]!;
      if (nonces <= 0) continue;
      if (nonces > requests.wants[i]!) throw new Error('a rule dealt more than was asked for');
      const account = this.#accounts[requests.rows[i]!]!;
      account.funds -= nonces * this.#price(account);
      account.open += nonces;
      this.#openPlaces += nonces * account.places;
      if (block > this.#warm) account.tally.dealt += nonces;
      for (const plan of account.dealt(nonces, block)) if (plan.nonces > 0) this.#open(account, plan, block);
    }
  }

  #open(account: Account, plan: Plan, block: number): void {
    const lot: Lot = {
      id: this.#lots++,
      row: account.row,
      nonces: plan.nonces,
      places: account.places,
      dealtAt: block,
      annulAt: block + plan.annulAfter,
      fulfilAt: block + plan.fulfilAfter,
      lapse: plan.lapse,
      isPost: account.post !== undefined,
      state: 'open',
    };
    this.#calendar.add(lot, Math.min(lot.fulfilAt, lot.annulAt));
    if (lot.isPost) this.#topic.add(lot);
    this.#observer?.dealt(lot, (plan.annulAfter - 1) * this.#blocks.seconds);
  }

  /** What a nonce takes from its owner until it is resolved, and the fee. */
  #price({ post }: Account): number {
    return Number(defaultParameters.fee) + this.#rule.deposit + (post?.stake ?? 0);
  }

  #deliver(block: number): void {
    for (const lot of this.#topic.deliver()) {
      if (lot.state === 'fulfilled' && block > this.#warm)
        this.#accounts[lot.row]!.tally.delays.add(block - lot.dealtAt, lot.nonces);
    }
  }

  /** What is locked in this block: the bond of who is there, deposits and stakes of what is open. */
  #lock(): void {
    const bond = Number(defaultParameters.bond);
    for (const { accounts, tally } of this.#groups) {
      let units = (accounts.length + tally.identities) * bond;
      for (const { open, post } of accounts) units += open * (this.#rule.deposit + (post?.stake ?? 0));
      tally.locked += units * this.#blocks.seconds;
    }
  }

  #sample(before: number[], every: number): void {
    this.#groups.forEach(({ accounts, series, tally }, i) => {
      const total = tally.everFulfilled;
      series.goodput.push((total - before[i]!) / (every * this.#blocks.seconds));
      before[i] = total;
      let standing = 0;
      let places = 0;
      for (const { row, open, places: each } of accounts) {
        standing += this.#rule.standing(row);
        places += open * each;
      }
      series.standing.push(accounts.length === 0 ? 0 : standing / accounts.length);
      series.places.push(places / this.#scenario.network.capacity);
    });
  }

  #populate(attackers: readonly AttackerGroup[]): Group[] {
    const start = this.#scenario.network.standingStart / STANDING_ONE;
    let row = 0;
    const group = (
      of: HonestGroup | AttackerGroup,
      isHonest: boolean,
      make: (index: number, at: number, tally: Tally) => Account,
    ): Group => {
      const tally = new Tally(of.count);
      const accounts = Array.from({ length: of.count }, (_, index) => {
        this.#rule.enter(row, of.standing ?? start);
        return make(index, row++, tally);
      });
      const recoveries = accounts.flatMap((account) =>
        account instanceof HonestAccount && account.recovery !== undefined ? [account.recovery] : [],
      );
      const series = { goodput: [], standing: [], places: [] };
      return { name: of.name, isHonest, count: of.count, tally, series, recoveries, accounts };
    };
    const scenario = this.#scenario;
    const rule = this.#rule;
    const blocks = this.#blocks;
    return [
      ...scenario.honest.map((of) =>
        group(of, true, (i, at, tally) => new HonestAccount(scenario, of, i, at, rule, blocks, tally)),
      ),
      ...attackers.map((of) =>
        group(of, false, (i, at, t) => new AttackerAccount(scenario, of, i, at, rule, blocks, t, start)),
      ),
    ];
  }
}
