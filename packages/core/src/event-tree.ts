/**
 * The Merkle root of a block's events (docs/protocol.md, 10).
 *
 * PERF: events of one type have one size, so their leaves are hashed together, and then each level of the tree.
 */
import { copyBytes } from './bytes.ts';
import { createHashBatch, type HashBatch, type Hashes } from './hash.ts';
import { LEAF_PREFIX, TreeHasher } from './merkle.ts';
import type { Hash } from './units.ts';

const BATCH = 64;

/** Leaves of one size that wait to be hashed together. */
class Leaves {
  count = 0;
  readonly batch: HashBatch;
  /** Where each one's hash goes. */
  readonly places = new Uint32Array(BATCH);

  constructor(hashes: Hashes, size: number) {
    this.batch = createHashBatch(hashes, 1 + size, BATCH);
    for (let i = 0; i < BATCH; i++) this.batch.bytes[i * this.batch.stride] = LEAF_PREFIX;
  }
}

export class EventTree {
  readonly hashes: Hashes;
  readonly #tree: TreeHasher;
  readonly #bySize: (Leaves | undefined)[] = [];
  #nodes = new Uint8Array(32 * 1024);

  constructor(hashes: Hashes) {
    this.hashes = hashes;
    this.#tree = new TreeHasher(hashes);
  }

  /** Of the events that begin at the first `count` offsets, each behind its length of two bytes. */
  root(bytes: Uint8Array, offsets: Uint32Array, count: number): Hash {
    if (count * 32 > this.#nodes.length) this.#nodes = new Uint8Array(count * 64);
    for (let i = 0; i < count; i++) {
      const at = offsets[i]!;
      const size = bytes[at - 1]!;
      const leaves = this.#bySize[size] ?? this.#create(size);
      const { batch } = leaves;
      copyBytes(batch.bytes, leaves.count * batch.stride + 1, bytes, at, size);
      leaves.places[leaves.count++] = i;
      if (leaves.count === BATCH) this.#run(leaves);
    }
    for (const leaves of this.#bySize) if (leaves !== undefined && leaves.count > 0) this.#run(leaves);
    return this.#tree.root(this.#nodes, count);
  }

  #create(size: number): Leaves {
    while (this.#bySize.length <= size) this.#bySize.push(undefined);
    const leaves = new Leaves(this.hashes, size);
    this.#bySize[size] = leaves;
    return leaves;
  }

  #run(leaves: Leaves): void {
    leaves.batch.run(leaves.count);
    for (let i = 0; i < leaves.count; i++) {
      copyBytes(this.#nodes, leaves.places[i]! * 32, leaves.batch.digests, i * 32, 32);
    }
    leaves.count = 0;
  }
}
