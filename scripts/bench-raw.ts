// What this machine can do at best of the things that a payment cannot do without: signature checks, durable appends, and
// messages over the loopback. Measured in the same run as the payments, with the node's own parts.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { createHashes } from '../packages/node/src/hashes.ts';
import { Records } from '../packages/node/src/signatures/records.ts';
import { createVerifier } from '../packages/node/src/signatures/verifier.ts';
import { openEnvironment } from '../packages/node/src/store/environment.ts';
import { next, start } from './bench-process.ts';

export interface RawFigures {
  /** Signature checks a second, by threads. */
  readonly checks: { readonly threads: number; readonly rate: number }[];
  /** Durable appends a second, two under way, by bytes of a block. */
  readonly appends: { readonly bytes: number; readonly rate: number }[];
  /** WebSocket messages a second that come back from another process. */
  readonly echoes: number;
}

const CHECKS = 4096;
const MS = 1500;
/** Like a fetch of one transfer. */
const ECHO_BYTES = 155;
const ECHO_SOCKETS = 8;
const ECHOES_UNDER_WAY = 512;

export async function measureRaw(): Promise<RawFigures> {
  return {
    checks: [await checks(1), await checks(2)],
    appends: [await appends(1000), await appends(100_000)],
    echoes: await echoes(),
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

/** As many under way as payers at batch 1, over as many sockets. */
async function echoes(): Promise<number> {
  const echo = start('bench-echo', []);
  const url = await next<string>(echo);
  const message = Buffer.alloc(ECHO_BYTES, 7);
  let done = 0;
  let isOver = false;
  const sockets = await Promise.all(
    Array.from({ length: ECHO_SOCKETS }, async () => {
      const socket = new WebSocket(url, { perMessageDeflate: false });
      await once(socket, 'open');
      socket.on('message', () => {
        done++;
        if (!isOver) socket.send(message);
      });
      return socket;
    }),
  );
  const from = performance.now();
  for (let i = 0; i < ECHOES_UNDER_WAY; i++) sockets[i % ECHO_SOCKETS]!.send(message);
  await new Promise((resolve) => setTimeout(resolve, MS));
  isOver = true;
  const rate = (done * 1000) / (performance.now() - from);
  const ended = once(echo, 'exit');
  for (const socket of sockets) socket.close();
  echo.disconnect();
  await ended;
  return rate;
}

async function rateOf(work: () => Promise<number>): Promise<number> {
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < MS) done += await work();
  return (done * 1000) / (performance.now() - start);
}
