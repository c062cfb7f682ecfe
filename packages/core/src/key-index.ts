/**
 * An open-addressed index from fixed-width keys (addresses, topics) to row numbers.
 * Keys stand in one byte column, a row each; slots hold row + 1, probed linearly, at most half full.
 * The seed only spreads keys that somebody chose to collide; no result depends on it.
 */
const FIRST_ROWS = 1024;

export class KeyIndex {
  readonly width: number;
  keys: Uint8Array;
  readonly #seed: number;
  #slots: Int32Array;
  #mask: number;
  #used = 0;

  constructor(width: number, seed: number) {
    this.width = width;
    this.#seed = seed | 0;
    this.keys = new Uint8Array(FIRST_ROWS * width);
    this.#slots = new Int32Array(FIRST_ROWS * 2);
    this.#mask = this.#slots.length - 1;
  }

  /** The row of the key that stands at `offset` of `bytes`, or -1. */
  find(bytes: Uint8Array, offset: number): number {
    let slot = this.#home(bytes, offset);
    for (;;) {
      const row = this.#slots[slot]! - 1;
      if (row < 0 || this.#equals(row, bytes, offset)) return row;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Adds a key that is not there, under a row that is free. */
  add(bytes: Uint8Array, offset: number, row: number): void {
    if ((this.#used + 1) * 2 > this.#slots.length) this.#grow();
    const end = (row + 1) * this.width;
    if (end > this.keys.length) {
      const keys = new Uint8Array(Math.max(this.keys.length * 2, end));
      keys.set(this.keys);
      this.keys = keys;
    }
    for (let i = 0; i < this.width; i++) this.keys[row * this.width + i] = bytes[offset + i]!;
    this.#place(row);
    this.#used++;
  }

  /** Takes a row out; the probe run behind it moves up, so that no tombstone stays. */
  remove(row: number): void {
    let hole = this.#home(this.keys, row * this.width);
    while (this.#slots[hole]! - 1 !== row) hole = (hole + 1) & this.#mask;
    let slot = hole;
    for (;;) {
      slot = (slot + 1) & this.#mask;
      const other = this.#slots[slot]! - 1;
      if (other < 0) break;
      const home = this.#home(this.keys, other * this.width);
      // It may move into the hole only if its home is not between the hole (exclusive) and its slot (inclusive).
      if (((slot - home) & this.#mask) >= ((slot - hole) & this.#mask)) {
        this.#slots[hole] = other + 1;
        hole = slot;
      }
    }
    this.#slots[hole] = 0;
    this.#used--;
  }

  #place(row: number): void {
    let slot = this.#home(this.keys, row * this.width);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = row + 1;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#slots.length - 1;
    for (const entry of old) if (entry !== 0) this.#place(entry - 1);
  }

  #home(bytes: Uint8Array, offset: number): number {
    let hash = this.#seed;
    for (let i = 0; i < this.width; i += 4) {
      const at = offset + i;
      const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      hash = Math.imul(hash ^ Math.imul(word, 0xcc9e2d51), 0x1b873593);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ (hash >>> 13), 0x85ebca6b);
    return (hash ^ (hash >>> 16)) & this.#mask;
  }

  #equals(row: number, bytes: Uint8Array, offset: number): boolean {
    const start = row * this.width;
    for (let i = 0; i < this.width; i++) if (this.keys[start + i] !== bytes[offset + i]) return false;
    return true;
  }
}
