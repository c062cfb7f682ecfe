/**
 * What an account does with one nonce: the intent that announces it, the fulfilment that performs it, its journal form.
 *
 * docs/protocol.md, 3. A sealed activity's salt is made here and is as secret as the activity until that is fulfilled.
 */
import {
  commitment,
  type Fulfil,
  fromHex,
  type Intent,
  KIND,
  nobleHashes,
  toHex,
  transferActivity,
  withdrawActivity,
} from '@upfront/core';
import type { Address, Hex } from 'viem';
import { JournalCorruptError } from '../errors/kinds.ts';
import type { Json } from '../journal/journal.ts';

/** Amounts in units; `window` in s. */
export type Activity =
  | { readonly kind: 'transfer'; readonly to: Address; readonly amount: bigint; readonly reference: Hex }
  | { readonly kind: 'hold'; readonly payee: Address; readonly max: bigint; readonly window: number }
  | { readonly kind: 'withdraw'; readonly amount: bigint }
  | { readonly kind: 'post'; readonly topic: Hex; readonly stake: bigint; readonly data: Uint8Array }
  | { readonly kind: 'validate' };

/** An activity with what opens it: 16 random bytes. Holds and validations are not sealed; theirs is unused. */
export interface Opening {
  readonly activity: Activity;
  readonly salt: Uint8Array;
}

export const ZERO_REFERENCE: Hex = `0x${'00'.repeat(32)}`;

export function newOpening(activity: Activity): Opening {
  return { activity, salt: crypto.getRandomValues(new Uint8Array(16)) };
}

/** The most units that fulfilling or annulling the activity can take, the fee not included. */
export function mostOf(activity: Activity): bigint {
  switch (activity.kind) {
    case 'transfer':
    case 'withdraw':
      return activity.amount;
    case 'hold':
      return activity.max;
    case 'post':
      return activity.stake;
    case 'validate':
      return 0n;
  }
}

/** What fulfilling it takes, of a hold at most: a post's stake is free again. */
export function spentBy({ activity }: Opening): bigint {
  return activity.kind === 'post' ? 0n : mostOf(activity);
}

/** What the fetch says of it. */
export function intentOf(
  { activity, salt }: Opening,
  account: Address,
  sequence: bigint,
  index: number,
): Intent {
  const seal = (activityBytes: Uint8Array): Uint8Array =>
    commitment(nobleHashes, bytesOf(account), sequence, index, KIND[activity.kind], salt, activityBytes);
  switch (activity.kind) {
    case 'transfer':
      return { kind: 'transfer', commitment: seal(activityBytes(activity)) };
    case 'withdraw':
      return { kind: 'withdraw', commitment: seal(withdrawActivity(activity.amount)) };
    case 'post':
      return {
        kind: 'post',
        topic: bytesOf(activity.topic),
        stake: activity.stake,
        size: activity.data.length,
        commitment: seal(activity.data),
      };
    case 'hold':
      return { kind: 'hold', payee: bytesOf(activity.payee), max: activity.max, window: activity.window };
    case 'validate':
      return { kind: 'validate' };
  }
}

/** What opens it; undefined for holds and validations, which need a signature that is not kept here. */
export function fulfilOf({ activity, salt }: Opening, nonce: number): Fulfil | undefined {
  switch (activity.kind) {
    case 'transfer':
      return {
        kind: 'transfer',
        nonce,
        salt,
        to: bytesOf(activity.to),
        amount: activity.amount,
        reference: bytesOf(activity.reference),
      };
    case 'withdraw':
      return { kind: 'withdraw', nonce, salt, amount: activity.amount };
    case 'post':
      return { kind: 'post', nonce, salt, data: activity.data };
    default:
      return undefined;
  }
}

/** An opening as plain JSON: for the journal, or to hand it to a payee. */
export function openingToJson({ activity, salt }: Opening): Json {
  const { kind } = activity;
  switch (kind) {
    case 'transfer':
      return {
        kind,
        salt: toHex(salt),
        to: activity.to,
        amount: String(activity.amount),
        reference: activity.reference,
      };
    case 'hold':
      return { kind, payee: activity.payee, max: String(activity.max), window: activity.window };
    case 'withdraw':
      return { kind, salt: toHex(salt), amount: String(activity.amount) };
    case 'post':
      return {
        kind,
        salt: toHex(salt),
        topic: activity.topic,
        stake: String(activity.stake),
        data: toHex(activity.data),
      };
    case 'validate':
      return { kind };
  }
}

/** The opening in parsed JSON. Throws JournalCorruptError if it is none. */
export function openingFromJson(json: Json): Opening {
  const fields = json as Readonly<Record<string, string>>;
  const hex = (name: string, size?: number): Uint8Array => {
    const bytes = typeof fields[name] === 'string' ? fromHex(fields[name], size) : undefined;
    if (bytes === undefined) throw new JournalCorruptError(`an opening's ${name} is no hex`);
    return bytes;
  };
  const amount = (name: string): bigint => {
    if (!/^\d{1,19}$/.test(fields[name] ?? ''))
      throw new JournalCorruptError(`an opening's ${name} is no amount`);
    return BigInt(fields[name]!);
  };
  const kind = fields['kind'];
  const activityOf = (): Activity => {
    switch (kind) {
      case 'transfer':
        return {
          kind,
          to: toHex(hex('to', 20)),
          amount: amount('amount'),
          reference: toHex(hex('reference', 32)),
        };
      case 'hold':
        return { kind, payee: toHex(hex('payee', 20)), max: amount('max'), window: Number(fields['window']) };
      case 'withdraw':
        return { kind, amount: amount('amount') };
      case 'post':
        return { kind, topic: toHex(hex('topic', 32)), stake: amount('stake'), data: hex('data') };
      case 'validate':
        return { kind };
      default:
        throw new JournalCorruptError(`an opening is of the unknown kind ${String(kind)}`);
    }
  };
  const activity = activityOf();
  return { activity, salt: kind === 'hold' || kind === 'validate' ? new Uint8Array(16) : hex('salt', 16) };
}

function activityBytes({ to, amount, reference }: Activity & { kind: 'transfer' }): Uint8Array {
  return transferActivity(bytesOf(to), amount, bytesOf(reference));
}

/** Of hex that was checked where it came in. */
function bytesOf(hex: Hex): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes === undefined) throw new RangeError('not hex');
  return bytes;
}
