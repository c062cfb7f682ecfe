/**
 * Taking money out the usual way: a sealed withdrawal that the next settlement brings to L1.
 */
import type { BaseClient } from '../client.ts';
import type { Outcome } from '../outcome.ts';
import { assertAmount } from './parameters.ts';
import { type Performed, performOne } from './pay.ts';

export interface WithdrawParameters {
  /** Units, at least the network's `dust`. The settlement keeps its entry fee. */
  readonly amount: bigint;
}

export type Withdrawn = Performed & {
  /** What comes next, in words. */
  readonly next: string;
};

/**
 * Withdraws to the account's own address on L1. Done: final here; `claim()` pays once the next settlement is on L1.
 *
 * @throws as fetchNonces does: nothing was sent
 */
export async function withdraw(
  client: BaseClient,
  { amount }: WithdrawParameters,
): Promise<Outcome<Withdrawn>> {
  assertAmount('amount', amount, 1n);
  const outcome = await performOne(client, 'withdraw', { kind: 'withdraw', amount });
  if (outcome.status !== 'done') return outcome;
  return { ...outcome, next: 'Wait for the next settlement on L1, then claim.' };
}
