/**
 * What settlements list of an account: credits, of which each kept an entry fee, and payouts.
 *
 * Invariant: a settlement's lists never change, and are asked for once; how many are looked through is bounded.
 */
import { ApiError, api } from '../api.ts';

/** What one settlement lists, by the account in lower case; units. */
export interface SettlementLists {
  readonly number: number;
  readonly height: number;
  readonly credits: ReadonlyMap<string, bigint>;
  readonly payouts: ReadonlyMap<string, bigint>;
}

/** Looked through for one withdrawal: a day's of ten minutes each. What is older than that is not waited for. */
const WAITED_MOST = 144;
/** Looked through for a history, the newest. */
export const LISTED_MOST = 500;
const KEPT_MOST = 1000;
const ASKED_AT_ONCE = 8;

const kept = new Map<number, SettlementLists>();

/** Whether a settlement above `after`, and up to the newest settled one, lists a payout to the account. Throws ApiError. */
export async function isPaidOut(
  address: string,
  after: number,
  settled: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (settled - after > WAITED_MOST) return true;
  for (let number = after + 1; number <= settled; number++) {
    const { payouts } = await listsOf(number, signal);
    if (payouts.has(address.toLowerCase())) return true;
  }
  return false;
}

/** Those that list the account, newest first: of the newest `formed`, and not below the height. Throws ApiError. */
export async function settlementsOf(
  address: string,
  { formed, fromHeight }: { readonly formed: number; readonly fromHeight: number },
  signal: AbortSignal,
): Promise<SettlementLists[]> {
  const own = address.toLowerCase();
  const found: SettlementLists[] = [];
  const last = Math.max(0, formed - LISTED_MOST);
  for (let top = formed; top > last; top -= ASKED_AT_ONCE) {
    const numbers = Array.from({ length: Math.min(ASKED_AT_ONCE, top - last) }, (_, i) => top - i);
    const some = await Promise.all(numbers.map((number) => listsOf(number, signal)));
    found.push(...some.filter(({ credits, payouts }) => credits.has(own) || payouts.has(own)));
    if (some.some(({ height }) => height < fromHeight)) break;
  }
  return found;
}

async function listsOf(number: number, signal: AbortSignal): Promise<SettlementLists> {
  const before = kept.get(number);
  if (before !== undefined) return before;
  const settlement = await api.settlement(String(number), signal).catch((error: unknown) => {
    // A node that began with a snapshot does not know the older ones.
    if (error instanceof ApiError && !error.isAway) return { height: '0', credits: [], payouts: [] };
    throw error;
  });
  const byAccount = (list: readonly { account: string; amount: string }[]): Map<string, bigint> =>
    new Map(list.map(({ account, amount }) => [account.toLowerCase(), BigInt(amount)]));
  const lists = {
    number,
    height: Number(settlement.height),
    credits: byAccount(settlement.credits),
    payouts: byAccount(settlement.payouts),
  };
  if (kept.size >= KEPT_MOST) kept.clear();
  kept.set(number, lists);
  return lists;
}
