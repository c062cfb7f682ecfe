// `npm run bench`: payments a second from fetch to final over the WebSocket of a real node, with durable
// blocks. Node and load are processes of their own; the load is signed beforehand and waits for finality.
// Beside it the raw rates of what a payment cannot do without. `--json` prints figures only; `--help` says
// the rest.

import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Figures } from './bench-driver.ts';
import { measureRaw, type RawFigures } from './bench-raw.ts';

const HELP = `npm run bench -- [options]

Payments a second, fetch to final, over the WebSocket of a node process, from a load process on the same machine. A
payment is one transfer nonce, fetched and fulfilled; both answers come after their block is on disk. The accounts are
funded by a first layer that the benchmark generates: no L1 node runs.

  --seconds N   of each measurement (default 6)
  --only B      one batch size: 1, 32 or 256
  --workers N   threads that check signatures beside the main one (default: processors less one, at least 1)
  --json        print JSON, nothing else
`;

/** A row of the table. `payers` wait for their payments at the same time. */
interface Case {
  readonly name: string;
  readonly batch: number;
  readonly payers: number;
  /** Payments a second to reach. */
  readonly target?: number;
}

const CASES: readonly Case[] = [
  { name: 'light load', batch: 1, payers: 1 },
  { name: 'batch 1', batch: 1, payers: 512, target: 8000 },
  { name: 'batch 32', batch: 32, payers: 256 },
  { name: 'batch 256', batch: 256, payers: 64, target: 80_000 },
];

interface Usage {
  readonly cpu: number;
  readonly peak: number;
  readonly disk: number;
}
type Loaded = Figures & { readonly loadCpu: number; readonly wire: number };

interface Row extends Case, Figures {
  /** CPU seconds a million payments. */
  readonly nodeCpu: number;
  readonly loadCpu: number;
  /** Bytes a payment. */
  readonly wireBytes: number;
  readonly diskBytes: number;
  /** Bytes. */
  readonly peakMemory: number;
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '6' },
    only: { type: 'string' },
    workers: { type: 'string', default: `${Math.max(1, availableParallelism() - 1)}` },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const cases = CASES.filter(({ batch }) => values.only === undefined || batch === Number(values.only));
  if (cases.length === 0) throw new RangeError('--only takes 1, 32 or 256');
  const raw = await measureRaw();
  const rows: Row[] = [];
  for (const one of cases) rows.push(await measure(one));
  if (values.json) console.log(JSON.stringify({ machine: machineOf(), raw, rows }, undefined, 2));
  else print(raw, rows);
}

async function measure(one: Case): Promise<Row> {
  const time = `${Date.now()}`;
  const node = start('bench-node', [`${one.payers}`, time, values.workers]);
  const { url } = await next<{ url: string }>(node);
  const load = start('bench-load', [url, `${one.batch}`, `${one.payers}`, time, values.seconds]);
  await next(load);
  const before = await ask<Usage>(node, 'usage');
  const loaded = await ask<Loaded>(load, 'go');
  const after = await ask<Usage>(node, 'usage');
  const ended = new Promise((resolve) => node.once('exit', resolve));
  node.send('close');
  await ended;

  const millions = loaded.payments / 1e6;
  return {
    ...one,
    ...loaded,
    nodeCpu: (after.cpu - before.cpu) / millions,
    loadCpu: loaded.loadCpu / millions,
    wireBytes: loaded.wire / loaded.payments,
    diskBytes: (after.disk - before.disk) / loaded.payments,
    peakMemory: after.peak,
  };
}

function start(name: string, args: readonly string[]): ChildProcess {
  const child = fork(join(import.meta.dirname, `${name}.ts`), args, { stdio: ['ignore', 2, 2, 'ipc'] });
  child.once('exit', (code) => {
    if (code !== 0) throw new Error(`${name} ended with ${code}`);
  });
  return child;
}

function next<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve) => child.once('message', (message) => resolve(message as T)));
}

function ask<T>(child: ChildProcess, question: string): Promise<T> {
  const answer = next<T>(child);
  child.send(question);
  return answer;
}

function machineOf(): string {
  return `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
}

function print(raw: RawFigures, rows: readonly Row[]): void {
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
  console.log(`${machineOf()}; ${values.workers} signature worker(s)\n`);
  printColumns([header, ...lines]);
  console.log('\nCPU, wire and disk are a payment. In the same run, raw:');
  for (const { threads, rate } of raw.checks)
    console.log(`  signature checks, ${threads} thread(s): ${whole(rate)}/s`);
  for (const { bytes, rate } of raw.appends)
    console.log(`  durable appends of ${whole(bytes)} bytes: ${whole(rate)}/s`);
}

function printColumns(table: readonly string[][]): void {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  for (const line of table) {
    const cells = line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)));
    console.log(cells.join('  ').trimEnd());
  }
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
