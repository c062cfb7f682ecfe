/** How a client knows its network: from the options, the journal or a node; and what it does without a node. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeGenesis, toHex } from '@upfront/core';
import { privateKeyToAccount } from 'viem/accounts';
import { TestNode } from '../test/test-node.ts';
import { lastingJournal, world } from '../test/world.ts';
import { createClient } from './createClient.ts';
import { ConfigurationError, NetworkMismatchError, NoNodeError } from './errors/kinds.ts';
import { unwrap } from './outcome.ts';

const account = privateKeyToAccount(`0x${'01'.repeat(32)}`);
const to = `0x${'99'.repeat(20)}` as const;
const other = new TestNode({ fee: 11n }).genesis;

test('client: with the genesis, in whatever form, nobody is asked for it', async (t) => {
  const { node, client } = await world(t);
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = (input, init) => {
    asked.push(new URL(String(input)).pathname);
    return globalThis.fetch(input, init);
  };
  await node.deposit(account.address, 1_000_000_000n);
  const bytes = encodeGenesis(node.genesis);
  for (const genesis of [node.genesis, bytes, toHex(bytes)]) {
    const one = client({ genesis, fetch, account, journal: lastingJournal() });
    assert.deepEqual((await one.network()).bytes, bytes);
    await one.close();
  }
  unwrap(await client({ genesis: bytes, fetch, account, journal: lastingJournal() }).pay({ to, amount: 1n }));
  assert.ok(asked.length > 0 && !asked.includes('/v1/genesis'), asked.join(' '));
});

test('client: a genesis that is none, or not the one of its hash or of the journal, is refused', async (t) => {
  const { node, client } = await world(t);
  const journal = lastingJournal();
  assert.throws(() => createClient({ genesis: '0x0' }), ConfigurationError);
  assert.throws(() => createClient({ genesis: '0x00' }), NetworkMismatchError);
  const genesisHash = (await client({}).network()).hash;
  assert.throws(() => createClient({ genesis: other, genesisHash }), NetworkMismatchError);
  const begun = client({ genesis: node.genesis, account, journal });
  await begun.network();
  await begun.close();
  const wrong = client({ genesis: other, account, journal });
  await assert.rejects(() => wrong.network(), NetworkMismatchError);
});

test('client: without a node it checks receipts, and sends nothing', async (t) => {
  const { node, person } = await world(t);
  const { client: payer, account: from } = await person();
  const { nonce } = unwrap(await payer.pay({ to, amount: 7n }));
  const { json } = await payer.receipt({ nonce });

  const reader = createClient({ genesis: node.genesis });
  assert.equal((await reader.verifyReceipt({ receipt: json })).event.type, 'transferred');
  await assert.rejects(() => reader.status(), NoNodeError);
  await assert.rejects(() => reader.follow().next(), NoNodeError);

  const writer = createClient({ genesis: node.genesis, account: from, journal: lastingJournal() });
  t.after(() => writer.close());
  const { frames } = node;
  await assert.rejects(() => writer.pay({ to, amount: 7n }), NoNodeError);
  const hold = { nonce: 1, payer: to, sequence: 0n, index: 0 };
  await assert.rejects(() => writer.capture({ ...hold, amount: 1n }), NoNodeError);
  assert.equal(node.frames, frames);
  assert.equal((await writer.book('test')).entries().length, 0);
});

test('client: with neither node nor genesis the journal knows the network, if it was begun', async (t) => {
  const { client, node } = await world(t);
  const journal = lastingJournal();
  await assert.rejects(() => createClient({}).network(), ConfigurationError);
  const begun = client({ account, journal });
  await begun.network();
  await begun.close();
  const later = createClient({ account, journal });
  t.after(() => later.close());
  assert.deepEqual((await later.network()).bytes, encodeGenesis(node.genesis));
});
