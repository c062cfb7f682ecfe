/**
 * Waiting until something has happened: a nonce is resolved, an item of L1 is imported, a settlement is on L1.
 */
import type { BaseClient } from '../client.ts';
import { ParameterError, TimeoutError } from '../errors/kinds.ts';
import { backoffDelay, delay } from '../transport/backoff.ts';
import { assertCount } from './parameters.ts';

export interface WaitForParameters {
  /** Until this nonce is fulfilled or annulled. */
  readonly nonce?: number | undefined;
  /** Until the network has imported this item of L1 (a deposit's number). */
  readonly item?: number | undefined;
  /** Until L1 has this settlement and the network knows. */
  readonly settlement?: number | undefined;
  /** Until a block of this height is there. */
  readonly height?: number | undefined;
  /** ms. Default 60,000. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WaitForResult {
  /** Of a nonce; else `reached`. */
  readonly status: 'fulfilled' | 'annulled' | 'reached';
  /** The block that resolved it, or the newest. */
  readonly height: number;
}

const PAUSE = { first: 50, most: 1000 };
const TIMEOUT_MS = 60_000;

/** Waits for one of these. Throws TimeoutError, ParameterError, the signal's reason, what asking throws. */
export async function waitFor(client: BaseClient, parameters: WaitForParameters): Promise<WaitForResult> {
  const { nonce, item, settlement, height, timeout = TIMEOUT_MS, signal } = parameters;
  const given = Object.entries({ nonce, item, settlement, height }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length !== 1) throw new ParameterError('waitFor', 'takes one of nonce, item, settlement, height');
  for (const [name, value] of given) assertCount(name, value!);

  const until = performance.now() + timeout;
  for (let attempt = 0; ; attempt++) {
    const result = nonce === undefined ? await askNetwork(client, parameters) : await askNonce(client, nonce);
    if (result !== undefined) return result;
    const pause = backoffDelay(attempt, PAUSE);
    if (performance.now() + pause > until) throw new TimeoutError(`waiting for a ${given[0]![0]}`, timeout);
    await delay(pause, signal);
  }
}

async function askNonce(client: BaseClient, nonce: number): Promise<WaitForResult | undefined> {
  const { status, height } = await client.node.nonce(nonce);
  return status === 'fulfilled' || status === 'annulled' ? { status, height: height ?? 0 } : undefined;
}

async function askNetwork(
  client: BaseClient,
  parameters: WaitForParameters,
): Promise<WaitForResult | undefined> {
  const { l1, height } = await client.node.status();
  const isReached =
    (parameters.item === undefined || l1.imported >= parameters.item) &&
    (parameters.settlement === undefined || l1.settled >= parameters.settlement) &&
    (parameters.height === undefined || height >= parameters.height);
  return isReached ? { status: 'reached', height } : undefined;
}
