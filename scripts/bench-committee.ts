// `npm run bench:committee`: payments a second and latency through four validators on this machine, and beside them, in
// the same run and under the same configuration, CometBFT's own example application. `--json` prints figures only.

import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { committeeToJson, ensureCometKeys } from '@upfront/node';
import { freePorts } from '../packages/node/src/engine/comet/testing.ts';
import { createHashes } from '../packages/node/src/hashes.ts';
import { createCurve } from '../packages/node/src/signatures/curve.ts';
import { cpuOf } from './bench-cpu.ts';
import type { Figures } from './bench-driver.ts';
import { type KvstoreFigures, measureKvstore } from './bench-kvstore.ts';
import { createGenesis, validatorKeys } from './bench-network.ts';
import type { Member } from './bench-node.ts';
import { printColumns } from './bench-report.ts';
import { findCometbft } from './perturb-needs.ts';

const HELP = `npm run bench:committee -- [options]

Payments a second, fetch to final, through four validators (each a node and its CometBFT) on this machine, over the
WebSockets of all four; and transactions a second of CometBFT's kvstore with the same configuration. The first layer is
generated, as in npm run bench.

  --seconds N   of each measurement (default 10)
  --runs N      of everything; medians are printed, with the least and the most (default 3)
  --only B      one batch size: 1, 32 or 256
  --payers N    of these, the case with so many payers
  --block-ms N  pause between blocks (default 300, a node's own default)
  --json        print JSON, nothing else
`;

/**
 * Each payer waits for one fetch at a time, which takes two blocks: so many of them that blocks are full of work, as
 * kvstore's mempools are. `signed`: payments a second that are signed beforehand, more than are reached.
 */
const CASES = [
  { batch: 1, payers: 2048, signed: 6000 },
  { batch: 32, payers: 512, signed: 40_000 },
  { batch: 256, payers: 64, signed: 40_000 },
  { batch: 256, payers: 256, signed: 160_000 },
] as const;
const VALIDATORS = 4;
const HOST = '127.0.0.1';
/** ms until a committee has imported its deposits. */
const START_MOST_MS = 60_000;
/** To reach: payments at batch 256 over kvstore's transactions, and the latency in blocks. */
const RATIO_LEAST = 5;
const BLOCKS_MOST = 3;

interface Row extends Figures {
  readonly batch: number;
  readonly payers: number;
  /** ms from block to block. */
  readonly blockMs: number;
  /** us of CPU a payment, of all four nodes and their CometBFTs. */
  readonly cpu: number;
}
interface Run {
  readonly rows: readonly Row[];
  readonly kvstore: KvstoreFigures;
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string' },
    payers: { type: 'string' },
    'block-ms': { type: 'string', default: '300' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const blockMs = Number(values['block-ms']);
const seconds = Number(values.seconds);

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const found = findCometbft();
  if ('reason' in found) {
    console.error(`skipped: ${found.reason}`);
    process.exitCode = process.env.CI === 'true' ? 1 : 0;
    return;
  }
  const { cometbft } = found;
  const isAsked = (asked: string | undefined, value: number): boolean =>
    asked === undefined || value === Number(asked);
  const cases = CASES.filter(
    ({ batch, payers }) => isAsked(values.only, batch) && isAsked(values.payers, payers),
  );
  if (cases.length === 0) throw new RangeError('no case has this batch size and so many payers');
  const hashes = await createHashes();
  const curve = createCurve(hashes, console.error);
  const runs: Run[] = [];
  for (let run = 0; run < Number(values.runs); run++) {
    const genesis = createGenesis(curve, Date.now(), validatorKeys(hashes, VALIDATORS));
    const kvstore = await measureKvstore({ cometbft, genesis, hashes, blockMs, seconds });
    const rows: Row[] = [];
    for (const one of cases) rows.push(await measure(one, cometbft));
    runs.push({ rows, kvstore });
  }
  const machine = `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
  if (values.json) console.log(JSON.stringify({ machine, blockMs, runs }, undefined, 2));
  else report(machine, runs);
}

async function measure({ batch, payers, signed }: (typeof CASES)[number], cometbft: string): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'upfront-bench-committee-'));
  const nodes: ChildProcess[] = [];
  try {
    const time = `${Date.now()}`;
    const members = await lay(folder, cometbft);
    for (const member of members)
      nodes.push(start('bench-node', [`${payers}`, time, '1', JSON.stringify(member)]));
    const urls = await Promise.all(nodes.map((node) => next<{ url: string; http: string }>(node)));
    await Promise.all(urls.map(({ http }) => imported(http, payers)));
    const sockets = urls.map(({ url }) => url).join(',');
    const load = start('bench-load', [sockets, `${batch}`, `${payers}`, time, `${seconds}`, `${signed}`]);
    await next(load);
    const from = await heightAt(urls[0]!.http);
    const pids = nodes.map(({ pid }) => pid!);
    const cpu = cpuOf(pids);
    const answer = next<Figures>(load);
    load.send('go');
    const figures = await answer;
    const used = (1e6 * (cpuOf(pids) - cpu)) / figures.payments;
    const blocks = (await heightAt(urls[0]!.http)) - from;
    return { batch, payers, ...figures, blockMs: (1000 * figures.seconds) / blocks, cpu: used };
  } finally {
    await Promise.all(nodes.map(close));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Keys, ports and the committee's file. */
async function lay(folder: string, cometbft: string): Promise<Member[]> {
  const hashes = await createHashes();
  const curve = createCurve(hashes, console.error);
  const keys = validatorKeys(hashes, VALIDATORS);
  const ports = await freePorts(2 * VALIDATORS);
  const committee = join(folder, 'committee.json');
  const nodes = keys.map((key, i) => {
    const names = ensureCometKeys(join(folder, `${i}`, 'comet'));
    const validator = curve.addressOf(key).slice();
    return { validator, ...names, host: HOST, p2pPort: ports[2 * i]!, linkPort: ports[2 * i + 1]! };
  });
  writeFileSync(committee, JSON.stringify(committeeToJson(nodes)));
  return nodes.map(({ p2pPort, linkPort }, index) => {
    const network = { p2pHost: HOST, linkHost: HOST, p2pPort, linkPort, blockMs };
    const dataDir = join(folder, `${index}`);
    return {
      index,
      count: VALIDATORS,
      flags: { engine: 'cometbft', committee, cometbft, dataDir, ...network },
    };
  });
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

async function close(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.send('close');
  await ended;
}

async function heightAt(url: string): Promise<number> {
  return Number((await statusAt(url)).height);
}

/** Until every payer has what it deposited. */
async function imported(url: string, payers: number): Promise<void> {
  const end = performance.now() + START_MOST_MS;
  while (Number((await statusAt(url)).l1.imported) < payers) {
    if (performance.now() > end) throw new Error(`${url} does not import the deposits`);
    await sleep(100);
  }
}

async function statusAt(url: string): Promise<{ height: string; l1: { imported: string } }> {
  const response = await fetch(`${url}/v1/status`);
  return (await response.json()) as { height: string; l1: { imported: string } };
}

function report(machine: string, runs: readonly Run[]): void {
  console.log(
    `${machine}; ${VALIDATORS} validators, ${blockMs} ms between blocks; median of ${runs.length} run(s), least to most\n`,
  );
  const header = ['', 'a second', 'spread', 'p50 ms', 'p99 ms', 'block ms', 'p50 in blocks', 'CPU us'];
  const kvstore = runs.map((run) => run.kvstore).sort((a, b) => a.rate - b.rate);
  const middle = kvstore[Math.floor((runs.length - 1) / 2)]!;
  const lines = runs[0]!.rows.map((_, i) => {
    const rows = runs.map((run) => run.rows[i]!).sort((a, b) => a.rate - b.rate);
    const row = rows[Math.floor((rows.length - 1) / 2)]!;
    const name = `payments, batch ${row.batch}, ${row.payers} payers`;
    const inBlocks = (row.p50 / row.blockMs).toFixed(1);
    return {
      row,
      cells: [
        name,
        whole(row.rate),
        spread(rows),
        whole(row.p50),
        whole(row.p99),
        whole(row.blockMs),
        inBlocks,
        whole(row.cpu),
      ],
    };
  });
  const own = [
    'kvstore, transactions',
    whole(middle.rate),
    spread(kvstore),
    '',
    '',
    whole(middle.blockMs),
    '',
    whole(middle.cpu),
  ];
  printColumns([header, ...lines.map(({ cells }) => cells), own]);
  console.log('');
  for (const { row } of lines) {
    const ratio = row.rate / middle.rate;
    const isGoal = row.batch === 256;
    const goal = isGoal ? `; ${RATIO_LEAST} ${ratio >= RATIO_LEAST ? 'reached' : 'missed'}` : '';
    const isSoon = row.p50 <= BLOCKS_MOST * row.blockMs;
    const within = `p50 within ${BLOCKS_MOST} blocks ${isSoon ? 'reached' : 'missed'}`;
    const cpu = `CPU ${(middle.cpu / row.cpu).toFixed(2)} times less`;
    console.log(
      `batch ${row.batch}, ${row.payers} payers : kvstore  ${ratio.toFixed(2)}${goal}; ${cpu}; ${within}`,
    );
  }
}

function spread(sorted: readonly { rate: number }[]): string {
  return `${whole(sorted[0]!.rate)} to ${whole(sorted.at(-1)!.rate)}`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
