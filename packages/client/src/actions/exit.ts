/**
 * Leaving, whatever the operators do: one call on L1 that needs no node, and `claim` after it.
 *
 * The exit voids every authority below its sequence once it is acknowledged: so it names one above all that was signed.
 */
import { SEQUENCE_END } from '@upfront/core';
import type { Hex } from 'viem';
import type { BaseClient } from '../client.ts';
import { BaseError } from '../errors/base.ts';
import { ParameterError } from '../errors/kinds.ts';
import { itemOf } from './deposit.ts';

export interface ExitParameters {
  /** Every fetch below it becomes void. Default: one above the highest that was ever signed. */
  readonly sequence?: bigint | undefined;
}

export interface Exited {
  readonly status: 'done';
  /** The transaction. */
  readonly hash: Hex;
  readonly item: number;
  readonly sequence: bigint;
  /** s since the epoch, by L1's clock: from then on `claim` pays even if nobody acknowledges the exit. */
  readonly claimableAt: bigint;
  /** What comes next, in words. */
  readonly next: string;
}

/** Where another journal has signed, nobody here knows how far: this is further than any gets. */
const MARGIN = 2n ** 32n;
const LAST_SEQUENCE = SEQUENCE_END - 1n;

/** Throws NoL1Error, NetworkMismatchError, NoAccountError, ParameterError, L1Error, L1RevertedError. */
export async function exit(client: BaseClient, { sequence }: ExitParameters = {}): Promise<Exited> {
  const { l1, contract } = await client.contract('exit');
  const { address } = client.signer('exit');
  if (sequence !== undefined && (sequence < 0n || sequence > LAST_SEQUENCE)) {
    throw new ParameterError('sequence', 'is not below 2^56');
  }
  const chosen = sequence ?? (await sequenceAboveAll(client));
  const sent = await l1.call('The exit', { address: contract, functionName: 'exit', args: [chosen] });
  const [{ time }, closeAge] = await Promise.all([
    l1.exit(contract, address),
    l1.value(contract, 'closeAge'),
  ]);
  const claimableAt = time + closeAge + 1n;
  return {
    status: 'done',
    hash: sent.hash,
    item: itemOf(sent),
    sequence: chosen,
    claimableAt,
    next: `Claim once a settlement has acknowledged the exit, or from ${dateOf(claimableAt)} on in any case.`,
  };
}

/** s since the epoch, as text. */
export function dateOf(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString();
}

async function sequenceAboveAll(client: BaseClient): Promise<bigint> {
  const { l1, contract } = await client.contract('exit');
  const book = await client.book('exit');
  const { address } = client.signer('exit');
  const least = (await l1.account(contract, address)).sequence;
  const own = book.highestSigned + 1n;
  const network = await highestOnRecord(client);
  const isOwnHighest = own > 0n && own > network;
  const above = isOwnHighest ? own : max(own, network + 1n) + MARGIN;
  const chosen = max(above, least);
  return chosen > LAST_SEQUENCE ? LAST_SEQUENCE : chosen;
}

/** By the node's word, if it has one: it can only make the sequence higher. */
async function highestOnRecord(client: BaseClient): Promise<bigint> {
  try {
    const { highest } = await client.view('exit', 0);
    return highest;
  } catch (error) {
    if (error instanceof BaseError) return -1n;
    throw error;
  }
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
