/**
 * A committee on a real first layer: a rotation from proposal over settlement to CometBFT's set; a validator that signs two
 * headers is found out by a follower and loses its bond; a signature that came late settles what else would wait; a node with
 * an empty disk begins with a snapshot, by its settings.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { upfrontAbi } from '@upfront/contracts';
import {
  createDomain,
  defaultParameters,
  type Equivocation,
  equivocationFromJson,
  fromHex,
  type Genesis,
  type Header,
  headerFromJson,
  headerToJson,
  signaturesToJson,
  toHex,
} from '@upfront/core';
import { privateKeyToAccount } from 'viem/accounts';
import { readContract } from 'viem/actions';
import { committeeToJson } from '../../config/committee-file.ts';
import { loadConfig } from '../../config/config.ts';
import { createHashes } from '../../hashes.ts';
import { accuse, NoEquivocationError } from '../../l1/accuse.ts';
import { DEV_KEYS } from '../../l1/anvil.ts';
import { startTestChain, type TestChain } from '../../l1/testing.ts';
import { createLog } from '../../log.ts';
import { type RunningNode, startNode } from '../../node.ts';
import { createCurve } from '../../signatures/curve.ts';
import type { WantedRotation } from '../evidence.ts';
import { until } from '../testing.ts';
import { ensureKeys } from './home.ts';
import { type Binary, binaryOrSkip, freePorts } from './testing.ts';

const binary = binaryOrSkip();
if (binary !== undefined) describe('a committee on a first layer', () => committeeOnL1(binary));

interface Place {
  readonly key: Uint8Array | undefined;
  readonly consensusKey: Uint8Array;
  readonly id: string;
  readonly p2pPort: number;
  readonly linkPort: number;
  readonly port: number;
  readonly rpcPort: number;
}

function committeeOnL1(cometbft: Binary): void {
  const folder = mkdtempSync(join(tmpdir(), 'upfront-l1-committee-'));
  const committee = join(folder, 'committee.json');
  const keys = DEV_KEYS.map((key) => fromHex(key)!);
  const nameOf = (key: Uint8Array): string => privateKeyToAccount(toHex(key)).address.toLowerCase();
  const NEWCOMER = 4;
  const FOLLOWER = 5;
  const FRESH = 6;
  const EVIL = 3;
  const places: Place[] = [];
  const nodes: (RunningNode | undefined)[] = [];
  const failures: Error[] = [];
  let chain: TestChain;
  let genesis: Genesis;
  let wanted: WantedRotation | undefined;
  let double: Server;
  let tells: (headers: Listed[]) => Listed[] = (headers) => headers;

  before(async () => {
    chain = await startTestChain({}, 4);
    genesis = {
      chainId: chain.anvil.chainId,
      contract: fromHex(chain.contract)!,
      time: Date.now(),
      parameters: { ...defaultParameters, interval: 500, snapshotInterval: 5000, snapshotDelay: 6 },
      validators: keys
        .slice(0, 4)
        .map((key) => fromHex(nameOf(key))!)
        .sort(Buffer.compare),
    };
    const ports = await freePorts(28);
    for (let i = 0; i <= FRESH; i++) {
      const made = ensureKeys(join(folder, String(i), 'comet'));
      const [p2pPort, linkPort, port, rpcPort] = ports.slice(4 * i) as [number, number, number, number];
      const key = i < FOLLOWER ? keys[i] : undefined;
      places.push({ ...made, key, p2pPort, linkPort, port, rpcPort });
    }
    const host = '127.0.0.1';
    const listed = places.slice(0, FRESH).map(({ key, consensusKey, id, p2pPort, linkPort }, i) => {
      const validator = key && i < 4 ? fromHex(nameOf(key)) : undefined;
      return { validator, consensusKey, id, host, p2pPort, linkPort };
    });
    writeFileSync(committee, JSON.stringify(committeeToJson(listed)));
    double = await startDouble();
    for (let i = 0; i < FRESH; i++) await start(i);
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node?.close()));
    double.close();
    await chain.anvil.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (i: number, more: object = {}): Promise<void> => {
    const { key, p2pPort, linkPort, port, rpcPort } = places[i]!;
    const others = places.slice(0, FOLLOWER).map((place) => urlOf(place.port));
    const watch = [...others, urlOf((double.address() as AddressInfo).port)].join(',');
    const config = loadConfig({
      flags: {
        dataDir: join(folder, String(i)),
        engine: 'cometbft',
        committee,
        cometbft: cometbft.path,
        p2pHost: '127.0.0.1',
        linkHost: '127.0.0.1',
        p2pPort,
        linkPort,
        blockMs: 50,
        port,
        requestRate: 100_000,
        metricsPort: 0,
        metrics: i === FOLLOWER,
        workers: 1,
        l1Url: chain.anvil.url,
        l1Tag: 'latest',
        l1PollMs: 50,
        l1FromBlock: chain.deployment.block,
        ...(i < 2 && { cometRpcPort: rpcPort }),
        ...(i === FOLLOWER && { watch }),
        ...more,
      },
    });
    nodes[i] = await startNode(config, {
      genesis,
      log: createLog('silent'),
      validatorKey: key,
      // The node that follows is the one that relays.
      relayerKey: i === FOLLOWER ? keys[9] : undefined,
      wanted: () => wanted,
      fatal: (error) => failures.push(error),
    });
  };
  const stop = async (i: number): Promise<void> => {
    await nodes[i]?.close();
    nodes[i] = undefined;
  };

  /** What a second node with the evil one's key would say: the follower's headers, as `tells` has them. */
  const startDouble = (): Promise<Server> => {
    const server = createServer((request, response) => {
      void (async () => {
        const answer = await fetch(`${urlOf(places[0]!.port)}${request.url}`);
        const { headers = [] } = (await answer.json()) as { headers?: Listed[] };
        response.end(JSON.stringify({ headers: tells(headers) }));
      })().catch(() => response.destroy());
    });
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
  };

  const member = async (key: Uint8Array): Promise<{ bond: bigint; isValidator: boolean }> => {
    const at = { address: chain.contract, abi: upfrontAbi, functionName: 'members' } as const;
    const [bond, , isValidator] = await readContract(chain.client, {
      ...at,
      args: [toHex(fromHex(nameOf(key))!)],
    });
    return { bond, isValidator };
  };
  const settled = async (): Promise<number> =>
    Number(
      await readContract(chain.client, { address: chain.contract, abi: upfrontAbi, functionName: 'number' }),
    );
  const get = async <T>(i: number, path: string): Promise<T> =>
    (await (await fetch(`${urlOf(places[i]!.port)}${path}`)).json()) as T;
  const setOf = async (i: number): Promise<string[]> =>
    (await get<{ validators: string[] }>(i, '/v1/status')).validators;
  const signersAt = async (i: number, height: number): Promise<string[]> => {
    const { signatures } = await get<Listed>(i, `/v1/headers/${height}`);
    return signatures.map(({ validator }) => validator);
  };
  const running = (): number[] => nodes.flatMap((node, i) => (node === undefined ? [] : [i]));
  const untilSet = async (expected: readonly Uint8Array[], of: readonly number[]): Promise<void> => {
    const names = expected.map(nameOf).sort().join();
    await untilAsync(async () => {
      const sets = await Promise.all(of.map(setOf));
      return sets.every((set) => set.join() === names);
    }, 'the set on all nodes');
  };
  const untilSigns = async (i: number, key: Uint8Array, isIn: boolean): Promise<void> => {
    await untilAsync(async () => {
      const top = nodes[i]!.height();
      const signers = await Promise.all([3, 4, 5].map((back) => signersAt(i, top - back)));
      return signers.every((one) => one.includes(nameOf(key)) === isIn);
    }, 'headers of the new set');
  };

  test('a rotation: named by the validators, settled by the contract, voting in CometBFT', async () => {
    const newcomer = keys[NEWCOMER]!;
    const account = privateKeyToAccount(toHex(newcomer));
    await chain.call(account, 'bond', [1000n, toHex(places[NEWCOMER]!.consensusKey)]);
    assert.equal((await member(newcomer)).isValidator, false);
    wanted = { validator: fromHex(nameOf(newcomer))!, isIn: true };
    await untilAsync(async () => (await member(newcomer)).isValidator, 'the contract’s set');
    wanted = undefined;
    await untilSet(keys.slice(0, 5), running());
    await untilSigns(FOLLOWER, newcomer, true);
    // Without the newcomer's votes three of five would be too few.
    await stop(0);
    const height = nodes[1]!.height();
    await until(() => nodes[1]!.height() > height + 3, 'blocks of four of five');
    await start(0);
    assert.deepEqual(failures, []);
  });

  test('who signs two headers of one height is found out by a follower, and its bond is burnt', async () => {
    const evil = keys[EVIL]!;
    const { curve, domain } = await tools();
    tells = (headers) =>
      headers.map((listed, i) => {
        if (i !== headers.length - 1) return listed;
        const header = { ...headerFromJson(listed.header)!, state: new Uint8Array(32).fill(7) };
        const signature = curve.sign(domain.headerDigest(header), evil).slice();
        const signatures = signaturesToJson([{ validator: fromHex(nameOf(evil))!, signature }]);
        return { header: headerToJson(header), signatures };
      });
    const file = join(folder, String(FOLLOWER), 'evidence', `equivocation-${nameOf(evil)}.json`);
    await until(() => existsSync(file), 'the evidence');
    tells = (headers) => headers;
    const metrics = await (await fetch(nodes[FOLLOWER]!.metricsUrl!)).text();
    assert.match(metrics, /upfront_equivocations_total 1/);

    const found = equivocationFromJson(JSON.parse(readFileSync(file, 'utf8')))!;
    const common = accusation();
    const swapped = { ...found, a: found.b };
    await assert.rejects(() => accuse({ ...common, equivocation: swapped }), NoEquivocationError);
    assert.equal((await member(evil)).bond, 1000n);
    const accused = await accuse({ ...common, equivocation: found });
    assert.equal(accused.status === 'burnt' && accused.units, 1000n);
    assert.deepEqual(await member(evil), { bond: 0n, isValidator: false });
    assert.deepEqual(await accuse({ ...common, equivocation: found }), { status: 'no-bond' });
    // The network follows: it votes no more, and blocks go on.
    await untilSet([...keys.slice(0, 3), keys[NEWCOMER]!], running());
    await stop(EVIL);
    await untilSigns(FOLLOWER, evil, false);
    assert.deepEqual(failures, []);
  });

  test('a signature that came late settles what lost another one', async () => {
    // Signed by three of four, one of whom then loses its bond: of three that are left, L1 wants all.
    const [late, accused] = [2, NEWCOMER];
    await untilAsync(async () => {
      const { l1 } = await get<Status>(0, '/v1/status');
      return l1.formed === l1.settled;
    }, 'all settlements confirmed');
    await stop(FOLLOWER);
    await stop(late);
    const before = await settled();
    const user = chain.users[2]!;
    await chain.call(user, 'deposit', [user.address, 5_000_000n]);
    await untilAsync(
      async () => Number((await get<Status>(0, '/v1/status')).l1.formed) > before,
      'a settlement',
    );
    const { height } = await get<{ height: string }>(0, `/v1/settlements/${before + 1}`);
    await until(() => nodes[0]!.height() > Number(height) + 4, 'its signatures');
    assert.equal((await signersAt(0, Number(height))).length, 3);
    await accuse({ ...accusation(), equivocation: await madeUp(keys[accused]!) });
    await untilSet(keys.slice(0, 3), [0, 1]);

    await start(FOLLOWER);
    const top = nodes[0]!.height();
    await until(() => nodes[FOLLOWER]!.height() >= Math.min(top, nodes[0]!.height()), 'the follower');
    assert.equal(await settled(), before);
    await start(late);
    await untilAsync(async () => (await settled()) > before, 'the settlement on L1');
    assert.equal((await signersAt(FOLLOWER, Number(height))).includes(nameOf(keys[late]!)), true);
    assert.deepEqual(failures, []);
  });

  test('a node with an empty disk begins with a snapshot, and says what it does not have', async () => {
    const rpc = [0, 1].map((i) => urlOf(places[i]!.rpcPort));
    const { result } = (await (await fetch(`${rpc[0]}/commit`)).json()) as {
      result: { signed_header: { header: { height: string }; commit: { block_id: { hash: string } } } };
    };
    const { header, commit } = result.signed_header;
    const stateSync = rpc.join(',');
    await assert.rejects(() => start(FRESH, { stateSync }), /--trust-height/);
    await assert.rejects(() => start(FRESH, { stateSync: rpc[0] }), /at least two/);
    const trust = { trustHeight: Number(header.height), trustHash: commit.block_id.hash };
    await start(FRESH, { stateSync, ...trust });
    const fresh = nodes[FRESH]!;
    const top = nodes[0]!.height() + 5;
    await until(() => fresh.height() >= top, 'the newest blocks');
    const [own, theirs] = await Promise.all([FRESH, 0].map((i) => get<Listed>(i, `/v1/headers/${top}`)));
    assert.deepEqual(own!.header, theirs!.header);

    const user = chain.users[2]!.address;
    const [mine, known] = await Promise.all([FRESH, 0].map((i) => get<Balance>(i, `/v1/accounts/${user}`)));
    assert.equal(mine!.balance, known!.balance);
    assert.equal(mine!.balance, '5000000');
    for (const path of [
      '/v1/blocks/1',
      '/v1/blocks/1/bytes',
      '/v1/headers/1',
      '/v1/headers?after=0',
      '/v1/receipts/1/0',
      '/v1/nonces/0',
      '/v1/nonces/0/receipt',
      '/v1/settlements/1',
      `/v1/accounts/${user}/events`,
      `/v1/topics/0x${'00'.repeat(32)}`,
    ]) {
      const response = await fetch(`${fresh.url}${path}`);
      const { error } = (await response.json()) as { error: { code: number; name: string } };
      assert.deepEqual([response.status, error.code, error.name], [410, 112, 'not-kept'], path);
    }
    assert.equal((await fetch(`${fresh.url}/v1/accounts/${user}/events?after=${top}.0`)).status, 200);
    assert.deepEqual(failures, []);
  });

  const tools = async () => {
    const hashes = await createHashes();
    const domain = createDomain(genesis.chainId, genesis.contract, hashes);
    return { hashes, domain, curve: createCurve(hashes, () => {}) };
  };
  const accusation = () => ({
    client: chain.client,
    account: privateKeyToAccount(DEV_KEYS[8]!),
    chainId: genesis.chainId,
    contract: chain.contract,
  });
  const madeUp = async (key: Uint8Array): Promise<Equivocation> => {
    const { curve, domain } = await tools();
    const zero = new Uint8Array(32);
    const side = (state: Uint8Array) => {
      const header: Header = { height: 1, parent: zero, events: zero, state, settlement: zero };
      return { header, signature: curve.sign(domain.headerDigest(header), key).slice() };
    };
    return { validator: fromHex(nameOf(key))!, a: side(zero), b: side(new Uint8Array(32).fill(1)) };
  };
}

interface Listed {
  readonly header: ReturnType<typeof headerToJson>;
  readonly signatures: ReturnType<typeof signaturesToJson>;
}

interface Balance {
  readonly balance: string;
}

interface Status {
  readonly l1: { readonly formed: string; readonly settled: string };
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

async function untilAsync(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
