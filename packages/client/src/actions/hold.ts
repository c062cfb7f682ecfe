/**
 * Holding: money that is locked for a payee, who captures what it has earned, up to the maximum.
 */
import type { Address } from 'viem';
import type { BaseClient } from '../client.ts';
import type { Outcome } from '../outcome.ts';
import { deal } from './fetchNonces.ts';
import { addressOf, assertAmount, assertCount } from './parameters.ts';

export interface HoldParameters {
  readonly payee: Address;
  /** The most that the payee can capture; units, at least 1. */
  readonly max: bigint;
  /** s that the payee has, windowHoldLeast..windowHoldMost of the genesis. */
  readonly window: number;
}

/** What the payee needs to capture, to be handed to it as it is. */
export interface Hold {
  readonly nonce: number;
  readonly payer: Address;
  readonly sequence: bigint;
  readonly index: number;
  readonly payee: Address;
  readonly max: bigint;
  /** The block that dealt it. */
  readonly height: number;
  /** ms of the network's clock: from then on the hold may be annulled. */
  readonly deadline: number;
}

/**
 * Locks up to `max` for the payee. Done: the payee can capture until the deadline; what it leaves is free again.
 *
 * @throws as fetchNonces does: nothing was sent
 */
export async function hold(
  client: BaseClient,
  { payee, max, window }: HoldParameters,
): Promise<Outcome<{ readonly hold: Hold }>> {
  assertAmount('max', max, 1n);
  assertCount('window', window, 1);
  const checked = addressOf('payee', payee);
  const { outcome } = await deal(client, 'hold', [{ kind: 'hold', payee: checked, max, window }]);
  client.forgetView();
  if (outcome.status !== 'done') return outcome;
  const { first, sequence, clock, height } = outcome;
  const payer = client.signer('hold').address;
  const deadline = clock + 1000 * window;
  return {
    status: 'done',
    hold: { nonce: first, payer, sequence, index: 0, payee: checked, max, height, deadline },
  };
}
