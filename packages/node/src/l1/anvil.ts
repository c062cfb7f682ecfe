// A local Ethereum chain for the devnet and for tests: anvil as a child process. With a block time and one
// slot an epoch, `finalized` follows two blocks behind `latest`.
// Invariant: the child does not outlive this process, however it ends (on Windows: if it is not killed).

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

export interface AnvilOptions {
  /** 0 (the default): any free one. */
  readonly port?: number;
  readonly chainId?: number;
  /** 'automine': a block a transaction; 'manual': only {@link Anvil.mine}. Default: one second. */
  readonly blockTime?: number | 'automine' | 'manual';
  /** A file that the chain is loaded from, if it is there, and saved to when anvil stops. */
  readonly stateFile?: string;
  /** Lines that anvil prints. */
  readonly onLine?: (line: string) => void;
}

export interface Anvil {
  readonly url: string;
  readonly port: number;
  readonly chainId: number;
  readonly pid: number;
  /** Settles when the child has ended, asked or not. */
  readonly ended: Promise<void>;
  /** One JSON-RPC call; throws {@link AnvilError} if it is answered with an error. */
  rpc<T = unknown>(method: string, params?: readonly unknown[]): Promise<T>;
  mine(blocks?: number): Promise<void>;
  /** Moves the chain's time on, and mines a block that has it. */
  increaseTime(seconds: number): Promise<void>;
  /** Resolves when the child is gone. */
  stop(): Promise<void>;
}

export class AnvilError extends Error {
  override readonly name = 'AnvilError';
}

/** The keys of anvil's ten funded accounts: known to everybody, so for local chains only. */
export const DEV_KEYS = [
  '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
  '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
  '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a',
  '0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6',
  '0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a',
  '0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba',
  '0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e',
  '0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356',
  '0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97',
  '0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6',
] as const;

/** ms from the start until anvil listens; about 100 on an idle machine. */
const START_MOST_MS = 30_000;
/** ms from SIGTERM to SIGKILL: long enough to save a state file. */
const STOP_MOST_MS = 5_000;
const CHAIN_ID = 31337;

/** Starts anvil and resolves when it answers; throws {@link AnvilError} that says what to do if it cannot. */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const chainId = options.chainId ?? CHAIN_ID;
  const binary = findAnvil();
  // A group of its own: Ctrl-C in a terminal reaches the devnet first, which then stops in order.
  const child = spawn(binary, argumentsOf(options, chainId), {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', kill);
  const watchdog = child.pid === undefined ? undefined : startWatchdog(child.pid);
  const release = (): void => {
    process.off('exit', kill);
    watchdog?.kill('SIGKILL');
  };
  ended.then(release, release);

  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(kill, STOP_MOST_MS);
    await ended;
    clearTimeout(timer);
  };
  try {
    const port = await listening(child, binary, options.onLine);
    const url = `http://127.0.0.1:${port}`;
    const rpc = createRpc(url);
    await rpc('eth_chainId');
    return { url, port, chainId, pid: child.pid!, ended, rpc, stop, ...timeControls(rpc) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Where anvil is: the platform's package of npm, else node_modules/.bin here or above, else PATH. */
export function findAnvil(): string {
  const executable = process.platform === 'win32' ? 'anvil.exe' : 'anvil';
  const require = createRequire(import.meta.url);
  // The wrapper in .bin starts this one as its own child, which would survive a killed wrapper.
  const platform = `@foundry-rs/anvil-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const folders = require.resolve.paths('@foundry-rs/anvil') ?? [];
  const candidates = [
    ...folders.map((folder) => join(folder, platform, 'bin', executable)),
    ...folders.map((folder) => join(folder, '.bin', executable)),
    ...(process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, executable)),
  ];
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  throw new AnvilError(
    `anvil is not installed (no ${platform} in node_modules, no ${executable} on PATH): ` +
      "run 'npm ci' in the checkout, or 'npm install @foundry-rs/anvil', or put anvil on PATH",
  );
}

function argumentsOf(options: AnvilOptions, chainId: number): string[] {
  const { blockTime = 1, port = 0, stateFile } = options;
  const args = ['--host', '127.0.0.1', '--port', `${port}`, '--chain-id', `${chainId}`];
  args.push('--slots-in-an-epoch', '1');
  if (blockTime === 'manual') args.push('--no-mining');
  else if (blockTime !== 'automine') args.push('--block-time', `${blockTime}`);
  if (stateFile !== undefined) args.push('--state', stateFile);
  return args;
}

/**
 * Kills anvil when this process is gone and could not do it itself: a shell that waits for the end of its
 * input, which the system closes.
 */
function startWatchdog(pid: number): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const watchdog = spawn('/bin/sh', ['-c', `read -r _; kill -9 ${pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Without a shell there is no watchdog, and everything else works.
  watchdog.on('error', () => undefined);
  watchdog.unref();
  // Typed as a stream; it is a socket or pipe, whose handle would keep this process alive.
  (watchdog.stdin as unknown as { unref?: () => void }).unref?.();
  return watchdog;
}

/** The port, once anvil has printed it. Its output is read to the end: a full pipe would stop it. */
function listening(child: ChildProcess, binary: string, onLine?: (line: string) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    let errors = '';
    let rest = '';
    const timer = setTimeout(
      () => reject(new AnvilError(`${binary} has not begun to listen within ${START_MOST_MS} ms`)),
      START_MOST_MS,
    );
    const fail = (reason: string): void => {
      clearTimeout(timer);
      reject(new AnvilError(`${binary} ${reason}${errors === '' ? '' : `: ${errors.trim()}`}`));
    };
    child.once('error', (error) => fail(`does not start (${error.message})`));
    child.once('exit', (code, signal) => fail(`ended at once with ${signal ?? `exit code ${code}`}`));
    child.stderr?.on('data', (chunk: Buffer) => {
      if (errors.length < 2000) errors += chunk.toString();
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        onLine?.(line);
        const port = /^Listening on .*:(\d+)$/.exec(line.trim())?.[1];
        if (port === undefined) continue;
        clearTimeout(timer);
        resolve(Number(port));
      }
    });
  });
}

function createRpc(url: string): Anvil['rpc'] {
  let id = 0;
  return async <T>(method: string, params: readonly unknown[] = []): Promise<T> => {
    id += 1;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
    });
    const answer = (await response.json()) as { result?: T; error?: { code: number; message: string } };
    if (answer.error !== undefined) throw new AnvilError(`${method}: ${answer.error.message}`);
    return answer.result as T;
  };
}

function timeControls(rpc: Anvil['rpc']): Pick<Anvil, 'mine' | 'increaseTime'> {
  const mine = async (blocks = 1): Promise<void> => {
    await rpc('anvil_mine', [`0x${blocks.toString(16)}`]);
  };
  return {
    mine,
    increaseTime: async (seconds) => {
      await rpc('evm_increaseTime', [seconds]);
      await mine();
    },
  };
}
