/** The CometBFT engine against the suite of engines, with each CometBFT that is supported. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { engineSuite } from '../suite.ts';
import { silent, type TestNetwork } from '../testing.ts';
import { ensureKeys } from './home.ts';
import { type Comet, startComet } from './start-comet.ts';
import { type Binary, binaryOrSkip, freePorts } from './testing.ts';

const directories: string[] = [];
const nodes: Comet[] = [];
after(async () => {
  for (const node of nodes) await node.close();
  for (const path of directories) rmSync(path, { recursive: true, force: true });
});

/** One validator that is its own committee. */
async function start({ path: binary }: Binary, network: TestNetwork): Promise<Comet> {
  const path = mkdtempSync(join(tmpdir(), 'upfront-comet-'));
  directories.push(path);
  const [port] = await freePorts(1);
  const { consensusKey } = ensureKeys(join(path, 'comet'));
  const node = await startComet({
    genesis: network.genesis,
    keys: [{ validator: network.operator.address, consensusKey }],
    path,
    binary,
    comet: { host: '127.0.0.1', port: port!, peers: [], blockMs: 10 },
    listen: { host: '127.0.0.1', port: 0 },
    links: [],
    privateKey: network.operator.key,
    workers: 1,
    log: process.env.UPFRONT_TEST_LOG ? { ...silent, warn: console.warn, error: console.error } : silent,
    now: Date.now,
    fatal: assert.fail,
  });
  nodes.push(node);
  return node;
}

for (const version of [undefined, 'v0.38.26']) {
  const binary = binaryOrSkip(version);
  if (binary === undefined) continue;
  engineSuite(`CometBFT engine, ${binary.version}`, async (network) => {
    const comet = await start(binary, network);
    return { ...comet, replica: comet.chain };
  });
}
