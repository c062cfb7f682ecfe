/**
 * What a request costs beyond its own: the rate counts milliseconds of the main thread, about one a request.
 *
 * Invariant: an answer that takes long to make is paid for with as many tokens before it is made, so that no address gets
 * more of the node's time than its rate. The figures are measured on one core, rounded up.
 */
import { NodeError } from '../errors.ts';
import type { AddressBuckets } from '../token-bucket.ts';

/** Rows that take a millisecond. */
export const COST = {
  /** Open nonces looked at by a list of one account's. */
  openNonces: 50_000,
  /** Events hashed for a receipt. */
  hashedEvents: 1000,
  /** Events decoded and written as JSON. */
  decodedEvents: 200,
  /** Messages of a block that are looked through. */
  scannedMessages: 10_000,
  /** Posts looked up and written as hex. */
  posts: 50,
} as const;

export interface Costs {
  readonly requestBuckets: AddressBuckets;
  readonly now: () => number;
}

/** Takes the tokens for `rows` of this kind. Throws NodeError rate-limited. */
export function charge(
  { requestBuckets, now }: Costs,
  address: string,
  kind: keyof typeof COST,
  rows: number,
): void {
  const tokens = Math.floor(rows / COST[kind]);
  if (tokens > 0 && !requestBuckets.take(address, tokens, now())) {
    throw new NodeError('rateLimited', 'this answer costs more than is left: slow down');
  }
}
