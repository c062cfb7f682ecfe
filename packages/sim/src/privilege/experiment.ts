/**
 * An experiment: a scenario under every rule, at every value of its sweep, each beside the same run without the attack.
 * The report is plain JSON, the same for the same scenario and seed.
 */
import { defaultParameters } from '@upfront/core';
import { jain, type Recovery, rounded, type Series, YEAR } from './measure.ts';
import { type GroupOutcome, type RunOutcome, simulate } from './model.ts';
import type { RuleName } from './rules/rule.ts';
import { at, type Scenario } from './scenario.ts';

export interface Report {
  readonly scenario: Scenario;
  readonly rules: readonly RuleName[];
  /** One a value of the sweep, or one. */
  readonly points: readonly Point[];
}

export interface Point {
  /** Of the sweep; null without one. */
  readonly value: number | null;
  readonly results: readonly Result[];
}

/** What one rule made of it. Rates are activities a second, times seconds, money units; null where there is nothing to tell. */
export interface Result {
  readonly rule: RuleName;
  /** Useful activities of all honest participants. */
  readonly goodput: number;
  /** The same without the attack, and the part of it that is left. */
  readonly alone: number;
  readonly kept: number | null;
  /** The part of what honest participants wanted that was done. */
  readonly served: number | null;
  /** Jain's index of the parts that each honest participant got of what it wanted. */
  readonly jain: number | null;
  /** From wanting to dealing; and the part that was given up. */
  readonly wait: { readonly median: number | null; readonly p99: number | null; readonly givenUp: number };
  /** Posts: from the own fetch to delivery. */
  readonly delay: {
    readonly median: number | null;
    readonly p99: number | null;
    readonly most: number | null;
  } | null;
  readonly peakOpen: number;
  readonly attack: Attack | null;
  readonly groups: readonly GroupReport[];
  readonly recovery: Recovery | null;
  /** s between two points of a line. */
  readonly every: number;
}

export interface Attack {
  /** Honest activities that were not done. */
  readonly damage: number;
  readonly nonces: number;
  readonly annulled: number;
  readonly identities: number;
  readonly fees: number;
  readonly burnt: number;
  /** units times seconds, and what that costs at the scenario's interest. */
  readonly locked: number;
  readonly interest: number;
  /** Fees, what was burnt and interest for each activity that was not done; null if there is no damage to speak of. */
  readonly perDamage: number | null;
}

export interface GroupReport {
  readonly name: string;
  readonly isHonest: boolean;
  readonly count: number;
  readonly goodput: number;
  readonly perAccount: number | null;
  readonly standing: number;
  readonly annulled: number;
  readonly series: Series;
}

/** Damage below this part of what is done without the attack is the noise of rounding. */
const DAMAGE_LEAST = 0.002;

export function runExperiment(
  scenario: Scenario,
  rules: readonly RuleName[],
  progress: (done: number, total: number) => void = () => undefined,
): Report {
  const values = scenario.sweep?.values ?? [null];
  const total = values.length * rules.length;
  const alone = new Map<string, RunOutcome>();
  let done = 0;
  const points = values.map((value): Point => {
    const one = value === null ? scenario : at(scenario, value);
    const results = rules.map((rule) => {
      const peace = inPeace(one);
      const key = `${rule} ${JSON.stringify(peace)}`;
      const baseline = alone.get(key) ?? simulate(peace, rule, false);
      alone.set(key, baseline);
      const result = resultOf(one, rule, simulate(one, rule), baseline);
      progress(++done, total);
      return result;
    });
    return { value, results };
  });
  return { scenario, rules, points };
}

/** The scenario without those who do harm. */
function inPeace(scenario: Scenario): Scenario {
  return { ...scenario, attackers: [], honest: scenario.honest.map(({ griefed: _, ...group }) => group) };
}

function resultOf(scenario: Scenario, rule: RuleName, run: RunOutcome, baseline: RunOutcome): Result {
  const honest = run.groups.filter(({ isHonest }) => isHonest);
  const goodput = goodputOf(run);
  const alone = goodputOf(baseline);
  const sum = (of: (group: GroupOutcome) => number): number =>
    honest.reduce((total, group) => total + of(group), 0);
  const arrived = sum(({ tally }) => tally.arrived);
  const isHarmed = scenario.attackers.length > 0 || scenario.honest.some(({ griefed }) => griefed);
  return {
    rule,
    goodput: rounded(goodput),
    alone: rounded(alone),
    kept: alone > 0 ? rounded(goodput / alone) : null,
    served: arrived > 0 ? rounded(Math.min(1, (goodput * run.seconds) / arrived)) : null,
    jain: orNull(jain(honest.flatMap(({ tally }) => parts(tally.served, tally.wanted)))),
    wait: waitOf(scenario, honest, arrived),
    delay: delayOf(scenario, honest),
    peakOpen: rounded(run.peakOpen),
    attack: isHarmed ? attackOf(scenario, run, (alone - goodput) * run.seconds, alone * run.seconds) : null,
    groups: run.groups.map((group) => groupOf(group, run.seconds)),
    recovery: honest.flatMap(({ recoveries }) => recoveries)[0] ?? null,
    every: run.every,
  };
}

function goodputOf({ groups, seconds }: RunOutcome): number {
  let useful = 0;
  for (const { isHonest, tally } of groups) if (isHonest) useful += tally.fulfilled;
  return useful / seconds;
}

function parts(served: Float64Array, wanted: Float64Array): number[] {
  return [...served].flatMap((count, i) => (wanted[i]! > 0 ? [Math.min(1, count / wanted[i]!)] : []));
}

function waitOf({ network }: Scenario, honest: readonly GroupOutcome[], arrived: number): Result['wait'] {
  const seconds = (blocks: number | null): number | null =>
    blocks === null ? null : rounded((blocks * network.block) / 1000);
  // Of several groups the one that waits longest speaks for all.
  const worst = (part: number): number | null =>
    seconds(mostOf(honest.map(({ tally }) => tally.waits.quantile(part))));
  const givenUp = honest.reduce((sum, { tally }) => sum + tally.givenUp, 0);
  return { median: worst(0.5), p99: worst(0.99), givenUp: arrived > 0 ? rounded(givenUp / arrived) : 0 };
}

function delayOf({ network }: Scenario, honest: readonly GroupOutcome[]): Result['delay'] {
  if (honest.every(({ tally }) => tally.delays.total === 0)) return null;
  const worst = (part: number): number | null => {
    const blocks = mostOf(honest.map(({ tally }) => tally.delays.quantile(part)));
    return blocks === null ? null : rounded((blocks * network.block) / 1000);
  };
  return { median: worst(0.5), p99: worst(0.99), most: worst(1) };
}

function attackOf(scenario: Scenario, run: RunOutcome, damage: number, alone: number): Attack {
  const attackers = run.groups.filter(({ isHonest }) => !isHonest);
  const sum = (of: (group: GroupOutcome) => number): number =>
    attackers.reduce((total, group) => total + of(group), 0);
  const nonces = sum(({ tally }) => tally.dealt);
  const fees = nonces * Number(defaultParameters.fee);
  const burnt = sum(({ tally }) => tally.stakeBurnt + tally.depositsBurnt);
  const locked = sum(({ tally }) => tally.locked);
  const interest = (locked * scenario.money.interest) / YEAR;
  return {
    damage: rounded(Math.max(0, damage)),
    nonces,
    annulled: sum(({ tally }) => tally.annulled),
    identities: sum(({ tally }) => tally.identities),
    fees,
    burnt,
    locked: rounded(locked),
    interest: rounded(interest),
    perDamage: damage > alone * DAMAGE_LEAST ? rounded((fees + burnt + interest) / damage) : null,
  };
}

function groupOf({ name, isHonest, count, tally, series }: GroupOutcome, seconds: number): GroupReport {
  const goodput = tally.fulfilled / seconds;
  return {
    name,
    isHonest,
    count,
    goodput: rounded(goodput),
    perAccount: count > 0 ? rounded(goodput / count) : null,
    standing: rounded(series.standing.at(-1) ?? 0),
    annulled: tally.annulled,
    series: {
      goodput: series.goodput.map(rounded),
      standing: series.standing.map(rounded),
      places: series.places.map(rounded),
    },
  };
}

function mostOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function orNull(value: number | null): number | null {
  return value === null ? null : rounded(value);
}
