/**
 * Claiming: L1 pays what is claimable, after a withdrawal or an exit. Anyone may call it for anyone.
 */
import { type Address, type Hex, parseEventLogs } from 'viem';
import type { BaseClient } from '../client.ts';
import { NoAccountError } from '../errors/kinds.ts';
import { type L1, upfrontAbi } from '../l1/l1.ts';
import { dateOf } from './exit.ts';
import { addressOf } from './parameters.ts';
import { bondClaimableAt } from './unbond.ts';

export interface ClaimParameters {
  /** Whose. Default: the client's own account. */
  readonly account?: Address | undefined;
}

export interface Claimed {
  readonly status: 'done';
  /** The transaction. */
  readonly hash: Hex;
  /** Units that were paid; 0 if there was nothing to pay yet. */
  readonly amount: bigint;
  /** Whether the contract is closed now: everybody claims the settled balance. */
  readonly closed: boolean;
  /** What comes next, in words. */
  readonly next: string;
}

/** Throws NetworkMismatchError, NoL1Error, NoAccountError, ParameterError, L1Error, L1RevertedError. */
export async function claim(client: BaseClient, { account }: ClaimParameters = {}): Promise<Claimed> {
  const { l1, contract } = await client.contract('claim');
  const owner = account === undefined ? client.address : addressOf('account', account);
  if (owner === undefined) throw new NoAccountError('claim');
  const { hash, receipt } = await l1.call('The claim', {
    address: contract,
    functionName: 'claim',
    args: [owner],
  });
  const paid = parseEventLogs({ abi: upfrontAbi, eventName: 'Claimed', logs: receipt.logs });
  const amount = paid.reduce((sum, { args }) => sum + args.amount, 0n);
  const closed = await l1.value(contract, 'closed');
  return { status: 'done', hash, amount, closed, next: await nextOf(l1, contract, owner, closed) };
}

async function nextOf(l1: L1, contract: Address, owner: Address, closed: boolean): Promise<string> {
  const { exiting } = await l1.account(contract, owner);
  if (closed || !exiting) {
    const bondAt = await bondClaimableAt(l1, contract, owner);
    return bondAt === undefined
      ? 'Nothing: all that is claimable was paid.'
      : `The bond is on its way home: claim from ${dateOf(bondAt)} on.`;
  }
  const [{ item, time }, closeAge] = await Promise.all([
    l1.exit(contract, owner),
    l1.value(contract, 'closeAge'),
  ]);
  const from = dateOf(time + closeAge + 1n);
  return `The exit (item ${item}) is not acknowledged yet: claim after the next settlement, or from ${from} on.`;
}
