/**
 * Whose turn it is to relay, where several validators may: so that no two of them pay for the same settlement as a rule.
 *
 * Each run of settlements is one validator's; the others take over one after the other if it does not come. Anyone may
 * relay at any time: this is manners, not a rule, and nothing depends on it.
 */

/** Settlements of a run: as many as may be formed and unconfirmed, so that one validator relays all of them in order. */
const RUN = 64;
/** Numbers that are remembered. */
const NUMBERS_MOST = 2 * RUN;

export interface RelayTurnsOptions {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** ms of one validator's turn: some L1 blocks. */
  readonly turnMs: number;
}

/** 0: its turn comes first; `own` is the place among `validators`, or -1: after all of them. */
export function rankOf(number: number, own: number, validators: number): number {
  if (own < 0) return validators;
  const first = Math.floor(number / RUN) % validators;
  return (own - first + validators) % validators;
}

export class RelayTurns {
  readonly #options: RelayTurnsOptions;
  /** When each number was first asked for. */
  readonly #since = new Map<number, number>();
  /** The run that was taken over from who did not come. */
  #takenOver = -1;

  constructor(options: RelayTurnsOptions) {
    this.#options = options;
  }

  /** Whether a settlement that could go out should go out from here by now. */
  isDue(number: number, rank: number): boolean {
    const run = Math.floor(number / RUN);
    if (rank === 0 || run === this.#takenOver) return true;
    const now = this.#options.now();
    let since = this.#since.get(number);
    if (since === undefined) {
      if (this.#since.size >= NUMBERS_MOST) this.#since.delete(this.#since.keys().next().value!);
      this.#since.set(number, now);
      since = now;
    }
    if (now - since < rank * this.#options.turnMs) return false;
    this.#takenOver = run;
    return true;
  }
}
