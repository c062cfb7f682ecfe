/** Which plots a report gives, each with the figures that it shows. */
import { type BarChart, barChart, type LineChart, lineChart } from './chart.ts';
import type { Point, Report, Result } from './experiment.ts';
import { RULE_TITLES } from './rules/create.ts';
import { number, type Table } from './table.ts';

export interface Plot {
  /** Of its file. */
  readonly name: string;
  readonly title: string;
  /** What to see in it; whole sentences. */
  readonly about: string;
  readonly svg: string;
  /** The same figures as a table. */
  readonly figures: Table;
}

export function plotsOf(report: Report): Plot[] {
  const last = report.points.at(-1)!;
  const plots = [
    goodput(report),
    goodputOverTime(report, last),
    fairness(report),
    standing(report, last),
    waiting(report),
  ];
  if (last.results.some(({ attack }) => attack !== null)) plots.push(cost(report));
  if (last.results.some(({ delay }) => delay !== null)) plots.push(delay(report));
  if (report.scenario.honest.length > 1) plots.push(eachGroup(report, last));
  return plots;
}

function goodput(report: Report): Plot {
  return bars(report, {
    name: 'goodput',
    title: 'Goodput of all honest participants',
    about: 'Useful activities a second. The line across each bar is the same rule without the attack.',
    y: { label: 'activities a second', format: short },
    none: 'nothing',
    value: (result) => result.goodput,
    mark: (result) => result.alone,
  });
}

function fairness(report: Report): Plot {
  return bars(report, {
    name: 'fairness',
    title: "Jain's index of fairness among honest participants",
    about:
      'Of the part that each got of what it wanted: 1 if all parts are equal, 1/n if one gets everything.',
    y: { label: "Jain's index, 0 to 1", format: (value) => number(Number(value.toFixed(2))) },
    most: 1,
    none: 'nothing',
    value: (result) => result.jain,
  });
}

function waiting(report: Report): Plot {
  return bars(report, {
    name: 'waiting',
    title: 'Waiting time of honest participants, 99th percentile',
    about: 'From wanting to do something to being dealt its nonce, of what was not given up before.',
    y: { label: 'seconds', format: short },
    none: 'nothing dealt',
    value: (result) => result.wait.p99,
  });
}

function cost(report: Report): Plot {
  return bars(report, {
    name: 'cost',
    title: "The attacker's cost of each honest activity that was not done",
    about: 'Fees, what was burnt, and interest on what was locked, divided by the damage; logarithmic.',
    y: { label: 'units an activity (log)', format: short },
    isLog: true,
    none: 'no damage',
    value: (result) => result.attack?.perDamage ?? null,
  });
}

function delay(report: Report): Plot {
  return bars(report, {
    name: 'delay',
    title: 'Longest time from a post’s fetch to its delivery',
    about: 'Of honest posts in the topic, from the block of the own fetch.',
    y: { label: 'seconds', format: short },
    none: 'nothing',
    value: (result) => result.delay?.most ?? null,
  });
}

interface Bars extends Pick<BarChart, 'name' | 'title' | 'about' | 'y' | 'none'> {
  readonly most?: number;
  readonly isLog?: boolean;
  readonly value: (result: Result) => number | null;
  readonly mark?: (result: Result) => number | null;
}

function bars({ scenario, rules, points }: Report, { value, mark, ...chart }: Bars): Plot {
  const categories = points.map((point) => (point.value === null ? '' : number(point.value)));
  const series = rules.map((rule, i) => ({
    name: RULE_TITLES[rule],
    values: points.map(({ results }) => value(results[i]!)),
    ...(mark && { marks: points.map(({ results }) => mark(results[i]!)) }),
  }));
  const across = scenario.sweep?.label ?? scenario.title;
  const show = (figure: number | null): string => (figure === null ? chart.none : number(figure));
  return {
    name: chart.name,
    title: chart.title,
    about: chart.about,
    svg: barChart({ ...chart, across, categories, series }),
    figures: {
      title: chart.title,
      words: 0,
      head: [across, ...series.map(({ name }) => name)],
      rows: categories.map((category, i) => [category, ...series.map(({ values }) => show(values[i]!))]),
    },
  };
}

function goodputOverTime(report: Report, point: Point): Plot {
  return lines({
    name: 'goodput-over-time',
    title: `Goodput of all honest participants over time${of(report, point)}`,
    about: 'Useful activities a second from the first block on.',
    y: { label: 'activities a second', format: short },
    series: point.results.map((result) => ({
      name: RULE_TITLES[result.rule],
      points: honestGoodput(result),
    })),
  });
}

function standing(report: Report, point: Point): Plot {
  const [result] = point.results;
  return lines({
    name: 'standing',
    title: `Mean standing of each group, ${RULE_TITLES[result!.rule]}${of(report, point)}`,
    about: 'The record that the rule keeps, from 0 to 1.',
    y: { label: 'standing, 0 to 1', format: (value) => number(value) },
    most: 1,
    series: result!.groups.map((group) => ({
      name: group.name,
      points: group.series.standing.map((value, i) => [(i + 1) * result!.every, value] as const),
    })),
  });
}

function eachGroup(report: Report, point: Point): Plot {
  const [result] = point.results;
  const groups = result!.groups.filter(({ isHonest }) => isHonest);
  return lines({
    name: 'each-group',
    title: `Goodput of one account of each group, ${RULE_TITLES[result!.rule]}${of(report, point)}`,
    about: 'Useful activities a second, mean of the group.',
    y: { label: 'activities a second', format: short },
    series: groups.map((group) => ({
      name: group.name,
      points: group.series.goodput.map((value, i) => [(i + 1) * result!.every, value / group.count] as const),
    })),
  });
}

function lines(chart: Omit<LineChart, 'x'>): Plot {
  const times = chart.series[0]?.points.map(([x]) => x) ?? [];
  const kept = times.flatMap((_, i) => (i % 10 === 9 ? [i] : []));
  return {
    name: chart.name,
    title: chart.title,
    about: chart.about,
    svg: lineChart({ ...chart, x: { label: 'seconds', format: (value) => number(value) } }),
    figures: {
      title: chart.title,
      words: 0,
      head: ['seconds', ...chart.series.map(({ name }) => name)],
      rows: kept.map((i) => [
        number(times[i]!),
        ...chart.series.map(({ points }) => number(points[i]?.[1] ?? 0)),
      ]),
    },
  };
}

/** The sum over the honest groups. */
function honestGoodput({ groups, every }: Result): (readonly [number, number])[] {
  const lines = groups.filter(({ isHonest }) => isHonest).map(({ series }) => series.goodput);
  return (lines[0] ?? []).map((_, i) => [(i + 1) * every, lines.reduce((sum, line) => sum + line[i]!, 0)]);
}

function of({ scenario }: Report, { value }: Point): string {
  return value === null ? '' : ` (${scenario.sweep!.label}: ${number(value)})`;
}

/** 1.2k, 3.4M: as short as an axis wants it. */
function short(value: number): string {
  const units = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const;
  const [size, letter] = units.find(([least]) => Math.abs(value) >= least) ?? [1, ''];
  const part = value / size;
  const digits = part === 0 || Math.abs(part) >= 10 ? 0 : Math.abs(part) >= 1 ? 1 : 3;
  return `${Number(part.toFixed(digits))}${letter}`;
}
