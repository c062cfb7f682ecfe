/**
 * What a crash may not cost: a killed process and a full disk lose nothing that was answered (DESIGN.md,
 * Engines).
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { assertInvariants, fromHex } from '@upfront/core';
import { startEmbedded } from './start-embedded.ts';
import { createTestNetwork, silent } from './testing.ts';

/** Kills; the whole promise of this engine rests on this test, so more are a variable away. */
const KILLS = Number(process.env['UPFRONT_KILLS'] ?? 5);
const child = join(import.meta.dirname, `crash-child${import.meta.filename.endsWith('.ts') ? '.ts' : '.js'}`);

interface Line {
  ready?: number;
  account?: string;
  sequence?: string;
  first?: number;
  nonce?: number;
  height?: number;
  fatal?: string;
  why?: string;
}

/** Runs the child until it is killed `after` ms from being ready, or ends by itself. */
async function run(
  path: string,
  time: number,
  after: number,
  command: readonly string[] = [],
): Promise<{ lines: Line[]; code: number | null }> {
  const [file, ...rest] = [...command, process.execPath, ...process.execArgv, child, path, `${time}`];
  const started = spawn(file!, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: Line[] = [];
  const ended = new Promise<number | null>((resolve) => started.on('close', (code) => resolve(code)));
  for await (const text of createInterface({ input: started.stdout })) {
    // The kill may cut the last line.
    if (!text.endsWith('}')) continue;
    const line = JSON.parse(text) as Line;
    lines.push(line);
    if (line.ready !== undefined && after > 0) setTimeout(() => started.kill('SIGKILL'), after);
  }
  return { lines, code: await ended };
}

test(`killed ${KILLS} times under load, it loses nothing that it answered and pays nothing twice`, async (t) => {
  const path = mkdtempSync(join(tmpdir(), 'upfront-crash-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  const time = Date.now();
  const answered: Line[] = [];
  const ready: number[] = [];
  for (let i = 0; i < KILLS; i++) {
    const { lines } = await run(path, time, 20 + Math.random() * 400);
    for (const line of lines) {
      if (line.ready !== undefined) ready.push(line.ready);
      else answered.push(line);
    }
  }
  t.diagnostic(`${answered.length} answers; ms until it answers again: ${ready.join(', ')}`);
  assert.ok(answered.length > 0);

  const network = await createTestNetwork(8, time, { snapshotMessages: 500, snapshotDelay: 4 });
  const node = await startEmbedded({
    genesis: network.genesis,
    path,
    privateKey: network.operator.key,
    workers: 1,
    log: silent,
    now: Date.now,
    fatal: assert.fail,
  });
  const fulfilled = new Set<number>();
  for (const { account, sequence, first, nonce, height } of answered) {
    if (nonce !== undefined) {
      assert.equal((await node.store.resolution(nonce))?.height, height, `nonce ${nonce} stays fulfilled`);
      assert.ok(!fulfilled.has(nonce), `nonce ${nonce} was fulfilled once`);
      fulfilled.add(nonce);
    } else {
      const record = await node.store.fetch(fromHex(`0x${account}`)!, BigInt(sequence!));
      assert.deepEqual([record?.first, record?.height], [first, height], `fetch ${account} ${sequence}`);
    }
  }
  assertInvariants(node.chain.ledger);
  await node.close();
});

test('a disk that takes no more bytes ends the process, and what was answered before is there', async (t) => {
  const path = mkdtempSync(join(tmpdir(), 'upfront-full-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  const time = Date.now();
  // In 512-byte blocks: writes beyond this size of a file fail, as on a full disk.
  const shell = ['bash', '-c', 'ulimit -f 3000; trap "" XFSZ; exec "$@"', 'bash'];
  const { lines, code } = await run(path, time, 0, shell);
  assert.equal(code, 70);
  assert.match(lines.at(-1)!.fatal!, /process ends/);

  const network = await createTestNetwork(8, time, { snapshotMessages: 500, snapshotDelay: 4 });
  const options = {
    genesis: network.genesis,
    path,
    privateKey: network.operator.key,
    workers: 0,
    log: silent,
  };
  const node = await startEmbedded({ ...options, now: Date.now, fatal: assert.fail });
  for (const { nonce, height } of lines) {
    if (nonce !== undefined) assert.equal((await node.store.resolution(nonce))?.height, height);
  }
  await node.close();
});
