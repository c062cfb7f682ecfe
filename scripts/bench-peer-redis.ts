// Redis with an append-only file that is synced before every reply (appendfsync always): a transfer is a script
// that checks a balance and changes two. One by one over 64 connections, and 256 a pipeline. The load is
// redis-benchmark, Redis' own. No history is kept, no signature checked.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const REDIS_BATCH = 256;
const CONNECTIONS = 64;
const PIPELINES = 8;
const ACCOUNTS = 10_000;
/** Names as redis-benchmark makes them. */
const FUNDS = `for i = 0, ${ACCOUNTS - 1} do redis.call('set', string.format('a:%012d', i), 1000000000) end`;
/** Transfers that tell how many fill the time. */
const PROBE = 5000;

const SCRIPT =
  "local b = tonumber(redis.call('get', KEYS[1])) " +
  "if b < tonumber(ARGV[1]) then return redis.error_reply('funds') end " +
  "redis.call('set', KEYS[1], b - ARGV[1]) return redis.call('incrby', KEYS[2], ARGV[1])";

export function redisMissing(): string | undefined {
  const isThere = spawnSync('redis-server', ['--version']).status === 0;
  return isThere ? undefined : 'Redis is not installed: apt-get install redis';
}

/** Transfers a second, one by one and by pipelines; a fresh server each time. */
export async function measureRedis(seconds: number): Promise<{ single: number; batch: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'upfront-redis-'));
  const socket = join(folder, 'socket');
  const durable = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
  const server = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--dir', folder, ...durable], {
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  try {
    while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20));
    execFileSync('redis-cli', ['-s', socket, 'eval', FUNDS, '0']);
    const load = ['-s', socket, 'script', 'load', SCRIPT];
    const sha = execFileSync('redis-cli', load, { encoding: 'utf8' }).trim();
    const run = (connections: number, pipeline: number, count: number): number => {
      const shape = [
        '-c',
        `${connections}`,
        '-P',
        `${pipeline}`,
        '-n',
        `${count}`,
        '-r',
        `${ACCOUNTS}`,
        '--csv',
      ];
      const call = ['evalsha', sha, '2', 'a:__rand_int__', 'a:__rand_int__', '1'];
      return rateOf(execFileSync('redis-benchmark', ['-s', socket, ...shape, ...call], { encoding: 'utf8' }));
    };
    const full = (connections: number, pipeline: number): number => {
      const probe = run(connections, pipeline, PROBE);
      return run(connections, pipeline, Math.ceil(probe * seconds));
    };
    return { single: full(CONNECTIONS, 1), batch: full(PIPELINES, REDIS_BATCH) };
  } finally {
    server.kill();
    await ended;
    rmSync(folder, { recursive: true });
  }
}

function rateOf(csv: string): number {
  const rate = Number(/^"(?:evalsha|EVALSHA)[^\n]*?",?"([\d.]+)"/m.exec(csv)?.[1] ?? Number.NaN);
  if (!(rate > 0)) throw new Error(`redis-benchmark says: ${csv}`);
  return rate;
}
