/** How far a bond is on its way home, by the contract. */
import type { L1 } from '@upfront/client';
import type { Address } from 'viem';

export interface BondHome {
  /** Units. */
  readonly bond: bigint;
  readonly isValidator: boolean;
  /** From when on `claim` pays it; undefined: it was not called home. */
  readonly claimableAt: { readonly date: string; readonly seconds: bigint } | undefined;
}

export async function bondHome(l1: L1, contract: Address, account: Address): Promise<BondHome> {
  const [{ bond, leaving, validator }, bondAge] = await Promise.all([
    l1.member(contract, account),
    l1.value(contract, 'bondAge'),
  ]);
  const seconds = leaving + bondAge + 1n;
  const claimableAt =
    leaving === 0n ? undefined : { seconds, date: new Date(Number(seconds) * 1000).toISOString() };
  return { bond, isValidator: validator, claimableAt };
}
