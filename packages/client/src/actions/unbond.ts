/**
 * Taking a validator's bond home: one call on L1 that starts the bond age, and `claim` after it.
 *
 * Until then the account stays a validator, if no rotation takes it out, and can lose the bond.
 */
import type { Address, Hex } from 'viem';
import type { BaseClient } from '../client.ts';
import type { L1 } from '../l1/l1.ts';
import { itemOf } from './deposit.ts';
import { dateOf } from './exit.ts';

export interface Unbonded {
  readonly status: 'done';
  /** The transaction. */
  readonly hash: Hex;
  readonly item: number;
  /** Units. */
  readonly bond: bigint;
  /** s since the epoch, by L1's clock: from then on `claim` pays the bond. */
  readonly claimableAt: bigint;
  /** What comes next, in words. */
  readonly next: string;
}

/** Throws NoL1Error, NetworkMismatchError, NoAccountError, L1Error, L1RevertedError if there is no bond, or it leaves already. */
export async function unbond(client: BaseClient): Promise<Unbonded> {
  const { l1, contract } = await client.contract('unbond');
  const { address } = client.signer('unbond');
  const sent = await l1.call('The unbonding', { address: contract, functionName: 'unbond', args: [] });
  const { bond } = await l1.member(contract, address);
  const claimableAt = (await bondClaimableAt(l1, contract, address))!;
  return {
    status: 'done',
    hash: sent.hash,
    item: itemOf(sent),
    bond,
    claimableAt,
    next: `Claim from ${dateOf(claimableAt)} on.`,
  };
}

/** s since the epoch from which on `claim` pays the bond; undefined: it is not on its way home. */
export async function bondClaimableAt(
  l1: L1,
  contract: Address,
  account: Address,
): Promise<bigint | undefined> {
  const [{ leaving }, bondAge] = await Promise.all([
    l1.member(contract, account),
    l1.value(contract, 'bondAge'),
  ]);
  return leaving === 0n ? undefined : leaving + bondAge + 1n;
}
