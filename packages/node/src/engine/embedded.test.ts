/**
 * The embedded engine: the shared suite, and what is its own: ticking, evidence, reopening, backpressure,
 * failing writes.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { encodeState, type Parameters } from '@upfront/core';
import { type Embedded, type StartEmbeddedOptions, startEmbedded } from './start-embedded.ts';
import { engineSuite } from './suite.ts';
import { createTestNetwork, silent, type TestNetwork, transfersOf, until } from './testing.ts';

const directories: string[] = [];
const nodes: Embedded[] = [];
after(async () => {
  for (const node of nodes) await node.close();
  for (const path of directories) rmSync(path, { recursive: true, force: true });
});

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'upfront-engine-'));
  directories.push(path);
  return path;
}

async function start(
  network: TestNetwork,
  path: string,
  options: Partial<StartEmbeddedOptions> = {},
): Promise<Embedded> {
  const node = await startEmbedded({
    genesis: network.genesis,
    path,
    privateKey: network.operator.key,
    workers: 1,
    log: silent,
    now: Date.now,
    fatal: assert.fail,
    ...options,
  });
  nodes.push(node);
  return node;
}

engineSuite('embedded engine', async (network) => {
  const embedded = await start(network, directory());
  return { ...embedded, replica: embedded.chain };
});

/** A network whose items are imported, on an engine of its own. */
async function open(
  parameters: Partial<Parameters> = {},
  options: Partial<StartEmbeddedOptions> = {},
): Promise<{ network: TestNetwork; path: string; node: Embedded }> {
  const network = await createTestNetwork(4, Date.now(), parameters);
  const path = directory();
  const node = await start(network, path, options);
  node.engine.observe(network.l1.observation());
  await until(() => node.chain.ledger.imported === 4, 'the import');
  await node.chain.read(() => undefined);
  return { network, path, node };
}

/** One payment by payer 0; its answers. */
async function pay(
  { network, node }: { network: TestNetwork; node: Embedded },
  sequence: bigint,
): Promise<number> {
  const transfers = transfersOf(network, network.payers[0]!, sequence, network.payers[1]!.address, 2);
  const [answer] = await node.engine.submit(transfers.fetch);
  assert.equal(answer!.status, 'dealt');
  const first = answer!.status === 'dealt' ? answer!.first : -1;
  for (const { status } of await node.engine.submit(transfers.fulfils(first)))
    assert.equal(status, 'fulfilled');
  return first;
}

test('an idle chain makes no block; a busy one goes on by itself until what is open is annulled', async () => {
  const { network, node } = await open({ windowTransfer: 500, leastAge: 2, interval: 1 });
  const { ledger } = node.chain;
  const confirm = async (): Promise<void> => {
    await until(
      () => ledger.settlements.inbox === ledger.imported && !ledger.settlements.touched,
      'a settlement',
    );
    network.l1.settled = ledger.settlements.formed;
    node.engine.observe(network.l1.observation());
    await until(() => ledger.settlements.unconfirmed.length === 0, 'the confirmation');
  };
  await confirm();
  const idle = await node.chain.read((state) => state.height);
  await new Promise((resolve) => setTimeout(resolve, 1200));
  assert.equal(node.chain.height, idle);
  await node.engine.submit(transfersOf(network, network.payers[0]!, 0n, network.payers[1]!.address, 2).fetch);
  assert.equal(ledger.nonces.count, 2);
  await until(() => ledger.nonces.count === 0, 'the annulment');
  await node.close();
});

test('more items than a block takes are imported over several; a settlement is formed and confirmed', async () => {
  const place = await open({ interval: 1, entryFee: 0n });
  const { network, node } = place;
  for (let i = 0; i < 2500; i++) network.l1.add(1, network.payers[i % 4]!.address, 1n);
  const before = node.chain.height;
  node.engine.observe(network.l1.observation());
  await until(() => node.chain.ledger.imported === 2504, 'the import of all');
  assert.ok(node.chain.height - before <= 6);
  await until(() => node.chain.ledger.settlements.formed > 0, 'a settlement');
  await node.chain.read(() => undefined);
  const formed = node.store.settlement(1)!;
  assert.equal(formed.formed.number, 1);
  assert.deepEqual(node.store.header(formed.height)!.header.settlement, formed.formed.hash);
  network.l1.settled = node.chain.ledger.settlements.formed;
  network.l1.time += 1;
  node.engine.observe(network.l1.observation());
  await until(() => node.chain.ledger.settlements.unconfirmed.length === 0, 'the confirmation');
  await node.close();
});

test('L1 that contradicts the chain stops the node', async () => {
  const errors: Error[] = [];
  const { network, node } = await open({}, { fatal: (error) => errors.push(error) });
  network.l1.settled = 1;
  node.engine.observe(network.l1.observation());
  await until(() => errors.length > 0, 'the end');
  assert.match(errors[0]!.message, /L1 took settlement 1/);
  assert.equal(node.chain.isBroken, true);
  await node.close();
});

test('reopened, the state is what it was: by replay, from a snapshot, and from an older one if the newest is torn', async () => {
  const place = await open({ snapshotMessages: 4, snapshotDelay: 2 });
  const { network, path } = place;
  let { node } = place;
  for (let i = 0; i < 12; i++) await pay({ network, node }, BigInt(i));
  const state = encodeState(node.chain.ledger);
  const first = await pay({ network, node }, 12n);
  const last = encodeState(node.chain.ledger);
  assert.notDeepEqual(last, state);
  await node.close();
  const snapshots = join(path, 'snapshots');
  assert.equal(readdirSync(snapshots).length, 2);
  const reopen = async (): Promise<void> => {
    node = await start(network, path);
    assert.deepEqual(encodeState(node.chain.ledger), last);
    assert.deepEqual(await node.store.resolution(first), { height: node.chain.height, index: 0 });
    await node.close();
  };
  await reopen();
  const heights = readdirSync(snapshots).map((file) => Number(file.split('-')[0]));
  const newest = readdirSync(snapshots).find((file) => file.startsWith(`${Math.max(...heights)}-`))!;
  truncateSync(join(snapshots, newest), 100);
  writeFileSync(join(snapshots, '99-beside.part'), 'half');
  await reopen();
  for (const file of readdirSync(snapshots)) rmSync(join(snapshots, file));
  await reopen();
});

test('a second process, and another genesis, are refused', async () => {
  const { network, path, node } = await open();
  await assert.rejects(start(network, path), /another process uses this data directory/);
  await node.close();
  const other = await createTestNetwork(4, network.genesis.time + 1);
  await assert.rejects(start(other, path), /holds the network with genesis/);
  await (await start(network, path)).close();
});

test('a slow disk gathers larger blocks; two at most are under way, and every message is answered', async () => {
  const { network, node } = await open();
  const append = node.store.append.bind(node.store);
  let most = 0;
  node.store.append = async (height, bytes, verdicts) => {
    most = Math.max(most, node.chain.inFlight + 1);
    await append(height, bytes, verdicts);
    await new Promise((resolve) => setTimeout(resolve, 30));
  };
  const before = node.chain.height;
  const to = network.payers[1]!.address;
  const fetches = Array.from(
    { length: 60 },
    (_, i) => transfersOf(network, network.payers[0]!, BigInt(i), to, 1).fetch,
  );
  const answers = await Promise.all(
    fetches.map(async (fetch, i) => {
      await new Promise((resolve) => setTimeout(resolve, i));
      return node.engine.submit(fetch);
    }),
  );
  for (const [answer] of answers) assert.equal(answer!.status, 'dealt');
  assert.equal(most, 2);
  assert.ok(node.chain.height - before < 20, `${node.chain.height - before} blocks`);
  await node.close();
});

test('above its bound the intake answers overloaded; while it stops, stopping', async () => {
  const { network, node } = await open({}, { intakeMessages: 8 });
  const to = network.payers[1]!.address;
  const fetch = (i: number): Uint8Array => transfersOf(network, network.payers[0]!, BigInt(i), to, 1).fetch;
  const taken = node.engine.submit(Buffer.concat(Array.from({ length: 8 }, (_, i) => fetch(i))));
  assert.deepEqual(await node.engine.submit(fetch(8)), [{ status: 'rejected', code: 100 }]);
  const closing = node.close();
  assert.deepEqual(await node.engine.submit(fetch(9)), [{ status: 'rejected', code: 108 }]);
  for (const { status } of await taken) assert.equal(status, 'dealt');
  await closing;
});

test('after a write that fails nothing is answered, read or announced', async () => {
  const errors: Error[] = [];
  const place = await open({}, { fatal: (error) => errors.push(error) });
  const { network, node } = place;
  node.store.append = () => Promise.reject(new Error('no space left'));
  let announced = 0;
  node.chain.subscribe(() => announced++);
  const to = network.payers[1]!.address;
  const outcomes: unknown[] = [];
  void node.engine
    .submit(transfersOf(network, network.payers[0]!, 0n, to, 1).fetch)
    .then((x) => outcomes.push(x));
  await until(() => errors.length === 1, 'the end');
  void node.chain.read(() => 1).then((x) => outcomes.push(x));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual([outcomes, announced, node.chain.isBroken], [[], 0, true]);
  await node.close();
});
