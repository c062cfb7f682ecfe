/**
 * What an account has, here and on L1.
 */
import type { Address } from 'viem';
import type { BaseClient } from '../client.ts';
import { NoAccountError } from '../errors/kinds.ts';
import type { L1Account } from '../l1/l1.ts';
import type { NodeAccount } from '../transport/node-api.ts';
import { balanceOnL1 } from './balanceOnL1.ts';
import { addressOf } from './parameters.ts';

export interface BalanceParameters {
  /** Default: the client's own account. */
  readonly address?: Address | undefined;
}

/** The network's word for it (docs/api.md), units; and the contract's, if the client has L1. */
export interface Balance extends NodeAccount {
  readonly address: Address;
  readonly l1: L1Account | undefined;
}

/** Throws NoAccountError if no address is given and the client has none; ParameterError; what asking throws. */
export async function balance(client: BaseClient, { address }: BalanceParameters = {}): Promise<Balance> {
  const own = address === undefined ? client.address : addressOf('address', address);
  if (own === undefined) throw new NoAccountError('balance');
  const account = await client.node.account(own);
  return {
    ...account,
    address: own,
    l1: client.hasL1 ? await balanceOnL1(client, { address: own }) : undefined,
  };
}
