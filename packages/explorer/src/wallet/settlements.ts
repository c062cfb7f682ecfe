/**
 * Which settlement paid an account out: looked for in the lists of the settlements that came after the withdrawal.
 *
 * Invariant: a settlement is asked for once; how many are looked through is bounded.
 */
import { ApiError, api } from '../api.ts';

/** Looked through for one withdrawal: a day's of ten minutes each. What is older than that is not waited for. */
const SETTLEMENTS_MOST = 144;
/** Kept: the accounts that each settlement paid out, lower case. */
const LISTS_MOST = 1000;

const lists = new Map<number, ReadonlySet<string>>();

/** Whether a settlement above `after`, and up to the newest settled one, lists a payout to the account. Throws ApiError. */
export async function isPaidOut(
  address: string,
  after: number,
  settled: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (settled - after > SETTLEMENTS_MOST) return true;
  for (let number = after + 1; number <= settled; number++) {
    const paid = lists.get(number) ?? (await listOf(number, signal));
    if (paid.has(address.toLowerCase())) return true;
  }
  return false;
}

async function listOf(number: number, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const { payouts } = await api.settlement(String(number), signal).catch((error: unknown) => {
    // A node that began with a snapshot does not know the older ones.
    if (error instanceof ApiError && !error.isAway) return { payouts: [] };
    throw error;
  });
  const paid = new Set(payouts.map(({ account }) => account.toLowerCase()));
  if (lists.size >= LISTS_MOST) lists.clear();
  lists.set(number, paid);
  return paid;
}
