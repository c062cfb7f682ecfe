/**
 * Forming: one part of a cut becomes the bytes that the contract's `settle` takes (docs/protocol.md, 9).
 * Every part is executed on the contract's model first; a failure there is a bug and throws, which stops the node.
 * Invariants: I2, I4 and I6.
 */
import { AUTHORITY_SIZE, FLAG } from './accounts.ts';
import { ByteWriter } from './bytes.ts';
import { headOf } from './evidence.ts';
import type { Ledger } from './ledger.ts';
import { ENTRY, type FormedSettlement, type Settlements } from './settlements.ts';
import type { Hash, Height } from './units.ts';

/** Forms the next part, if one is pending and there is room for it. */
export function formPart(ledger: Ledger, height: Height): FormedSettlement | undefined {
  const { settlements } = ledger;
  const { maxEntries, maxUnconfirmed } = ledger.genesis.parameters;
  if (!settlements.isPending || settlements.unconfirmed.length >= maxUnconfirmed) return undefined;
  if (settlements.unconfirmed.some((one) => one.rotation !== undefined)) return undefined;
  const end = Math.min(settlements.next + maxEntries, settlements.entryAccounts.length);
  const isLast = end === settlements.entryAccounts.length;
  const rotation = isLast ? settlements.rotation : undefined;

  for (let i = settlements.next; i < end; i++) {
    const row = settlements.entryAccounts[i]!;
    ledger.accounts.unformed.set(row, ledger.accounts.unformed.get(row) - 1);
  }
  const inbox = acknowledgeable(ledger);
  const isEmpty = end === settlements.next && rotation === undefined && inbox === settlements.inbox;
  const formed = isEmpty ? undefined : execute(ledger, height, end, inbox);
  settlements.next = end;
  if (isLast) endCut(settlements);
  return formed;
}

function execute(ledger: Ledger, height: Height, end: number, inbox: number): FormedSettlement {
  const { settlements, log } = ledger;
  const isLast = end === settlements.entryAccounts.length;
  const rotation = isLast ? settlements.rotation : undefined;
  const lists = packEntries(ledger, end);
  const line = new ByteWriter(32);
  if (rotation !== undefined) line.bytes(rotation.validator, 20).u8(rotation.isIn ? 1 : 0);
  const number = settlements.formed + 1;
  const formed = { number, inbox, height, ...lists, rotation: line.finish() };
  const hash = settlementHash(ledger, formed);
  log.formed(
    number,
    inbox,
    hash,
    lists.debits.length / DEBIT_SIZE,
    lists.credits.length / CREDIT_SIZE,
    lists.payouts.length / CREDIT_SIZE,
  );
  settlements.formed = number;
  const unconfirmed = { number, cutTime: settlements.lastCut };
  settlements.unconfirmed.push(rotation === undefined ? unconfirmed : { ...unconfirmed, rotation });
  acknowledge(ledger, inbox);
  return { ...formed, hash };
}

/** Bytes of a debit line, and of a credit or payout line. */
export const DEBIT_SIZE = 120;
export const CREDIT_SIZE = 28;

/** Packs the entries up to `end`, and executes each on the contract's model. */
function packEntries(
  ledger: Ledger,
  end: number,
): { debits: Uint8Array; credits: Uint8Array; payouts: Uint8Array } {
  const { accounts, settlements } = ledger;
  const debits = new ByteWriter(4096);
  const credits = new ByteWriter(4096);
  const payouts = new ByteWriter(4096);
  for (let i = settlements.next; i < end; i++) {
    const row = settlements.entryAccounts[i]!;
    const amount = settlements.entryAmounts[i]!;
    if (settlements.entryClasses[i] === ENTRY.debit) {
      debit(ledger, row, amount);
      debits.u64(amount).u64(accounts.authoritySequence.get(row)).u64(accounts.authorityLimit.get(row));
      debits.bytes(accounts.authority(row), AUTHORITY_SIZE);
      settlements.unformedDebits--;
    } else if (settlements.entryClasses[i] === ENTRY.credit) {
      settlements.l1Pool -= amount;
      accounts.l1Balance.set(row, accounts.l1Balance.get(row) + amount);
      credits.bytes(accounts.address(row), 20).u64(amount);
    } else {
      settlements.l1Pool -= amount;
      payouts.bytes(accounts.address(row), 20).u64(amount);
    }
  }
  modelRequires(settlements.l1Pool >= 0n, 'pool + debits >= credits + payouts');
  return { debits: debits.finish(), credits: credits.finish(), payouts: payouts.finish() };
}

/** A debit on the contract's model, with every `require` of `settle`. */
function debit(ledger: Ledger, row: number, amount: bigint): void {
  const { accounts, settlements } = ledger;
  const sequence = accounts.authoritySequence.get(row);
  modelRequires(sequence >= 0n, 'a debit has an authority');
  modelRequires(accounts.l1Sequence.get(row) <= sequence, 'stored sequence <= sequence');
  // D already counts this entry, and an account has one debit a cut: so D is `debited + amount` of the contract.
  modelRequires(accounts.debited.get(row) <= accounts.authorityLimit.get(row), 'debited + amount <= limit');
  modelRequires(amount <= accounts.l1Balance.get(row), 'amount <= balance');
  accounts.l1Balance.set(row, accounts.l1Balance.get(row) - amount);
  accounts.l1Sequence.set(row, sequence);
  settlements.l1Pool += amount;
}

function modelRequires(condition: boolean, what: string): void {
  if (!condition) throw new Error(`the contract would refuse this settlement: ${what}`);
}

/** The highest item such that every exit up to it is listed as of a cut and has no unformed entry. */
function acknowledgeable(ledger: Ledger): number {
  const { accounts, waitingExits, imported } = ledger;
  const first = waitingExits.find(
    ({ row }) => !accounts.hasFlag(row, FLAG.listed) || accounts.unformed.get(row) !== 0,
  );
  return first === undefined ? imported : first.item - 1;
}

/** Ends the exits that this settlement acknowledges; their L1 balance is the leavers' to claim. */
function acknowledge(ledger: Ledger, inbox: number): void {
  const { accounts, settlements, waitingExits } = ledger;
  while (waitingExits.length > 0 && waitingExits[0]!.item <= inbox) {
    const { row } = waitingExits.shift()!;
    const exit = accounts.exits.get(row)!;
    if (accounts.authoritySequence.get(row) < exit.sequence) {
      accounts.authoritySequence.set(row, -1n);
      accounts.authorityLimit.set(row, 0n);
      accounts.authority(row).fill(0);
    }
    accounts.useBelow(row, exit.sequence);
    if (accounts.l1Sequence.get(row) < exit.sequence) accounts.l1Sequence.set(row, exit.sequence);
    accounts.l1Balance.set(row, 0n);
    accounts.balance.set(row, -accounts.unsettled.get(row));
    accounts.exits.delete(row);
    accounts.clearFlag(row, FLAG.exiting | FLAG.listed);
  }
  ledger.heads.splice(0, inbox - settlements.inbox);
  settlements.inbox = inbox;
}

function endCut(settlements: Settlements): void {
  settlements.isPending = false;
  settlements.rotation = undefined;
  settlements.next = 0;
  settlements.entryAccounts = new Uint32Array(0);
  settlements.entryAmounts = new BigUint64Array(0);
  settlements.entryClasses = new Uint8Array(0);
}

/** What stands in the header, and what the contract computes again from `settle`'s arguments. */
function settlementHash(ledger: Ledger, formed: Omit<FormedSettlement, 'hash'>): Hash {
  const { keccak256 } = ledger.hashes;
  const zeros = new Uint8Array(24);
  const encoded = new ByteWriter(224).bytes(zeros).u64(formed.number).bytes(zeros).u64(formed.inbox);
  encoded.bytes(headOf(ledger, formed.inbox)!, 32);
  for (const list of [formed.debits, formed.credits, formed.payouts, formed.rotation]) {
    encoded.bytes(keccak256(list), 32);
  }
  return keccak256(encoded.finish());
}
