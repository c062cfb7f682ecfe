/**
 * The holds that this account gave: what their payees need, as long as they are open, and how they ended.
 *
 * The network tells both; what is kept is only which ones to ask about. Invariant: an end that was seen is asked for once.
 */
import type { Hold } from '@upfront/client';
import type { Address } from 'viem';
import { api, type OpenNonce } from '../api.ts';

export interface GivenHold extends Hold {
  /** Undefined: it is open, as far as is known. */
  readonly end?: HoldEnd | undefined;
}

export interface HoldEnd {
  readonly what: 'captured' | 'released' | 'annulled';
  /** Units that the payee took. */
  readonly amount: bigint;
  readonly height: number;
}

/** An open nonce as its payee needs it; undefined if it is no hold. */
export function holdOf(open: OpenNonce): Hold | undefined {
  const { kind, payee, max } = open.intent;
  if (kind !== 'hold' || payee === undefined || max === undefined) return undefined;
  return {
    nonce: Number(open.nonce),
    payer: open.account as Address,
    sequence: BigInt(open.sequence),
    index: open.index,
    payee: payee as Address,
    max: BigInt(max),
    height: Number(open.dealtHeight),
    deadline: Number(open.deadline),
  };
}

/** What the open nonces add to these, and what has ended of them. Throws ApiError. */
export async function newsOf(
  given: readonly GivenHold[],
  open: readonly OpenNonce[],
  signal: AbortSignal,
): Promise<readonly GivenHold[]> {
  const holds = open.flatMap((one) => holdOf(one) ?? []);
  const known = new Set(given.map(({ nonce }) => nonce));
  const isOpen = new Set(holds.map(({ nonce }) => nonce));
  const unsure = given.filter(({ nonce, end }) => end === undefined && !isOpen.has(nonce));
  const ended = await Promise.all(
    unsure.map(async (hold) => ({ ...hold, end: await endOf(hold.nonce, signal) })),
  );
  return [...holds.filter(({ nonce }) => !known.has(nonce)), ...ended.filter(({ end }) => end !== undefined)];
}

/** The list with the news in it, by nonce. */
export function withNews(given: readonly GivenHold[], news: readonly GivenHold[]): readonly GivenHold[] {
  const all = new Map([...given, ...news].map((hold) => [hold.nonce, hold]));
  return [...all.values()].sort((a, b) => a.nonce - b.nonce);
}

async function endOf(nonce: number, signal: AbortSignal): Promise<HoldEnd | undefined> {
  const { status, event, height } = await api.nonce(nonce, signal);
  if (status === 'annulled') return { what: 'annulled', amount: 0n, height: Number(height) };
  if (status !== 'fulfilled' || event?.type !== 'captured') return undefined;
  const amount = BigInt(String(event['amount']));
  return { what: amount === 0n ? 'released' : 'captured', amount, height: Number(height) };
}
