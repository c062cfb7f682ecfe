/** What a vote's extension has to be, a rule a row: one that breaks it and nothing else is no extension. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type BlockParts, createLedger, encodeBlock, type L1View, type SignedView } from '@upfront/core';
import { createTestNetwork, type Payer, transfersOf, ZERO } from '../testing.ts';
import { encodeExtension, readExtension } from './extension.ts';

const network = await createTestNetwork(2, Date.now(), {}, 4);
const { genesis, hashes, curve, domain } = network;
const { parameters } = genesis;
const ledger = createLedger(genesis, hashes);
const [one, other] = network.validators as [Payer, Payer];
const digest = hashes.sha256(Buffer.from('the header before'));
const HEIGHT = 7;

const headerSignature = (by: Payer, of = digest, name = by.address) => ({
  validator: name,
  signature: curve.sign(of, by.key),
});
const said: L1View = {
  time: genesis.time,
  items: 3,
  head: hashes.sha256(Buffer.from('head')),
  settled: 1,
  validators: hashes.sha256(Buffer.from('set')),
  rotation: new Uint8Array(20),
  change: 0,
};
const viewBy = (by: Payer, name = by.address, signed = said): SignedView => ({
  ...said,
  validator: name,
  signature: curve.sign(domain.viewDigest(signed), by.key),
});

const { fetch, fulfil } = transfersOf(network, network.payers[0]!, 0n, network.payers[1]!.address, 1);
const item = { kind: 1, account: network.payers[0]!.address, amount: 1n, data: ZERO };
const good: BlockParts = {
  height: HEIGHT,
  time: 0,
  parent: digest,
  views: [viewBy(one)],
  headerSignatures: [headerSignature(one)],
  items: [],
  fulfils: [],
  fetches: [],
};

function read(bytes: Uint8Array, height = HEIGHT) {
  return readExtension(bytes, { height, digest, validator: one.address }, { ledger, curve, parameters });
}

const broken = (signature: Uint8Array): Uint8Array => signature.map((byte, i) => (i === 9 ? byte ^ 1 : byte));

describe('an extension', () => {
  test('is what the node says: a signature of the header before, and its view', () => {
    const [view] = good.views;
    const [signature] = good.headerSignatures;
    const bytes = encodeExtension(HEIGHT, digest, { view, signature });
    assert.deepEqual(bytes, encodeBlock(good));
    assert.deepEqual(read(bytes), { view, signature });
    const blind = encodeExtension(HEIGHT, digest, { view: undefined, signature });
    assert.deepEqual(read(blind), { view: undefined, signature });
    const first = encodeExtension(1, digest, { view, signature: undefined });
    assert.deepEqual(read(first, 1), { view, signature: undefined });
  });

  const rows: [string, Partial<BlockParts>, number?][] = [
    ['of another height', { height: HEIGHT + 1 }],
    ['with a time', { time: 1 }],
    ['after another header', { parent: ZERO }],
    ['with an item', { items: [item] }],
    ['with a fulfilment', { fulfils: [fulfil(0, 0)] }],
    ['with a fetch', { fetches: [fetch] }],
    ['without a signature', { headerSignatures: [] }],
    ['with two signatures', { headerSignatures: [headerSignature(one), headerSignature(one)] }],
    ['of height 1 with a signature', { height: 1 }, 1],
    ['with two views', { views: [viewBy(one), viewBy(one)] }],
    ['with the signature of another, by its name', { headerSignatures: [headerSignature(other)] }],
    ["with another's signature", { headerSignatures: [headerSignature(other, digest, one.address)] }],
    [
      'with its signature in another name',
      { headerSignatures: [headerSignature(one, digest, other.address)] },
    ],
    ['with a signature of another header', { headerSignatures: [headerSignature(one, ZERO)] }],
    [
      'with a broken signature',
      { headerSignatures: [{ validator: one.address, signature: broken(curve.sign(digest, one.key)) }] },
    ],
    [
      'with a signature that is none',
      { headerSignatures: [{ validator: one.address, signature: new Uint8Array(64) }] },
    ],
    ['with the view of another, by its name', { views: [viewBy(other)] }],
    ["with another's view", { views: [viewBy(other, one.address)] }],
    ['with its view in another name', { views: [viewBy(one, other.address)] }],
    ['with a view that it did not sign so', { views: [viewBy(one, one.address, { ...said, items: 4 })] }],
  ];
  for (const [name, parts, height] of rows)
    test(`is none: ${name}`, () => assert.equal(read(encodeBlock({ ...good, ...parts }), height), undefined));

  test('is none: bytes that are no block', () => {
    const bytes = encodeBlock(good);
    for (const garbage of [new Uint8Array(0), bytes.slice(0, -1), Buffer.concat([bytes, ZERO])])
      assert.equal(read(new Uint8Array(garbage)), undefined);
  });
});
