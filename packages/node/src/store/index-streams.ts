/**
 * The cursors of a batch's accounts: which events name each of them, in order.
 *
 * PERF: two numbers an event and name while it gathers, sorted by account at the end: no object and no string a name.
 */
import { randomBytes } from 'node:crypto';
import { KeyIndex } from '@upfront/core';
import { viewOf } from './bytes.ts';
import { CURSOR_SIZE } from './keys.ts';

const ADDRESS = 20;
/** Spreads addresses that somebody chose to collide. */
const SEED = randomBytes(4).readInt32BE();

export class Streams {
  readonly #index = new KeyIndex(ADDRESS, SEED);
  #counts = new Uint32Array(1024);
  #names = 0;
  #rows = new Uint32Array(1024);
  #heights = new Float64Array(1024);
  #places = new Uint32Array(1024);
  #cursors = 0;

  /** The row of the address at `offset`, which is added if it is new. */
  rowOf(bytes: Uint8Array, offset: number): number {
    const found = this.#index.find(bytes, offset);
    if (found >= 0) return found;
    const row = this.#names++;
    this.#index.add(bytes, offset, row);
    if (row === this.#counts.length) this.#counts = grown(this.#counts, new Uint32Array(2 * row));
    return row;
  }

  /** The event is the next one that names the account. */
  add(row: number, height: number, index: number): void {
    const at = this.#cursors++;
    if (at === this.#rows.length) {
      this.#rows = grown(this.#rows, new Uint32Array(2 * at));
      this.#heights = grown(this.#heights, new Float64Array(2 * at));
      this.#places = grown(this.#places, new Uint32Array(2 * at));
    }
    this.#rows[at] = row;
    this.#heights[at] = height;
    this.#places[at] = index;
    this.#counts[row] = this.#counts[row]! + 1;
  }

  /** Every account by address, with its cursors (keys.ts) one after the other. */
  sorted(): { name: Buffer; bytes: Buffer }[] {
    const bytes = Buffer.allocUnsafeSlow(this.#cursors * CURSOR_SIZE);
    const view = viewOf(bytes);
    const ends = new Uint32Array(this.#names);
    let sum = 0;
    for (let row = 0; row < this.#names; row++) {
      ends[row] = sum;
      sum += this.#counts[row]!;
    }
    for (let i = 0; i < this.#cursors; i++) {
      const row = this.#rows[i]!;
      const at = ends[row]! * CURSOR_SIZE;
      ends[row] = ends[row]! + 1;
      const height = this.#heights[i]!;
      view.setUint32(at, Math.floor(height / 2 ** 32));
      view.setUint32(at + 4, height >>> 0);
      view.setUint32(at + 8, this.#places[i]!);
    }
    const keys = Buffer.from(this.#index.keys.buffer, 0, this.#names * ADDRESS);
    return Array.from({ length: this.#names }, (_, row) => ({
      name: keys.subarray(row * ADDRESS, (row + 1) * ADDRESS),
      bytes: bytes.subarray((ends[row]! - this.#counts[row]!) * CURSOR_SIZE, ends[row]! * CURSOR_SIZE),
    })).sort((a, b) => Buffer.compare(a.name, b.name));
  }
}

function grown<T extends Uint32Array | Float64Array>(old: T, wider: T): T {
  wider.set(old);
  return wider;
}
