// The node under test, in a process of its own: a real one, over a first layer that is generated (each payer
// has deposited). Its parent talks to it over IPC: `usage` is answered, `close` ends it. With a fourth argument,
// JSON of {@link Member}, it is one of a committee.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, defaultLimits, loadConfig, startNode } from '@upfront/node';
import { createHashes } from '../packages/node/src/hashes.ts';
import { createCurve } from '../packages/node/src/signatures/curve.ts';
import { createGenesis, fundingObservation, validatorKeys } from './bench-network.ts';
import { createPayers } from './bench-payments.ts';

/** One of a committee: which, of how many, and its settings. */
export interface Member {
  readonly index: number;
  readonly count: number;
  readonly flags: Readonly<Record<string, string | number>>;
}

const [payers, genesisTime, workers] = process.argv.slice(2, 5).map(Number);
const member = JSON.parse(process.argv[5] || '{ "index": 0, "count": 1, "flags": {} }') as Member;
/** Whether the load is held to the limits that strangers get. */
const isStrict = process.argv[6] === 'strangers';
const hashes = await createHashes();
const curve = createCurve(hashes, console.error);
const keys = validatorKeys(hashes, member.count);
const genesis = createGenesis(curve, genesisTime!, keys);
const dataDir = mkdtempSync(join(tmpdir(), 'upfront-bench-'));
const config = loadConfig({
  flags: { dataDir, port: 0, metrics: false, workers: workers!, ...member.flags },
});
const node = await startNode(config, {
  genesis,
  validatorKey: keys[member.index]!,
  log: createLog('error'),
  // The load comes over few sockets from one address: what a public node would refuse from one peer is let
  // in.
  limits: isStrict
    ? {}
    : {
        ...defaultLimits,
        messageRate: 1e9,
        messageBurst: 1e9,
        connectionIntakeBytes: defaultLimits.intakeBytes,
      },
  firstLayer: async ({ onObservation }) => {
    onObservation(fundingObservation(hashes, genesis, createPayers(curve, hashes, payers!), Date.now()));
    return undefined;
  },
});

process.on('message', (message) => {
  if (message === 'usage') {
    const { user, system } = process.cpuUsage();
    process.send!({
      cpu: (user + system) / 1e6,
      peak: process.resourceUsage().maxRSS * 1024,
      resident: process.memoryUsage.rss(),
      mapped: mappedBytes(),
      disk: sizeOf(dataDir),
    });
  } else process.disconnect();
});
process.once('disconnect', () => void close());
process.send!({ url: node.socketUrl, http: node.url });

/** Of the resident memory what is files, which the kernel takes back when it needs room; 0 where it does not say. */
function mappedBytes(): number {
  if (process.platform !== 'linux') return 0;
  const [, kilobytes = '0'] = /^RssFile:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return 1024 * Number(kilobytes);
}

async function close(): Promise<void> {
  await node.close();
  rmSync(dataDir, { recursive: true, force: true });
}

function sizeOf(directory: string): number {
  let size = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) size += statSync(join(entry.parentPath, entry.name)).blocks * 512;
  }
  return size;
}
