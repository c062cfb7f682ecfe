/**
 * A cut: what the next settlements take and bring, of the amounts of one moment (docs/protocol.md, 9).
 * Invariants: I2 and I5 hold after it, with the cut's entries counted as done; no payout or credit comes before its debits.
 */
import { FLAG } from './accounts.ts';
import { wantedRotation } from './evidence.ts';
import type { Ledger } from './ledger.ts';
import { byAddress, largestFirst } from './row-orders.ts';
import { ENTRY } from './settlements.ts';
import { CREDIT_PARTS } from './units.ts';

/** Rows chosen by a cut, in the order of its classes. */
interface Choice {
  leaverDebits: number[];
  debits: number[];
  leaverCredits: number[];
  payouts: number[];
  credits: number[];
  /** Credits of at least dust were left over by their count. */
  hasRest: boolean;
}

/** Whether this block takes a cut. */
export function isCutDue(ledger: Ledger): boolean {
  const { settlements } = ledger;
  if (settlements.isPending || ledger.time - settlements.lastCut < ledger.genesis.parameters.interval)
    return false;
  if (settlements.unconfirmed.some((one) => one.rotation !== undefined)) return false;
  return settlements.touched || ledger.imported > settlements.inbox || wantedRotation(ledger) !== undefined;
}

/** Takes the cut: moves what it lists from the books into its entries. */
export function takeCut(ledger: Ledger): void {
  const { settlements } = ledger;
  settlements.lastCut = ledger.time;
  const share = shareFees(ledger);
  const choice = choose(ledger);
  coverWithSmallDebits(ledger, choice);
  listLeavers(ledger);
  const sums = book(ledger, choice);
  const entries = settlements.entryAccounts.length;
  settlements.touched = choice.hasRest;
  settlements.rotation = wantedRotation(ledger);
  settlements.next = 0;
  settlements.isPending = true;
  forgetSettled(ledger);
  if (entries === 0) return;
  settlements.cuts++;
  ledger.log.cut(settlements.cuts, sums.debits, sums.credits, sums.payouts, share, entries);
}

/** Every validator receives its part of the fee pot; the remainder stays. */
function shareFees(ledger: Ledger): bigint {
  const { settlements, validators, accounts } = ledger;
  const share = settlements.feePot / BigInt(validators.length);
  if (share === 0n) return 0n;
  for (const validator of validators) ledger.receive(accounts.ensure(validator, 0), share);
  settlements.feePot -= share * BigInt(validators.length);
  return share;
}

function isLeaver(ledger: Ledger, row: number): boolean {
  return ledger.accounts.hasFlag(row, FLAG.exiting) && ledger.accounts.openNonces.get(row) === 0;
}

function choose(ledger: Ledger): Choice {
  const { accounts } = ledger;
  const { dust, maxEntries } = ledger.genesis.parameters;
  const choice: Choice = {
    leaverDebits: [],
    debits: [],
    leaverCredits: [],
    payouts: [],
    credits: [],
    hasRest: false,
  };
  for (const row of ledger.unsettledRows) {
    const amount = accounts.unsettled.get(row);
    if (accounts.payoutOwed.get(row) > 0n) choice.payouts.push(row);
    if (amount > 0n && isLeaver(ledger, row)) choice.leaverDebits.push(row);
    else if (amount >= dust) choice.debits.push(row);
    else if (amount < 0n && isLeaver(ledger, row)) choice.leaverCredits.push(row);
    else if (-amount >= dust) choice.credits.push(row);
  }
  const most = CREDIT_PARTS * maxEntries;
  if (choice.credits.length > most) {
    choice.hasRest = true;
    largestFirst(ledger.accounts, choice.credits);
    choice.credits.length = most;
  }
  return choice;
}

/** If the pool and the chosen debits do not cover what is listed, debits below dust join, largest first. */
function coverWithSmallDebits(ledger: Ledger, choice: Choice): void {
  const { accounts, settlements } = ledger;
  const { dust } = ledger.genesis.parameters;
  let missing = -settlements.pool;
  for (const row of choice.leaverDebits) missing -= accounts.unsettled.get(row);
  for (const row of choice.debits) missing -= accounts.unsettled.get(row);
  for (const row of choice.payouts) missing += afterEntryFee(ledger, accounts.payoutOwed.get(row));
  for (const row of choice.leaverCredits) missing += afterEntryFee(ledger, -accounts.unsettled.get(row));
  for (const row of choice.credits) missing += afterEntryFee(ledger, -accounts.unsettled.get(row));
  if (missing <= 0n) return;
  const small = ledger.unsettledRows.filter((row) => {
    const amount = accounts.unsettled.get(row);
    return amount > 0n && amount < dust && !isLeaver(ledger, row);
  });
  largestFirst(ledger.accounts, small);
  for (const row of small) {
    if (missing <= 0n) return;
    choice.debits.push(row);
    missing -= accounts.unsettled.get(row);
  }
  if (missing > 0n) throw new Error('I5 is broken: all debits do not cover a cut');
}

/** Every leaver of this moment is listed as of this cut, whether it has an entry or not. */
function listLeavers(ledger: Ledger): void {
  for (const { row } of ledger.waitingExits) {
    if (isLeaver(ledger, row)) ledger.accounts.setFlag(row, FLAG.listed);
  }
}

/** Makes the entries, class after class, by address within each, and books them as done. */
function book(ledger: Ledger, choice: Choice): { debits: bigint; credits: bigint; payouts: bigint } {
  const rows: number[] = [];
  const amounts: bigint[] = [];
  const classes: number[] = [];
  const sums = { debits: 0n, credits: 0n, payouts: 0n };
  const add = (row: number, amount: bigint, kind: number): void => {
    if (amount === 0n) return;
    rows.push(row);
    amounts.push(amount);
    classes.push(kind);
    ledger.accounts.unformed.set(row, ledger.accounts.unformed.get(row) + 1);
  };
  for (const list of [choice.leaverDebits, choice.debits]) {
    for (const row of byAddress(ledger.accounts, list)) {
      const amount = bookDebit(ledger, row);
      sums.debits += amount;
      add(row, amount, ENTRY.debit);
    }
  }
  ledger.settlements.unformedDebits = rows.length;
  const bookCredits = (list: number[]): void => {
    for (const row of byAddress(ledger.accounts, list)) {
      const amount = bookCredit(ledger, row);
      sums.credits += amount;
      add(row, amount, ENTRY.credit);
    }
  };
  bookCredits(choice.leaverCredits);
  for (const row of byAddress(ledger.accounts, choice.payouts)) {
    const amount = bookPayout(ledger, row);
    sums.payouts += amount;
    add(row, amount, ENTRY.payout);
  }
  bookCredits(choice.credits);
  ledger.settlements.entryAccounts = Uint32Array.from(rows);
  ledger.settlements.entryAmounts = BigUint64Array.from(amounts);
  ledger.settlements.entryClasses = Uint8Array.from(classes);
  return sums;
}

function bookDebit(ledger: Ledger, row: number): bigint {
  const { accounts, settlements } = ledger;
  const amount = accounts.unsettled.get(row);
  accounts.debited.set(row, accounts.debited.get(row) + amount);
  accounts.unsettled.set(row, 0n);
  settlements.pool += amount;
  return amount;
}

function bookCredit(ledger: Ledger, row: number): bigint {
  const { accounts, settlements } = ledger;
  const amount = -accounts.unsettled.get(row);
  const listed = afterEntryFee(ledger, amount);
  const fee = amount - listed;
  accounts.balance.set(row, accounts.balance.get(row) - fee);
  accounts.unsettled.set(row, 0n);
  settlements.feePot += fee;
  settlements.pool -= listed;
  return listed;
}

function bookPayout(ledger: Ledger, row: number): bigint {
  const { accounts, settlements } = ledger;
  const amount = accounts.payoutOwed.get(row);
  const listed = afterEntryFee(ledger, amount);
  accounts.payoutOwed.set(row, 0n);
  settlements.payoutsOwed -= amount;
  settlements.feePot += amount - listed;
  settlements.pool -= listed;
  return listed;
}

/** Rows that have nothing unsettled any more are not looked at again until they are touched. */
function forgetSettled(ledger: Ledger): void {
  const { accounts } = ledger;
  ledger.unsettledRows = ledger.unsettledRows.filter((row) => {
    const remains = accounts.unsettled.get(row) !== 0n || accounts.payoutOwed.get(row) > 0n;
    if (!remains) accounts.clearFlag(row, FLAG.unsettled);
    return remains;
  });
}

function afterEntryFee(ledger: Ledger, amount: bigint): bigint {
  const { entryFee } = ledger.genesis.parameters;
  return amount > entryFee ? amount - entryFee : 0n;
}
