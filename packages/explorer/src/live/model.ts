/**
 * The newest nonces as the strip shows them: who, what kind, open or how it ended, and when.
 *
 * A ring of fixed size: a nonce's place is its number modulo the ring's, so memory is bounded and no event allocates.
 * Invariant: what is read of a number is that number's, or nothing once it has left the ring.
 */
import type { Kind } from '../api.ts';

export const STATE = { none: 0, open: 1, fulfilled: 2, annulled: 3 } as const;
export type State = (typeof STATE)[keyof typeof STATE];

/** `unknown`: announced, and the node was not asked yet. `item`: done on the first layer. */
export const KINDS = ['unknown', 'transfer', 'hold', 'withdraw', 'post', 'validate', 'item'] as const;
export type CellKind = (typeof KINDS)[number];
const NUMBER_OF = Object.fromEntries(KINDS.map((kind, i) => [kind, i])) as Record<CellKind, number>;

/** Cells kept: more than the largest screen shows. */
export const RING = 1 << 14;

export interface Cell {
  readonly nonce: number;
  readonly state: State;
  readonly kind: CellKind;
  /** 0x hex; of an item seen before its account is known, empty. */
  readonly account: string;
  /** The network's clock, ms; NaN: not known. */
  readonly dealtClock: number;
  readonly deadline: number;
}

export class StripModel {
  /** One above the highest nonce seen. */
  end = 0;
  /** Nonces of the ring that are open, and how many were resolved since the beginning. */
  open = 0;
  fulfilled = 0;
  annulled = 0;
  readonly #nonce = new Float64Array(RING).fill(-1);
  readonly #state = new Uint8Array(RING);
  readonly #kind = new Uint8Array(RING);
  readonly #account = new Uint8Array(RING * 20);
  readonly #dealtClock = new Float64Array(RING);
  readonly #deadline = new Float64Array(RING);
  /** By performance.now(): when it was seen to change last, and to be dealt. */
  readonly #changedAt = new Float64Array(RING);
  readonly #dealtAt = new Float64Array(RING);

  dealt(first: number, count: number, account: Uint8Array, clock: number, now: number): void {
    for (let nonce = first; nonce < first + count; nonce++) {
      const at = this.#enter(nonce, account, now);
      this.#state[at] = STATE.open;
      this.#dealtClock[at] = clock;
      this.open++;
    }
  }

  /** An item is dealt and fulfilled at once. */
  item(nonce: number, account: Uint8Array, now: number): void {
    const at = this.#enter(nonce, account, now);
    this.#state[at] = STATE.fulfilled;
    this.#kind[at] = NUMBER_OF.item;
    this.fulfilled++;
  }

  /** ms from its dealing to now, both as seen here; undefined if its dealing was not seen. */
  resolved(nonce: number, state: State, kind: CellKind, now: number): number | undefined {
    const at = nonce % RING;
    if (this.#nonce[at] !== nonce || this.#state[at] !== STATE.open) return undefined;
    this.#state[at] = state;
    if (kind !== 'unknown') this.#kind[at] = NUMBER_OF[kind];
    this.#changedAt[at] = now;
    this.open--;
    if (state === STATE.fulfilled) this.fulfilled++;
    else this.annulled++;
    return now - this.#dealtAt[at]!;
  }

  /** What the node says of an open nonce. */
  learn(nonce: number, kind: Kind, deadline: number): void {
    const at = nonce % RING;
    if (this.#nonce[at] !== nonce) return;
    this.#kind[at] = NUMBER_OF[kind];
    this.#deadline[at] = deadline;
  }

  /** The lowest open nonce from `from` on of which the kind is not known, and that was seen before `before`. */
  firstUnknown(from: number, before: number): number | undefined {
    for (let nonce = Math.max(0, from, this.end - RING); nonce < this.end; nonce++) {
      const at = nonce % RING;
      if (this.#nonce[at] !== nonce || this.#state[at] !== STATE.open || this.#kind[at] !== 0) continue;
      return this.#dealtAt[at]! <= before ? nonce : undefined;
    }
    return undefined;
  }

  state(nonce: number): State {
    const at = nonce % RING;
    return this.#nonce[at] === nonce ? (this.#state[at]! as State) : STATE.none;
  }

  /** The number of its kind in {@link KINDS}. */
  kind(nonce: number): number {
    return this.#kind[nonce % RING]!;
  }

  changedAt(nonce: number): number {
    return this.#changedAt[nonce % RING]!;
  }

  /** Share of its window that is over, 0 to 1, at this clock; windows that are not known yet count as `byDefault` ms. */
  age(nonce: number, clock: number, byDefault: number): number {
    const at = nonce % RING;
    const dealt = this.#dealtClock[at]!;
    const deadline = this.#deadline[at]! || dealt + byDefault;
    return Math.min(1, Math.max(0, (clock - dealt) / (deadline - dealt)));
  }

  cell(nonce: number): Cell | undefined {
    const at = nonce % RING;
    if (nonce < 0 || this.#nonce[at] !== nonce) return undefined;
    const bytes = this.#account.subarray(20 * at, 20 * at + 20);
    return {
      nonce,
      state: this.#state[at]! as State,
      kind: KINDS[this.#kind[at]!]!,
      account: `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`,
      dealtClock: this.#dealtClock[at]!,
      deadline: this.#deadline[at] === 0 ? Number.NaN : this.#deadline[at]!,
    };
  }

  /** Takes the place of whatever was there. */
  #enter(nonce: number, account: Uint8Array, now: number): number {
    const at = nonce % RING;
    if (this.#state[at] === STATE.open) this.open--;
    this.#nonce[at] = nonce;
    this.#kind[at] = 0;
    this.#account.set(account, 20 * at);
    this.#dealtClock[at] = Number.NaN;
    this.#deadline[at] = 0;
    this.#changedAt[at] = now;
    this.#dealtAt[at] = now;
    this.end = Math.max(this.end, nonce + 1);
    return at;
  }
}
