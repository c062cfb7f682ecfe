/**
 * Releasing a hold: its payee gives back the place and the money at once, instead of letting it lapse.
 */
import type { BaseClient } from '../client.ts';
import type { Outcome } from '../outcome.ts';
import { type Captured, type CaptureParameters, capture } from './capture.ts';

export type ReleaseParameters = Omit<CaptureParameters, 'amount'>;

/** Captures 0. Throws as `capture` does. */
export function release(client: BaseClient, parameters: ReleaseParameters): Promise<Outcome<Captured>> {
  return capture(client, { ...parameters, amount: 0n });
}
