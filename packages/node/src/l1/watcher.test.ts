// The watcher against anvil and the real contract: order and chain, restarts, outages, lies, reorganisations.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { upfrontAbi } from '@upfront/contracts';
import { type Item, toHex } from '@upfront/core';
import {
  concat,
  createClient,
  custom,
  type Hex,
  http,
  InvalidParamsRpcError,
  keccak256,
  type LocalAccount,
} from 'viem';
import { writeContract } from 'viem/actions';
import type { L1Observation } from '../engine/engine.ts';
import type { ContractEvent } from './contract.ts';
import type { Log } from './loop.ts';
import { settleArguments } from './settle-call.ts';
import { handMade, layCable, MIN_BOND, startTestChain, type TestChain, until } from './testing.ts';
import { createWatcher, type Watcher, type WatcherOptions, type WatcherState } from './watcher.ts';

const KEY: Hex = `0x${'5a'.repeat(32)}`;
const POLL_MS = 20;

interface Watched {
  readonly watcher: Watcher;
  readonly states: WatcherState[];
  readonly observations: L1Observation[];
  readonly events: ContractEvent[];
  readonly lines: string[];
}

/** Starts a watcher that is closed behind the test. */
function watch(
  chain: TestChain,
  closers: (() => Promise<void>)[],
  options: Partial<WatcherOptions> = {},
): Watched {
  const states: WatcherState[] = [];
  const observations: L1Observation[] = [];
  const events: ContractEvent[] = [];
  const lines: string[] = [];
  const say = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${message} ${'status' in fields ? fields.status : ''}`);
  };
  const log: Log = { info: say('info'), warn: say('warn'), error: say('error') };
  const watcher = createWatcher({
    ...(options.rpcUrl === undefined ? { client: chain.client } : {}),
    contract: chain.contract,
    chainId: chain.anvil.chainId,
    fromBlock: chain.deployment.block,
    pollMs: POLL_MS,
    onObservation: (observation) => observations.push(observation),
    onState: (state) => states.push(state),
    onEvent: (event) => events.push(event),
    log,
    ...options,
  });
  closers.push(() => watcher.close());
  return { watcher, states, observations, events, lines };
}

/** Takes items as an engine does: what comes next, a few at a time, and says so. */
function importing(from = 1, most = 3) {
  const items: Item[] = [];
  return {
    items,
    take: (watcher: Watcher): void => {
      const next = from + items.length;
      items.push(...(watcher.observation()?.itemsFrom(next, most) ?? []));
      watcher.imported(from - 1 + items.length);
    },
  };
}

const count = (n: number) => (watched: Watched) => () => watched.watcher.observation()?.items === n;
const become = (watcher: Watcher, status: string) =>
  until(`status ${status}`, () => watcher.state().status === status);

describe('the watcher', () => {
  let chain: TestChain;
  let ann: LocalAccount;
  let ben: LocalAccount;
  const closers: (() => Promise<void>)[] = [];

  before(async () => {
    chain = await startTestChain({}, 2);
    [ann, ben] = chain.users as [LocalAccount, LocalAccount];
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  after(() => chain.anvil.stop());

  it('gives out what is final, in order, and chained to the contract', async () => {
    await chain.call(ann, 'deposit', [ann.address, 500n]);
    await chain.call(ben, 'deposit', [ann.address, 7n]);
    await chain.call(ann, 'exit', [9n]);
    await chain.call(ben, 'bond', [MIN_BOND, KEY]);
    await chain.call(ben, 'unbond', []);
    const watched = watch(chain, closers);
    // Two blocks of anvil are not final: the validators' bonds are items 1 and 2.
    await until('five items', count(5)(watched));
    await chain.anvil.mine(2);
    const observation = await until('seven items', () => {
      const newest = watched.watcher.observation();
      return newest?.items === 7 && newest;
    });
    assert.equal(toHex(observation.head), await chain.head(7));
    assert.equal(observation.settled, 0);
    const addresses = chain.validators.map(({ address }) => address);
    assert.equal(toHex(observation.validators), keccak256(concat(addresses)));
    assert.ok(Math.abs(observation.time - Date.now()) < 60_000);

    const items = observation
      .itemsFrom(3, 10)
      .map(({ kind, account, amount, data }) => [kind, toHex(account), amount, toHex(data)]);
    const zero = `0x${'00'.repeat(32)}`;
    const [a, b] = [ann.address.toLowerCase(), ben.address.toLowerCase()];
    assert.deepEqual(items, [
      [1, a, 500n, zero],
      [1, a, 7n, zero],
      [2, a, 9n, zero],
      [3, b, MIN_BOND, KEY],
      [4, b, MIN_BOND, zero],
    ]);
    assert.equal(observation.itemsFrom(1, 2).length, 2);
    assert.equal(observation.itemsFrom(8, 2).length, 0);
  });

  it('holds no more than it may, and still gives out everything', async () => {
    for (let amount = 1n; amount <= 12n; amount++) await chain.call(ben, 'deposit', [ben.address, amount]);
    await chain.anvil.mine(2);
    const watched = watch(chain, closers, { heldMost: 4, chunkBlocks: 3 });
    const { items, take } = importing();
    await until('19 items', () => {
      assert.ok(watched.watcher.state().held <= 4);
      take(watched.watcher);
      return items.length === 19;
    });
    assert.deepEqual(
      items.slice(7).map(({ amount }) => amount),
      Array.from({ length: 12 }, (_, i) => BigInt(i + 1)),
    );
    assert.equal(watched.watcher.state().held, 0);
    assert.deepEqual(await watched.watcher.readItems(8, 3), items.slice(7, 10));
    assert.deepEqual(await watched.watcher.readItems(18, 9), items.slice(17));
    assert.deepEqual(await watched.watcher.readItems(20, 1), []);
    // What was dropped comes back when it is asked for once more.
    const observation = watched.watcher.observation()!;
    await until('old items', () => observation.itemsFrom(8, 3).length === 3);
    assert.deepEqual(observation.itemsFrom(8, 3), items.slice(7, 10));
  });

  it('goes on after a restart, from the deployment or from a cursor', async () => {
    const first = watch(chain, closers);
    await until('19 items', count(19)(first));
    const { items, take } = importing(1, 100);
    take(first.watcher);
    const cursor = first.watcher.cursor()!;
    const { time } = first.watcher.observation()!;
    await first.watcher.close();
    await chain.call(ann, 'bond', [MIN_BOND, KEY]);
    await chain.anvil.mine(2);

    const imported = { items: items.length, head: cursor.head, time };
    const again = watch(chain, closers, { imported });
    const from: number[] = [];
    const client = intercepted(chain, 'eth_getLogs', (params, answer) => {
      from.push(Number((params as [{ fromBlock: Hex }])[0].fromBlock));
      return answer();
    });
    const resumed = watch(chain, closers, { imported, cursor, client });
    for (const { watcher } of [again, resumed]) {
      const observation = await until('20 items', () => {
        const newest = watcher.observation();
        return newest?.items === 20 && newest;
      });
      assert.equal(watcher.state().held, 1);
      assert.equal(observation.itemsFrom(20, 5)[0]?.kind, 3);
      assert.equal(toHex(observation.validators), toHex(first.watcher.observation()!.validators));
    }
    assert.ok(from.every((block) => block > cursor.block));
  });

  it('waits through an outage, says so once, and catches up', async () => {
    const cable = await layCable(chain.anvil.port);
    closers.push(() => cable.close());
    const { watcher, lines } = watch(chain, closers, { rpcUrl: cable.url });
    await become(watcher, 'following');
    await cable.cut();
    await become(watcher, 'unreachable');
    await chain.call(ann, 'bond', [5n, KEY]);
    await chain.anvil.mine(2);
    await until('three attempts', () => watcher.state().failures >= 3);
    assert.notEqual(watcher.state().reason, '');
    assert.equal(watcher.observation()?.items, 20);
    await cable.mend();
    await until('21 items', () => watcher.observation()?.items === 21);
    assert.equal(watcher.state().failures, 0);
    assert.deepEqual(lines, [
      'info L1 is followed following',
      'warn L1 is not followed unreachable',
      'info L1 is followed following',
    ]);
  });

  it('gives out nothing that does not chain, and heals', async () => {
    let isLying = true;
    const client = intercepted(chain, 'eth_getLogs', async (_, answer) => {
      const logs = (await answer()) as { data: Hex }[];
      // Of events only an item has three words of data; the last digit is of its consensus key.
      const item = logs.find(({ data }) => data.length === 2 + 3 * 64);
      if (isLying && item !== undefined) item.data = `${item.data.slice(0, -1)}e` as Hex;
      return logs;
    });
    const lied = watch(chain, closers, { client });
    await become(lied.watcher, 'inconsistent');
    await until('four looks', () => lied.watcher.state().failures >= 4);
    assert.equal(lied.observations.length, 0);
    isLying = false;
    await become(lied.watcher, 'following');
    assert.equal(lied.watcher.observation()?.itemsFrom(1, 100).length, 21);

    const incomplete = intercepted(chain, 'eth_getLogs', async (_, answer) =>
      ((await answer()) as []).slice(0, 5),
    );
    const short = watch(chain, closers, { client: incomplete });
    await become(short.watcher, 'inconsistent');
    assert.equal(short.observations.length, 0);
  });

  it('asks for fewer blocks if the RPC refuses many', async () => {
    const client = intercepted(chain, 'eth_getLogs', (params, answer) => {
      const [{ fromBlock, toBlock }] = params as [{ fromBlock: Hex; toBlock: Hex }];
      if (Number(toBlock) - Number(fromBlock) >= 4)
        throw new InvalidParamsRpcError(new Error('4 blocks at most'));
      return answer();
    });
    const watched = watch(chain, closers, { client });
    await until('21 items', count(21)(watched));
    assert.equal(watched.watcher.observation()?.itemsFrom(1, 100).length, 21);
  });

  it('says when nothing becomes final any more', async () => {
    const { watcher } = watch(chain, closers, { stalledMs: 100 });
    await become(watcher, 'behind');
    assert.match(watcher.state().reason, /no new finalized block/);
    assert.equal(watcher.observation()?.items, 21);
    await chain.anvil.mine();
    await become(watcher, 'following');
  });

  it('is loud about another chain or a missing contract', async () => {
    const other = watch(chain, closers, { chainId: 5 });
    const missing = watch(chain, closers, { contract: ann.address });
    await become(other.watcher, 'misconfigured');
    await become(missing.watcher, 'misconfigured');
    assert.match(other.watcher.state().reason, /chain 31337, not 5/);
    assert.match(missing.watcher.state().reason, /no contract/);
  });

  it('tells which transaction settled, and when the contract closed', async () => {
    const inbox = 7;
    const settling = await handMade(chain, { number: 1, inbox, head: await chain.head(inbox) });
    const transaction = await writeContract(chain.client, {
      address: chain.contract,
      abi: upfrontAbi,
      functionName: 'settle',
      args: settleArguments(settling),
      account: ben,
      chain: null,
    });
    await chain.call(ben, 'exit', [1n]);
    await chain.anvil.increaseTime(3 * 86_400 + 1);
    await chain.call(ben, 'claim', [ben.address]);
    await chain.anvil.mine(2);
    const { watcher, events } = watch(chain, closers);
    await until('closed', () => watcher.state().closed);
    await until('the event', () => events.length > 0);
    assert.equal(watcher.observation()?.settled, 1);
    assert.equal((await watcher.settlement(1))?.transaction, transaction);
    assert.equal((await watcher.settlement(1))?.inbox, inbox);
    assert.equal(await watcher.settlement(2), undefined);
    assert.deepEqual(
      events.map(({ name }) => name),
      ['Rotated', 'Rotated', 'Settled', 'Closed'],
    );
    // One that is not in memory any more is found on L1.
    const later = watch(chain, closers, { cursor: watcher.cursor()! });
    await become(later.watcher, 'following');
    assert.equal(later.events.length, 0);
    assert.equal((await later.watcher.settlement(1))?.transaction, transaction);
  });
});

describe('the watcher in a reorganisation', () => {
  let chain: TestChain;
  let ann: LocalAccount;
  const closers: (() => Promise<void>)[] = [];

  before(async () => {
    chain = await startTestChain();
    ann = chain.users[0]!;
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  after(() => chain.anvil.stop());

  it('above what was imported: takes the new past', async () => {
    await chain.call(ann, 'deposit', [ann.address, 1n]);
    const snapshot = await chain.anvil.rpc('evm_snapshot');
    await chain.call(ann, 'deposit', [ann.address, 2n]);
    await chain.call(ann, 'deposit', [ann.address, 3n]);
    const watched = watch(chain, closers, { tag: 'latest' });
    await until('four items', count(4)(watched));
    const old = watched.watcher.observation()!;
    assert.equal(old.itemsFrom(1, 2).length, 2);
    await chain.anvil.rpc('evm_revert', [snapshot]);
    await become(watched.watcher, 'behind');
    await chain.call(ann, 'deposit', [ann.address, 20n]);
    await chain.call(ann, 'deposit', [ann.address, 30n]);
    await chain.call(ann, 'deposit', [ann.address, 40n]);
    await until('five items', count(5)(watched));
    assert.deepEqual(old.itemsFrom(3, 2), []);
    const items = watched.watcher.observation()!.itemsFrom(3, 9);
    assert.deepEqual(
      items.map(({ amount }) => amount),
      [20n, 30n, 40n],
    );
    assert.equal(toHex(watched.watcher.observation()!.head), await chain.head(5));
  });

  it('of the newest blocks, by anvil_reorg: takes the new past', async () => {
    const watched = watch(chain, closers, { tag: 'latest' });
    await until('five items', count(5)(watched));
    await chain.anvil.rpc('anvil_reorg', [2, []]);
    await until('three items', count(3)(watched));
    assert.equal(watched.watcher.state().status, 'following');
    assert.equal(toHex(watched.watcher.observation()!.head), await chain.head(3));
  });

  it('below what was imported: ends, loudly and for good', async () => {
    const snapshot = await chain.anvil.rpc('evm_snapshot');
    await chain.call(ann, 'deposit', [ann.address, 4n]);
    const watched = watch(chain, closers, { tag: 'latest' });
    const { watcher, observations, lines } = watched;
    await until('four items', count(4)(watched));
    const observation = watcher.observation()!;
    assert.equal(observation.itemsFrom(1, 9).length, 4);
    const { time, head } = observation;
    const seen = observations.length;
    await chain.anvil.rpc('evm_revert', [snapshot]);
    await chain.call(ann, 'deposit', [ann.address, 5n]);
    await chain.anvil.mine(2);
    await become(watcher, 'l1-reorganised');
    assert.equal(observations.length, seen);
    assert.deepEqual(observation.itemsFrom(1, 9), []);
    assert.match(watcher.state().reason, /has to close/);
    assert.equal(lines.filter((line) => line.startsWith('error')).length, 1);

    // A restart comes to the same end.
    const restarted = watch(chain, closers, { tag: 'latest', imported: { items: 4, head, time } });
    await become(restarted.watcher, 'l1-reorganised');
    assert.equal(restarted.observations.length, 0);
    // One that sees less than was imported, because less is final for it, only waits.
    const waiting = watch(chain, closers, { imported: { items: 5, head, time: time + 3_600_000 } });
    await become(waiting.watcher, 'behind');
  });
});

/** A client whose answers to one method go through the test's hands. */
function intercepted(
  chain: TestChain,
  method: string,
  intercept: (params: unknown, answer: () => Promise<unknown>) => unknown,
) {
  const direct = createClient({ transport: http(chain.anvil.url, { retryCount: 0 }) });
  const transport = custom(
    {
      request: async (request: { method: string; params?: unknown }) => {
        const answer = () => direct.request(request as never) as Promise<unknown>;
        return request.method === method ? intercept(request.params, answer) : answer();
      },
    },
    { retryCount: 0 },
  );
  return createClient({ transport });
}
