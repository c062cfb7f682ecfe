// How cost grows with what there is: writes the table between the marks of docs/performance.md, and the plot
// beside it. `node --conditions=@upfront/source --expose-gc scripts/bench-growth.ts`; about a minute. Each figure
// is the least of several measurements: on a shared machine the one that was disturbed least.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeState, type Hashes, restoreLedger } from '@upfront/core';
import { createHashes } from '../packages/node/src/hashes.ts';
import { plot, type Series } from './bench-plot.ts';
import { type Pair, World } from './bench-world.ts';

const DOCS = join(import.meta.dirname, '../docs');
const REPEATS = 7;
/** Messages a block while something else grows. */
const BLOCK = 4096;
const MILLION = 1_000_000;
/** Accounts that hold the open nonces: each may hold 256 places while all are active. */
const HOLDERS = 4096;
const MARKS = ['<!-- growth -->', '<!-- /growth -->'] as const;

interface Times {
  readonly fetch: number;
  readonly fulfil: number;
}

const hashes = await createHashes();
const series: Series[] = [];
const rows: string[][] = [];
memory();
warmUp(hashes);
byAccounts();
byOpenNonces();
byTopics();
byBlockSize();
atAMillion();
publish();

function byAccounts(): void {
  const fetch: [number, number][] = [];
  const fulfil: [number, number][] = [];
  for (const accounts of [10, 1000, 100_000, MILLION]) {
    const world = new World(hashes, accounts);
    // As many at once as an account of ten may hold.
    const count = Math.min(BLOCK, accounts * 60);
    const best = least(() => world.perform(payments(world, accounts, count)), count);
    fetch.push([accounts, best.fetch]);
    fulfil.push([accounts, best.fulfil]);
  }
  record('a fetch, by accounts', fetch);
  record('a fulfilment, by accounts', fulfil);
}

function byOpenNonces(): void {
  const points: [number, number][] = [];
  const world = new World(hashes, HOLDERS);
  let open = 0;
  for (const wanted of [10, 1000, 100_000, MILLION]) {
    const each = Math.ceil((wanted - open) / HOLDERS);
    for (let holder = 0; open < wanted; holder++) {
      const count = Math.min(each, wanted - open);
      world.apply([], [world.opening(holder, count)]);
      open += count;
    }
    const best = least(() => world.perform(payments(world, HOLDERS, 1024)), 1024);
    points.push([wanted, best.fetch + best.fulfil]);
  }
  record('a payment, by open nonces', points);
}

function byTopics(): void {
  const points: [number, number][] = [];
  for (const topics of [1, 1000, 100_000]) {
    const world = new World(hashes, HOLDERS);
    for (let at = 0; at < topics; at += BLOCK) {
      const count = Math.min(BLOCK, topics - at);
      world.apply(
        [],
        Array.from({ length: count }, (_, i) => world.post(i % HOLDERS, at + i).fetch),
      );
    }
    const best = least(() => {
      // New topics: those before them hold an open post each.
      const posts = Array.from({ length: BLOCK }, (_, i) => world.post(i % HOLDERS, topics + i));
      return world.perform(posts);
    }, BLOCK);
    points.push([topics, best.fetch + best.fulfil]);
  }
  record('a post, by topics that hold one', points);
}

function byBlockSize(): void {
  const points: [number, number][] = [];
  for (const size of [1, 16, 256, BLOCK, 16_384]) {
    const world = new World(hashes, 20_000);
    const best = least(() => world.perform(payments(world, 20_000, size)), size, size < 100 ? 200 : REPEATS);
    points.push([size, best.fetch + best.fulfil]);
  }
  record('a payment, by messages a block', points);
}

/** Some thousand pay a million accounts, each of which is owed something then: the cut, a part, a snapshot, a restart, a replay. */
function atAMillion(): void {
  const world = new World(hashes, MILLION);
  const { ledger } = world;
  let replay = 0;
  for (let at = 0; at < MILLION; at += 8000) {
    const pairs = Array.from({ length: 8000 }, (_, i) =>
      world.payment(i % HOLDERS, at + i, 200_000n + BigInt(i)),
    );
    const taken = world.perform(pairs);
    replay += taken.fetch + taken.fulfil;
  }
  say('replay of 10^6 payments, a fetch each', `${(replay / 1000).toFixed(2)} s (10^7: ten times that)`);
  let start = performance.now();
  const state = encodeState(ledger);
  say('snapshot of 10^6 accounts', `${ms(start)} ms, ${Math.round(state.length / 2 ** 20)} MiB`);
  start = performance.now();
  restoreLedger(ledger.genesis, state, hashes.sha256(state), hashes, 1);
  say('restoring it', `${ms(start)} ms`);
  say('unsettled accounts before the cut', ledger.unsettledRows.length.toLocaleString('en'));
  const cut = world.apply([], [], ledger.genesis.parameters.interval + 1000);
  say('the block that takes the cut of 10^6 unsettled accounts', `${cut.toFixed(0)} ms`);
  say(
    'a block that forms one more part of 400 entries',
    `${least1(() => world.apply([], [], 1000)).toFixed(1)} ms`,
  );
}

function memory(): void {
  const before = used();
  const world = new World(hashes, MILLION);
  const accounts = used();
  say('memory an account, of 10^6', `${Math.round((accounts - before) / MILLION)} bytes`);
  for (let i = 0; i < HOLDERS; i++) world.apply([], [world.opening(i, 244)]);
  say('memory an open nonce, of 10^6', `${Math.round((used() - accounts) / (HOLDERS * 244))} bytes`);
}

/** Random payments, no account more often than the others. */
function payments(world: World, accounts: number, count: number): Pair[] {
  const shift = 1 + Math.floor(accounts * 0.618);
  return Array.from({ length: count }, (_, i) =>
    world.payment((i * shift) % accounts, (i * shift + 7919 * i + 1) % accounts),
  );
}

/** ns a message: the least of several times. */
function least(perform: () => Times, count: number, repeats = REPEATS): Times {
  let best: Times = { fetch: Number.POSITIVE_INFINITY, fulfil: Number.POSITIVE_INFINITY };
  for (let i = 0; i < repeats; i++) {
    const { fetch, fulfil } = perform();
    best = { fetch: Math.min(best.fetch, fetch), fulfil: Math.min(best.fulfil, fulfil) };
  }
  return { fetch: (best.fetch * 1e6) / count, fulfil: (best.fulfil * 1e6) / count };
}

function least1(measure: () => number): number {
  return Math.min(...Array.from({ length: REPEATS }, measure));
}

function record(name: string, points: [number, number][]): void {
  series.push({ name, points });
}

function say(name: string, figure: string): void {
  rows.push([name, figure]);
}

function warmUp(with_: Hashes): void {
  const world = new World(with_, 10_000);
  for (let i = 0; i < 10; i++) world.perform(payments(world, 10_000, BLOCK));
}

function used(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function ms(start: number): string {
  return (performance.now() - start).toFixed(0);
}

function publish(): void {
  const whole = (value: number): string => Math.round(value).toLocaleString('en');
  const lines = [
    '| | |',
    '|---|---|',
    ...series.map(({ name, points }) => {
      const cells = points.map(([at, ns]) => `${whole(at)}: ${whole(ns)}`);
      return `| ns of ${name} | ${cells.join(' · ')} |`;
    }),
    ...rows.map(([name, figure]) => `| ${name} | ${figure} |`),
  ];
  const path = join(DOCS, 'performance.md');
  const text = readFileSync(path, 'utf8');
  const [from, to] = MARKS.map((mark) => text.indexOf(mark)) as [number, number];
  if (from < 0 || to < from) throw new Error(`the marks are missing in ${path}`);
  writeFileSync(path, `${text.slice(0, from + MARKS[0].length)}\n${lines.join('\n')}\n${text.slice(to)}`);
  writeFileSync(join(DOCS, 'performance-growth.svg'), plot(series));
  console.log(lines.join('\n'));
}
