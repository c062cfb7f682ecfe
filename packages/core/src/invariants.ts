/**
 * The invariants of the books, checked over the whole state (docs/protocol.md, 6 and 9): for tests, simulators and
 * a node's start; too slow for every block.
 */
import type { Ledger } from './ledger.ts';
import { ENTRY } from './settlements.ts';
import { AMOUNT_END } from './units.ts';

/** Throws Error naming the invariant that is broken, and the account. */
export function assertInvariants(ledger: Ledger): void {
  const { accounts, nonces, settlements } = ledger;
  const reserved = new Map<number, bigint>();
  const openNonces = new Map<number, number>();
  let last = -1;
  for (const row of nonces.rows()) {
    const fetch = nonces.fetch[row]!;
    const account = nonces.fetches.account[fetch]!;
    openNonces.set(account, (openNonces.get(account) ?? 0) + 1);
    // The nonces of a fetch are consecutive, so its rest counts at the first of them.
    if (fetch !== last) reserved.set(account, (reserved.get(account) ?? 0n) + nonces.fetches.rest[fetch]!);
    last = fetch;
    require(nonces.fetches.earmarked[fetch]! <= nonces.fetches.rest[fetch]!, 'earmarked <= rest', account);
  }
  const unformed = unformedByAccount(ledger);
  let unsettled = 0n;
  let active = 0;
  for (let row = 0; row < accounts.count; row++) {
    const u = accounts.unsettled.get(row);
    unsettled += u;
    if (accounts.openNonces.get(row) > 0) active += accounts.standing.get(row);
    // A column that wrapped below zero shows here.
    require(accounts.balance.get(row) < AMOUNT_END, 'I1: balance < 2^63', row);
    require(accounts.reserved.get(row) <= accounts.balance.get(row), 'I2: reserved <= balance', row);
    require((reserved.get(row) ?? 0n) === accounts.reserved.get(row), 'reserved = sum of rests', row);
    require((openNonces.get(row) ?? 0) === accounts.openNonces.get(row), 'count of open nonces', row);
    const l1 = accounts.l1Balance.get(row) + (unformed.get(row) ?? 0n);
    require(accounts.balance.get(row) === l1 - u, 'I2: balance = L1 balance - u', row);
    const taken = accounts.debited.get(row) + (u > 0n ? u : 0n) + accounts.reserved.get(row);
    if (u > 0n || accounts.reserved.get(row) > 0n) {
      require(taken <= accounts.authorityLimit.get(row), 'I3: taken <= limit', row);
      require(accounts.authoritySequence.get(row) >=
        accounts.l1Sequence.get(row), 'I4: authority >= stored', row);
    }
  }
  const { pool, payoutsOwed, feePot, burnt } = settlements;
  require(unsettled + pool === payoutsOwed + feePot + burnt, 'I5: sum(u) + pool = owed + fees + burnt', -1);
  require(ledger.privilege.active === active, 'active standing', -1);
}

/** What the entries of the present cut will still change on L1, by row. */
function unformedByAccount(ledger: Ledger): Map<number, bigint> {
  const { settlements } = ledger;
  const sums = new Map<number, bigint>();
  for (let i = settlements.next; i < settlements.entryAccounts.length; i++) {
    const kind = settlements.entryClasses[i]!;
    if (kind === ENTRY.payout) continue;
    const row = settlements.entryAccounts[i]!;
    const amount = settlements.entryAmounts[i]!;
    sums.set(row, (sums.get(row) ?? 0n) + (kind === ENTRY.debit ? -amount : amount));
  }
  return sums;
}

function require(condition: boolean, what: string, row: number): void {
  if (!condition) throw new Error(`${what}${row < 0 ? '' : ` (account row ${row})`}`);
}
