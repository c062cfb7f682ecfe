/**
 * Checking a receipt, offline or against the validators on L1: no node is asked, and none is believed.
 *
 * docs/protocol.md, 11.
 */
import {
  checkReceipt,
  createDomain,
  decodeEvent,
  type Event,
  fromHex,
  nobleHashes,
  type Receipt,
  receiptFromJson,
  toHex,
} from '@upfront/core';
import type { Address } from 'viem';
import { BadReceiptError, ParameterError } from '../errors/kinds.ts';
import type { L1 } from '../l1/l1.ts';
import { recoverSigner } from '../signer.ts';
import { addressOf } from './parameters.ts';

export interface VerifyReceiptParameters {
  /** The receipt's JSON, or the decoded receipt. */
  readonly receipt: unknown;
  /** The first layer's. */
  readonly chainId: number;
  readonly contract: Address;
  /** The set at the receipt's height: from the genesis, or from L1. */
  readonly validators: readonly Address[];
}

export interface VerifiedReceipt {
  readonly event: Event;
  readonly height: number;
  /** Who signed, of the validators. */
  readonly signers: readonly Address[];
}

/** What the receipt proves. Throws BadReceiptError if it proves nothing, ParameterError. */
export async function verifyReceipt(parameters: VerifyReceiptParameters): Promise<VerifiedReceipt> {
  const receipt = decodedReceipt(parameters.receipt);
  const validators = parameters.validators.map((one) => fromHex(addressOf('validators', one))!);
  if (new Set(validators.map(toHex)).size !== validators.length)
    throw new ParameterError('validators', 'repeat');
  const domain = createDomain(
    parameters.chainId,
    fromHex(addressOf('contract', parameters.contract))!,
    nobleHashes,
  );

  // The core's check is synchronous: signers are recovered before.
  const digest = domain.headerDigest(receipt.header);
  const signers = new Map<string, Uint8Array | undefined>();
  for (const { signature } of receipt.signatures) {
    signers.set(toHex(signature), await recoverSigner(digest, signature));
  }
  const recover = (_: Uint8Array, signature: Uint8Array): Uint8Array | undefined =>
    signers.get(toHex(signature));
  const fault = checkReceipt(receipt, { domain, hashes: nobleHashes, validators, recover });
  if (fault !== undefined) throw new BadReceiptError(faults[fault]);

  const event = decodeEvent(receipt.event);
  if (event === undefined) throw new BadReceiptError('its event is none of upfront/1');
  return {
    event,
    height: receipt.header.height,
    signers: receipt.signatures.map(({ validator }) => addressOf('signer', toHex(validator))),
  };
}

/**
 * The same, with L1 asked who the validators are now. A receipt from before a rotation may fail here and be good: check it
 * against the set of its time.
 *
 * @throws L1Error besides
 */
export async function verifyReceiptOnL1(
  l1: L1,
  parameters: Omit<VerifyReceiptParameters, 'validators'>,
): Promise<VerifiedReceipt> {
  const receipt = decodedReceipt(parameters.receipt);
  const count = await l1.value(parameters.contract, 'validators');
  const named = [...new Set(receipt.signatures.map(({ validator }) => toHex(validator)))];
  const members = await Promise.all(named.map((one) => l1.member(parameters.contract, one)));
  const validators = named.filter((_, i) => members[i]!.validator && members[i]!.bond > 0n);
  if (validators.length !== named.length)
    throw new BadReceiptError('a signer is no validator with a bond on L1 now');
  if (3 * validators.length <= 2 * count) throw new BadReceiptError(faults.quorum);
  return await verifyReceipt({ ...parameters, validators });
}

const faults = {
  path: 'its event is not in its header',
  'not-validator': 'somebody signed who is no validator',
  'duplicate-signer': 'a validator is listed twice',
  signature: 'a signature is not its validator\u2019s',
  quorum: 'not more than 2/3 of the validators signed',
} as const;

function decodedReceipt(value: unknown): Receipt {
  const isDecoded =
    typeof value === 'object' && value !== null && 'event' in value && value.event instanceof Uint8Array;
  const receipt = isDecoded ? (value as Receipt) : receiptFromJson(value);
  if (receipt === undefined) throw new BadReceiptError('it is malformed');
  return receipt;
}
