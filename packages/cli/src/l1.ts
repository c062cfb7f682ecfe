/**
 * The first layer, as far as no client action covers it.
 */
import { l1ErrorOf } from '@upfront/client';
import {
  type Address,
  type Client,
  createClient,
  erc20Abi,
  http,
  BaseError as ViemError,
  zeroAddress,
} from 'viem';
import { getBalance, getChainId, getCode, readContract } from 'viem/actions';
import { CliError, usageError } from './errors.ts';
import { type Asset, ETHER } from './genesis-file.ts';
import type { Settings } from './settings.ts';

/** ms between looks for a receipt. */
const POLLING_MS = 250;
/** Decimals that are kept of a token with more: amounts are below 2^63 units. */
const DECIMALS_KEPT = 9;

export function l1UrlOf({ l1Url }: Settings): string {
  if (l1Url !== undefined) return l1Url;
  throw usageError(
    'Where the first layer is is not known.',
    'Name its JSON-RPC by --l1 URL or UPFRONT_L1_URL.',
  );
}

export function createL1Client(url: string): Client {
  return createClient({ transport: http(url, { retryCount: 1 }), pollingInterval: POLLING_MS });
}

/** Runs `work`. What viem throws becomes the client's L1Error or a kind of it; else CliError with what was said. */
export async function askL1<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof CliError || !(cause instanceof Error)) throw cause;
    if (cause instanceof ViemError) throw l1ErrorOf(what, cause);
    throw new CliError('failed', `${what}: ${cause.message.split('\n')[0]}`, undefined, { cause });
  }
}

export function chainIdOf(client: Client): Promise<number> {
  return askL1('Reading the chain id', () => getChainId(client));
}

/** The asset as the chain knows it, with the unit that a new network should count in. */
export async function readAsset(client: Client, address: Address, unit?: bigint): Promise<Asset> {
  if (address === zeroAddress) return { ...ETHER, unit: unit ?? ETHER.unit };
  const token = { address, abi: erc20Abi } as const;
  const [symbol, decimals] = await askL1(`Reading the token ${address}`, () =>
    Promise.all([
      readContract(client, { ...token, functionName: 'symbol' }),
      readContract(client, { ...token, functionName: 'decimals' }),
    ]),
  );
  return { address, symbol, decimals, unit: unit ?? 10n ** BigInt(Math.max(0, decimals - DECIMALS_KEPT)) };
}

/** What the account has beside the network: in ETH for transactions, and in the asset itself. */
export async function readWallet(client: Client, asset: Asset, address: Address) {
  return askL1('Reading balances', async () => {
    const ether = await getBalance(client, { address });
    if (asset.address === zeroAddress) return { ether, asset: ether };
    const token = { address: asset.address, abi: erc20Abi } as const;
    return {
      ether,
      asset: await readContract(client, { ...token, functionName: 'balanceOf', args: [address] }),
    };
  });
}

export function hasContract(client: Client, address: Address): Promise<boolean> {
  return askL1('Reading the contract', async () => ((await getCode(client, { address })) ?? '0x') !== '0x');
}
