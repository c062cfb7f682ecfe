/**
 * One open account: its client with a journal in IndexedDB, its way to the first layer, and how both are closed.
 *
 * Invariant: at most one session; its key is in memory only, and gone when it is closed.
 */
import { signal } from '@preact/signals';
import { type Client, createClient, indexedDbJournal } from '@upfront/client';
import { type Address, createPublicClient, createWalletClient, custom, http, type PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { api, type Genesis, nodeUrl } from '../api.ts';
import { genesis, status } from '../network.ts';
import type { KeptAccount } from './accounts.ts';
import { l1Url, rememberAnnounced } from './connections.ts';
import { WalletFault } from './fault.ts';
import { askForAccount, type InjectedWallet, knownAccount, useChain, watchWallet } from './injected.ts';
import type { StoredKey } from './keystore.ts';
import { openStored } from './keystore-work.ts';
import { showingAccount, showingProvider } from './signing.ts';

export interface Session {
  readonly address: Address;
  readonly name: string;
  /** Of an account of this browser. */
  readonly stored: StoredKey | undefined;
  /** Of the journal: the network and the account. */
  readonly key: string;
  readonly network: PinnedNetwork;
  readonly client: Client;
  /** Reads the first layer; undefined: no address of it is known. */
  readonly read: PublicClient | undefined;
  close(): Promise<void>;
}

/** Which network this origin served last: enough to leave it when the node is away, and to say what things cost. */
export interface PinnedNetwork extends Genesis {
  readonly contract: Address;
  readonly hash: `0x${string}`;
  readonly bytes: `0x${string}`;
}

export const session = signal<Session | undefined>(undefined);
/** Why the last session ended by itself. */
export const ended = signal<string | undefined>(undefined);

const NETWORK_KEY = 'upfront.network';
const WALLET_KEY = 'upfront.wallet';
/** ms between looks for a receipt on the first layer. */
const POLL_MS = 500;

/** Opens an account of this browser. Throws WalletFault, JournalLockedError and others. */
export async function unlock({ name, stored }: KeptAccount, password: string): Promise<Session> {
  const account = showingAccount(privateKeyToAccount(await openStored(stored, password)));
  const network = await networkOf();
  const url = l1Url.value;
  const read =
    url === undefined ? undefined : createPublicClient({ transport: http(url), pollingInterval: POLL_MS });
  const key = journalName(network, account.address);
  const journal = await indexedDbJournal({ name: key });
  const client = createClient({ node: nodeUrl(), genesis: network.bytes, account, journal, l1: url });
  return open({
    address: account.address,
    name,
    stored,
    key,
    network,
    client,
    read,
    close: () => client.close(),
  });
}

/** Opens the account of an injected wallet. `isQuiet`: only if it gives it without asking. */
export async function connect(found: InjectedWallet, isQuiet = false): Promise<Session | undefined> {
  const wallet = { ...found, provider: showingProvider(found.provider) };
  const address = isQuiet ? await knownAccount(wallet) : await askForAccount(wallet);
  if (address === undefined) return undefined;
  const network = await networkOf();
  await useChain(wallet, { chainId: network.chainId, rpcUrl: l1Url.value });
  const transport = custom(wallet.provider);
  const write = createWalletClient({ account: address, transport });
  const read = createPublicClient({ transport, pollingInterval: POLL_MS });
  const key = journalName(network, address);
  const journal = await indexedDbJournal({ name: key });
  const client = createClient({
    node: nodeUrl(),
    genesis: network.bytes,
    account: write,
    journal,
    l1: { read, write },
  });
  const unwatch = watchWallet(found, { address, chainId: network.chainId }, (reason) => {
    ended.value = `${reason} The account was closed here; connect again to go on.`;
    void lock(true);
  });
  const close = async (): Promise<void> => {
    unwatch();
    await client.close();
  };
  localStorage.setItem(WALLET_KEY, found.rdns);
  return open({ address, name: found.name, stored: undefined, key, network, client, read, close });
}

/** Closes the account and forgets its key. `isForGood`: an injected wallet is not opened again by itself. */
export async function lock(isForGood = false): Promise<void> {
  const before = session.value;
  session.value = undefined;
  if (isForGood) localStorage.removeItem(WALLET_KEY);
  await before?.close();
}

/** The wallet that was connected last, by its rdns. */
export function lastWallet(): string | undefined {
  return localStorage.getItem(WALLET_KEY) ?? undefined;
}

function open(next: Session): Session {
  ended.value = undefined;
  session.value = next;
  return next;
}

/** The network of the node; while that is away, the one that it served last. Throws WalletFault if none is known. */
async function networkOf(): Promise<PinnedNetwork> {
  const now = genesis.value ?? (await api.genesis().catch(() => undefined));
  status.value ??= await api.status().catch(() => undefined);
  if (now !== undefined) {
    rememberAnnounced();
    localStorage.setItem(NETWORK_KEY, JSON.stringify(now));
    return now as PinnedNetwork;
  }
  const kept = localStorage.getItem(NETWORK_KEY);
  if (kept !== null) {
    // If another network comes back at this address, the page begins anew.
    genesis.value = JSON.parse(kept) as PinnedNetwork;
    return genesis.value as PinnedNetwork;
  }
  throw new WalletFault(
    'The node is away, and this browser has not seen its network before.',
    'Try again when it is back.',
  );
}

function journalName({ hash }: PinnedNetwork, address: Address): string {
  return `upfront-${hash.slice(2, 18)}-${address.toLowerCase()}`;
}
