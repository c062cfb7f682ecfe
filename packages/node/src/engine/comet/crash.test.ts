/**
 * A validator's node is killed before and after each request that changes anything, started again, and goes on: the
 * same headers as announced before, none announced twice, and the chain replays from its genesis to the same digest.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { applyBlock, createDomain, createLedger, genesisHash, scanBlock } from '@upfront/core';
import { openStore } from '../../store/lmdb-store.ts';
import { createTestNetwork } from '../testing.ts';
import { type Binary, binaryOrSkip, freePorts } from './testing.ts';

const CHILD = join(import.meta.dirname, 'crash-child.ts');
/** Those that change what is on disk; with UPFRONT_CRASHES=all the others too, some 8 s each. */
const CHANGING = ['extendVote', 'finalizeBlock', 'commit'];
const OTHERS = ['initChain', 'prepareProposal', 'processProposal'];
const REQUESTS = process.env['UPFRONT_CRASHES'] === 'all' ? [...OTHERS, ...CHANGING] : CHANGING;
const MOMENTS = REQUESTS.flatMap((request) => [
  [request, 'before'],
  [request, 'after'],
]);
const directories: string[] = [];
after(() => {
  for (const path of directories) rmSync(path, { recursive: true, force: true });
});

const binary = binaryOrSkip();
if (binary !== undefined) {
  describe('crash and replay', () => {
    for (const [request, moment] of MOMENTS) {
      test(`killed ${moment} ${request}`, () => crashAt(binary, request!, moment!));
    }
  });
}

async function crashAt(cometbft: Binary, request: string, moment: string): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'upfront-comet-crash-'));
  directories.push(path);
  const [port] = await freePorts(1);
  const time = Date.now();
  const run = (from: number, ...at: string[]): Promise<{ how: string; words: string }> =>
    child([path, cometbft.path, String(port), String(time), String(from), ...at]);
  const count = request === 'initChain' ? '1' : '7';
  const crash = await run(0, request, moment, count);
  assert.equal(crash.how, 'SIGKILL', crash.words);
  const again = await run(0, 'none', 'before', '1');
  assert.equal(again.how, '0', again.words);

  const announced = readFileSync(join(path, 'announced'), 'utf8').trim().split('\n');
  const heights = announced.map((line) => Number(line.split(' ')[0]));
  assert.equal(new Set(heights).size, heights.length, 'a block is announced once');
  const digests = await replayed(path, time);
  for (const line of announced) {
    const [height, digest] = line.split(' ');
    assert.equal(digest, digests[Number(height)], `block ${height}`);
  }
}

/** The digests that a fresh ledger computes from the stored blocks. */
async function replayed(path: string, time: number): Promise<(string | undefined)[]> {
  const { genesis, hashes } = await createTestNetwork(4, time);
  const domain = createDomain(genesis.chainId, genesis.contract, hashes);
  const { parameters } = genesis;
  const store = await openStore({
    path,
    genesisHash: genesisHash(genesis, hashes),
    parameters,
    domain,
    fatal: assert.fail,
  });
  const ledger = createLedger(genesis, hashes);
  const digests: (string | undefined)[] = [undefined];
  for (let height = 1; height <= store.meta.height; height++) {
    const block = scanBlock(store.block(height)!, parameters)!;
    const { digest } = applyBlock(ledger, block, store.verdicts(height)!);
    digests.push(Buffer.from(digest).toString('hex'));
  }
  await store.close();
  return digests;
}

function child(argv: readonly string[]): Promise<{ how: string; words: string }> {
  const started = spawn(process.execPath, ['--conditions=@upfront/source', CHILD, ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  started.stderr.on('data', (chunk) => {
    words = (words + chunk).slice(-2000);
  });
  return new Promise((resolve, reject) => {
    started.once('error', reject);
    started.once('exit', (code, signal) => resolve({ how: signal ?? String(code), words }));
  });
}
