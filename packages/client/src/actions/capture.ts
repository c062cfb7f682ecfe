/**
 * Capturing a hold: the payee signs for what it has earned, and gets it.
 */
import { codes, encodeFulfil } from '@upfront/core';
import type { Address } from 'viem';
import type { BaseClient } from '../client.ts';
import { BaseError } from '../errors/base.ts';
import { NoNodeError } from '../errors/kinds.ts';
import { type Outcome, refused, unknown } from '../outcome.ts';
import { submitAll } from '../transport/submit.ts';
import type { Hold } from './hold.ts';
import { addressOf, assertAmount, assertCount } from './parameters.ts';
import { receipt } from './receipt.ts';

/** What `hold` gave the payer, and the amount. */
export type CaptureParameters = Pick<Hold, 'nonce' | 'payer' | 'sequence' | 'index'> & {
  /** Units, 0 to the hold's maximum; 0 releases it. */
  readonly amount: bigint;
};

export interface Captured {
  readonly nonce: number;
  readonly amount: bigint;
  /** The block that has it: final. */
  readonly height: number;
}

/**
 * Captures. Sign one amount a hold only: whoever has two signatures chooses between them.
 *
 * @throws NoAccountError, ParameterError, SigningError: nothing was sent
 */
export async function capture(client: BaseClient, parameters: CaptureParameters): Promise<Outcome<Captured>> {
  const { nonce, sequence, index, amount } = parameters;
  assertCount('nonce', nonce);
  assertCount('index', index);
  assertAmount('amount', amount, 0n);
  const payer: Address = addressOf('payer', parameters.payer);
  const { genesis } = await client.network();
  const signature = await client.signer('capture').capture(genesis, { payer, sequence, index, amount });
  try {
    const message = encodeFulfil({ kind: 'hold', nonce, amount, signature });
    const [answer] = await submitAll(client.socket, client.timeout, [message]);
    client.forgetView();
    if (answer!.status === 'fulfilled') return { status: 'done', nonce, amount, height: answer!.height };
    const code = answer!.status === 'dealt' ? codes.notOpen : answer!.code;
    return code === codes.notOpen ? await resolved(client, parameters) : refused(code, sequence, nonce);
  } catch (error) {
    if (error instanceof BaseError && !(error instanceof NoNodeError)) return unknown(error, sequence, nonce);
    throw error;
  }
}

/** The hold is no longer open: done after all if it was captured for this amount. */
async function resolved(
  client: BaseClient,
  { nonce, sequence, amount }: CaptureParameters,
): Promise<Outcome<Captured>> {
  const { status } = await client.node.nonce(nonce);
  if (status !== 'fulfilled') return refused(codes.notOpen, sequence, nonce);
  const { event, height } = await receipt(client, { nonce });
  const isSame = event.type === 'captured' && event.amount === amount;
  return isSame ? { status: 'done', nonce, amount, height } : refused(codes.notOpen, sequence, nonce);
}
