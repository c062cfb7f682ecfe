/**
 * What others may see of the state: copies, so that nothing outside can change it and nothing shown changes later.
 */
import { FLAG } from './accounts.ts';
import type { Ledger } from './ledger.ts';
import { KIND, type Kind } from './messages.ts';
import { accountOf } from './resolve.ts';
import type { Address, Hash, Milliseconds, Nonce, Sequence, Units } from './units.ts';

export interface AccountView {
  address: Address;
  balance: Units;
  reserved: Units;
  free: Units;
  /** u: positive, settlements have to take it; negative, to bring it. */
  unsettled: bigint;
  /** D. */
  debited: Units;
  payoutOwed: Units;
  /** -1 before the first. */
  highest: bigint;
  /** Bit i: highest - i is used. */
  used: bigint;
  /** Q16. */
  standing: number;
  allowance: number;
  openNonces: number;
  openPlaces: number;
  isExiting: boolean;
  authority: { sequence: Sequence; limit: Units } | undefined;
  /** The contract's balance after every formed settlement and imported item. */
  l1Balance: Units;
}

export interface NonceView {
  nonce: Nonce;
  account: Address;
  sequence: Sequence;
  index: number;
  kind: Kind;
  /** Clock at which its window ends, and that of its dealing. */
  deadline: Milliseconds;
  dealtClock: Milliseconds;
  dealtHeight: number;
  /** Of transfer, withdraw and post. */
  commitment?: Hash;
  payee?: Address;
  max?: Units;
  topic?: Hash;
  stake?: Units;
  size?: number;
}

/** An account as of now, or undefined if it never appeared. */
export function accountView(ledger: Ledger, address: Address): AccountView | undefined {
  const { accounts, privilege } = ledger;
  const row = accounts.find(address, 0);
  if (row < 0) return undefined;
  const sequence = accounts.authoritySequence.get(row);
  return {
    address: address.slice(),
    balance: accounts.balance.get(row),
    reserved: accounts.reserved.get(row),
    free: accounts.free(row),
    unsettled: accounts.unsettled.get(row),
    debited: accounts.debited.get(row),
    payoutOwed: accounts.payoutOwed.get(row),
    highest: accounts.highest.get(row),
    used: accounts.used.get(row),
    standing: accounts.standing.get(row),
    allowance: privilege.allowance(row, privilege.activeWith(row)),
    openNonces: accounts.openNonces.get(row),
    openPlaces: accounts.openPlaces.get(row),
    isExiting: accounts.hasFlag(row, FLAG.exiting),
    authority: sequence < 0n ? undefined : { sequence, limit: accounts.authorityLimit.get(row) },
    l1Balance: accounts.l1Balance.get(row),
  };
}

/** An open nonce, or undefined. */
export function nonceView(ledger: Ledger, nonce: Nonce): NonceView | undefined {
  const row = ledger.nonces.find(nonce);
  return row < 0 ? undefined : viewRow(ledger, row);
}

/** The open nonces of an account, ascending, at most `most`. PERF: looks at every open nonce. */
export function openNoncesOf(ledger: Ledger, address: Address, most: number): NonceView[] {
  const account = ledger.accounts.find(address, 0);
  const views: NonceView[] = [];
  if (account < 0 || ledger.accounts.openNonces.get(account) === 0) return views;
  for (const row of ledger.nonces.rows()) {
    if (accountOf(ledger, row) !== account) continue;
    if (views.length === most) break;
    views.push(viewRow(ledger, row));
  }
  return views;
}

/** Open nonces of everybody from `from` on, ascending, at most `most`. PERF: looks at every open nonce. */
export function openNonces(ledger: Ledger, from: Nonce, most: number): NonceView[] {
  const rows = ledger.nonces.rows().filter((row) => ledger.nonces.nonce[row]! >= from);
  return rows.slice(0, most).map((row) => viewRow(ledger, row));
}

/** Block time from which on a cut is due; undefined while there is nothing to settle or acknowledge. */
export function nextCutTime({ settlements, imported, genesis }: Ledger): Milliseconds | undefined {
  if (!settlements.touched && imported <= settlements.inbox) return undefined;
  return settlements.lastCut + genesis.parameters.interval;
}

function viewRow(ledger: Ledger, row: number): NonceView {
  const { nonces, accounts, topics } = ledger;
  const { fetches } = nonces;
  const fetch = nonces.fetch[row]!;
  const view: NonceView = {
    nonce: nonces.nonce[row]!,
    account: accounts.address(fetches.account[fetch]!).slice(),
    sequence: fetches.sequence[fetch]!,
    index: nonces.index[row]!,
    kind: KIND_NAMES[nonces.kind[row]!]!,
    deadline: nonces.deadline(row),
    dealtClock: fetches.clock[fetch]!,
    dealtHeight: fetches.height[fetch]!,
  };
  const pledge = nonces.pledge.slice(row * 32, row * 32 + 32);
  if (view.kind === 'hold') return { ...view, payee: pledge.slice(0, 20), max: nonces.amount[row]! };
  if (view.kind === 'validate') return view;
  if (view.kind !== 'post') return { ...view, commitment: pledge };
  const topic = topics.topicOf(nonces.delivery[row]!).slice();
  return { ...view, commitment: pledge, topic, stake: nonces.amount[row]!, size: nonces.size[row]! };
}

const KIND_NAMES = Object.fromEntries(Object.entries(KIND).map(([name, number]) => [number, name])) as Record<
  number,
  Kind
>;
