/**
 * What fulfilling and annulling share: a nonce leaves the open ones, and its fetch, places and money with it.
 * Invariant: an account's `reserved` is the sum of the rests of its open fetches.
 */
import type { Ledger } from './ledger.ts';
import { KIND } from './messages.ts';
import { postPlaces } from './privilege.ts';

/** The row of the account that fetched a nonce. */
export function accountOf(ledger: Ledger, nonceRow: number): number {
  return ledger.nonces.fetches.account[ledger.nonces.fetch[nonceRow]!]!;
}

/** Takes `amount` from the nonce's budget and its account; settlements will take it on L1. */
export function pay(ledger: Ledger, nonceRow: number, amount: bigint): void {
  const { accounts, nonces } = ledger;
  const fetch = nonces.fetch[nonceRow]!;
  const row = nonces.fetches.account[fetch]!;
  accounts.balance.set(row, accounts.balance.get(row) - amount);
  accounts.reserved.set(row, accounts.reserved.get(row) - amount);
  nonces.fetches.rest[fetch] = nonces.fetches.rest[fetch]! - amount;
  ledger.addUnsettled(row, amount);
}

/**
 * Resolves an open nonce: its places are free, what it earmarked is free for the rest of its fetch, and with the fetch's
 * last nonce its rest is free for the account. `raise`: 1 the standing rises, -1 it is halved, 0 neither.
 */
export function resolve(ledger: Ledger, nonceRow: number, raise: number): void {
  const { accounts, nonces, privilege } = ledger;
  const { fetches } = nonces;
  const fetch = nonces.fetch[nonceRow]!;
  const row = fetches.account[fetch]!;
  const places = nonces.kind[nonceRow] === KIND.post ? postPlaces(nonces.size[nonceRow]!) : 1;
  privilege.closed(row, places, raise);
  const earmark = nonces.amount[nonceRow]!;
  if (earmark !== 0n) fetches.earmarked[fetch] = fetches.earmarked[fetch]! - earmark;
  nonces.close(nonceRow);
  const open = fetches.open[fetch]! - 1;
  fetches.open[fetch] = open;
  if (open > 0) return;
  accounts.reserved.set(row, accounts.reserved.get(row) - fetches.rest[fetch]!);
  fetches.remove(fetch);
}
