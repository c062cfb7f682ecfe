/**
 * The store on a real disk: what is written is found, also by another process; what is not whole is refused.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import {
  createDomain,
  defaultParameters,
  EventLog,
  encodeBlock,
  encodeFulfil,
  type FormedSettlement,
  nobleHashes,
} from '@upfront/core';
import type { FinalBlock } from '../replica.ts';
import { openStore } from './lmdb-store.ts';
import { openSnapshots } from './snapshots.ts';
import type { Store } from './store.ts';

const HASH = new Uint8Array(32);
const address = (i: number): Uint8Array => new Uint8Array(20).fill(i);
const topic = new Uint8Array(32).fill(0x70);
const directories: string[] = [];
let path: string;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'upfront-store-'));
  directories.push(path);
});
after(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

function open(genesis = 1): Promise<Store> {
  return openStore({
    path,
    genesisHash: new Uint8Array(32).fill(genesis),
    parameters: defaultParameters,
    domain: createDomain(1, address(9), nobleHashes),
    fatal: assert.fail,
  });
}

/** A block with these messages and events; nothing else of it is real. */
function blockOf(
  height: number,
  write: (log: EventLog) => void,
  fulfils: Uint8Array[] = [],
  formed?: FormedSettlement,
): FinalBlock {
  const log = new EventLog();
  write(log);
  const views = { views: [], headerSignatures: [], items: [], fetches: [] };
  const bytes = encodeBlock({ height, time: height, parent: HASH, ...views, fulfils });
  const header = { height, parent: HASH, events: HASH, state: HASH, settlement: HASH };
  const signatures = [{ validator: address(1), signature: new Uint8Array(64).fill(height) }];
  return {
    height,
    time: height,
    header,
    digest: HASH,
    signatures,
    bytes,
    events: log.bytes(),
    ...(formed && { formed }),
  };
}

async function put(
  store: Store,
  block: FinalBlock,
  results: number[] = [],
  validators = address(1),
): Promise<void> {
  await store.append(block.height, block.bytes, new Uint8Array(results.length).fill(1));
  store.index(block, validators, Uint16Array.from(results));
}

const transfer = (log: EventLog, nonce: number, from: number, to: number): void =>
  log.transferred(nonce, address(from), 0, address(to), 0, 1n, HASH, 0);

test('what is indexed is found, at once and after reopening', async () => {
  let store = await open();
  const fulfil = (nonce: number, salt: number): Uint8Array =>
    encodeFulfil({ kind: 'post', nonce, salt: new Uint8Array(16).fill(salt), data: Uint8Array.of(salt) });
  const formed = {
    number: 1,
    inbox: 3,
    height: 2,
    hash: HASH,
    debits: Uint8Array.of(1, 2),
    credits: Uint8Array.of(3),
    payouts: new Uint8Array(0),
    rotation: Uint8Array.of(4),
  };
  await put(
    store,
    blockOf(1, (log) => {
      log.dealt(address(2), 0, 7n, 255, 3, 1n, 1n, HASH, 5);
      log.refused(address(3), 0, 8n, 11);
    }),
  );
  const second = blockOf(
    2,
    (log) => {
      log.posted(256, address(2), 0, topic, 0, 1, HASH);
      log.delivered(topic, 0, 256, true);
      log.annulled(255, address(2), 0, 7n, new Uint8Array(32).fill(0xa0, 0, 1));
      log.delivered(topic, 0, 257, false);
    },
    [fulfil(256, 1), fulfil(256, 2)],
    formed,
  );
  // The first of both fulfilments was rejected: it is not the one that the nonce was fulfilled with.
  await put(store, second, [23, 0], Buffer.concat([address(1), address(4)]));

  const check = async (): Promise<void> => {
    assert.deepEqual(await store.resolution(255), { height: 2, index: 2 });
    assert.deepEqual(await store.resolution(256), { height: 2, index: 0 });
    assert.deepEqual(await store.resolution(257), { height: 2, index: 2 });
    assert.equal(await store.resolution(258), undefined);
    assert.equal(await store.resolution(100_000), undefined);
    assert.deepEqual(await store.fulfilBytes(256), fulfil(256, 2));
    assert.equal(await store.fulfilBytes(255), undefined);
    const { first, count, height, index } = (await store.fetchOfNonce(257))!;
    assert.deepEqual([first, count, height, index], [255, 3, 1, 0]);
    assert.equal(await store.fetchOfNonce(254), undefined);
    assert.equal(await store.fetchOfNonce(258), undefined);
    assert.deepEqual(await store.topicDeliveries(topic, { height: 0, index: 0 }, 10), [
      { height: 2, index: 1, nonce: 256, fulfilled: true },
      { height: 2, index: 3, nonce: 257, fulfilled: false },
    ]);
    assert.equal((await store.topicDeliveries(topic, { height: 2, index: 2 }, 10)).length, 1);
    assert.deepEqual(await store.topicDeliveries(HASH, { height: 0, index: 0 }, 10), []);
    assert.deepEqual(store.settlement(1), { height: 2, formed });
    assert.equal(store.settlement(2), undefined);
    assert.deepEqual(store.validatorsAt(1), [address(1)]);
    assert.deepEqual(store.validatorsAt(2), [address(1), address(4)]);
    assert.deepEqual(store.block(2), second.bytes);
    assert.deepEqual(store.events(2), second.events);
    assert.deepEqual(store.header(2)!.signatures, second.signatures);
    assert.equal(store.block(3), undefined);
    assert.equal(store.events(3), undefined);
  };
  await check();
  await store.close();
  store = await open();
  assert.deepEqual([store.meta.height, store.meta.indexed], [2, 2]);
  await check();
  await store.close();
});

test('an account’s events are read from any cursor on, over records of every size', async () => {
  const store = await open();
  const expected: { height: number; index: number }[] = [];
  let nonce = 0;
  for (let height = 1; height <= 6; height++) {
    const count = [1, 3000, 1024, 0, 7, 1023][height - 1]!;
    for (let index = 0; index < count; index++) expected.push({ height, index });
    await put(
      store,
      blockOf(height, (log) => {
        for (let i = 0; i < count; i++) transfer(log, nonce++, 5, i % 3 === 0 ? 5 : 6);
      }),
    );
    if (height % 2 === 0) await store.resolution(0);
  }
  assert.deepEqual(await store.accountEvents(address(5), { height: 0, index: 0 }, 10_000), expected);
  for (const from of [0, 1, 2, 1024, 1025, 2999, 3000, 3001, 4030, 5050, expected.length - 1]) {
    assert.deepEqual(
      await store.accountEvents(address(5), expected[from]!, 5),
      expected.slice(from, from + 5),
    );
  }
  assert.deepEqual(await store.accountEvents(address(5), { height: 4, index: 0 }, 1), [
    { height: 5, index: 0 },
  ]);
  assert.deepEqual(await store.accountEvents(address(5), { height: 7, index: 0 }, 9), []);
  assert.deepEqual(await store.accountEvents(address(4), { height: 0, index: 0 }, 9), []);
  assert.deepEqual(await store.accountEvents(address(7), { height: 0, index: 0 }, 9), []);
  assert.deepEqual(await store.accountEvents(address(5), { height: 0, index: 0 }, 0), []);
  await store.close();
});

test('what was durable and not indexed when the process ended is still to be indexed', async () => {
  let store = await open();
  await put(
    store,
    blockOf(1, (log) => transfer(log, 0, 2, 3)),
  );
  const second = blockOf(2, (log) => transfer(log, 1, 2, 3));
  await store.append(2, second.bytes, new Uint8Array(0));
  await store.close();
  store = await open();
  assert.deepEqual([store.meta.height, store.meta.indexed], [2, 1]);
  assert.throws(
    () => store.index({ ...second, height: 3 }, address(1), new Uint16Array(0)),
    /where 2 is next/,
  );
  store.index(second, address(1), new Uint16Array(0));
  assert.deepEqual(await store.resolution(1), { height: 2, index: 0 });
  await store.close();
});

test('a block above one that a failing sync has lost is dropped: it was never given out', async () => {
  const store = await open();
  await put(
    store,
    blockOf(1, () => {}),
  );
  await store.append(3, blockOf(3, () => {}).bytes, new Uint8Array(0));
  await store.close();
  const again = await open();
  assert.equal(again.meta.height, 1);
  assert.equal(again.block(3), undefined);
  await again.close();
});

test('a directory is one process’s, and one network’s', async () => {
  const store = await open();
  await assert.rejects(open(), /another process uses this data directory/);
  await store.close();
  await assert.rejects(open(2), /holds the network with genesis/);
  await (await open()).close();
});

test('snapshots: the newest two are kept; one that is not what its name says is not read', async () => {
  const files = openSnapshots(path);
  const bytes = (i: number): Uint8Array => new Uint8Array(1000).fill(i);
  for (const height of [9, 10, 11])
    await files.write(height, nobleHashes.sha256(bytes(height)), bytes(height));
  const [newest, older, ...rest] = files.list();
  assert.deepEqual([newest!.height, older!.height, rest.length], [11, 10, 0]);
  assert.deepEqual(files.read(older!), { bytes: bytes(10), hash: nobleHashes.sha256(bytes(10)) });
  writeFileSync(newest!.path, bytes(3));
  assert.equal(files.read(newest!), undefined);
  writeFileSync(`${newest!.path}.part`, 'half');
  openSnapshots(path);
  assert.equal(readdirSync(path).length, 2);
});
