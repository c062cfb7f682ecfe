/**
 * Merkle trees: one root for all events of a block, and a short path for each.
 *
 * docs/protocol.md, section 10; RFC 6962, section 2.1. Leaves and nodes are hashed apart, so no node passes
 * for a leaf.
 */
import { concatBytes, copyBytes } from './bytes.ts';
import { createHashBatch, type HashBatch, type Hashes } from './hash.ts';
import type { Hash } from './units.ts';

/** The prefix byte of a leaf's preimage; a node's is 1. */
export const LEAF_PREFIX = 0;
const NODE_PREFIX = 1;

/** A tree that takes leaves one by one and keeps one hash a level. */
export interface MerkleBuilder {
  /** `leaf`: from {@link leafHash}. */
  append(leaf: Hash): void;
  /** Of what was appended; more may follow. */
  root(): Hash;
}

/** sha256(0 ‖ leaf). */
export function leafHash(hashes: Hashes, leaf: Uint8Array): Hash {
  return hashes.sha256(concatBytes(Uint8Array.of(LEAF_PREFIX), leaf));
}

/** The root over these leaves; of none, sha256 of nothing. */
export function merkleRoot(hashes: Hashes, leaves: readonly Uint8Array[]): Hash {
  const builder = createMerkleBuilder(hashes);
  for (const leaf of leaves) builder.append(leafHash(hashes, leaf));
  return builder.root();
}

/** PERF: full subtrees join as a binary counter carries, so n leaves cost n - 1 node hashes and no recursion. */
export function createMerkleBuilder(hashes: Hashes): MerkleBuilder {
  const join = createJoin(hashes);
  const pending: Hash[] = [];
  let count = 0;

  return {
    append(leaf) {
      let node = leaf;
      for (let carry = count; carry % 2 === 1; carry = (carry - 1) / 2) node = join(pending.pop()!, node);
      pending.push(node);
      count++;
    },
    root() {
      if (count === 0) return hashes.sha256(new Uint8Array(0));
      let node = pending[pending.length - 1]!;
      for (let i = pending.length - 2; i >= 0; i--) node = join(pending[i]!, node);
      return node;
    },
  };
}

/** Node hashes made together. */
const JOIN_BATCH = 64;

/**
 * The root over leaf hashes that stand one after the other, for blocks of many. PERF: a level's nodes are hashed
 * together; the last node of an odd level goes up as it is, which gives the same tree as the builder's.
 */
export class TreeHasher {
  readonly #hashes: Hashes;
  readonly #batch: HashBatch;

  constructor(hashes: Hashes) {
    this.#hashes = hashes;
    this.#batch = createHashBatch(hashes, 65, JOIN_BATCH);
    for (let i = 0; i < JOIN_BATCH; i++) this.#batch.bytes[i * this.#batch.stride] = NODE_PREFIX;
  }

  /** Of the first `count` leaves, whose bytes are overwritten. */
  root(leaves: Uint8Array, count: number): Hash {
    if (count === 0) return this.#hashes.sha256(new Uint8Array(0));
    for (let nodes = count; nodes > 1; nodes = (nodes + (nodes & 1)) / 2) {
      const pairs = (nodes - (nodes & 1)) / 2;
      for (let done = 0; done < pairs; done += JOIN_BATCH) {
        this.#join(leaves, done, Math.min(JOIN_BATCH, pairs - done));
      }
      if (nodes % 2 === 1) copyBytes(leaves, pairs * 32, leaves, (nodes - 1) * 32, 32);
    }
    return leaves.slice(0, 32);
  }

  /** `count` nodes from pair `from` on; each is written where no pair is read any more. */
  #join(nodes: Uint8Array, from: number, count: number): void {
    const { bytes, stride, digests } = this.#batch;
    for (let i = 0; i < count; i++) copyBytes(bytes, i * stride + 1, nodes, (from + i) * 64, 64);
    this.#batch.run(count);
    nodes.set(digests.subarray(0, count * 32), from * 32);
  }
}

/** The audit path of leaf `index`, from its sibling to the root's child. Throws RangeError if there is no such leaf. */
export function auditPath(hashes: Hashes, leaves: readonly Uint8Array[], index: number): Hash[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
    throw new RangeError(`no leaf ${index} among ${leaves.length}`);
  }
  const join = createJoin(hashes);
  const path: Hash[] = [];
  let level = leaves.map((leaf) => leafHash(hashes, leaf));
  for (let at = index; level.length > 1; at >>>= 1) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined) path.push(sibling);
    const above: Hash[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const right = level[i + 1];
      above.push(right === undefined ? level[i]! : join(level[i]!, right));
    }
    level = above;
  }
  return path;
}

/** The root that a leaf and its audit path give (RFC 9162, section 2.1.3.2); undefined if the path is not one of leaf `index` of `count`. */
export function rootFromPath(
  hashes: Hashes,
  leaf: Uint8Array,
  index: number,
  count: number,
  path: readonly Hash[],
): Hash | undefined {
  if (!Number.isInteger(index) || index < 0 || !(index < count) || count > 2 ** 32) return undefined;
  const join = createJoin(hashes);
  let node = leafHash(hashes, leaf);
  let at = index;
  let last = count - 1;
  for (const sibling of path) {
    if (last === 0 || sibling.length !== 32) return undefined;
    if (at % 2 === 1 || at === last) {
      node = join(sibling, node);
      // The last node of an odd level goes up unjoined: skip the levels where it has no sibling.
      for (; at % 2 === 0 && at !== 0; at /= 2) last >>>= 1;
    } else {
      node = join(node, sibling);
    }
    at >>>= 1;
    last >>>= 1;
  }
  return last === 0 ? node : undefined;
}

function createJoin(hashes: Hashes): (left: Hash, right: Hash) => Hash {
  const preimage = new Uint8Array(65);
  preimage[0] = NODE_PREFIX;
  return (left, right) => {
    copyBytes(preimage, 1, left, 0, 32);
    copyBytes(preimage, 33, right, 0, 32);
    return hashes.sha256(preimage);
  };
}
