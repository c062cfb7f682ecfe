// How long a whole node takes to start on a million accounts and a history of payments, and what they take on disk. The
// accounts are founded by a snapshot; the history is written by the node's own chain, store and indexer, unsigned (replay
// checks no signature). The node that starts is a process of its own.

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  applyBlock,
  type BlockIndex,
  encodeBlock,
  encodeState,
  genesisHash,
  type Ledger,
  scanBlock,
} from '@upfront/core';
import type { Chain } from '../packages/node/src/engine/chain.ts';
import { startEmbedded } from '../packages/node/src/engine/start-embedded.ts';
import { createHashes } from '../packages/node/src/hashes.ts';
import { createCurve } from '../packages/node/src/signatures/curve.ts';
import { foundStore } from '../packages/node/src/store/found-store.ts';
import { OPERATOR_KEY } from './bench-network.ts';
import { next, start } from './bench-process.ts';
import { World } from './bench-world.ts';

const ACCOUNTS = 1_000_000;
/** Fetches a block, and then as many fulfilments. */
const BLOCK = 8000;
/** Accounts that pay. */
const PAYERS = 4096;

export async function measureRestart(payments: number): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'upfront-restart-'));
  try {
    const hashes = await createHashes();
    const validator = createCurve(hashes, console.error).addressOf(OPERATOR_KEY);
    const world = new World(hashes, ACCOUNTS, validator);
    const { genesis } = world.ledger;
    world.apply([], []);
    await found(path, world);
    const log = { info() {}, warn: console.error, error: console.error };
    const fatal = (error: Error): never => {
      throw error;
    };
    const privateKey = OPERATOR_KEY;
    const embedded = await startEmbedded({
      genesis,
      path,
      privateKey,
      workers: 0,
      log,
      now: Date.now,
      fatal,
    });
    const before = sizeOf(path);
    for (let at = 0; at < payments; at += BLOCK) await pay(embedded.chain, world, at);
    await embedded.close();
    const disk = sizeOf(path);
    const text = `${ACCOUNTS.toLocaleString('en')} accounts, ${payments.toLocaleString('en')} payments`;
    if (payments > 0) {
      const each = Math.round((disk - before) / payments);
      console.log(`${text}: ${Math.round(disk / 2 ** 20)} MiB on disk, ${each} bytes a payment`);
    }
    const times = [await restart(path), await restart(path), await restart(path)].sort((a, b) => a - b);
    console.log(
      `${text}: a node serves ${times[1]!.toFixed(2)} s after its process was started (median of 3)`,
    );
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** A snapshot, and two empty blocks after it: a store is not without, and would drop one alone as torn. */
async function found(path: string, { ledger, hashes }: World): Promise<void> {
  const base = ledger.height;
  const bytes = encodeState(ledger);
  const blocks = [1, 2].map(() => {
    const block = blockOf(ledger, [], []);
    applyBlock(ledger, block, new Uint8Array(0));
    return { height: block.height, bytes: block.bytes, verdicts: new Uint8Array(0), headerSignatures: [] };
  });
  await foundStore(path, {
    genesisHash: genesisHash(ledger.genesis, hashes),
    base,
    snapshot: { hash: hashes.sha256(bytes), bytes },
    blocks: (async function* () {
      yield* blocks;
    })(),
  });
}

/** Fetches, then fulfils, a block each, through the chain of a node. */
async function pay(chain: Chain, world: World, from: number): Promise<void> {
  const pairs = Array.from({ length: BLOCK }, (_, i) =>
    world.payment((from + i) % PAYERS, (from + 7919 * i) % ACCOUNTS),
  );
  const first = chain.ledger.nextNonce;
  await append(
    chain,
    [],
    pairs.map(({ fetch }) => fetch),
  );
  await append(
    chain,
    pairs.map(({ fulfil }, i) => fulfil(first + i)),
    [],
  );
}

async function append(
  chain: Chain,
  fulfils: readonly Uint8Array[],
  fetches: readonly Uint8Array[],
): Promise<void> {
  const block = blockOf(chain.ledger, fulfils, fetches);
  const verdicts = new Uint8Array(fulfils.length + fetches.length).fill(1);
  await chain.store.room();
  const { results } = chain.append(block, verdicts, undefined, () => {});
  const refused = results.find((code) => code !== 0);
  if (refused !== undefined) throw new Error(`a message was refused with ${refused}`);
  await chain.durable(block.height);
}

function blockOf(ledger: Ledger, fulfils: readonly Uint8Array[], fetches: readonly Uint8Array[]): BlockIndex {
  const { height, digest: parent, time } = ledger;
  const head = { height: height + 1, time, parent, views: [], headerSignatures: [], items: [] };
  return scanBlock(encodeBlock({ ...head, fulfils, fetches }), ledger.genesis.parameters)!;
}

/** Seconds from the start of the process until it serves. */
async function restart(path: string): Promise<number> {
  const from = performance.now();
  const node = start('bench-restart-node', [path]);
  await next(node);
  const seconds = (performance.now() - from) / 1000;
  const ended = new Promise((resolve) => node.once('exit', resolve));
  node.send('close');
  await ended;
  return seconds;
}

function sizeOf(directory: string): number {
  let size = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) size += statSync(join(entry.parentPath, entry.name)).blocks * 512;
  }
  return size;
}
