/** A node with an empty disk takes its first state from others' snapshots; false ones are found out. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { applyBlock, assertInvariants, encodeState, restoreLedger, scanBlock } from '@upfront/core';
import { createTestNetwork, type TestNetwork, transfersOf, until } from '../testing.ts';
import type { AbciRequest, AbciResponse } from './abci-server.ts';
import { blocksWith } from './snapshot-manifest.ts';
import { SnapshotServer } from './snapshot-server.ts';
import type { Comet } from './start-comet.ts';
import { assertOneChain, type Binary, binaryOrSkip, Committee } from './testing.ts';

const DELAY = 6;
const CHUNK = 700;

/** With UPFRONT_STATE_SYNC=all the older CometBFT too; a minute each, most of it CometBFT's own waiting. */
const VERSIONS = process.env['UPFRONT_STATE_SYNC'] === 'all' ? [undefined, 'v0.38.26'] : [undefined];

for (const version of VERSIONS) {
  const binary = binaryOrSkip(version);
  if (binary !== undefined) describe(`state sync, ${binary.version}`, () => syncOf(binary));
}

function syncOf(cometbft: Binary): void {
  let network: TestNetwork;
  let committee: Committee;
  let base = 0;
  let newcomer = 0;
  /** What was fetched and fulfilled before the snapshot. */
  let old: Uint8Array[] = [];
  const warnings: { message: string; fields: object }[] = [];
  const log = {
    info() {},
    warn: (fields: object, message: string) => void warnings.push({ message, fields }),
    error: (fields: object, message: string) => void warnings.push({ message, fields }),
  };

  /** What each node does to its own answers. */
  type Deed = (i: number, request: AbciRequest, response: AbciResponse) => Promise<AbciResponse>;
  const honest: Deed = async (_, __, response) => response;
  let evil = honest;

  const pay = async (engine: Comet['engine'], payer: number, sequence: bigint): Promise<Uint8Array[]> => {
    const payee = network.payers[1]!.address;
    const transfers = transfersOf(network, network.payers[payer]!, sequence, payee, 4);
    const [dealt] = await engine.submit(transfers.fetch);
    assert.equal(dealt?.status, 'dealt');
    const fulfils = transfers.fulfils(dealt.status === 'dealt' ? dealt.first : -1);
    for (const answer of await engine.submit(fulfils)) assert.equal(answer.status, 'fulfilled');
    return [transfers.fetch, fulfils];
  };

  before(async () => {
    network = await createTestNetwork(
      8,
      Date.now(),
      { snapshotMessages: 30, snapshotDelay: DELAY, snapshotInterval: 3_600_000 },
      4,
    );
    committee = await Committee.start({
      binary: cometbft,
      network,
      blockMs: 50,
      more: { snapshotChunkBytes: CHUNK },
      each: (i) => ({ between: async (request, answer) => evil(i, request, await answer()) }),
    });
    committee.observe();
    const engines = committee.running.map(({ engine }) => engine);
    await until(() => committee.running.every(({ chain }) => chain.ledger.imported === 8), 'the import');
    old = await pay(engines[0]!, 0, 0n);
    for (let i = 1; i < 6; i++) await pay(engines[i % 4]!, i, 0n);
    const snapshots = () => committee.nodes[1]!.store.snapshots.list();
    await until(() => snapshots().length > 0, 'a snapshot');
    base = snapshots()[0]!.height;
    const top = base + DELAY + 8;
    await until(() => committee.running.every(({ chain }) => chain.height > top), 'its proof');
    newcomer = await committee.addFollower();
  });
  after(() => committee.close());

  const sync = async (): Promise<Comet> => committee.startNode(newcomer, { log }, await committee.trust(1));

  const assertFollows = async (node: Comet): Promise<void> => {
    const top = Math.max(...committee.running.map(({ chain }) => chain.height)) + 3;
    await until(() => node.chain.height >= top, 'the newest blocks');
    assertOneChain(committee.running);
    assert.equal(node.store.meta.base, base);
    assert.equal(node.store.block(base), undefined);
    for (let height = base + 1; height <= top; height++) {
      const [own, theirs] = [node.store, committee.nodes[1]!.store].map((store) => store.header(height));
      assert.deepEqual(own!.digest, theirs!.digest);
      assert.deepEqual(own!.header.state, theirs!.header.state);
    }
    assertInvariants(node.chain.ledger);
  };

  test('a false chunk is not taken, and its sender is asked no more', async () => {
    let loaded = 0;
    // Two of four offer; the first one lies.
    evil = async (i, _, response) => {
      if (response.case === 'listSnapshots' && i > 1) return { case: 'listSnapshots', value: {} };
      if (response.case !== 'loadSnapshotChunk' || i !== 0) return response;
      loaded++;
      const chunk = Uint8Array.from(response.value.chunk!, (byte, at) => (at === 99 ? byte ^ 1 : byte));
      return { case: 'loadSnapshotChunk', value: { chunk } };
    };
    const node = await sync();
    evil = honest;
    const bans = said('a chunk is not what was offered');
    console.log(`# ${loaded} false chunks were sent, ${bans.length} came before the ban`);
    assert.ok(bans.length > 0);
    assert.equal(new Set(bans.map(({ sender }) => sender)).size, 1);
    await assertFollows(node);
  });

  test('a snapshot of another state is refused, whatever its hashes say', async () => {
    await cutShort(newcomer);
    const forger = forgerOf(committee.nodes[0]!, join(committee.paths[0]!, 'forged'));
    evil = async (i, request, response) => {
      // The honest ones offer nothing before the forged one is refused.
      const isRefused = said('a snapshot is refused').length > 0;
      if (request.case === 'listSnapshots' && !isRefused)
        return { case: 'listSnapshots', value: i === 0 ? await forger.list() : {} };
      if (request.case === 'loadSnapshotChunk' && i === 0)
        return { case: 'loadSnapshotChunk', value: await forger.load(request.value) };
      return response;
    };
    const node = await sync();
    evil = honest;
    await forger.close();
    const refused = said('a snapshot is refused');
    assert.equal(refused.length, 1);
    assert.equal(said('a state sync did not come to its end').length, 1);
    assert.match(String(refused[0]!['err']), /does not have the app hash/);
    await assertFollows(node);
  });

  test('it starts again from its own disk, and answers as far as its history goes', async () => {
    await committee.stopNode(newcomer);
    const node = await committee.startNode(newcomer, { log }, await committee.trust(1));
    await assertFollows(node);
    await pay(node.engine, 2, 1n);
    const [fetch, fulfils] = old as [Uint8Array, Uint8Array];
    assert.deepEqual(await node.engine.submit(fetch), [{ status: 'rejected', code: 112 }]);
    for (const answer of await node.engine.submit(fulfils))
      assert.deepEqual(answer, { status: 'rejected', code: 112 });
    const { engine } = committee.nodes[1]!;
    assert.equal((await engine.submit(fetch))[0]!.status, 'dealt');
    for (const answer of await engine.submit(fulfils)) assert.equal(answer.status, 'fulfilled');
  });

  test('another one begins with what it serves', async () => {
    const served = newcomer;
    evil = async (i, _, response) =>
      response.case === 'listSnapshots' && i !== served ? { case: 'listSnapshots', value: {} } : response;
    newcomer = await committee.addFollower();
    const node = await sync();
    evil = honest;
    await assertFollows(node);
    assert.equal(committee.nodes[served]!.store.meta.base, base);
    assert.deepEqual(committee.failures, []);
  });

  const said = (begin: string): Record<string, unknown>[] =>
    warnings
      .filter(({ message }) => message.startsWith(begin))
      .map(({ fields }) => fields as Record<string, unknown>);

  /** As a crash in the middle of a state sync leaves it: whatever is there is not to be trusted. */
  const cutShort = async (i: number): Promise<void> => {
    await committee.stopNode(i);
    assert.equal(existsSync(join(committee.paths[i]!, 'state-sync')), false);
    mkdirSync(join(committee.paths[i]!, 'state-sync'));
  };

  /** Serves a state in which somebody's balance is another, and blocks that go with it: only the app hash does not. */
  const forgerOf = ({ store }: Comet, folder: string): SnapshotServer => {
    const { genesis, hashes } = network;
    const name = store.snapshots.list().find(({ height }) => height === base)!;
    const ledger = restoreLedger(genesis, store.snapshots.read(name)!.bytes, name.hash, hashes);
    ledger.accounts.balance.set(0, ledger.accounts.balance.get(0) + 1n);
    const bytes = encodeState(ledger);
    mkdirSync(folder);
    const forged = {
      height: base,
      hash: createHash('sha256').update(bytes).digest(),
      path: join(folder, 'forged'),
    };
    writeFileSync(forged.path, bytes);
    const blocks = new Map<number, Uint8Array>();
    const replica = restoreLedger(genesis, bytes, forged.hash, hashes);
    for (let height = base + 1; height <= base + blocksWith(genesis.parameters); height++) {
      const block = store.block(height)!.slice();
      block.set(replica.digest, 16);
      applyBlock(replica, scanBlock(block, genesis.parameters)!, store.verdicts(height)!);
      blocks.set(height, block);
    }
    return new SnapshotServer({
      parameters: genesis.parameters,
      store: {
        meta: store.meta,
        block: (height) => blocks.get(height),
        snapshots: { ...store.snapshots, list: () => [forged] },
      },
      log,
      chunkBytes: CHUNK,
    });
  };
}
