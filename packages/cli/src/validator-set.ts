/**
 * The file of a network's validators, saved from the contract once: what receipts are checked against without asking anybody.
 *
 * `{ "chainId": 1, "contract": "0x…", "block": "123", "validators": ["0x…"] }`; the set is as of that block of the first layer.
 * Invariant: it is never used for another network than it names.
 */
import { type Address, getAddress, isAddress, isAddressEqual } from 'viem';
import { usageError } from './errors.ts';
import { readJson, writeWhole } from './files.ts';

export interface ValidatorSet {
  readonly chainId: number;
  readonly contract: Address;
  /** Of the first layer. */
  readonly block: bigint;
  readonly validators: readonly Address[];
}

export function writeSet(path: string, set: ValidatorSet): void {
  writeWhole(path, `${JSON.stringify({ ...set, block: String(set.block) }, undefined, 2)}\n`);
}

/** Throws CliError if it is none, or another network's. */
export function readSet(path: string, network: Pick<ValidatorSet, 'chainId' | 'contract'>): ValidatorSet {
  const { chainId, contract, block, validators } = (readJson(path) ?? {}) as Record<string, unknown>;
  const isSet =
    isHex20(contract) &&
    typeof block === 'string' &&
    /^(0|[1-9]\d{0,18})$/.test(block) &&
    Array.isArray(validators) &&
    validators.length > 0 &&
    validators.every(isHex20);
  if (!isSet)
    throw usageError(
      `${path} is no set of validators.`,
      '`upfront receipt validators --out FILE` saves one.',
    );
  if (chainId !== network.chainId || !isAddressEqual(contract, network.contract))
    throw usageError(
      `${path} is of another network: ${contract} on chain ${chainId}.`,
      'Name the one of this network.',
    );
  return { chainId, contract, block: BigInt(block), validators: validators.map((one) => getAddress(one)) };
}

function isHex20(value: unknown): value is Address {
  return typeof value === 'string' && isAddress(value, { strict: false });
}
