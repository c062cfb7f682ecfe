// Burns the bond of a validator that signed two headers of one height: `accuse` of the contract, by anybody.

import { upfrontAbi } from '@upfront/contracts';
import { checkEquivocation, createDomain, type Equivocation, type Header, toHex } from '@upfront/core';
import type { Account, Address, Client, Hex } from 'viem';
import { readContract, waitForTransactionReceipt, writeContract } from 'viem/actions';
import { createHashes } from '../hashes.ts';
import { createCurve } from '../signatures/curve.ts';
import { L1TransactionError } from './deploy.ts';

export interface AccuseOptions {
  readonly client: Client;
  /** Pays the gas, and gets nothing. */
  readonly account: Account;
  readonly chainId: number;
  readonly contract: Address;
  readonly equivocation: Equivocation;
}

export type Accused =
  | { readonly status: 'burnt'; readonly units: bigint; readonly transaction: Hex }
  /** It has no bond: accused before, or gone. */
  | { readonly status: 'no-bond' };

/** What is said does not prove it. */
export class NoEquivocationError extends Error {
  override readonly name = 'NoEquivocationError';
}

const RECEIPT_POLL_MS = 250;

/** Throws NoEquivocationError before anything is sent, L1TransactionError if the contract refuses it. */
export async function accuse(options: AccuseOptions): Promise<Accused> {
  const { client, account, chainId, contract, equivocation } = options;
  const hashes = await createHashes();
  const curve = createCurve(hashes, () => {});
  const domain = createDomain(chainId, Uint8Array.from(Buffer.from(contract.slice(2), 'hex')), hashes);
  const fault = checkEquivocation(equivocation, { domain, recover: curve.recover });
  if (fault !== undefined) throw new NoEquivocationError(faults[fault]);
  const at = { address: contract, abi: upfrontAbi } as const;
  const args = [toHex(equivocation.validator)] as const;
  const [units] = await readContract(client, { ...at, functionName: 'members', args });
  if (units === 0n) return { status: 'no-bond' };
  const { a, b } = equivocation;
  const transaction = await writeContract(client, {
    ...at,
    functionName: 'accuse',
    args: [headerOf(a.header), ...halves(a.signature), headerOf(b.header), ...halves(b.signature)],
    account,
    chain: null,
  });
  const receipt = await waitForTransactionReceipt(client, {
    hash: transaction,
    pollingInterval: RECEIPT_POLL_MS,
  });
  if (receipt.status !== 'success') throw new L1TransactionError('the accusation', transaction);
  return { status: 'burnt', units, transaction };
}

const faults = {
  height: 'the two headers are of different heights',
  'same-header': 'the two headers are the same',
  signature: 'the validator did not sign both headers, or not of this network',
} as const;

function headerOf({ height, parent, events, state, settlement }: Header) {
  return {
    height: BigInt(height),
    parent: toHex(parent),
    events: toHex(events),
    state: toHex(state),
    settlement: toHex(settlement),
  };
}

/** r and vs. */
function halves(signature: Uint8Array): [Hex, Hex] {
  return [toHex(signature.subarray(0, 32)), toHex(signature.subarray(32))];
}
