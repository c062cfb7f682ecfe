// The committee of `npm run perturb`: homes made by `upfront init --validators`, bonds by `upfront bond`, and each node a
// process of `upfront node` on a host of its own (perturb-lan.ts), with an L1 endpoint of its own (perturb-l1.ts).
// Invariant: a node that ends although nobody ended it is noted, and is a failure of the drill.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Anvil, DEV_KEYS } from '@upfront/node';
import type { Random } from './crash-network.ts';
import type { Deed } from './perturb-deeds.ts';
import { L1Endpoint } from './perturb-l1.ts';
import type { Lan } from './perturb-lan.ts';

export const VALIDATORS = 4;
/** The node that follows comes last. */
export const NODES = VALIDATORS + 1;

export interface CommitteeOptions {
  readonly folder: string;
  readonly lan: Lan;
  readonly anvil: Anvil;
  readonly cometbft: string;
  readonly random: Random;
}

/** Blocks. */
const SNAPSHOT_DELAY = 16;
/** Genesis parameters: settlements, snapshots and annulments happen often; a credit reaches L1 whole. */
const PARAMETERS = [
  'snapshotMessages=300',
  `snapshotDelay=${SNAPSHOT_DELAY}`,
  'standingStart=32768',
  'windowTransfer=20000',
  'entryFee=0',
];
const INTERVAL = '5s';
const BLOCK_MS = 200;
const API_PORT = 8640;
const RPC_PORT = 26_657;
/** CometBFT's blocks behind the newest that a node begins to trust at. */
const TRUST_DEPTH = 2;
const PASSWORD = 'perturb';
const ROOT = join(import.meta.dirname, '..');
const MAIN = join(ROOT, 'packages/cli/src/main.ts');
const SOURCE = '--conditions=@upfront/source';
/** ms until a node that was started must serve. */
const UP_MOST_MS = 120_000;
/** ms from one try to kill to the next. */
const KILL_AGAIN_MS = 500;
/** ms that CometBFT's RPC may take. */
const RPC_MOST_MS = 10_000;
/** What a node lives without: all but keys and signing state (docs/operators.md). */
const REPLACEABLE = ['blocks', 'index', 'snapshots'];

const exec = promisify(execFile);

export class Committee {
  readonly nodes: NodeProcess[] = [];
  readonly genesisPath: string;
  readonly #options: CommitteeOptions;

  private constructor(options: CommitteeOptions) {
    this.#options = options;
    this.genesisPath = join(options.folder, 'genesis.json');
  }

  /** Makes the network and starts its nodes. */
  static async start(options: CommitteeOptions): Promise<Committee> {
    const committee = new Committee(options);
    await committee.#found();
    await Promise.all(committee.nodes.map((node) => node.start()));
    return committee;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.nodes.map((node) => node.stop()));
    await Promise.all(this.nodes.map(({ l1 }) => l1.close()));
  }

  async #found(): Promise<void> {
    const { folder, lan, anvil } = this.#options;
    const validators = Array.from({ length: VALIDATORS }, (_, i) => i);
    const { homes, validators: addresses } = await upfront(
      folder,
      ['init', '--l1', anvil.url, '--validators', `${VALIDATORS}`, '--out', folder, '--interval', INTERVAL],
      ['--host', ...validators.map((i) => lan.peer(i)), '--set', ...PARAMETERS],
      { UPFRONT_KEY: DEV_KEYS[0] },
    );
    for (const address of addresses)
      await anvil.rpc('anvil_setBalance', [address, `0x${(10n ** 20n).toString(16)}`]);
    await Promise.all(
      homes.map((home: string) => upfront(folder, ['bond', '--home', home, '--l1', anvil.url])),
    );
    homes.push(this.#followersHome(homes[0]));
    for (const [i, home] of homes.entries()) await this.#addNode(i, home);
  }

  /** What a node that follows needs: where the others are. */
  #followersHome(first: string): string {
    const home = join(this.#options.folder, 'follower');
    mkdirSync(home);
    for (const name of ['genesis.json', 'committee.json']) {
      writeFileSync(join(home, name), readFileSync(join(first, name)));
    }
    const settings = JSON.parse(readFileSync(join(first, 'node.json'), 'utf8'));
    writeFileSync(join(home, 'node.json'), JSON.stringify(settings));
    return home;
  }

  async #addNode(i: number, home: string): Promise<void> {
    const { lan, anvil, random } = this.#options;
    const l1 = await L1Endpoint.listen(anvil.url, lan.gateway, random);
    this.nodes.push(new NodeProcess(i, home, l1, this.#options));
  }
}

/** One node's host: its folder, its process, its life. */
export class NodeProcess {
  readonly index: number;
  readonly name: string;
  readonly home: string;
  readonly url: string;
  readonly l1: L1Endpoint;
  /** It ended, and nobody had ended it. */
  ended: Error | undefined;
  /** It has every block from the first on, and the votes for each as others would take them. */
  isWhole = true;
  readonly #options: CommitteeOptions;
  #child: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();
  #isEnding = false;

  constructor(index: number, home: string, l1: L1Endpoint, options: CommitteeOptions) {
    this.index = index;
    this.name = index === VALIDATORS ? 'follower' : `validator ${index + 1}`;
    this.home = home;
    this.l1 = l1;
    this.url = `http://${options.lan.host(index)}:${API_PORT}`;
    this.#options = options;
  }

  /** CometBFT's own RPC. */
  get rpcUrl(): string {
    return `http://${this.#options.lan.host(this.index)}:${RPC_PORT}`;
  }

  get isValidator(): boolean {
    return this.index < VALIDATORS;
  }

  get logPath(): string {
    return `${this.home}.log`;
  }

  get deedsPath(): string {
    return `${this.home}.deeds`;
  }

  /** Starts on an empty disk, from a snapshot of two others. */
  async startFrom(servers: readonly NodeProcess[]): Promise<void> {
    this.isWhole = false;
    const { sync_info: newest } = await rpc(servers[0]!.rpcUrl, 'status');
    const height = Number(newest.latest_block_height) - TRUST_DEPTH;
    const { signed_header: signed } = await rpc(servers[0]!.rpcUrl, `commit?height=${height}`);
    const urls = servers.map(({ rpcUrl }) => rpcUrl).join(',');
    const trust = ['--trust-height', `${height}`, '--trust-hash', signed.commit.block_id.hash];
    await this.#launch(undefined, ['--state-sync', urls, ...trust]);
  }

  /** Starts `upfront node`, with a CometBFT that does this deed; resolves when it serves. */
  start(deed?: Deed): Promise<void> {
    return this.#launch(deed, []);
  }

  /** Whether the others can give what it has: a snapshot that is old enough to be known by its hash. */
  hasSnapshot(height: number): boolean {
    try {
      const names = readdirSync(join(this.home, 'data', 'snapshots'));
      return names.some(
        (name) => name.endsWith('.snapshot') && Number(name.split('-')[0]) < height - SNAPSHOT_DELAY,
      );
    } catch {
      return false;
    }
  }

  async #launch(deed: Deed | undefined, more: readonly string[]): Promise<void> {
    const { lan } = this.#options;
    this.#isEnding = false;
    const log = openSync(this.logPath, 'a');
    const argv = [
      'netns',
      'exec',
      lan.namespace(this.index),
      process.execPath,
      SOURCE,
      MAIN,
      ...this.#flags(),
      ...more,
    ];
    const child = spawn('ip', argv, {
      stdio: ['ignore', 'pipe', log],
      env: { ...environmentOf(this.#options.folder), ...this.#cometbft(deed) },
    });
    closeSync(log);
    this.#child = child;
    const gone = Promise.withResolvers<void>();
    this.#gone = gone.promise;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#error('does not serve')), UP_MOST_MS);
      createInterface({ input: child.stdout! }).on('line', () => {
        clearTimeout(timer);
        resolve();
      });
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        if (!this.#isEnding) this.ended = this.#error(`ended by itself (${signal ?? code})`);
        reject(this.ended ?? this.#error('was ended before it served'));
        gone.resolve();
      });
    });
  }

  /** As its operator would. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    this.#child?.kill('SIGTERM');
    await this.#gone;
  }

  /** SIGKILL, to the node, to its CometBFT, or to everything on the host at once; resolves when all is gone. */
  async kill(what: 'node' | 'CometBFT' | 'host'): Promise<void> {
    this.#isEnding = true;
    const node = this.#child!.pid!;
    const gone = this.#gone.then(() => true);
    const end = performance.now() + UP_MOST_MS;
    // A node that has just begun may not have its CometBFT yet.
    for (let isGone = false; !isGone; isGone = await Promise.race([gone, sleep(KILL_AGAIN_MS, false)])) {
      if (performance.now() > end) throw this.#error('cannot be killed');
      for (const pid of this.#options.lan.processes(this.index)) {
        if (what === 'host' || (pid === node) === (what === 'node')) signal(pid, 'SIGKILL');
      }
    }
    for (const pid of this.#options.lan.processes(this.index)) signal(pid, 'SIGKILL');
  }

  /** SIGSTOP or SIGCONT for everything on the host. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    for (const pid of this.#options.lan.processes(this.index)) signal(pid, name);
  }

  /** Empties the disk of what may be lost; the node does not run. Of one that follows, that is everything. */
  wipe(): void {
    this.isWhole = true;
    const data = join(this.home, 'data');
    if (!this.isValidator) {
      rmSync(data, { recursive: true, force: true });
      return;
    }
    for (const name of REPLACEABLE) rmSync(join(data, name), { recursive: true, force: true });
    const state = join(data, 'comet', 'data', 'priv_validator_state.json');
    const signed = readFileSync(state);
    rmSync(join(data, 'comet', 'data'), { recursive: true, force: true });
    mkdirSync(join(data, 'comet', 'data'));
    writeFileSync(state, signed, { mode: 0o600 });
  }

  /** Deeds done so far, and lines of the log that say that something was rejected. */
  countDeeds(): number {
    return linesOf(this.deedsPath).length;
  }

  countRejections(): number {
    return linesOf(this.logPath).filter((line) => /a (proposal|vote) .*is rejected/.test(line)).length;
  }

  #flags(): string[] {
    const { lan } = this.#options;
    const many = '1000000';
    return [
      ...['node', '--home', this.home, '--json', '--no-metrics', '--workers', '1'],
      ...(this.isValidator ? [] : ['--no-validator']),
      ...['--host', lan.host(this.index), '--port', `${API_PORT}`, '--p2p-host', lan.peer(this.index)],
      ...['--comet-rpc-host', lan.host(this.index), '--comet-rpc-port', `${RPC_PORT}`],
      ...['--link-host', lan.peer(this.index), '--block-ms', `${BLOCK_MS}`],
      ...['--l1-url', this.l1.url, '--l1-poll-ms', '500'],
      ...['--request-rate', many, '--message-rate', many],
    ];
  }

  #cometbft(deed: Deed | undefined): Record<string, string> {
    const { cometbft } = this.#options;
    if (deed === undefined) return { UPFRONT_COMETBFT: cometbft };
    const script = join(this.#options.folder, 'byzantine');
    const lines = [
      '#!/bin/sh',
      `exec ${process.execPath} ${SOURCE} ${ROOT}/scripts/perturb-byzantine.ts "$@"`,
    ];
    writeFileSync(script, `${lines.join('\n')}\n`);
    chmodSync(script, 0o700);
    return {
      UPFRONT_COMETBFT: script,
      PERTURB_COMETBFT: cometbft,
      PERTURB_DEED: deed,
      PERTURB_DEEDS: this.deedsPath,
    };
  }

  #error(what: string): Error {
    const last = linesOf(this.logPath).slice(-5).join('\n');
    return new Error(`${this.name} ${what}; its log is ${this.logPath}, and ends:\n${last}`);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: any JSON
async function rpc(url: string, path: string): Promise<any> {
  const response = await fetch(`${url}/${path}`, { signal: AbortSignal.timeout(RPC_MOST_MS) });
  return ((await response.json()) as { result: unknown }).result;
}

/** Runs a command and gives what it says. */
// biome-ignore lint/suspicious/noExplicitAny: any JSON
async function upfront(folder: string, argv: string[], more: string[] = [], environment = {}): Promise<any> {
  const env = { ...environmentOf(folder), ...environment };
  const { stdout } = await exec(process.execPath, [SOURCE, MAIN, ...argv, ...more, '--json'], { env });
  return JSON.parse(stdout.split('\n').find((line) => line.startsWith('{'))!);
}

function environmentOf(folder: string): Record<string, string | undefined> {
  return {
    PATH: process.env.PATH,
    HOME: folder,
    UPFRONT_HOME: join(folder, 'home'),
    UPFRONT_PASSWORD: PASSWORD,
  };
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}
