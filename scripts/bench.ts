// `npm run bench`: payments a second from fetch to final over the WebSocket of a real node, with durable
// blocks. Node and load are processes of their own; the load is signed beforehand and waits for finality.
// Beside it the raw rates of what a payment cannot do without, and with `--peers` what a user would pick
// instead. `--json` prints figures only; `--help` says the rest.

import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Figures } from './bench-driver.ts';
import { measureOverload } from './bench-overload.ts';
import { measurePeers, missingPeers, type PeerFigures } from './bench-peers.ts';
import { ask, next, start } from './bench-process.ts';
import { measureRaw, type RawFigures } from './bench-raw.ts';
import { type Case, median, printReport, type Row, type Run } from './bench-report.ts';
import { measureRestart } from './bench-restart.ts';

const HELP = `npm run bench -- [options]

Payments a second, fetch to final, over the WebSocket of a node process, from a load process on the same machine. A
payment is one transfer nonce, fetched and fulfilled; both answers come after their block is on disk. The accounts are
funded by a first layer that the benchmark generates: no L1 node runs.

  --seconds N   of each measurement (default 6)
  --runs N      of everything; medians are printed, with the least and the most (default 1)
  --peers       PostgreSQL, Redis and anvil in the same run; what is not installed is named
  --growth      instead: how cost grows, into docs/performance.md
  --overload S  instead: S seconds of ten times what the node can take, with its memory and every code
  --history N   instead: a node with a million accounts and N payments behind them: its disk, its restart (0: accounts only)
  --only B      one batch size: 1, 32 or 256
  --workers N   threads that check signatures beside the main one (default: processors less one, at least 1)
  --json        print JSON, nothing else
`;

const CASES: readonly Case[] = [
  { name: 'light load', batch: 1, payers: 1 },
  { name: 'batch 1', batch: 1, payers: 512, target: 14_000 },
  { name: 'batch 32', batch: 32, payers: 256, target: 180_000 },
  { name: 'batch 256', batch: 256, payers: 64, target: 300_000 },
];

interface Usage {
  readonly cpu: number;
  readonly peak: number;
  readonly disk: number;
}
type Loaded = Figures & { readonly loadCpu: number; readonly wire: number };

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '6' },
    runs: { type: 'string', default: '1' },
    peers: { type: 'boolean', default: false },
    growth: { type: 'boolean', default: false },
    overload: { type: 'string' },
    history: { type: 'string' },
    only: { type: 'string' },
    workers: { type: 'string', default: `${Math.max(1, availableParallelism() - 1)}` },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else if (values.growth) await import('./bench-growth.ts');
else if (values.overload !== undefined) await measureOverload(Number(values.overload), values.workers);
else if (values.history !== undefined) await measureRestart(Number(values.history));
else await main();

async function main(): Promise<void> {
  const cases = CASES.filter(({ batch }) => values.only === undefined || batch === Number(values.only));
  if (cases.length === 0) throw new RangeError('--only takes 1, 32 or 256');
  const runs: Run[] = [];
  for (let run = 0; run < Number(values.runs); run++) {
    const raw: RawFigures = await measureRaw();
    const rows: Row[] = [];
    for (const one of cases) rows.push(await measure(one));
    const peers: PeerFigures = values.peers ? await measurePeers(Number(values.seconds)) : {};
    runs.push({ raw, rows, peers });
  }
  const missing = values.peers ? missingPeers() : [];
  const machine = machineOf();
  if (values.json)
    console.log(JSON.stringify({ machine, missing, median: median(runs), runs }, undefined, 2));
  else printReport(`${machine}; ${values.workers} signature worker(s)`, runs, missing);
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

function machineOf(): string {
  return `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
}
