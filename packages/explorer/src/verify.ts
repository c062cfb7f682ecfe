/**
 * What is checked in the browser with signatures: receipts, and whose fetch a debit carries. Loaded when it is needed.
 */
import { BadReceiptError, createL1, verifyReceiptOnL1 } from '@upfront/client';
import { createDomain, fromHex, nobleHashes, toHex } from '@upfront/core';
import type { Address, Hex } from 'viem';
import { compactSignatureToSignature, parseCompactSignature, recoverAddress, serializeSignature } from 'viem';
import type { EventJson, Settlement, Status } from './api.ts';

export type Verdict =
  | {
      readonly holds: true;
      readonly event: EventJson;
      readonly height: number;
      readonly signers: readonly Address[];
      /** How many there are on L1. */
      readonly validators: number;
    }
  | { readonly holds: false; readonly why: string };

/** Characters of a receipt: a block's path has at most 32 hashes, a committee's signatures a few hundred bytes each. */
const TEXT_MOST = 1 << 20;

/** Throws L1Error if the first layer does not answer. */
export async function verifyText(text: string, status: Status): Promise<Verdict> {
  const { chainId, l1 } = status;
  const contract = status.contract as Address;
  const receipt = parse(text);
  if (receipt === undefined) return { holds: false, why: 'it is no JSON' };
  const layer = createL1(l1.url!, undefined);
  try {
    const { event, height, signers } = await verifyReceiptOnL1(layer, { receipt, chainId, contract });
    const validators = await layer.value(contract, 'validators');
    return { holds: true, event: jsonOf(event), height, signers, validators };
  } catch (error) {
    if (error instanceof BadReceiptError) return { holds: false, why: whyOf(error) };
    throw error;
  }
}

/** The accounts whose signatures these debits carry, as the contract recovers them. */
export async function debtorsOf(
  debits: Settlement['debits'],
  { chainId, contract }: Pick<Status, 'chainId' | 'contract'>,
): Promise<Address[]> {
  const domain = createDomain(chainId, fromHex(contract)!, nobleHashes);
  const accounts: Address[] = [];
  for (const { sequence, limit, request, r, vs } of debits) {
    const hash = toHex(domain.fetchDigestOf(BigInt(sequence), BigInt(limit), fromHex(request)!));
    const compact = parseCompactSignature(`${r}${vs.slice(2)}` as Hex);
    const signature = serializeSignature(compactSignatureToSignature(compact));
    accounts.push((await recoverAddress({ hash, signature })).toLowerCase() as Address);
  }
  return accounts;
}

/** What a member of the contract is: its bond, and whether it counts. Throws L1Error. */
export async function memberOf(
  { contract, l1 }: Status,
  address: string,
): Promise<{ bond: bigint; leaving: bigint; validator: boolean }> {
  return await createL1(l1.url!, undefined).member(contract as Address, address as Address);
}

function parse(text: string): unknown {
  if (text.length > TEXT_MOST) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The reason in the middle of the sentence that the client makes of it. */
function whyOf({ shortMessage }: BadReceiptError): string {
  return shortMessage.replace(/^.*?: /, '').replace(/\.$/, '');
}

function jsonOf(event: object): EventJson {
  const entries = Object.entries(event).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? toHex(value) : String(value),
  ]);
  return Object.fromEntries(entries) as EventJson;
}
