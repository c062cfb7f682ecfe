/**
 * What a rule decides: how many of the nonces that are asked for in one block are dealt to whom.
 *
 * Invariant: a rule sees rows, places and outcomes, and never who is honest.
 */
import type { Scenario } from '../scenario.ts';

export const RULE_NAMES = ['upfront', 'equal-share', 'fair-queue', 'deposit', 'aimd'] as const;
export type RuleName = (typeof RULE_NAMES)[number];

/** What was asked for in one block, in the block's order. */
export interface Requests {
  count: number;
  readonly rows: Int32Array;
  /** Nonces wanted, one a request. */
  readonly wants: Float64Array;
  /** Places of each of its nonces. */
  readonly places: Float64Array;
  /** Nonces dealt: what the rule answers. */
  readonly granted: Float64Array;
}

/** 1 fulfilled, -1 annulled, 0 neither counts (a hold that lapsed). */
export type Outcome = 1 | 0 | -1;

export interface Rule {
  /** Units that a nonce locks until it is resolved, burnt if it is annulled. */
  readonly deposit: number;
  deal(requests: Requests): void;
  /** `nonces` of one fetch were resolved. */
  closed(row: number, nonces: number, places: number, outcome: Outcome): void;
  /** The record that the rule keeps of an account, 0 to 1; 1 where it keeps none. */
  standing(row: number): number;
  /** An account with that record takes the row, of which nothing is open. */
  enter(row: number, standing: number): void;
}

/** What rules are made from: the network, and how many accounts it has, the idle ones included. */
export interface RuleContext {
  readonly scenario: Scenario;
  readonly rows: number;
}

/** Most nonces of one fetch: a request for more is several fetches. */
export const FETCH_NONCES = 256;

/**
 * First come, first served into what is free: fetches of at most 256 nonces, one of each account in turn.
 *
 * @param room nonces that the account may have now
 * @returns places that are left
 */
export function serveInTurn(
  requests: Requests,
  free: number,
  room: (row: number, places: number) => number,
): number {
  const { count, rows, wants, places, granted } = requests;
  const left = new Float64Array(count);
  const waiting: number[] = [];
  for (let i = 0; i < count; i++) {
    granted[i] = 0;
    left[i] = Math.min(wants[i]!, room(rows[i]!, places[i]!));
    if (left[i]! > 0) waiting.push(i);
  }
  let rest = free;
  for (let size = waiting.length; size > 0 && rest > 0; ) {
    let kept = 0;
    for (let k = 0; k < size; k++) {
      const i = waiting[k]!;
      const nonces = Math.min(left[i]!, FETCH_NONCES, Math.floor(rest / places[i]!));
      granted[i] = granted[i]! + nonces;
      left[i] = left[i]! - nonces;
      rest -= nonces * places[i]!;
      if (nonces > 0 && left[i]! > 0) waiting[kept++] = i;
    }
    size = kept;
  }
  return rest;
}
