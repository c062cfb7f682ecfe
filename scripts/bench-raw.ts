// What this machine can do at best of the two things that a payment cannot do without: signature checks and
// durable appends. Measured in the same run as the payments, with the node's own parts.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHashes } from '../packages/node/src/hashes.ts';
import { Records } from '../packages/node/src/signatures/records.ts';
import { createVerifier } from '../packages/node/src/signatures/verifier.ts';
import { openEnvironment } from '../packages/node/src/store/environment.ts';

export interface RawFigures {
  /** Signature checks a second, by threads. */
  readonly checks: { readonly threads: number; readonly rate: number }[];
  /** Durable appends a second, two under way, by bytes of a block. */
  readonly appends: { readonly bytes: number; readonly rate: number }[];
}

const CHECKS = 4096;
const MS = 1500;

export async function measureRaw(): Promise<RawFigures> {
  return {
    checks: [await checks(1), await checks(2)],
    appends: [await appends(1000), await appends(100_000)],
  };
}

/** One thread is the main one alone; two are the main one and a worker, as the node has them. */
async function checks(threads: number): Promise<RawFigures['checks'][number]> {
  const hashes = await createHashes();
  const fatal = (error: Error): never => {
    throw error;
  };
  const verifier = await createVerifier({ hashes, workers: threads - 1, warn: console.error, fatal });
  const records = new Records();
  for (let i = 0; i < CHECKS; i++) {
    const key = hashes.sha256(Buffer.from(`raw ${i}`));
    const digest = hashes.keccak256(key);
    records.add(digest, verifier.curve.sign(digest, key), verifier.curve.addressOf(key));
  }
  const batch = records.take();
  await verifier.check(batch);
  const rate = await rateOf(async () => {
    await verifier.check(batch);
    return CHECKS;
  });
  await verifier.close();
  return { threads, rate };
}

async function appends(bytes: number): Promise<RawFigures['appends'][number]> {
  const path = mkdtempSync(join(tmpdir(), 'upfront-raw-'));
  const database = openEnvironment(path);
  const value = Buffer.alloc(bytes, 7);
  let last = 0;
  const put = async (): Promise<number> => {
    const key = Buffer.alloc(9);
    key.writeUInt32BE(++last, 5);
    await database.put(key, value);
    return 1;
  };
  const [one, two] = await Promise.all([rateOf(put), rateOf(put)]);
  await database.close();
  rmSync(path, { recursive: true });
  return { bytes, rate: one + two };
}

async function rateOf(work: () => Promise<number>): Promise<number> {
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < MS) done += await work();
  return (done * 1000) / (performance.now() - start);
}
