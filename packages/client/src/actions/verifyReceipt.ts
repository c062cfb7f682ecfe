/**
 * Checking a receipt, offline or against the validators on L1: no node is asked, and none is believed.
 *
 * docs/protocol.md, 11.
 */
import {
  checkReceipt,
  createDomain,
  type Descent,
  decodeEvent,
  descentFromJson,
  type Event,
  fromHex,
  type HeaderSignature,
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
  /** Later headers (JSON or decoded): the last one's signatures count, instead of the receipt's own. */
  readonly descent?: unknown;
  /** The first layer's. */
  readonly chainId: number;
  readonly contract: Address;
  /**
   * Whom the caller trusts: the set of the genesis, or of L1 (`validatorsOnL1`). Signatures of others, who have left or come
   * since, are not counted; more than 2/3 of these must have signed.
   */
  readonly validators: readonly Address[];
}

export interface VerifiedReceipt {
  readonly event: Event;
  readonly height: number;
  /** Who signed, of `validators`. */
  readonly signers: readonly Address[];
}

/** What the receipt proves. Throws BadReceiptError if it proves nothing, ParameterError. */
export async function verifyReceipt(parameters: VerifyReceiptParameters): Promise<VerifiedReceipt> {
  const receipt = decodedReceipt(parameters.receipt);
  const descent = parameters.descent === undefined ? undefined : decodedDescent(parameters.descent);
  const validators = parameters.validators.map((one) => fromHex(addressOf('validators', one))!);
  if (new Set(validators.map(toHex)).size !== validators.length)
    throw new ParameterError('validators', 'repeat');
  const { counted, others } = ofSet((descent ?? receipt).signatures, validators);
  const domain = createDomain(
    parameters.chainId,
    fromHex(addressOf('contract', parameters.contract))!,
    nobleHashes,
  );

  // The core's check is synchronous: signers are recovered before.
  const digest = domain.headerDigest(descent?.headers.at(-1) ?? receipt.header);
  const signers = new Map<string, Uint8Array | undefined>();
  for (const { signature } of counted) signers.set(toHex(signature), await recoverSigner(digest, signature));
  const recover = (_: Uint8Array, signature: Uint8Array): Uint8Array | undefined =>
    signers.get(toHex(signature));
  const fault = checkReceipt(
    { ...receipt, signatures: counted },
    { domain, hashes: nobleHashes, validators, recover },
    descent && { ...descent, signatures: counted },
  );
  if (fault === 'quorum') throw tooFew(counted.length, validators.length, others);
  if (fault !== undefined) throw new BadReceiptError(faults[fault]);

  const event = decodeEvent(receipt.event);
  if (event === undefined) throw new BadReceiptError('its event is none of upfront/1');
  return {
    event,
    height: receipt.header.height,
    signers: counted.map(({ validator }) => addressOf('signer', toHex(validator))),
  };
}

/**
 * The same, with L1 asked who the validators are now. A receipt from before many rotations may fail here and be good: check it
 * against the set of its time, or by the headers up to one that the validators of now have signed.
 *
 * @throws L1Error besides
 */
export async function verifyReceiptOnL1(
  l1: L1,
  parameters: Omit<VerifyReceiptParameters, 'validators'>,
): Promise<VerifiedReceipt> {
  const { signatures } =
    parameters.descent === undefined
      ? decodedReceipt(parameters.receipt)
      : decodedDescent(parameters.descent);
  const count = await l1.value(parameters.contract, 'validators');
  const named = [...new Set(signatures.map(({ validator }) => toHex(validator)))];
  const members = await Promise.all(named.map((one) => l1.member(parameters.contract, one)));
  const validators = named.filter((_, i) => members[i]!.validator && members[i]!.bond > 0n);
  if (3 * validators.length <= 2 * count)
    throw tooFew(validators.length, count, named.length - validators.length);
  return await verifyReceipt({ ...parameters, validators });
}

const faults = {
  path: 'its event is not in its header',
  descent: 'its headers do not follow one another from the receipt on',
  'not-validator': 'somebody signed who is no validator',
  'duplicate-signer': 'a validator is listed twice',
  signature: 'a signature is not its validator\u2019s',
} as const;

/**
 * Who is not of the set takes nothing away: what counts is that more than 2/3 of the set signed. A receipt from another time
 * carries signatures of who has left since, or of who had not come yet.
 */
function ofSet(
  signatures: readonly HeaderSignature[],
  validators: readonly Uint8Array[],
): { counted: HeaderSignature[]; others: number } {
  const known = new Set(validators.map(toHex));
  const counted = signatures.filter(({ validator }) => known.has(toHex(validator)));
  return { counted, others: signatures.length - counted.length };
}

function tooFew(signers: number, validators: number, others: number): BadReceiptError {
  const strangers =
    others === 0 ? '' : `; ${others} more signed who ${others === 1 ? 'is' : 'are'} not of this set`;
  return new BadReceiptError(
    `${signers} of ${validators} validators signed, not more than 2/3${strangers}`,
    others === 0 ? undefined : { hint: 'The validators were others when it was signed.' },
  );
}

function decodedReceipt(value: unknown): Receipt {
  const isDecoded =
    typeof value === 'object' && value !== null && 'event' in value && value.event instanceof Uint8Array;
  const receipt = isDecoded ? (value as Receipt) : receiptFromJson(value);
  if (receipt === undefined) throw new BadReceiptError('it is malformed');
  return receipt;
}

function decodedDescent(value: unknown): Descent {
  const first = (value as { headers?: unknown[] } | null)?.headers?.[0];
  const isDecoded = typeof (first as { height?: unknown } | undefined)?.height === 'number';
  const descent = isDecoded ? (value as Descent) : descentFromJson(value);
  if (descent === undefined || descent.headers.length === 0)
    throw new BadReceiptError('its list of headers is malformed, or too long');
  return descent;
}
