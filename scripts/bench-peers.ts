// What a user would pick instead, measured beside Upfront: each peer by its own load generator, on the same
// cores and the same disk, one after the other.

import { createHashes } from '../packages/node/src/hashes.ts';
import { createCurve } from '../packages/node/src/signatures/curve.ts';
import { measureAnvil } from './bench-peer-anvil.ts';
import { measurePostgres, postgresMissing } from './bench-peer-postgres.ts';
import { measureRedis, redisMissing } from './bench-peer-redis.ts';

/** Transfers a second by the name of what was measured. */
export type PeerFigures = Record<string, number>;

export const PEERS = {
  single: 'PostgreSQL, one a transaction, 16 clients',
  each: 'PostgreSQL, 256 a transaction, each checked',
  set: 'PostgreSQL, 256 a transaction, netted as a set',
  redis: 'Redis, appendfsync always, 64 connections',
  redisBatch: 'Redis, appendfsync always, 256 a pipeline',
  anvil: 'anvil, 500 a request, one block of 4,000, not durable',
} as const;

/** What is not there, and how to get it. */
export function missingPeers(): string[] {
  return [postgresMissing(), redisMissing()].filter((reason) => reason !== undefined);
}

export async function measurePeers(seconds: number): Promise<PeerFigures> {
  const figures: PeerFigures = {};
  if (postgresMissing() === undefined) {
    const { single, each, set } = measurePostgres(seconds);
    figures[PEERS.single] = single;
    figures[PEERS.each] = each;
    figures[PEERS.set] = set;
  }
  if (redisMissing() === undefined) {
    const { single, batch } = await measureRedis(seconds);
    figures[PEERS.redis] = single;
    figures[PEERS.redisBatch] = batch;
  }
  const hashes = await createHashes();
  figures[PEERS.anvil] = await measureAnvil(createCurve(hashes, console.error), hashes);
  return figures;
}
