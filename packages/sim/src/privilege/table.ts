/** A report as text: one line for each rule at each value of the sweep. */
import type { Report, Result } from './experiment.ts';
import { RULE_TITLES } from './rules/create.ts';

export const HEADINGS = [
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

/** Lines without a newline at the end. */
export function tableOf({ scenario, points }: Report): string[] {
  const label = scenario.sweep?.label;
  const rows = points.flatMap(({ value, results }) =>
    results.map((result, i) => [
      ...(label === undefined ? [] : [i === 0 && value !== null ? number(value) : '']),
      RULE_TITLES[result.rule],
      ...cells(result),
    ]),
  );
  const hasDelay = points.some(({ results }) => results.some(({ delay }) => delay !== null));
  const headings = [
    ...(label === undefined ? [] : [label]),
    'rule',
    ...HEADINGS,
    ...(hasDelay ? ['delay p50', 'most'] : []),
  ];
  return align([headings, ...rows], label === undefined ? 1 : 2);
}

export function cells(result: Result): string[] {
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
