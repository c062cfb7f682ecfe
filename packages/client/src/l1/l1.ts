/**
 * The first layer as the client uses it: one contract, read and called by viem, with errors of this package.
 */
import { upfrontAbi } from '@upfront/contracts';
import {
  type Abi,
  type Account,
  type Address,
  type Client,
  createClient as createViemClient,
  erc20Abi,
  type Hex,
  http,
  type PublicClient,
  type TransactionReceipt,
  type WalletClient,
} from 'viem';
import { getBlock, getChainId, readContract, waitForTransactionReceipt, writeContract } from 'viem/actions';
import { ConfigurationError, L1PendingError, L1RevertedError } from '../errors/kinds.ts';
import type { AccountSource } from '../signer.ts';
import { l1ErrorOf } from './l1-error.ts';

/** A URL, a viem client that reads (and, with an account, sends), or one of each. */
export type L1Source =
  | string
  | PublicClient
  | WalletClient
  | { readonly read: Client; readonly write: WalletClient };

/** accounts(a) of the contract; units. */
export interface L1Account {
  readonly balance: bigint;
  readonly debited: bigint;
  readonly claimable: bigint;
  /** The lowest sequence of an authority that may still debit. */
  readonly sequence: bigint;
  readonly exiting: boolean;
}

/** A call whose receipt is there. */
export interface Sent {
  readonly hash: Hex;
  readonly receipt: TransactionReceipt;
}

export interface L1 {
  /** Who sends transactions; undefined: nobody. */
  readonly sender: Address | undefined;
  chainId(): Promise<number>;
  /** Time of the newest block, s. */
  time(): Promise<bigint>;
  /** Number of the newest block that is final. */
  finalized(): Promise<bigint>;
  account(contract: Address, account: Address): Promise<L1Account>;
  exit(contract: Address, account: Address): Promise<{ item: bigint; time: bigint; sequence: bigint }>;
  /** As of a block; without, of the newest one. */
  member(
    contract: Address,
    account: Address,
    block?: bigint,
  ): Promise<{ bond: bigint; leaving: bigint; validator: boolean }>;
  /** A getter without arguments; as of a block, or of the newest one. */
  value<N extends Getter>(contract: Address, name: N, block?: bigint): Promise<GetterValue<N>>;
  /** An ERC-20's allowance for the contract, and its decimals. */
  allowance(token: Address, owner: Address, spender: Address): Promise<bigint>;
  decimals(token: Address): Promise<number>;
  /** Sent, unless it would revert, and waited for. Throws L1RevertedError, L1PendingError, or another L1Error. */
  call(
    what: string,
    request: { address: Address; functionName: string; args: readonly unknown[]; value?: bigint; abi?: Abi },
  ): Promise<Sent>;
}

interface Getters {
  asset: Address;
  unit: bigint;
  closeAge: bigint;
  bondAge: bigint;
  number: bigint;
  acknowledged: bigint;
  items: bigint;
  validators: number;
  closed: boolean;
}
type Getter = keyof Getters;
type GetterValue<N extends Getter> = Getters[N];

export { erc20Abi, upfrontAbi };

/** `account` signs transactions if the source has no account of its own. */
export function createL1(source: L1Source, account: AccountSource | undefined): L1 {
  const { read, write, from } = clientsOf(source, account);
  return {
    ...readerOf(read),
    sender: typeof from === 'string' ? from : from?.address,
    async call(what, { address, functionName, args, value, abi }) {
      if (write === undefined || from === undefined)
        throw new ConfigurationError(`${what} needs an account on the first layer.`);
      const hash = await ask(what, () => {
        const request = {
          address,
          abi: abi ?? (upfrontAbi as Abi),
          functionName,
          args,
          account: from,
          chain: null,
        };
        return writeContract(write, value === undefined ? request : { ...request, value });
      });
      const receipt = await mined(read, what, hash);
      return { hash, receipt };
    },
  };
}

/** All of it that sends nothing. */
function readerOf(read: Client): Omit<L1, 'sender' | 'call'> {
  const get = <T>(
    contract: Address,
    functionName: string,
    args: readonly unknown[] = [],
    blockNumber?: bigint,
  ): Promise<T> =>
    ask(`Reading ${functionName}`, async () => {
      const abi: Abi = upfrontAbi;
      const at = blockNumber === undefined ? {} : { blockNumber };
      return (await readContract(read, { address: contract, abi, functionName, args, ...at })) as T;
    });

  return {
    chainId: () => ask('Reading the chain id', () => getChainId(read)),
    time: () => ask('Reading the newest block', async () => (await getBlock(read)).timestamp),
    finalized: () =>
      ask('Reading the final block', async () => (await getBlock(read, { blockTag: 'finalized' })).number),
    async account(contract, address) {
      const [balance, debited, claimable, sequence, exiting] = await get<
        [bigint, bigint, bigint, bigint | number, boolean]
      >(contract, 'accounts', [address]);
      return { balance, debited, claimable, sequence: BigInt(sequence), exiting };
    },
    async exit(contract, address) {
      const [item, time, sequence] = await get<[bigint, bigint, bigint | number]>(contract, 'exits', [
        address,
      ]);
      return { item, time, sequence: BigInt(sequence) };
    },
    async member(contract, address, block) {
      const args = [address];
      const [bond, leaving, validator] = await get<[bigint, bigint, boolean]>(
        contract,
        'members',
        args,
        block,
      );
      return { bond, leaving, validator };
    },
    value: (contract, name, block) => get(contract, name, [], block),
    allowance: (token, owner, spender) =>
      ask('Reading the allowance', () =>
        readContract(read, {
          address: token,
          abi: erc20Abi,
          functionName: 'allowance',
          args: [owner, spender],
        }),
      ),
    decimals: (token) =>
      ask('Reading the decimals', () =>
        readContract(read, { address: token, abi: erc20Abi, functionName: 'decimals' }),
      ),
  };
}

/** What it throws is this package's. */
async function ask<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw l1ErrorOf(what, error);
  }
}

/** Waits for it. Throws L1PendingError if it is not seen, L1RevertedError if it changed nothing. */
async function mined(read: Client, what: string, hash: Hex): Promise<TransactionReceipt> {
  const receipt = await waitForTransactionReceipt(read, { hash }).catch((cause: unknown) => {
    throw new L1PendingError(what, hash, { cause });
  });
  if (receipt.status !== 'success') throw new L1RevertedError(what, { hash });
  return receipt;
}

function clientsOf(
  source: L1Source,
  account: AccountSource | undefined,
): { read: Client; write: Client | undefined; from: Account | Address | undefined } {
  const wallet = account !== undefined && 'request' in account ? account : undefined;
  const local = account !== undefined && !('request' in account) ? account : undefined;
  if (typeof source === 'string') {
    const read = createViemClient({ transport: http(source), pollingInterval: 500 });
    return { read, write: wallet ?? read, from: wallet?.account ?? local };
  }
  if ('read' in source) return { read: source.read, write: source.write, from: source.write.account };
  const own = source.account as Account | undefined;
  return {
    read: source,
    write: own === undefined ? (wallet ?? source) : source,
    from: own ?? wallet?.account ?? local,
  };
}
