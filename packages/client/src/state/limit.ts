/**
 * The limit of a fetch: the most that the contract may ever have taken from the account (docs/protocol.md, 7, code 13).
 *
 * Two bounds, and the lower one is signed. Own: what L1 debited, and every budget signed since, less what is known not to
 * have been spent. The node's: D + max(0, u) + reserved, and every budget that it cannot count yet. A node's word
 * can lower a limit and never raise it. Between two cuts a settlement brings u to 0: then L1 replaces what was before.
 */

/** Fetches whose nonces are all resolved. */
interface Finished {
  /** Of the last resolution. */
  height: number;
  spent: bigint;
  budget: bigint;
}

/** A value of `debited` on L1, and the last settlement's number at which it was still read. */
interface Mark {
  readonly debited: bigint;
  number: number;
  /** Height at which settlement `number` was formed. */
  height: number;
}

/** What the network says of an account. */
export interface NetworkView {
  readonly height: number;
  /** D + max(0, u) + reserved; units. */
  readonly committed: bigint;
}

/** How a limit was arrived at; units. */
export interface LimitBounds {
  readonly own: bigint;
  readonly network: bigint | undefined;
}

export interface SpendingState {
  readonly base: bigint;
  readonly finished: readonly { readonly height: number; readonly spent: bigint; readonly budget: bigint }[];
  readonly marks: readonly { readonly debited: bigint; readonly number: number; readonly height: number }[];
}

const FINISHED_MOST = 4096;

export class Spending {
  /** What L1 is known to have debited, everything that is not listed below included. */
  base: bigint;
  #finished: Finished[];
  #marks: Mark[];

  constructor(state: SpendingState = { base: 0n, finished: [], marks: [] }) {
    this.base = state.base;
    this.#finished = state.finished.map((one) => ({ ...one }));
    this.#marks = state.marks.map((one) => ({ ...one }));
  }

  /** Whether L1 was ever looked at. */
  get isBased(): boolean {
    return this.#marks.length > 0;
  }

  /** All nonces of a fetch are resolved, the last at `height`. */
  finish(height: number, spent: bigint, budget: bigint): void {
    const last = this.#finished.at(-1);
    if (last !== undefined && last.height >= height) {
      last.spent += spent;
      last.budget += budget;
    } else {
      this.#finished.push({ height, spent, budget });
    }
    if (this.#finished.length > FINISHED_MOST) this.#mergeOldest();
  }

  /** The most that can ever have been spent; `live`: the budgets of fetches that are not finished, in sum. */
  own(live: bigint): bigint {
    return this.#finished.reduce((sum, { spent }) => sum + spent, this.base + live);
  }

  /** The same, with whole budgets for what the network may still count as reserved at `height`. */
  ownAt(height: number, live: bigint): bigint {
    return this.#finished.reduce(
      (sum, one) => sum + (one.height <= height ? one.spent : one.budget),
      this.base + live,
    );
  }

  /** The budgets of what was finished after `height`. */
  finishedAfter(height: number): bigint {
    return this.#finished.reduce((sum, one) => (one.height > height ? sum + one.budget : sum), 0n);
  }

  /**
   * Takes in what L1 says: `debited`, as of settlement `number`, which was formed at `height`.
   *
   * Why something can be forgotten: an account is debited once a cut at most, and a cut waits until all of the last is
   * formed. So if `debited` rose twice, the second debit's cut came after the first one's settlement was formed, which is
   * after any settlement at which the value before was still read. At that cut u became 0: what was resolved up to there
   * is in the newest `debited`.
   *
   * @param live the budgets of fetches that are not finished, in sum
   * @returns whether anything changed that a journal should keep
   */
  observe(debited: bigint, number: number, height: number, live = 0n): boolean {
    const isNews = this.#mark(debited, number, height);
    // More was debited than these books explain: another journal's fetches, now settled, or a node once made them too
    // low. L1 took it by the owner's own signature, so it counts.
    const missing = debited - this.own(live);
    if (missing > 0n) this.base += missing;
    return isNews || missing > 0n;
  }

  #mark(debited: bigint, number: number, height: number): boolean {
    const last = this.#marks.at(-1);
    if (last === undefined) {
      // The first look: what L1 debited before is not in this journal.
      if (this.#finished.length === 0 && this.base === 0n) this.base = debited;
      this.#marks.push({ debited, number, height });
      return true;
    }
    if (number < last.number || debited < last.debited) return false;
    if (debited === last.debited) {
      const isNews = number > last.number;
      last.number = number;
      last.height = height;
      return isNews;
    }
    this.#marks.push({ debited, number, height });
    const covered = this.#marks.at(-3);
    if (covered !== undefined) this.#forget(debited, covered.height);
    this.#marks = this.#marks.slice(-2);
    return true;
  }

  state(): SpendingState {
    return {
      base: this.base,
      finished: this.#finished.map((one) => ({ ...one })),
      marks: this.#marks.map((one) => ({ ...one })),
    };
  }

  /** Only if it makes the bound smaller: both are true. */
  #forget(debited: bigint, height: number): void {
    const kept = this.#finished.filter((one) => one.height > height);
    const forgotten = this.#finished.reduce((sum, one) => (one.height > height ? sum : sum + one.spent), 0n);
    if (debited > this.base + forgotten) return;
    this.base = debited;
    this.#finished = kept;
  }

  /** Halves the list; what is merged counts as resolved last, so it is forgotten no earlier than it may be. */
  #mergeOldest(): void {
    const oldest = this.#finished.splice(0, FINISHED_MOST / 2);
    const merged = { height: oldest.at(-1)!.height, spent: 0n, budget: 0n };
    for (const { spent, budget } of oldest) {
      merged.spent += spent;
      merged.budget += budget;
    }
    this.#finished.unshift(merged);
  }
}

/** The limit to sign for one more `budget`: the lower bound of both, and the budget. */
export function limitOf({ own, network }: LimitBounds, budget: bigint): bigint {
  return (network === undefined || own < network ? own : network) + budget;
}
