/**
 * An account's standing after each of its events (docs/protocol.md, Privilege): the node keeps no history of it, and the
 * events say everything that changed it, but for which of the annulled nonces were holds.
 *
 * The core does the same with typed columns; the test compares both.
 */
import type { EventJson, Kind, PlacedEvent } from '../api.ts';
import { annulledIn } from '../components/bitmap.ts';

/** Q16, of the genesis. */
export interface StandingRules {
  readonly start: number;
  readonly floor: number;
  readonly gain: number;
}

export interface StandingPoint {
  readonly height: number;
  /** Q16, after the event. */
  readonly standing: number;
}

export const STANDING_ONE = 65_536;

/**
 * The points where it changed, the first being its beginning.
 *
 * @param kinds of the nonces of a fetch of the account, by its sequence
 */
export function standingOf(
  account: string,
  events: readonly PlacedEvent[],
  rules: StandingRules,
  kinds: ReadonlyMap<string, readonly Kind[]>,
): StandingPoint[] {
  let standing = rules.start;
  const points: StandingPoint[] = [];
  for (const { cursor, event } of events) {
    const height = Number(cursor.split('.')[0]);
    if (points.length === 0) points.push({ height, standing });
    const before = standing;
    if (isGain(event, account)) standing = Math.min(STANDING_ONE, standing + rules.gain);
    else if (event.type === 'annulled') {
      const announced = kinds.get(String(event['sequence'])) ?? [];
      for (const place of annulledIn(String(event['bitmap']))) {
        // The payee did not capture: that is not the payer's doing.
        if (announced[place] !== 'hold') standing = Math.max(rules.floor, standing >>> 1);
      }
    }
    if (standing !== before) points.push({ height, standing });
  }
  return points;
}

/** Whether it fulfilled a nonce of this account; a hold that is released counts for nothing. */
function isGain(event: EventJson, account: string): boolean {
  switch (event.type) {
    case 'transferred':
      return event['from'] === account;
    case 'captured':
      return event['payer'] === account && event['amount'] !== '0';
    case 'withdrawn':
    case 'posted':
    case 'validated':
      return event['account'] === account;
    default:
      return false;
  }
}
