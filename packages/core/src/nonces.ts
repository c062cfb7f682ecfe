/**
 * The open nonces and their fetches, in typed columns, and the lists that annul them (docs/protocol.md, 6).
 * Windows come in few lengths (transfer, post, and whole seconds of holds), so one first-in-first-out list a length
 * keeps deadlines in order: adding, taking out and finding what is due are O(1), whatever is open.
 */
import { grown } from './accounts.ts';
import type { Parameters } from './genesis.ts';
import { KIND } from './messages.ts';

const FIRST_ROWS = 1024;
const NONE = -1;

/** The classes of windows: 0 transfer and withdraw, 1 post and validate, 2 + s a hold of s seconds. */
const CLASS = { transfer: 0, post: 1, hold: 2 } as const;

/** Fetches with an open nonce: one row each. */
export class OpenFetches {
  count = 0;
  account = new Uint32Array(FIRST_ROWS);
  sequence = new BigUint64Array(FIRST_ROWS);
  first = new Float64Array(FIRST_ROWS);
  size = new Uint16Array(FIRST_ROWS);
  open = new Uint16Array(FIRST_ROWS);
  /** What is left of the budget; part of the account's `reserved`. */
  rest = new BigUint64Array(FIRST_ROWS);
  /** The maxima and stakes of the nonces still open; never above `rest`. */
  earmarked = new BigUint64Array(FIRST_ROWS);
  clock = new Float64Array(FIRST_ROWS);
  height = new Float64Array(FIRST_ROWS);
  readonly #free: number[] = [];
  #rows = 0;

  add(): number {
    this.count++;
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const row = this.#rows++;
    if (row === this.account.length) this.#grow(row * 2);
    return row;
  }

  remove(row: number): void {
    this.count--;
    this.#free.push(row);
  }

  #grow(rows: number): void {
    this.account = grown(this.account, new Uint32Array(rows));
    this.sequence = grown(this.sequence, new BigUint64Array(rows));
    this.first = grown(this.first, new Float64Array(rows));
    this.size = grown(this.size, new Uint16Array(rows));
    this.open = grown(this.open, new Uint16Array(rows));
    this.rest = grown(this.rest, new BigUint64Array(rows));
    this.earmarked = grown(this.earmarked, new BigUint64Array(rows));
    this.clock = grown(this.clock, new Float64Array(rows));
    this.height = grown(this.height, new Float64Array(rows));
  }
}

/** Open nonces: one row each, found by number. */
export class OpenNonces {
  count = 0;
  readonly fetches = new OpenFetches();
  nonce = new Float64Array(FIRST_ROWS);
  fetch = new Uint32Array(FIRST_ROWS);
  index = new Uint16Array(FIRST_ROWS);
  kind = new Uint8Array(FIRST_ROWS);
  /** The commitment; of a hold the payee's 20 bytes. */
  pledge = new Uint8Array(FIRST_ROWS * 32);
  /** A hold's max, a post's stake. */
  amount = new BigUint64Array(FIRST_ROWS);
  /** A post's declared size in bytes. */
  size = new Uint16Array(FIRST_ROWS);
  /** A post's place in its topic's list. */
  delivery = new Int32Array(FIRST_ROWS);
  /** The class of its window. */
  window = new Uint16Array(FIRST_ROWS);
  /** The neighbours in the list of its class; `next` also links the free rows. */
  #next = new Int32Array(FIRST_ROWS);
  #previous = new Int32Array(FIRST_ROWS);
  #rows = 0;
  #freeHead = NONE;
  /** A nonce's home leads to row + 1, probed linearly, at most half full. */
  #slots = new Int32Array(FIRST_ROWS * 2);
  #mask = FIRST_ROWS * 2 - 1;
  readonly #heads: Int32Array;
  readonly #tails: Int32Array;
  readonly #lengths: Float64Array;

  constructor(parameters: Parameters) {
    const classes = CLASS.hold + parameters.windowHoldMost + 1;
    this.#heads = new Int32Array(classes).fill(NONE);
    this.#tails = new Int32Array(classes).fill(NONE);
    this.#lengths = new Float64Array(classes);
    this.#lengths[CLASS.transfer] = parameters.windowTransfer;
    this.#lengths[CLASS.post] = parameters.windowPost;
    for (let s = 0; s <= parameters.windowHoldMost; s++) this.#lengths[CLASS.hold + s] = s * 1000;
  }

  /** The row of an open nonce, or -1. */
  find(nonce: number): number {
    let slot = this.#home(nonce);
    for (;;) {
      const row = this.#slots[slot]! - 1;
      if (row < 0 || this.nonce[row] === nonce) return row;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Opens a nonce at the end of its class's list and gives its row; the caller fills pledge, amount, size, delivery. */
  open(nonce: number, fetch: number, index: number, kind: number, holdSeconds: number): number {
    let row = this.#freeHead;
    if (row !== NONE) this.#freeHead = this.#next[row]!;
    else {
      row = this.#rows++;
      if (row === this.nonce.length) this.#grow(row * 2);
    }
    this.nonce[row] = nonce;
    this.fetch[row] = fetch;
    this.index[row] = index;
    this.kind[row] = kind;
    this.amount[row] = 0n;
    this.size[row] = 0;
    this.delivery[row] = NONE;
    const window = classOf(kind, holdSeconds);
    this.window[row] = window;
    this.#append(row, window);
    this.#place(row);
    this.count++;
    return row;
  }

  /** Takes a nonce out; its row is free from here on. */
  close(row: number): void {
    this.#unlink(row);
    this.#displace(row);
    this.#next[row] = this.#freeHead;
    this.#freeHead = row;
    this.count--;
  }

  deadline(row: number): number {
    return this.fetches.clock[this.fetch[row]!]! + this.#lengths[this.window[row]!]!;
  }

  /** The rows that are due, in nonce order. */
  due(clock: number, height: number, leastAge: number): number[] {
    const rows: number[] = [];
    for (const head of this.#heads) {
      for (let row = head; row !== NONE; row = this.#next[row]!) {
        const tooYoung = height - this.fetches.height[this.fetch[row]!]! < leastAge;
        if (tooYoung || clock <= this.deadline(row)) break;
        rows.push(row);
      }
    }
    return rows.sort((a, b) => this.nonce[a]! - this.nonce[b]!);
  }

  /** Every open row, in nonce order (snapshots, reads; not on the hot path). */
  rows(): number[] {
    const rows: number[] = [];
    for (const entry of this.#slots) if (entry !== 0) rows.push(entry - 1);
    return rows.sort((a, b) => this.nonce[a]! - this.nonce[b]!);
  }

  /** The length of its window, in ms. */
  windowLength(row: number): number {
    return this.#lengths[this.window[row]!]!;
  }

  /** A hold's window in seconds; 0 for other kinds. */
  holdSeconds(row: number): number {
    return this.kind[row] === KIND.hold ? this.window[row]! - CLASS.hold : 0;
  }

  #append(row: number, window: number): void {
    const tail = this.#tails[window]!;
    this.#previous[row] = tail;
    this.#next[row] = NONE;
    if (tail === NONE) this.#heads[window] = row;
    else this.#next[tail] = row;
    this.#tails[window] = row;
  }

  #unlink(row: number): void {
    const window = this.window[row]!;
    const next = this.#next[row]!;
    const previous = this.#previous[row]!;
    if (previous === NONE) this.#heads[window] = next;
    else this.#next[previous] = next;
    if (next === NONE) this.#tails[window] = previous;
    else this.#previous[next] = previous;
  }

  /** PERF: scattered, since consecutive homes make one long run, and closing would walk it: 2x at batches of 256. */
  #home(nonce: number): number {
    return (Math.imul(nonce, 0x9e3779b1) >>> 7) & this.#mask;
  }

  #place(row: number): void {
    if ((this.count + 1) * 2 > this.#slots.length) this.#growSlots();
    let slot = this.#home(this.nonce[row]!);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = row + 1;
  }

  #displace(row: number): void {
    let hole = this.#home(this.nonce[row]!);
    while (this.#slots[hole]! - 1 !== row) hole = (hole + 1) & this.#mask;
    let slot = hole;
    for (;;) {
      slot = (slot + 1) & this.#mask;
      const other = this.#slots[slot]! - 1;
      if (other < 0) break;
      const home = this.#home(this.nonce[other]!);
      if (((slot - home) & this.#mask) >= ((slot - hole) & this.#mask)) {
        this.#slots[hole] = other + 1;
        hole = slot;
      }
    }
    this.#slots[hole] = 0;
  }

  #growSlots(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#slots.length - 1;
    for (const entry of old) {
      if (entry === 0) continue;
      let slot = this.#home(this.nonce[entry - 1]!);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = entry;
    }
  }

  #grow(rows: number): void {
    this.nonce = grown(this.nonce, new Float64Array(rows));
    this.fetch = grown(this.fetch, new Uint32Array(rows));
    this.index = grown(this.index, new Uint16Array(rows));
    this.kind = grown(this.kind, new Uint8Array(rows));
    this.pledge = grown(this.pledge, new Uint8Array(rows * 32));
    this.amount = grown(this.amount, new BigUint64Array(rows));
    this.size = grown(this.size, new Uint16Array(rows));
    this.delivery = grown(this.delivery, new Int32Array(rows));
    this.window = grown(this.window, new Uint16Array(rows));
    this.#next = grown(this.#next, new Int32Array(rows));
    this.#previous = grown(this.#previous, new Int32Array(rows));
  }
}

function classOf(kind: number, holdSeconds: number): number {
  if (kind === KIND.hold) return CLASS.hold + holdSeconds;
  return kind === KIND.transfer || kind === KIND.withdraw ? CLASS.transfer : CLASS.post;
}
