/**
 * The accounts that this browser keeps: keystores under their passwords, and which account was open last.
 *
 * Invariant: what is stored is encrypted; a key in the clear is in memory only, while its account is open.
 */
import { type Address, getAddress } from 'viem';
import { WalletFault } from './fault.ts';
import { keystoreFromJson, type StoredKey } from './keystore.ts';

export interface KeptAccount {
  readonly name: string;
  readonly address: Address;
  readonly stored: StoredKey;
}

/** What `localStorage` does. */
export type TextStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const KEY = 'upfront.accounts';
export const ACCOUNTS_MOST = 20;
export const NAME_MOST = 40;

/** Entries that are damaged are left out of the list, and stay where they are until the list is written. */
export function readAccounts(store: TextStore): KeptAccount[] {
  let list: unknown;
  try {
    list = JSON.parse(store.getItem(KEY) ?? '[]');
  } catch {
    return [];
  }
  if (!Array.isArray(list)) return [];
  return list.slice(0, ACCOUNTS_MOST).flatMap((entry: unknown) => {
    const { name, stored } = (entry ?? {}) as { name?: unknown; stored?: unknown };
    const key = keystoreFromJson(stored);
    if (typeof name !== 'string' || key === undefined) return [];
    return [{ name: name.slice(0, NAME_MOST), address: getAddress(`0x${key.address}`), stored: key }];
  });
}

/** Throws WalletFault if the list is full, or the browser keeps nothing. */
export function keepAccount(store: TextStore, name: string, stored: StoredKey): KeptAccount {
  const before = readAccounts(store).filter((one) => one.stored.address !== stored.address);
  if (before.length >= ACCOUNTS_MOST) {
    throw new WalletFault(
      `This browser keeps ${ACCOUNTS_MOST} accounts already.`,
      'Export one that you do not need here, and remove it.',
    );
  }
  const address = getAddress(`0x${stored.address}`);
  const kept = { name: name.trim().slice(0, NAME_MOST) || 'Account', address, stored };
  write(store, [...before, kept]);
  return kept;
}

export function removeAccount(store: TextStore, address: Address): void {
  write(
    store,
    readAccounts(store).filter((one) => one.address !== address),
  );
}

function write(store: TextStore, accounts: readonly KeptAccount[]): void {
  try {
    store.setItem(KEY, JSON.stringify(accounts.map(({ name, stored }) => ({ name, stored }))));
  } catch {
    throw new WalletFault(
      'This browser does not keep anything for this page.',
      'Allow it to store data, or use a wallet of your own.',
    );
  }
}
