/**
 * Paying: a sealed transfer, fetched and fulfilled.
 */
import type { Address, Hex } from 'viem';
import type { BaseClient } from '../client.ts';
import type { Outcome } from '../outcome.ts';
import type { Activity } from '../state/activity.ts';
import { deal } from './fetchNonces.ts';
import { perform } from './fulfil.ts';
import { addressOf, assertAmount, referenceOf } from './parameters.ts';

export interface PayParameters {
  readonly to: Address;
  /** Units, at least 1. */
  readonly amount: bigint;
  /** 32 bytes that the payee sees; default zero. */
  readonly reference?: Hex | undefined;
}

/** A nonce that was dealt and fulfilled. */
export interface Performed {
  readonly nonce: number;
  /** The block that has it: final. */
  readonly height: number;
  readonly sequence: bigint;
}

/**
 * Pays. Done: the payee has the money, final in the block at `height`; `receipt({ nonce })` proves it.
 *
 * @throws as fetchNonces does: nothing was sent
 */
export async function pay(client: BaseClient, parameters: PayParameters): Promise<Outcome<Performed>> {
  return await performOne(client, 'pay', transferOf(parameters));
}

/** The checked activity. Throws ParameterError. */
export function transferOf({ to, amount, reference }: PayParameters): Activity {
  assertAmount('amount', amount, 1n);
  return { kind: 'transfer', to: addressOf('to', to), amount, reference: referenceOf(reference) };
}

/** Fetches one nonce for a sealed activity, and fulfils it. */
export async function performOne(
  client: BaseClient,
  action: string,
  activity: Activity,
): Promise<Outcome<Performed>> {
  const { outcome, entry } = await deal(client, action, [activity]);
  if (outcome.status !== 'done') return outcome;
  const [fulfilled] = await perform(client, await client.book(action), entry, [0]);
  client.forgetView();
  return fulfilled!.status === 'done' ? { ...fulfilled!, sequence: outcome.sequence } : fulfilled!;
}
