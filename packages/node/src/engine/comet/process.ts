/**
 * CometBFT as a child process: started, watched, stopped. It ends by itself when our ABCI server goes away.
 *
 * If it ends without being asked to, the node ends as well: whoever supervises the node starts both. Only right at the
 * start it gets more tries, since one that a killed node left behind may still hold its database for a moment.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { ChainLog } from '../chain.ts';

export interface CometProcessOptions {
  readonly binary: string;
  readonly home: string;
  readonly log: ChainLog;
  /** It ended, and nobody asked it to. */
  ended(error: Error): void;
  /** Each line of its log. */
  said?(line: string): void;
}

export interface CometProcess {
  readonly pid: number | undefined;
  close(): Promise<void>;
}

/** ms after the start within which an end is taken for another's lock. */
const EARLY_MS = 3000;
const TRIES_MOST = 5;
/** ms between tries. */
const PAUSE = 1000;
/** ms until a CometBFT that does not stop is killed. */
const STOP_MS = 10_000;
/** It goes on after this, and takes no part any more: it would look alive for ever. */
const FAILURE = 'CONSENSUS FAILURE!!!';
/** Characters of its last words that go into an error. */
const LAST_WORDS = 2000;

export function startCometProcess(options: CometProcessOptions): CometProcess {
  const supervisor = new Supervisor(options);
  supervisor.start();
  return supervisor;
}

class Supervisor implements CometProcess {
  readonly #options: CometProcessOptions;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #tries = 0;
  #isClosing = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: CometProcessOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { binary, home, log, ended, said } = this.#options;
    this.#tries++;
    const started = performance.now();
    const child = spawn(binary, ['start', '--home', home], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    let words = '';
    const listen = (chunk: Buffer): void => {
      const heard = words + chunk.toString('utf8');
      if (heard.includes(FAILURE)) child.kill('SIGKILL');
      words = heard.slice(-LAST_WORDS);
      for (const line of chunk.toString('utf8').split('\n')) {
        if (line === '') continue;
        log.info({ line }, 'CometBFT says');
        said?.(line);
      }
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    this.#exited = new Promise((resolve) => {
      const end = (why: string): void => {
        resolve();
        if (this.#isClosing) return;
        if (performance.now() - started < EARLY_MS && this.#tries < TRIES_MOST) {
          log.warn({ why, tries: this.#tries }, 'CometBFT did not start; it is tried again');
          this.#retry = setTimeout(() => this.start(), PAUSE);
        } else ended(new Error(`CometBFT ended by itself (${why}): ${words.trim()}`));
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, signal) => end(signal ?? `code ${code}`));
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#retry);
    this.#child?.kill('SIGTERM');
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS);
    await this.#exited;
    clearTimeout(timer);
  }
}
