/** merkle.ts: against RFC 6962, section 2.1, as it reads there, by recursion. Published cases: vectors.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concatBytes } from './bytes.ts';
import { nobleHashes as hashes } from './hash.ts';
import { auditPath, createMerkleBuilder, leafHash, merkleRoot, rootFromPath } from './merkle.ts';
import type { Hash } from './units.ts';

type Leaves = readonly Uint8Array[];

function split(count: number): number {
  let k = 1;
  while (2 * k < count) k *= 2;
  return k;
}

function treeHash(d: Leaves): Hash {
  if (d.length === 0) return hashes.sha256(new Uint8Array(0));
  if (d.length === 1) return hashes.sha256(concatBytes(Uint8Array.of(0), d[0]!));
  const k = split(d.length);
  return hashes.sha256(concatBytes(Uint8Array.of(1), treeHash(d.slice(0, k)), treeHash(d.slice(k))));
}

function pathOf(m: number, d: Leaves): Hash[] {
  if (d.length === 1) return [];
  const k = split(d.length);
  if (m < k) return [...pathOf(m, d.slice(0, k)), treeHash(d.slice(k))];
  return [...pathOf(m - k, d.slice(k)), treeHash(d.slice(0, k))];
}

const someLeaves = fc.array(fc.uint8Array({ maxLength: 4 }), { minLength: 1, maxLength: 70 });
const leafOf = fc.tuple(someLeaves, fc.nat()).map(([leaves, n]) => ({ leaves, index: n % leaves.length }));

describe('merkle', () => {
  it('every size to 130 has the root of the RFC', () => {
    const leaves = Array.from({ length: 130 }, (_, i) => Uint8Array.of(i));
    const builder = createMerkleBuilder(hashes);
    for (let n = 0; n <= leaves.length; n++) {
      assert.deepEqual(builder.root(), treeHash(leaves.slice(0, n)), `${n} leaves`);
      if (n < leaves.length) builder.append(leafHash(hashes, leaves[n]!));
    }
    assert.deepEqual(merkleRoot(hashes, leaves), builder.root());
  });
  it('every path of every size to 40 is that of the RFC and leads to the root', () => {
    for (let n = 1; n <= 40; n++) {
      const leaves = Array.from({ length: n }, (_, i) => Uint8Array.of(i));
      const root = merkleRoot(hashes, leaves);
      for (let i = 0; i < n; i++) {
        const path = auditPath(hashes, leaves, i);
        assert.deepEqual(path, pathOf(i, leaves));
        assert.deepEqual(rootFromPath(hashes, leaves[i]!, i, n, path), root);
      }
    }
  });
  it('a changed leaf, hash, index or count leads elsewhere or nowhere', () => {
    fc.assert(
      fc.property(leafOf, fc.nat(), ({ leaves, index }, n) => {
        const count = leaves.length;
        const path = auditPath(hashes, leaves, index);
        const root = merkleRoot(hashes, leaves);
        const leads = (leaf: Uint8Array, i: number, c: number, p: Hash[]): boolean => {
          const found = rootFromPath(hashes, leaf, i, c, p);
          return found !== undefined && Buffer.compare(found, root) === 0;
        };
        const leaf = leaves[index]!;
        assert.equal(leads(leaf, index, count, path), true);
        assert.equal(leads(concatBytes(leaf, Uint8Array.of(0)), index, count, path), false);
        assert.equal(leads(leaf, index, count, [...path, root]), false);
        assert.equal(leads(leaf, index, count, [...path, new Uint8Array(32)]), false);
        if (path.length > 0) {
          assert.equal(leads(leaf, index, count, path.slice(1)), false);
          assert.equal(leads(leaf, index, count, path.slice(0, -1)), false);
          const broken = path.map((hash) => hash.slice());
          broken[n % path.length]![n % 32]! ^= 1;
          assert.equal(leads(leaf, index, count, broken), false);
        }
        const other = n % count;
        if (Buffer.compare(leaves[other]!, leaf) !== 0) {
          assert.equal(leads(leaves[other]!, index, count, path), false);
        }
      }),
    );
  });
  it('no path', () => {
    const leaf = Uint8Array.of(1);
    for (const [index, count] of [
      [0, 0],
      [1, 1],
      [-1, 1],
      [0.5, 1],
      [Number.NaN, 1],
      [0, Number.NaN],
      [0, 2],
    ] as const) {
      assert.equal(rootFromPath(hashes, leaf, index, count, []), undefined);
    }
    assert.equal(rootFromPath(hashes, leaf, 0, 2, [new Uint8Array(31)]), undefined);
    assert.equal(rootFromPath(hashes, leaf, 0, 2 ** 33, []), undefined);
  });
  it('the largest tree', () => {
    const path = Array.from({ length: 32 }, (_, i) => new Uint8Array(32).fill(i));
    assert.ok(rootFromPath(hashes, Uint8Array.of(1), 2 ** 32 - 1, 2 ** 32, path));
    assert.ok(rootFromPath(hashes, Uint8Array.of(1), 0, 2 ** 32, path));
    assert.ok(rootFromPath(hashes, Uint8Array.of(1), 2 ** 32 - 2, 2 ** 32 - 1, path.slice(0, 31)));
    assert.equal(rootFromPath(hashes, Uint8Array.of(1), 2 ** 32 - 1, 2 ** 32, path.slice(1)), undefined);
  });
  it('a leaf that is not there', () => {
    for (const index of [-1, 2, 0.5, Number.NaN]) {
      assert.throws(() => auditPath(hashes, [new Uint8Array(0), new Uint8Array(1)], index), RangeError);
    }
    assert.throws(() => auditPath(hashes, [], 0), RangeError);
  });
});
