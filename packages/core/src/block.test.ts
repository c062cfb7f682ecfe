/** block.ts: back and forth for any block; counts that lie cost nothing. Cases by hand: vectors.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BLOCK, type BlockParts, encodeBlock, ITEM, type Item, itemHead, scanBlock } from './block.ts';
import { viewOf } from './bytes.ts';
import { defaultParameters as parameters } from './genesis.ts';
import { nobleHashes as hashes } from './hash.ts';
import { toHex } from './hex.ts';
import { encodeFetch, encodeFulfil } from './messages.ts';

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(model, { noNullPrototype: true });
const run = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const count = fc.maxSafeNat();
const fulfil = run(16).map((salt) => encodeFulfil({ kind: 'withdraw', nonce: 1, salt, amount: 1n }));
const fetch = run(64).map((signature) =>
  encodeFetch({
    account: signature.subarray(0, 20),
    sequence: 1n,
    limit: 2n,
    budget: 3n,
    expires: 4,
    signature,
    intents: [{ kind: 'validate' }],
  }),
);
const blocks: fc.Arbitrary<BlockParts> = record({
  height: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  time: count,
  parent: run(32),
  views: fc.array(
    record({
      validator: run(20),
      time: count,
      items: count,
      head: run(32),
      settled: count,
      validators: run(32),
      rotation: run(20),
      change: fc.constantFrom(0 as const, 1 as const, 2 as const),
      signature: run(64),
    }),
    { maxLength: 3 },
  ),
  headerSignatures: fc.array(record({ validator: run(20), signature: run(64) }), { maxLength: 3 }),
  items: fc.array(
    record({
      kind: fc.constantFrom(...Object.values(ITEM)),
      account: run(20),
      amount: fc.bigInt(0n, 2n ** 64n - 1n),
      data: run(32),
    }),
    { maxLength: 3 },
  ),
  fulfils: fc.array(fulfil, { maxLength: 3 }),
  fetches: fc.array(fetch, { maxLength: 3 }),
});

describe('blocks', () => {
  it('back and forth, wherever the buffer begins', () => {
    fc.assert(
      fc.property(blocks, fc.nat(5), (parts, margin) => {
        const encoded = encodeBlock(parts);
        const bytes = new Uint8Array(encoded.length + 2 * margin).subarray(margin, margin + encoded.length);
        bytes.set(encoded);
        const index = scanBlock(bytes, parameters);
        assert.ok(index);
        const { fulfils, fulfilSizes, fetches, fetchSizes, bytes: same, view: _, ...rest } = index;
        const cut = (offsets: Uint32Array, sizes: Uint32Array): Uint8Array[] =>
          [...offsets].map((at, i) => bytes.slice(at, at + sizes[i]!));
        assert.deepEqual(
          { ...rest, fulfils: cut(fulfils, fulfilSizes), fetches: cut(fetches, fetchSizes) },
          parts,
        );
        assert.equal(same, bytes);
      }),
    );
  });
  it('every prefix is malformed, and so is a byte more', () => {
    fc.assert(
      fc.property(blocks, (parts) => {
        const bytes = encodeBlock(parts);
        for (let size = 0; size < bytes.length; size++) {
          assert.equal(scanBlock(bytes.subarray(0, size), parameters), undefined);
        }
        assert.equal(scanBlock(new Uint8Array([...bytes, 0]), parameters), undefined);
      }),
      { numRuns: 20 },
    );
  });
  it('what is kept of it shares no memory with it', () => {
    const parts = fc
      .sample(blocks, { numRuns: 20, seed: 1 })
      .find(({ views, items }) => views[0] && items[0])!;
    const bytes = encodeBlock(parts);
    const index = scanBlock(bytes, parameters)!;
    bytes.fill(0xff);
    assert.deepEqual(index.views, parts.views);
    assert.deepEqual(index.items, parts.items);
    assert.deepEqual(index.parent, parts.parent);
  });
  it('a count that lies is found before room is made for it', () => {
    const bytes = encodeBlock(fc.sample(blocks, { numRuns: 1, seed: 1 })[0]!);
    for (const at of [BLOCK.items, BLOCK.fulfils, BLOCK.fetches]) {
      const lying = bytes.slice();
      viewOf(lying).setUint32(at, 2 ** 32 - 1);
      assert.equal(scanBlock(lying, parameters), undefined);
    }
  });
  it('encoding refuses what does not fit', () => {
    const parts = fc.sample(blocks, { numRuns: 1, seed: 1 })[0]!;
    assert.throws(() => encodeBlock({ ...parts, height: -1 }), RangeError);
    assert.throws(() => encodeBlock({ ...parts, parent: new Uint8Array(31) }), RangeError);
    const item: Item = { kind: 1, account: new Uint8Array(20), amount: 2n ** 64n, data: new Uint8Array(32) };
    assert.throws(() => encodeBlock({ ...parts, items: [item] }), RangeError);
  });
});

describe('the head of the items', () => {
  const item: Item = { kind: 1, account: new Uint8Array(20).fill(1), amount: 5n, data: new Uint8Array(32) };
  const zero = new Uint8Array(32);

  it('binds the one before, the number and every field', () => {
    const heads = [
      itemHead(hashes, zero, 1, item),
      itemHead(hashes, new Uint8Array(32).fill(1), 1, item),
      itemHead(hashes, zero, 2, item),
      itemHead(hashes, zero, 1, { ...item, kind: 2 }),
      itemHead(hashes, zero, 1, { ...item, account: new Uint8Array(20) }),
      itemHead(hashes, zero, 1, { ...item, amount: 6n }),
      itemHead(hashes, zero, 1, { ...item, data: new Uint8Array(32).fill(1) }),
    ];
    assert.equal(new Set(heads.map(toHex)).size, heads.length);
  });
  it('refuses what does not fit', () => {
    assert.throws(() => itemHead(hashes, new Uint8Array(31), 1, item), RangeError);
    assert.throws(() => itemHead(hashes, zero, -1, item), RangeError);
    assert.throws(() => itemHead(hashes, zero, 1, { ...item, amount: -1n }), RangeError);
  });
});
