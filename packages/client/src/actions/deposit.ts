/**
 * Depositing: the asset goes to the contract on L1, and the network imports it when L1 has finalised it.
 */
import { type Address, type Hex, parseEventLogs, zeroAddress } from 'viem';
import type { BaseClient } from '../client.ts';
import { ConfigurationError, L1Error } from '../errors/kinds.ts';
import { erc20Abi, type L1, type Sent, upfrontAbi } from '../l1/l1.ts';
import { addressOf, assertAmount } from './parameters.ts';

export interface DepositParameters {
  /** Units, at least 1. */
  readonly amount: bigint;
  /** Whose it becomes. Default: the client's own account. */
  readonly account?: Address | undefined;
}

export interface Deposited {
  readonly status: 'done';
  /** The transaction. */
  readonly hash: Hex;
  /** The item's number: `waitFor({ item })` waits until the network has imported it. */
  readonly item: number;
  /** What comes next, in words. */
  readonly next: string;
}

/**
 * Deposits from the L1 account; for a token it approves first, exactly the amount, if the allowance is too low.
 *
 * @throws NetworkMismatchError, NoL1Error, ParameterError, L1Error: not sent, reverted, or not seen to be mined
 */
export async function deposit(
  client: BaseClient,
  { amount, account }: DepositParameters,
): Promise<Deposited> {
  assertAmount('amount', amount, 1n);
  const { l1, contract } = await client.contract('deposit');
  const owner = account === undefined ? client.address : addressOf('account', account);
  if (owner === undefined || l1.sender === undefined)
    throw new ConfigurationError('deposit needs an account on L1.');
  const [asset, unit] = await Promise.all([l1.value(contract, 'asset'), l1.value(contract, 'unit')]);
  const value = amount * unit;
  if (asset !== zeroAddress) await approve(l1, asset, contract, value);
  const call = { address: contract, functionName: 'deposit', args: [owner, amount] };
  const sent = await l1.call('The deposit', asset === zeroAddress ? { ...call, value } : call);
  return {
    status: 'done',
    hash: sent.hash,
    item: itemOf(sent),
    next: 'Wait until the network has imported it.',
  };
}

/** The number of the item that a call made. Throws L1Error if its receipt has none. */
export function itemOf({ receipt }: Sent): number {
  const [item] = parseEventLogs({ abi: upfrontAbi, eventName: 'Item', logs: receipt.logs });
  if (item === undefined) throw new L1Error('The call', { cause: new Error('its receipt has no Item') });
  return Number(item.args.number);
}

/** Some tokens change an allowance only from or to 0. */
async function approve(l1: L1, token: Address, contract: Address, value: bigint): Promise<void> {
  const allowed = await l1.allowance(token, l1.sender!, contract);
  if (allowed >= value) return;
  const call = { address: token, abi: [...erc20Abi], functionName: 'approve' };
  if (allowed > 0n) await l1.call('The approval', { ...call, args: [contract, 0n] });
  await l1.call('The approval', { ...call, args: [contract, value] });
}
