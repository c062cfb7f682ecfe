// Hosts for `npm run perturb`: a network namespace for each node, with two interfaces. `peers` is the network of the
// nodes, a switch that can be split; `uplink` leads to this process: users and the first layer. Linux, root, iproute2.
// Invariant: names begin with upf-PID or upfPID, so that what a killed run left is known, and removed by the next one.

import { execFileSync, spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';

/** The most that a host's number may be. */
const HOSTS_MOST = 200;
/** Namespaces of ours: upf-PID-NAME. */
const OURS = /^upf-(\d+)-\w+/;

/** Why there can be no namespaces here; undefined: there can. Installs iproute2 if root lacks it. */
export function lanMissing(): string | undefined {
  if (process.platform !== 'linux') return `network namespaces are Linux's; this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  if (spawnSync('ip', ['-V']).status !== 0) {
    const install = spawnSync('apt-get', ['install', '-y', 'iproute2'], { stdio: 'ignore' });
    if (install.status !== 0) return 'iproute2 is not installed: apt-get install iproute2';
  }
  const name = `upf-${process.pid}-probe`;
  const script = [
    'link add probe0 type bridge',
    'link add probe1 type veth peer name probe2',
    'link set probe1 master probe0',
  ];
  try {
    ip(['netns', 'add', name]);
    batch(name, script);
    return undefined;
  } catch (error) {
    return `network namespaces are not allowed here: ${String(error)}`;
  } finally {
    spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
  }
}

const RTO_MOST = '/proc/sys/net/ipv4/tcp_rto_max_ms';
const RTO_MOST_MS = 1000;

export class Lan {
  /** This process, as the hosts see it. */
  readonly gateway: string;
  readonly #prefix = `upf-${process.pid}`;
  readonly #bridge = `upf${process.pid}`;
  readonly #net: string;
  readonly #count: number;

  /** Lays `count` hosts, numbered from 0, all connected. */
  constructor(count: number) {
    if (count > HOSTS_MOST) throw new RangeError(`${count} hosts`);
    sweepLan();
    this.#count = count;
    this.#net = freeNet();
    this.gateway = `${this.#net}.2.254`;
    try {
      this.#lay();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  namespace(i: number): string {
    return `${this.#prefix}-n${i}`;
  }

  /** The host's address for the other nodes. */
  peer(i: number): string {
    return `${this.#net}.1.${i + 1}`;
  }

  /** The host's address for users. */
  host(i: number): string {
    return `${this.#net}.2.${i + 1}`;
  }

  /** The nodes of `right` reach one another and nobody else. */
  split(right: readonly number[]): void {
    batch(
      this.#switch,
      right.map((i) => `link set p${i} master right`),
    );
  }

  /** Nothing reaches the host, and nothing leaves it; without `isWhole` users and the first layer still do. */
  cut(i: number, isWhole: boolean): void {
    batch(this.#switch, [`link set p${i} nomaster`]);
    if (isWhole) batch(undefined, [`link set ${this.#up(i)} nomaster`]);
  }

  /** Everybody reaches everybody. */
  heal(): void {
    const numbers = Array.from({ length: this.#count }, (_, i) => i);
    batch(
      this.#switch,
      numbers.map((i) => `link set p${i} master left`),
    );
    batch(
      undefined,
      numbers.map((i) => `link set ${this.#up(i)} master ${this.#bridge}`),
    );
  }

  /** What runs on the host. */
  processes(i: number): number[] {
    return processesIn(this.namespace(i));
  }

  /** Kills what runs on the hosts, and takes them away. */
  remove(): void {
    removeOf(process.pid);
  }

  #lay(): void {
    const numbers = Array.from({ length: this.#count }, (_, i) => i);
    for (const name of ['sw', ...numbers.map((i) => `n${i}`)])
      ip(['netns', 'add', `${this.#prefix}-${name}`]);
    batch(undefined, [
      `link add ${this.#bridge} type bridge`,
      `addr add ${this.gateway}/24 dev ${this.#bridge}`,
      `link set ${this.#bridge} up`,
      ...numbers.flatMap((i) => [
        `link add ${this.#up(i)} type veth peer name uplink netns ${this.namespace(i)}`,
        `link set ${this.#up(i)} master ${this.#bridge} up`,
      ]),
    ]);
    batch(this.#switch, [
      ...['left', 'right'].flatMap((side) => [`link add ${side} type bridge`, `link set ${side} up`]),
      ...numbers.flatMap((i) => [
        `link add p${i} type veth peer name peers netns ${this.namespace(i)}`,
        `link set p${i} master left up`,
      ]),
    ]);
    for (const i of numbers) {
      batch(this.namespace(i), [
        'link set lo up',
        `addr add ${this.peer(i)}/24 dev peers`,
        'link set peers up',
        `addr add ${this.host(i)}/24 dev uplink`,
        'link set uplink up',
      ]);
      // As docs/operators.md says: TCP tries again soon after a partition, however long it was. Linux has it from 6.15.
      const patience = `test ! -w ${RTO_MOST} || echo ${RTO_MOST_MS} > ${RTO_MOST}`;
      ip(['netns', 'exec', this.namespace(i), 'sh', '-c', patience]);
    }
  }

  get #switch(): string {
    return `${this.#prefix}-sw`;
  }

  #up(i: number): string {
    return `${this.#bridge}u${i}`;
  }
}

/** Takes away what runs of this script left that are gone. */
export function sweepLan(): void {
  const pids = new Set(namespaces().map((name) => Number(OURS.exec(name)?.[1])));
  for (const pid of pids) if (!isAlive(pid)) removeOf(pid);
}

function removeOf(pid: number): void {
  for (const name of namespaces().filter((one) => Number(OURS.exec(one)?.[1]) === pid)) {
    for (const child of processesIn(name)) {
      try {
        process.kill(child, 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
    spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
  }
  spawnSync('ip', ['link', 'del', `upf${pid}`], { stdio: 'ignore' });
}

function namespaces(): string[] {
  const lines = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout.split('\n');
  return lines.map((line) => line.split(' ')[0]!).filter((name) => OURS.test(name));
}

function processesIn(name: string): number[] {
  const { stdout } = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

/** 10.N, where no interface of this machine is yet. */
function freeNet(): string {
  const used = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  for (let i = 0; i < 64; i++) {
    const net = `10.${64 + ((process.pid + i) % 64)}`;
    if (!used.some(({ address }) => address.startsWith(`${net}.`))) return net;
  }
  throw new Error('no network of 10.64.0.0/10 is free on this machine');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function ip(argv: readonly string[]): void {
  execFileSync('ip', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Commands of `ip`, in a namespace or in that of this process. */
function batch(name: string | undefined, lines: readonly string[]): void {
  const argv = [...(name === undefined ? [] : ['-n', name]), '-batch', '-'];
  execFileSync('ip', argv, { input: `${lines.join('\n')}\n`, stdio: ['pipe', 'ignore', 'pipe'] });
}
