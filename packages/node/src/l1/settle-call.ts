// A formed settlement as a call of `settle`, and whether it would succeed: docs/protocol.md, 9; IUpfront.sol.

import { upfrontAbi } from '@upfront/contracts';
import {
  compareBytes,
  concatBytes,
  type FormedSettlement,
  type Header,
  type HeaderSignature,
  toHex,
} from '@upfront/core';
import {
  type Address,
  BaseError,
  type Client,
  ContractFunctionRevertedError,
  decodeErrorResult,
  encodeFunctionData,
  type Hex,
} from 'viem';
import { estimateContractGas, readContract, simulateBlocks, simulateContract } from 'viem/actions';

/** What the contract takes as one settlement. */
export interface Settling {
  readonly formed: FormedSettlement;
  readonly header: Header;
  readonly signatures: readonly HeaderSignature[];
}

export type Simulated =
  | { readonly status: 'success'; readonly gas: bigint }
  | { readonly status: 'reverted'; readonly error: string };

/** Eighths of an estimate that a transaction may use: the state may change until it is mined. */
const ESTIMATE_EIGHTHS = 10n;
/** Eighths of the gas used in a simulation: at most a fifth of what a transaction needs is refunded. */
const GAS_USED_EIGHTHS = 11n;

export function settleArguments({ formed, header, signatures }: Settling) {
  const sorted = [...signatures].sort((a, b) => compareBytes(a.validator, b.validator));
  return [
    {
      height: BigInt(header.height),
      parent: toHex(header.parent),
      events: toHex(header.events),
      state: toHex(header.state),
      settlement: toHex(header.settlement),
    },
    BigInt(formed.inbox),
    toHex(formed.debits),
    toHex(formed.credits),
    toHex(formed.payouts),
    toHex(formed.rotation),
    toHex(concatBytes(...sorted.map(({ signature }) => signature))),
  ] as const;
}

export function encodeSettle(settling: Settling): Hex {
  return encodeFunctionData({ abi: upfrontAbi, functionName: 'settle', args: settleArguments(settling) });
}

/**
 * Leaves out signatures of who is no validator with a bond on L1 any more: one that was accused, or took its
 * bond home, would make the whole settlement revert.
 */
export async function withMembersOnly(
  client: Client,
  contract: Address,
  settling: Settling,
): Promise<Settling> {
  const counts = await Promise.all(
    settling.signatures.map(async ({ validator }) => {
      const at = { address: contract, abi: upfrontAbi, functionName: 'members' } as const;
      const [bond, , isValidator] = await readContract(client, { ...at, args: [toHex(validator)] });
      return isValidator && bond > 0n;
    }),
  );
  return { ...settling, signatures: settling.signatures.filter((_, i) => counts[i]) };
}

/** Whether the contract would take the settlement now, and the gas to send with it. */
export async function simulateNext(
  client: Client,
  contract: Address,
  from: Address,
  settling: Settling,
): Promise<Simulated> {
  const args = settleArguments(settling);
  const call = { address: contract, abi: upfrontAbi, functionName: 'settle', args, account: from } as const;
  try {
    await simulateContract(client, call);
    // The next block may have come in between: this one can revert as well.
    const estimate = await estimateContractGas(client, call);
    return { status: 'success', gas: (estimate * ESTIMATE_EIGHTHS) / 8n };
  } catch (error) {
    const revert = error instanceof BaseError ? error.walk(isRevert) : null;
    if (!(revert instanceof ContractFunctionRevertedError)) throw error;
    return {
      status: 'reverted',
      error: revert.data?.errorName ?? revert.reason ?? revert.signature ?? 'unknown',
    };
  }
}

/**
 * The same for settlements that follow one another, each on the state after the one before; undefined if the
 * RPC has no eth_simulateV1 or does not answer it.
 */
export async function simulateInOrder(
  client: Client,
  contract: Address,
  from: Address,
  calldata: readonly Hex[],
): Promise<Simulated[] | undefined> {
  const calls = calldata.map((data) => ({ account: from, to: contract, data }));
  const blocks = await simulateBlocks(client, { blocks: [{ calls }] }).catch(() => undefined);
  return blocks?.[0]?.calls.map((call) => {
    if (call.status === 'success') return { status: 'success', gas: (call.gasUsed * GAS_USED_EIGHTHS) / 8n };
    return { status: 'reverted', error: errorName(call.data) };
  });
}

function isRevert(cause: unknown): boolean {
  return cause instanceof ContractFunctionRevertedError;
}

/** The name of a custom error, or its bytes if it is none of the contract's. */
function errorName(data: Hex): string {
  try {
    return decodeErrorResult({ abi: upfrontAbi, data }).errorName;
  } catch {
    return data;
  }
}
