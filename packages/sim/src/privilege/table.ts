/** A report as text: one line for each rule at each value of the sweep. */
import type { Report, Result } from './experiment.ts';
import { RULE_TITLES } from './rules/create.ts';

const HEADINGS = [
  'goodput/s',
  'alone/s',
  'kept',
  'served',
  'Jain',
  'wait p50',
  'p99',
  'open/C',
  'cost/damage',
];

const RECOVERY = ['annulled', 'standing before', 'after', 'fulfilments', 'time', 'nothing waits after'];
const GROUPS = ['group', 'accounts', 'each/s', 'standing'];

/** A heading, and rows of words. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The first so many columns are words. */
  readonly words: number;
}

/** Everything that a report says, as lines without a newline at the end. */
export function tableOf(report: Report): string[] {
  return tablesOf(report).flatMap(({ title, head, rows, words }, i) => [
    ...(i === 0 ? [] : ['', title, '']),
    ...align([head, ...rows], words),
  ]);
}

/** What each rule made of it; and of a scenario with several groups, or with a crash, what became of them. */
export function tablesOf(report: Report): Table[] {
  const { honest } = report.scenario;
  const tables = [results(report)];
  if (honest.length > 1) tables.push(groups(report));
  if (honest.some(({ crash }) => crash !== undefined)) tables.push(recoveries(report));
  return tables;
}

function results({ scenario, points }: Report): Table {
  const label = scenario.sweep?.label;
  const hasDelay = points.some(({ results }) => results.some(({ delay }) => delay !== null));
  return {
    title: scenario.title,
    words: label === undefined ? 1 : 2,
    head: [
      ...(label === undefined ? [] : [label]),
      'rule',
      ...HEADINGS,
      ...(hasDelay ? ['delay p50', 'most'] : []),
    ],
    rows: points.flatMap(({ value, results }) =>
      results.map((result, i) => [
        ...(label === undefined ? [] : [i === 0 && value !== null ? number(value) : '']),
        RULE_TITLES[result.rule],
        ...cells(result),
      ]),
    ),
  };
}

function groups(report: Report): Table {
  return {
    title: 'Each honest group: goodput of one account, and its standing at the end',
    words: report.scenario.sweep === undefined ? 2 : 3,
    head: [...sweepOf(report), 'rule', ...GROUPS],
    rows: each(report, ({ groups }) =>
      groups
        .filter(({ isHonest }) => isHonest)
        .map(({ name, count, perAccount, standing }) => [
          name,
          number(count),
          number(perAccount ?? 0),
          standing.toFixed(3),
        ]),
    ),
  };
}

function recoveries(report: Report): Table {
  return {
    title: 'Recovery of the first that crashed, from its return until its standing is what it was',
    words: report.scenario.sweep === undefined ? 1 : 2,
    head: [...sweepOf(report), 'rule', ...RECOVERY],
    rows: each(report, ({ recovery }) => {
      if (recovery === null) return [];
      const { annulled, before, after, fulfilments, seconds: took, served } = recovery;
      const done = fulfilments === null ? 'not in this run' : number(fulfilments);
      return [[number(annulled), number(before), number(after), done, seconds(took), seconds(served)]];
    }),
  };
}

/** The heading of the sweep's values, if there is a sweep. */
function sweepOf({ scenario }: Report): string[] {
  return scenario.sweep === undefined ? [] : [scenario.sweep.label];
}

/** Rows for every rule at every value, which stand before them. */
function each({ points }: Report, rowsOf: (result: Result) => string[][]): string[][] {
  return points.flatMap(({ value, results }) =>
    results.flatMap((result) =>
      rowsOf(result).map((row) => [
        ...(value === null ? [] : [number(value)]),
        RULE_TITLES[result.rule],
        ...row,
      ]),
    ),
  );
}

function cells(result: Result): string[] {
  const { goodput, alone, kept, served, jain, wait, delay, peakOpen, attack } = result;
  return [
    number(goodput),
    number(alone),
    percent(kept),
    percent(served),
    jain === null ? '-' : jain.toFixed(3),
    seconds(wait.median),
    seconds(wait.p99),
    peakOpen.toFixed(2),
    costOf(attack),
    ...(delay === null ? [] : [seconds(delay.median), seconds(delay.most)]),
  ];
}

/** Units for each honest activity that was not done. */
function costOf(attack: Result['attack']): string {
  if (attack === null) return '-';
  return attack.perDamage === null ? 'no damage' : number(attack.perDamage);
}

/** With thousands apart, and as many digits as are worth reading. */
export function number(value: number): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 1 ? 1 : 3;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

export function percent(part: number | null): string {
  if (part === null) return '-';
  return `${(part * 100).toFixed(part > 0 && part < 0.0995 ? 1 : 0)}%`;
}

export function seconds(value: number | null): string {
  return value === null ? '-' : `${number(value)} s`;
}

/** The first `left` columns are words, the rest figures. */
function align(rows: readonly (readonly string[])[], left: number): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i < left ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}
