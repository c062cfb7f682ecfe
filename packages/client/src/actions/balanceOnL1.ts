/**
 * What the contract on L1 has of an account: the settled balance, and what can be claimed. Needs no node.
 */
import type { Address } from 'viem';
import type { BaseClient } from '../client.ts';
import { NoAccountError } from '../errors/kinds.ts';
import type { L1Account } from '../l1/l1.ts';
import { addressOf } from './parameters.ts';

export interface BalanceOnL1Parameters {
  /** Default: the client's own account. */
  readonly address?: Address | undefined;
}

/** Throws NoL1Error, NetworkMismatchError, NoAccountError if no address is given and the client has none, L1Error. */
export async function balanceOnL1(
  client: BaseClient,
  { address }: BalanceOnL1Parameters = {},
): Promise<L1Account> {
  const { l1, contract } = await client.contract('balanceOnL1');
  const own = address === undefined ? client.address : addressOf('address', address);
  if (own === undefined) throw new NoAccountError('balanceOnL1');
  return await l1.account(contract, own);
}
