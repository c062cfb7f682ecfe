/**
 * What callers pass, checked before anything is signed: the network would refuse it, and use a sequence up for that.
 */
import { AMOUNT_END, type Parameters } from '@upfront/core';
import { type Address, getAddress, type Hex, isAddress } from 'viem';
import { ParameterError } from '../errors/kinds.ts';
import { type Activity, ZERO_REFERENCE } from '../state/activity.ts';

/** Throws ParameterError for the first activity that no network with these parameters takes. */
export function assertActivities(activities: readonly Activity[], parameters: Parameters): void {
  if (activities.length < 1 || activities.length > parameters.maxIntents) {
    throw new ParameterError('activities', `are not 1..${parameters.maxIntents}`);
  }
  for (const activity of activities) assertActivity(activity, parameters);
}

function assertActivity(
  activity: Activity,
  { windowHoldLeast, windowHoldMost, postMost, dust }: Parameters,
): void {
  switch (activity.kind) {
    case 'transfer':
      assertAmount('amount', activity.amount, 1n);
      assertBytes32('reference', activity.reference);
      assertRecipient('to', activity.to);
      return;
    case 'hold':
      assertAmount('max', activity.max, 1n);
      assertRecipient('payee', activity.payee);
      if (
        !(
          activity.window >= windowHoldLeast &&
          activity.window <= windowHoldMost &&
          Number.isInteger(activity.window)
        )
      ) {
        throw new ParameterError('window', `is not ${windowHoldLeast}..${windowHoldMost} seconds`);
      }
      return;
    case 'withdraw':
      assertAmount('amount', activity.amount, dust);
      return;
    case 'post':
      assertAmount('stake', activity.stake, 0n);
      assertBytes32('topic', activity.topic);
      if (activity.data.length > postMost)
        throw new ParameterError('data', `are more than ${postMost} bytes`);
      return;
    case 'validate':
      return;
  }
}

/** Throws ParameterError unless least <= amount < 2^63. */
export function assertAmount(name: string, amount: bigint, least: bigint): void {
  if (typeof amount !== 'bigint' || amount < least || amount >= AMOUNT_END) {
    throw new ParameterError(name, `is not ${least} to 2^63 - 1 units`);
  }
}

/** Throws ParameterError unless it is a nonce, a height or such: an integer from `least`, below 2^53. */
export function assertCount(name: string, value: number, least = 0): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new ParameterError(name, `is no integer from ${least}`);
}

/** The address with its checksum. Throws ParameterError if it is none, or its checksum is wrong. */
export function addressOf(name: string, address: string): Address {
  if (!isAddress(address, { strict: address !== address.toLowerCase() }))
    throw new ParameterError(name, 'is no address');
  return getAddress(address);
}

/** 32 bytes of hex; a reference that is left out is zero. Throws ParameterError. */
export function referenceOf(reference: Hex | undefined): Hex {
  assertBytes32('reference', reference ?? ZERO_REFERENCE);
  return reference ?? ZERO_REFERENCE;
}

export function assertBytes32(name: string, value: string): void {
  if (!/^0x[0-9a-fA-F]{64}$/.test(value)) throw new ParameterError(name, 'is not 0x and 32 bytes');
}

function assertRecipient(name: string, address: string): void {
  if (BigInt(addressOf(name, address)) === 0n) throw new ParameterError(name, 'is the zero address');
}
