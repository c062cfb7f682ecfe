/**
 * What the end-to-end tests stand on: real processes of `upfront`, each with a home folder of its own.
 *
 * Invariant: whatever a test starts is gone when it ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/** Shared, so that only the first process compiles everything. */
const CACHE = join(tmpdir(), 'upfront-cli-test-cache');
const UP_MOST_MS = 60_000;
const RUN_MOST_MS = 90_000;

/** What a command says with --json; a test looks into it and is wrong, or right, at run time. */
// biome-ignore lint/suspicious/noExplicitAny: any JSON
export type Said = Record<string, any>;

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The objects on stdout, one a line. */
  readonly lines: readonly Said[];
  /** The first of them. */
  readonly json: Said;
}

export type Environment = Readonly<Record<string, string>>;

/** A folder that stands for a user's machine. */
export interface Machine {
  readonly folder: string;
  readonly home: string;
  /** Runs a command with --json and reads what it says. */
  run(args: readonly string[], environment?: Environment, input?: string): Promise<Ran>;
  /** The same, and it must end with 0. */
  done(args: readonly string[], environment?: Environment): Promise<Ran['json']>;
  /** Starts a command that goes on, and resolves with the first object that it says. */
  start(args: readonly string[], environment?: Environment): Promise<Started>;
  /** Runs a command, and kills it as soon as `isTime`; resolves with how it ended. */
  cutOff(args: readonly string[], isTime: () => Promise<boolean>): Promise<number | string>;
  /** Ends everything that was started, and removes the folder. */
  remove(): Promise<void>;
}

export interface Started {
  readonly first: Said;
  readonly lines: Said[];
  readonly pid: number;
  /** Sends a signal and resolves with the exit code, or the signal's name. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

export function createMachine(): Machine {
  const folder = mkdtempSync(join(tmpdir(), 'upfront-cli-'));
  const home = join(folder, '.upfront');
  const children = new Set<ChildProcess>();
  const launch = (args: readonly string[], environment: Environment): ChildProcess => {
    const child = spawn(process.execPath, ['--conditions=@upfront/source', MAIN, ...args, '--json'], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        XDG_CACHE_HOME: CACHE,
        UPFRONT_PASSWORD: 'devnet',
        ...environment,
      },
      stdio: 'pipe',
    });
    children.add(child);
    child.once('close', () => children.delete(child));
    return child;
  };
  const run: Machine['run'] = async (args, environment = {}, input = '') => {
    const child = launch(args, environment);
    child.stdin!.on('error', () => undefined).end(input);
    const timer = setTimeout(() => child.kill('SIGKILL'), RUN_MOST_MS);
    const [stdout, stderr, code] = await Promise.all([
      textOf(child, 'stdout'),
      textOf(child, 'stderr'),
      ended(child),
    ]);
    clearTimeout(timer);
    const lines = stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    return { code: typeof code === 'number' ? code : -1, stdout, stderr, lines, json: lines[0] ?? {} };
  };
  return {
    folder,
    home,
    run,
    async done(args, environment) {
      const { code, json, stderr, stdout } = await run(args, environment);
      if (code !== 0) throw new Error(`upfront ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
      return json;
    },
    start: (args, environment = {}) => startOne(launch(args, environment), args),
    async cutOff(args, isTime) {
      const child = launch(args, {});
      const end = ended(child);
      child.stdout!.resume();
      child.stderr!.resume();
      while (child.exitCode === null && !(await isTime()));
      child.kill('SIGKILL');
      return end;
    },
    async remove() {
      for (const child of children) child.kill('SIGTERM');
      for (let waited = 0; children.size > 0 && waited < 15_000; waited += 50) await sleep(50);
      for (const child of children) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function startOne(child: ChildProcess, args: readonly string[]): Promise<Started> {
  const lines: Said[] = [];
  let errors = '';
  let rest = '';
  const closed = ended(child);
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`upfront ${args.join(' ')} ${why}: ${errors}`));
    const timer = setTimeout(() => fail('did not come up'), UP_MOST_MS);
    void closed.then((code) => fail(`ended with ${code}`));
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) lines.push(JSON.parse(line));
      if (lines[0] === undefined) return;
      clearTimeout(timer);
      const stop = (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> => {
        child.kill(signal);
        return closed;
      };
      resolve({ first: lines[0], lines, pid: child.pid!, stop });
    });
  });
}

function ended(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal ?? -1)));
}

function textOf(child: ChildProcess, name: 'stdout' | 'stderr'): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    child[name]!.setEncoding('utf8')
      .on('data', (chunk: string) => {
        text += chunk;
      })
      .once('close', () => resolve(text));
  });
}

/** Looks until `look` gives something. */
export async function until<T>(what: string, look: () => Promise<T | undefined>, most = 45_000): Promise<T> {
  const end = performance.now() + most;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`${what} did not happen within ${most} ms`);
    await sleep(200);
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
