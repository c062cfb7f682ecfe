/**
 * Who the validators are, by the contract: the set that receipts are checked against, to be kept for use offline.
 *
 * The contract says of an address whether it is one, and how many there are; it lists none. So candidates are asked
 * about. Invariant: what is returned is the whole set, as of a block that is final.
 */
import { type Address, getAddress } from 'viem';
import { ParameterError } from '../errors/kinds.ts';
import type { L1 } from '../l1/l1.ts';
import { addressOf } from './parameters.ts';

export interface ValidatorsOnL1Parameters {
  readonly contract: Address;
  /** Who may be one, from wherever: the genesis, a node's word. Whoever is none is left out. */
  readonly candidates: readonly Address[];
}

export interface ValidatorsOnL1 {
  /** Of L1, final: the set is as of this block. */
  readonly block: bigint;
  /** Ascending. */
  readonly validators: readonly Address[];
}

/** Every candidate costs a request. */
const CANDIDATES_MOST = 65_535;

/** Throws ParameterError if the contract has more than the candidates name, L1Error. */
export async function validatorsOnL1(
  l1: L1,
  { contract, candidates }: ValidatorsOnL1Parameters,
): Promise<ValidatorsOnL1> {
  if (candidates.length > CANDIDATES_MOST) throw new ParameterError('candidates', 'are too many');
  const named = [...new Set(candidates.map((one) => getAddress(addressOf('candidates', one))))].sort();
  const block = await l1.finalized();
  const [count, members] = await Promise.all([
    l1.value(contract, 'validators', block),
    Promise.all(named.map((one) => l1.member(contract, one, block))),
  ]);
  const validators = named.filter((_, i) => members[i]!.validator);
  if (validators.length !== count)
    throw new ParameterError('candidates', `name ${validators.length} of the contract's ${count} validators`);
  return { block, validators };
}
