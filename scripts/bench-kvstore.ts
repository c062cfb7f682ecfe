// What a committee of CometBFT does with its own example, the built-in `kvstore`: four validators with the configuration
// and genesis that our nodes write, but for the mempool, which kvstore needs. It signs nothing, checks nothing and keeps
// its state in memory. The load keeps the mempools full and counts what is in the blocks.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Genesis, Hashes } from '@upfront/core';
import { ensureKeys, writeConfiguration } from '../packages/node/src/engine/comet/home.ts';
import { freePorts } from '../packages/node/src/engine/comet/testing.ts';
import { cpuOf } from './bench-cpu.ts';

const HOST = '127.0.0.1';
/** Bytes of a transaction: about as much as a payment at a batch of 256 takes in a block. */
const TRANSACTION = 147;
/** Transactions a request, and that wait in a mempool before more are sent. */
const BATCH = 500;
const WAITING = 8000;
const MEMPOOL = 20_000;
/** ms before counting begins. */
const WARM_UP_MS = 3000;
const START_MOST_MS = 60_000;

export interface KvstoreFigures {
  /** Transactions a second. */
  readonly rate: number;
  /** ms from block to block. */
  readonly blockMs: number;
  /** us of CPU a transaction, of all four. */
  readonly cpu: number;
}

export interface KvstoreOptions {
  readonly cometbft: string;
  readonly genesis: Genesis;
  readonly hashes: Hashes;
  readonly blockMs: number;
  readonly seconds: number;
}

export async function measureKvstore(options: KvstoreOptions): Promise<KvstoreFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'upfront-kvstore-'));
  const children: ChildProcess[] = [];
  try {
    const urls = await start(options, folder, children);
    await until(async () => (await heightOf(urls[0]!)) > 1 || undefined);
    const load = { isOver: false };
    const loading = Promise.all(urls.map((url, i) => fill(url, i, load)));
    await sleep(WARM_UP_MS);
    const pids = children.map(({ pid }) => pid!);
    const [from, started, cpu] = [await heightOf(urls[0]!), performance.now(), cpuOf(pids)];
    await sleep(options.seconds * 1000);
    const [to, ended, used] = [await heightOf(urls[0]!), performance.now(), cpuOf(pids) - cpu];
    load.isOver = true;
    await loading;
    const seconds = (ended - started) / 1000;
    const count = await countOf(urls[0]!, from + 1, to);
    return { rate: count / seconds, blockMs: (1000 * seconds) / (to - from), cpu: (1e6 * used) / count };
  } finally {
    await Promise.all(children.map(end));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function start(
  { cometbft, genesis, hashes, blockMs }: KvstoreOptions,
  folder: string,
  children: ChildProcess[],
): Promise<string[]> {
  const ports = await freePorts(2 * genesis.validators.length);
  const nodes = genesis.validators.map((validator, i) => {
    const home = join(folder, `${i}`);
    return { home, validator, port: ports[2 * i]!, rpc: ports[2 * i + 1]!, host: HOST, ...ensureKeys(home) };
  });
  for (const { home, port, rpc, id } of nodes) {
    const peers = nodes.filter((other) => other.id !== id);
    const settings = { host: HOST, port, peers, rpc: { host: HOST, port: rpc }, blockMs };
    writeConfiguration(home, { genesis, hashes, keys: nodes }, settings, '');
    const path = join(home, 'config', 'config.toml');
    const text = readFileSync(path, 'utf8')
      .replace('proxy_app = "unix://"', 'proxy_app = "kvstore"')
      .replace('type = "nop"', `type = "flood"\nsize = ${MEMPOOL}\ncache_size = ${4 * MEMPOOL}`)
      .replace('[rpc]', '[rpc]\nmax_request_batch_size = 0\nmax_body_bytes = 10000000');
    writeFileSync(path, text);
    children.push(spawn(cometbft, ['start', '--home', home], { stdio: 'ignore' }));
  }
  return nodes.map(({ rpc }) => `http://${HOST}:${rpc}`);
}

/** Sends while there is room. */
async function fill(url: string, node: number, load: { isOver: boolean }): Promise<void> {
  for (let number = 0; !load.isOver; ) {
    const { n_txs: waiting } = await call(url, 'num_unconfirmed_txs', {});
    if (Number(waiting) > WAITING) {
      await sleep(5);
      continue;
    }
    const requests = Array.from({ length: BATCH }, () => {
      const tx = Buffer.from(`${node}-${number++}=`.padEnd(TRANSACTION, 'x')).toString('base64');
      return { jsonrpc: '2.0', id: number, method: 'broadcast_tx_async', params: { tx } };
    });
    await post(url, requests);
  }
}

async function heightOf(url: string): Promise<number> {
  return Number((await call(url, 'status', {})).sync_info.latest_block_height);
}

/** Transactions in these blocks. */
async function countOf(url: string, from: number, to: number): Promise<number> {
  let count = 0;
  for (let height = from; height <= to; height++) {
    const { block } = await call(url, 'block', { height: `${height}` });
    count += block.data.txs.length;
  }
  return count;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of CometBFT, read in one place each
async function call(url: string, method: string, params: object): Promise<any> {
  return ((await post(url, { jsonrpc: '2.0', id: 0, method, params })) as { result: unknown }).result;
}

async function post(url: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return await response.json();
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + START_MOST_MS;
  for (;;) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`CometBFT's kvstore makes no blocks`);
    await sleep(100);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
