/**
 * Getting a receipt: proof that an event happened, for anybody, forever.
 */
import { decodeEvent, type Event, type Receipt, receiptFromJson } from '@upfront/core';
import type { BaseClient } from '../client.ts';
import { BadAnswerError } from '../errors/kinds.ts';
import { assertCount } from './parameters.ts';

export type ReceiptParameters =
  /** The event that resolved this nonce. */
  | { readonly nonce: number }
  /** Any event. */
  | { readonly height: number; readonly index: number };

export interface ReceiptResult {
  /** As the node gave it: to be kept as it is, and checked by `verifyReceipt`. */
  readonly json: unknown;
  readonly receipt: Receipt;
  readonly event: Event;
  readonly height: number;
}

/** The receipt, decoded and not yet checked. Throws NodeError `not-found` if there is no such event (yet). */
export async function receipt(client: BaseClient, parameters: ReceiptParameters): Promise<ReceiptResult> {
  for (const [name, value] of Object.entries(parameters)) assertCount(name, value);
  const json =
    'nonce' in parameters
      ? await client.node.nonceReceipt(parameters.nonce)
      : await client.node.eventReceipt(parameters.height, parameters.index);
  const decoded = receiptFromJson(json);
  const event = decoded && decodeEvent(decoded.event);
  if (decoded === undefined || event === undefined) throw new BadAnswerError('receipt', 'is no receipt');
  return { json, receipt: decoded, event, height: decoded.header.height };
}
