// Brings the contract to the first layer, and gives a validator the bond without which its signature does not
// count. For `upfront init`, the devnet and tests; a running node never does either.

import { upfrontAbi } from '@upfront/contracts';
import { upfrontBytecode } from '@upfront/contracts/bytecode';
import { type Account, type Address, type Client, erc20Abi, type Hex, zeroAddress, zeroHash } from 'viem';
import { deployContract, readContract, waitForTransactionReceipt, writeContract } from 'viem/actions';

export interface DeployOptions {
  readonly client: Client;
  /** Pays; keeps no power over the contract. */
  readonly account: Account;
  /** The ERC-20 token; zero for ETH. */
  readonly asset: Address;
  /** Base units of the asset in one unit: a power of ten. */
  readonly unit: bigint;
  readonly validators: readonly Address[];
  /** s. */
  readonly closeAge: bigint;
  /** s. */
  readonly bondAge: bigint;
  /** Units. */
  readonly minBond: bigint;
}

export interface Deployment {
  readonly address: Address;
  /** The block of the deployment: where a watcher begins. */
  readonly block: number;
  readonly transaction: Hex;
}

export interface BondOptions {
  readonly client: Client;
  readonly account: Account;
  readonly contract: Address;
  /** Units; the least that counts if it is not given. */
  readonly amount?: bigint;
  readonly consensusKey?: Hex;
}

export class L1TransactionError extends Error {
  override readonly name = 'L1TransactionError';
  readonly transaction: Hex;

  constructor(what: string, transaction: Hex) {
    super(`${what} was mined and reverted: ${transaction}`);
    this.transaction = transaction;
  }
}

/** ms between looks for a receipt. */
const RECEIPT_POLL_MS = 250;

/** Deploys the contract and waits until it is mined; throws {@link L1TransactionError} if it reverts. */
export async function deployUpfront(options: DeployOptions): Promise<Deployment> {
  const { client, account, asset, unit, validators, closeAge, bondAge, minBond } = options;
  const transaction = await deployContract(client, {
    abi: upfrontAbi,
    bytecode: upfrontBytecode,
    args: [asset, unit, validators, closeAge, bondAge, minBond],
    account,
    chain: null,
  });
  const receipt = await mined(client, 'the deployment', transaction);
  return { address: receipt.contractAddress!, block: Number(receipt.blockNumber), transaction };
}

/**
 * Bonds what a validator still needs: those that the constructor named have no bond, and until more than 2/3
 * of them have one nothing settles.
 *
 * @returns the units that were bonded; 0 if there was enough before
 */
export async function validatorBond(options: BondOptions): Promise<bigint> {
  const { client, account, contract, consensusKey = zeroHash } = options;
  const at = { address: contract, abi: upfrontAbi } as const;
  const [[bonded], minBond, asset, unit] = await Promise.all([
    readContract(client, { ...at, functionName: 'members', args: [account.address] }),
    readContract(client, { ...at, functionName: 'minBond' }),
    readContract(client, { ...at, functionName: 'asset' }),
    readContract(client, { ...at, functionName: 'unit' }),
  ]);
  // With minBond 0 a bond still has to be there.
  const least = minBond > 1n ? minBond : 1n;
  const amount = options.amount ?? (bonded < least ? least - bonded : 0n);
  if (amount === 0n) return 0n;

  const isEther = asset === zeroAddress;
  if (!isEther) await approve({ client, account, token: asset, spender: contract, amount: amount * unit });
  const transaction = await writeContract(client, {
    ...at,
    functionName: 'bond',
    args: [amount, consensusKey],
    value: isEther ? amount * unit : 0n,
    account,
    chain: null,
  });
  await mined(client, 'the bond', transaction);
  return amount;
}

async function approve(options: {
  client: Client;
  account: Account;
  token: Address;
  spender: Address;
  amount: bigint;
}): Promise<void> {
  const { client, account, token, spender, amount } = options;
  const transaction = await writeContract(client, {
    address: token,
    abi: erc20Abi,
    functionName: 'approve',
    args: [spender, amount],
    account,
    chain: null,
  });
  await mined(client, 'the approval', transaction);
}

async function mined(client: Client, what: string, transaction: Hex) {
  const receipt = await waitForTransactionReceipt(client, {
    hash: transaction,
    pollingInterval: RECEIPT_POLL_MS,
  });
  if (receipt.status !== 'success') throw new L1TransactionError(what, transaction);
  return receipt;
}
