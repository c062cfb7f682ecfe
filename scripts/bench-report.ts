// What the benchmark prints: medians of its runs with their spread, and how they stand to what was measured
// beside them.

import type { Figures } from './bench-driver.ts';
import { PEERS, type PeerFigures } from './bench-peers.ts';
import type { RawFigures } from './bench-raw.ts';

/** A row of the table. `payers` wait for their payments at the same time. */
export interface Case {
  readonly name: string;
  readonly batch: number;
  readonly payers: number;
  /** Payments a second to reach. */
  readonly target?: number;
}

export interface Row extends Case, Figures {
  /** CPU seconds a million payments. */
  readonly nodeCpu: number;
  readonly loadCpu: number;
  /** Bytes a payment. */
  readonly wireBytes: number;
  readonly diskBytes: number;
  /** Bytes. */
  readonly peakMemory: number;
}

/** Everything, once. */
export interface Run {
  readonly raw: RawFigures;
  readonly rows: readonly Row[];
  readonly peers: PeerFigures;
}

/** Rates of one thing in all runs, ascending, and the middle one. */
interface Spread {
  readonly name: string;
  readonly middle: number;
  readonly least: number;
  readonly most: number;
}

export interface Medians {
  /** Of each case the run whose rate is the middle one. */
  readonly rows: readonly Row[];
  readonly spreads: readonly Spread[];
}

export function median(runs: readonly Run[]): Medians {
  const rows = runs[0]!.rows.map((_, i) => {
    const sorted = runs.map((run) => run.rows[i]!).sort((a, b) => a.rate - b.rate);
    return sorted[Math.floor((sorted.length - 1) / 2)]!;
  });
  const all = runs.map(({ raw, rows, peers }) => ({
    ...Object.fromEntries(rows.map(({ name, rate }) => [name, rate])),
    ...Object.fromEntries(raw.checks.map(({ threads, rate }) => [checksName(threads), rate])),
    ...Object.fromEntries(
      raw.appends.map(({ bytes, rate }) => [`durable appends of ${whole(bytes)} bytes`, rate]),
    ),
    [ECHOES]: raw.echoes,
    ...peers,
  })) as Record<string, number>[];
  const spreads = Object.keys(all[0]!).map((name) => {
    const rates = all.map((one) => one[name]!).sort((a, b) => a - b);
    return {
      name,
      middle: rates[Math.floor((rates.length - 1) / 2)]!,
      least: rates[0]!,
      most: rates.at(-1)!,
    };
  });
  return { rows, spreads };
}

export function printReport(machine: string, runs: readonly Run[], missing: readonly string[]): void {
  const medians = median(runs);
  console.log(`${machine}; ${runs.length === 1 ? 'one run' : `median of ${runs.length} runs`}\n`);
  printRows(medians.rows);
  console.log('\nCPU, wire and disk are a payment. In the same run, a second:\n');
  printColumns([
    ['', 'median', 'least', 'most'],
    ...medians.spreads.map(({ name, middle, least, most }) => [
      name,
      whole(middle),
      whole(least),
      whole(most),
    ]),
  ]);
  const ratios = ratiosOf(medians);
  if (ratios.length > 0) {
    console.log('');
    printColumns([['ratio of medians', ''], ...ratios]);
  }
  for (const reason of missing) console.log(`\nmissing: ${reason}`);
}

function ratiosOf({ spreads }: Medians): string[][] {
  const rate = (name: string): number => spreads.find((one) => one.name === name)?.middle ?? Number.NaN;
  const pairs = [
    ['batch 256', PEERS.each],
    ['batch 256', PEERS.set],
    ['batch 256', PEERS.redisBatch],
    ['batch 256', PEERS.anvil],
    ['batch 1', PEERS.single],
    ['batch 1', PEERS.redis],
    ['batch 1', checksName(2)],
    ['batch 1', ECHOES],
  ] as const;
  return pairs
    .map(([ours, other]) => [`${ours} : ${other}`, (rate(ours) / rate(other)).toFixed(2)])
    .filter(([, ratio]) => ratio !== 'NaN');
}

const ECHOES = 'loopback messages of 155 bytes there and back';

function checksName(threads: number): string {
  return `signature checks, ${threads} thread(s)`;
}

function printRows(rows: readonly Row[]): void {
  const header = [
    '',
    'payments/s',
    'p50 ms',
    'p99 ms',
    'p99.9 ms',
    'node CPU us',
    'load CPU us',
    'wire B',
    'disk B',
    'peak MiB',
    'to reach',
  ];
  const lines = rows.map((row) => [
    row.name,
    whole(row.rate),
    row.p50.toFixed(2),
    row.p99.toFixed(2),
    row.p999.toFixed(2),
    row.nodeCpu.toFixed(1),
    row.loadCpu.toFixed(1),
    whole(row.wireBytes),
    whole(row.diskBytes),
    whole(row.peakMemory / 2 ** 20),
    row.target === undefined ? '' : `${whole(row.target)} ${row.rate >= row.target ? 'reached' : 'missed'}`,
  ]);
  printColumns([header, ...lines]);
}

export function printColumns(table: readonly string[][]): void {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  for (const line of table) {
    const cells = line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)));
    console.log(cells.join('  ').trimEnd());
  }
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
