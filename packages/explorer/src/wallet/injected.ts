/**
 * Wallets that other extensions put into the page: found by EIP-6963, asked by EIP-1193, on the network's own chain.
 *
 * Invariant: what a wallet says of itself is shown as text and one image that loads nothing; what it signs is shown before.
 */
import { type Address, type EIP1193Provider, getAddress, type Hex, numberToHex } from 'viem';
import { WalletFault } from './fault.ts';

export interface InjectedWallet {
  readonly uuid: string;
  readonly name: string;
  /** A data: URI, or empty. */
  readonly icon: string;
  /** Reverse domain name: the same wallet after a reload. */
  readonly rdns: string;
  readonly provider: EIP1193Provider;
}

/** What the chain of a network needs to be known to a wallet. */
export interface ChainToAdd {
  readonly chainId: number;
  /** An address of the first layer, if one is known. */
  readonly rpcUrl: string | undefined;
}

/** Whoever announces more is not a person's browser. */
const WALLETS_MOST = 32;
const NAME_MOST = 60;
const ICON_MOST = 200_000;
/** EIP-3085 and EIP-3326: the wallet does not know the chain. */
const UNKNOWN_CHAIN = 4902;

/** Calls back with every wallet once, now and later, until the returned function is called. */
export function discoverWallets(page: EventTarget, onFound: (wallet: InjectedWallet) => void): () => void {
  const seen = new Set<string>();
  const onAnnounce = (event: Event): void => {
    const wallet = walletOf((event as CustomEvent<unknown>).detail);
    if (wallet === undefined || seen.has(wallet.uuid) || seen.size >= WALLETS_MOST) return;
    seen.add(wallet.uuid);
    onFound(wallet);
  };
  page.addEventListener('eip6963:announceProvider', onAnnounce);
  page.dispatchEvent(new Event('eip6963:requestProvider'));
  return () => page.removeEventListener('eip6963:announceProvider', onAnnounce);
}

/** The first account that the wallet gives. Throws WalletFault, or what the wallet throws. */
export async function askForAccount({ name, provider }: InjectedWallet): Promise<Address> {
  return firstAccount(name, await provider.request({ method: 'eth_requestAccounts' }));
}

/** The account that the wallet gives without asking anybody; undefined if none. */
export async function knownAccount({ name, provider }: InjectedWallet): Promise<Address | undefined> {
  const accounts = await provider.request({ method: 'eth_accounts' });
  return accounts.length === 0 ? undefined : firstAccount(name, accounts);
}

/** Brings the wallet to this chain, or throws WalletFault. */
export async function useChain({ name, provider }: InjectedWallet, chain: ChainToAdd): Promise<void> {
  if ((await chainOf(provider)) === chain.chainId) return;
  try {
    await switchTo(provider, chain);
  } catch (error) {
    throw chainFault(name, chain.chainId, error);
  }
  const now = await chainOf(provider);
  if (now !== chain.chainId) throw chainFault(name, chain.chainId, new Error(`it is on chain ${now}`));
}

/** Calls back when the wallet's account or chain becomes another one. */
export function watchWallet(
  { provider }: InjectedWallet,
  { address, chainId }: { readonly address: Address; readonly chainId: number },
  onLeft: (reason: string) => void,
): () => void {
  const onAccounts = (accounts: readonly string[]): void => {
    if (accounts[0]?.toLowerCase() !== address.toLowerCase())
      onLeft('The wallet switched to another account.');
  };
  const onChain = (id: string): void => {
    if (Number(id) !== chainId) onLeft('The wallet switched to another chain.');
  };
  provider.on?.('accountsChanged', onAccounts);
  provider.on?.('chainChanged', onChain);
  return () => {
    provider.removeListener?.('accountsChanged', onAccounts);
    provider.removeListener?.('chainChanged', onChain);
  };
}

async function chainOf(provider: EIP1193Provider): Promise<number> {
  return Number(await provider.request({ method: 'eth_chainId' }));
}

async function switchTo(provider: EIP1193Provider, { chainId, rpcUrl }: ChainToAdd): Promise<void> {
  const id = numberToHex(chainId);
  try {
    await provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId: id }] });
  } catch (error) {
    if (codeOf(error) !== UNKNOWN_CHAIN || rpcUrl === undefined) throw error;
    const nativeCurrency = { name: 'Ether', symbol: 'ETH', decimals: 18 };
    const chain = { chainId: id, chainName: `Chain ${chainId}`, nativeCurrency, rpcUrls: [rpcUrl] };
    await provider.request({ method: 'wallet_addEthereumChain', params: [chain] });
    await provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId: id }] });
  }
}

function chainFault(name: string, chainId: number, cause: unknown): WalletFault {
  const why = cause instanceof Error ? ` (${cause.message.split('\n')[0]!.slice(0, 120)})` : '';
  return new WalletFault(
    `${name} did not switch to chain ${chainId}${why}.`,
    `Switch it to chain ${chainId} yourself, then connect again. On another chain a signature would be worth nothing.`,
  );
}

function codeOf(error: unknown): unknown {
  const { code, data } = (error ?? {}) as { code?: unknown; data?: { originalError?: { code?: unknown } } };
  return data?.originalError?.code ?? code;
}

function firstAccount(name: string, accounts: readonly Hex[]): Address {
  try {
    return getAddress(accounts[0] ?? '');
  } catch {
    throw new WalletFault(
      `${name} gave no account.`,
      'Unlock it, choose an account for this page, then connect again.',
    );
  }
}

/** What was announced, if it is a wallet (EIP-6963). */
function walletOf(detail: unknown): InjectedWallet | undefined {
  const { info, provider } = (detail ?? {}) as { info?: Record<string, unknown>; provider?: EIP1193Provider };
  const { uuid, name, icon, rdns } = info ?? {};
  if (typeof uuid !== 'string' || typeof name !== 'string' || typeof rdns !== 'string') return undefined;
  if (typeof provider?.request !== 'function' || uuid === '' || uuid.length > NAME_MOST) return undefined;
  const isImage = typeof icon === 'string' && /^data:image\//.test(icon) && icon.length <= ICON_MOST;
  const shown = name.replace(/\p{C}/gu, '').trim().slice(0, NAME_MOST) || 'A wallet';
  return { uuid, name: shown, icon: isImage ? icon : '', rdns: rdns.slice(0, 2 * NAME_MOST), provider };
}
