/**
 * What tests of the committee share: CometBFT's executable if there is one, free ports, and a node of a test network.
 * Without CometBFT its tests are skipped by name; with CI=true that is a failure.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silent, type TestNetwork } from '../testing.ts';
import { type CometSettings, ensureKeys } from './home.ts';
import type { GenesisKey } from './keyring.ts';
import { type Comet, type StartCometOptions, startComet } from './start-comet.ts';

export interface Binary {
  readonly version: string;
  readonly path: string;
}

/** Of this version, or the one that the node is made for; undefined after a test that says why there is none. */
export function binaryOrSkip(version?: string): Binary | undefined {
  const script = join(import.meta.dirname, '../../../../../scripts/cometbft.mjs');
  const argv = [script, '--find', ...(version === undefined ? [] : [version])];
  const name = `CometBFT ${version ?? ''}`.trim();
  try {
    const path = execFileSync(process.execPath, argv, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
    return { version: name, path };
  } catch (error) {
    const reason = String((error as { stderr?: unknown }).stderr).trim();
    if (process.env.CI === 'true') test(`${name} is there`, () => assert.fail(reason));
    else test(`${name}: a committee`, { skip: reason }, () => {});
    return undefined;
  }
}

/** Ports of this machine that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export interface CommitteeOptions {
  readonly binary: Binary;
  readonly network: TestNetwork;
  /** Nodes that follow, beside the validators'. */
  readonly followers?: number;
  readonly blockMs?: number;
  /** Of every node. */
  readonly more?: Partial<StartCometOptions>;
  /** Of one node. */
  each?(i: number): Partial<StartCometOptions>;
}

/** A committee on this machine: each node's store in a directory of its own, each with its own CometBFT. */
export class Committee {
  /** The validators' in the order of the genesis, then those that follow; undefined while one is stopped. */
  readonly nodes: (Comet | undefined)[] = [];
  /** What each node's CometBFT reports to the node's `fatal`. */
  readonly failures: Error[] = [];
  readonly paths: string[] = [];
  readonly #options: CommitteeOptions;
  readonly #directory = mkdtempSync(join(tmpdir(), 'upfront-committee-'));
  readonly #ports: { p2p: number; link: number; rpc: number; id: string }[] = [];
  readonly #keys: GenesisKey[] = [];

  private constructor(options: CommitteeOptions) {
    this.#options = options;
  }

  static async start(options: CommitteeOptions): Promise<Committee> {
    const committee = new Committee(options);
    await committee.#lay();
    await Promise.all(committee.paths.map((_, i) => committee.startNode(i)));
    return committee;
  }

  get running(): Comet[] {
    return this.nodes.filter((node) => node !== undefined);
  }

  /** With which the node's CometBFT votes. */
  consensusKey(i: number): Uint8Array {
    return ensureKeys(join(this.paths[i]!, 'comet')).consensusKey;
  }

  rpcUrl(i: number): string {
    return `http://127.0.0.1:${this.#ports[i]!.rpc}`;
  }

  async startNode(
    i: number,
    more: Partial<StartCometOptions> = {},
    sync?: CometSettings['stateSync'],
  ): Promise<Comet> {
    const { binary, network, blockMs = 10, more: common, each } = this.#options;
    const host = '127.0.0.1';
    const others = this.#ports.filter((_, other) => other !== i);
    const { p2p, link, rpc } = this.#ports[i]!;
    const validators = this.#ports.slice(0, network.validators.length);
    const node = await startComet({
      genesis: network.genesis,
      keys: this.#keys,
      path: this.paths[i]!,
      binary: binary.path,
      comet: {
        host,
        port: p2p,
        rpc: { host, port: rpc },
        peers: others.map((other) => ({ id: other.id, host, port: other.p2p })),
        blockMs,
        ...(sync && { stateSync: sync }),
      },
      listen: { host, port: link },
      links: validators.filter((_, other) => other !== i).map((other) => ({ host, port: other.link })),
      privateKey: network.validators[i]?.key,
      workers: 0,
      log: process.env.UPFRONT_TEST_LOG ? { ...silent, warn: console.warn, error: console.error } : silent,
      now: Date.now,
      fatal: (error) => this.failures.push(error),
      ...common,
      ...each?.(i),
      ...more,
    });
    this.nodes[i] = node;
    return node;
  }

  /** A node that follows and has nothing yet; it is not started. */
  async addFollower(): Promise<number> {
    const i = this.nodes.length;
    this.#layOne(i, await freePorts(3));
    return i;
  }

  /** What a state sync starts with: the header that CometBFT's RPC of a node names now. */
  async trust(i: number): Promise<NonNullable<CometSettings['stateSync']>> {
    const response = await fetch(`${this.rpcUrl(i)}/commit`);
    const { result } = (await response.json()) as { result: { signed_header: SignedHeader } };
    const { header, commit } = result.signed_header;
    const rpcServers = [this.rpcUrl(i), this.rpcUrl((i + 1) % 4)];
    return { rpcServers, trustHeight: Number(header.height), trustHash: commit.block_id.hash };
  }

  async stopNode(i: number): Promise<void> {
    const node = this.nodes[i];
    this.nodes[i] = undefined;
    await node?.close();
  }

  /** Every node sees this much of L1. */
  observe(): void {
    for (const node of this.running) node.engine.observe(this.#options.network.l1.observation());
  }

  async close(): Promise<void> {
    await Promise.all(this.running.map((node) => node.close()));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #lay(): Promise<void> {
    const { network, followers = 0 } = this.#options;
    const count = network.validators.length + followers;
    const ports = await freePorts(3 * count);
    for (let i = 0; i < count; i++) this.#layOne(i, ports.slice(3 * i, 3 * i + 3));
  }

  #layOne(i: number, ports: readonly number[]): void {
    const path = join(this.#directory, String(i));
    const { consensusKey, id } = ensureKeys(join(path, 'comet'));
    const validator = this.#options.network.validators[i]?.address;
    if (validator !== undefined) this.#keys.push({ validator, consensusKey });
    const [p2p, link, rpc] = ports as [number, number, number];
    this.paths.push(path);
    this.#ports.push({ p2p, link, rpc, id });
    this.nodes.push(undefined);
  }
}

/** As CometBFT's RPC gives it. */
interface SignedHeader {
  readonly header: { readonly height: string };
  readonly commit: { readonly block_id: { readonly hash: string } };
}

/** Throws AssertionError if two of the nodes have different headers at a height that both have. */
export function assertOneChain(nodes: readonly Comet[]): number {
  const top = Math.max(...nodes.map(({ chain }) => chain.height));
  let compared = 0;
  for (let height = 1; height <= top; height++) {
    const digests = nodes.flatMap(({ store }) => {
      const header = store.header(height);
      return header === undefined ? [] : [Buffer.from(header.digest).toString('hex')];
    });
    assert.ok(new Set(digests).size <= 1, `two headers of height ${height}`);
    if (digests.length > 1) compared++;
  }
  return compared;
}
