/**
 * Where an account's history is read: the network's events, the settlements' lists, the contract's claims.
 *
 * Invariant: the changes of the rows add up to the balance, as long as no bound below is met.
 */
import { upfrontAbi } from '@upfront/contracts';
import { api, getJson, type PlacedEvent } from '../api.ts';
import { parameter, status } from '../network.ts';
import { type HistoryRow, payoutRow, rowOf } from './history.ts';
import type { Session } from './session.ts';
import { settlementsOf } from './settlements.ts';

const PAGE = 1000;
const EVENTS_MOST = 50_000;
const CLAIMS_MOST = 200;
const ASKED_AT_ONCE = 8;

/** Block times, ms; a block's time never changes. */
const times = new Map<number, number>();

/** What happened on the network, newest first. Throws ApiError. */
export async function networkRows(address: string, signal: AbortSignal): Promise<HistoryRow[]> {
  const events = await eventRows(address, signal);
  const first = events.at(-1)?.height;
  if (first === undefined) return events;
  const formed = Number(status.value?.l1.formed ?? 0);
  const lists = await settlementsOf(address, { formed, fromHeight: first }, signal);
  const fee = BigInt(parameter('entryFee') ?? 0);
  const rows = lists.flatMap((one) => payoutRow(one, address, fee));
  // Within a block settlements come last: they are formed at its end.
  return [...rows, ...events].sort((a, b) => b.height! - a.height!);
}

/** What the contract paid to the account, newest first. Throws what the first layer says. */
export async function claimRows({ client, read, address }: Session): Promise<HistoryRow[]> {
  if (read === undefined) throw new Error('no address of the first layer is known');
  const { contract } = await client.contract('history');
  const event = { address: contract, abi: upfrontAbi, eventName: 'Claimed', strict: true } as const;
  const logs = await read.getContractEvents({ ...event, args: { account: address }, fromBlock: 0n });
  const newest = logs.slice(-CLAIMS_MOST).reverse();
  const blocks = await Promise.all(newest.map(({ blockNumber }) => read.getBlock({ blockNumber })));
  return newest.map(({ args, transactionHash, logIndex }, i) => ({
    cursor: `${transactionHash}.${logIndex}`,
    height: undefined,
    time: 1000 * Number(blocks[i]!.timestamp),
    nonce: '',
    what: 'claimed on the first layer',
    other: '',
    change: 0n,
    claimed: args.amount,
    reference: '',
  }));
}

/** Both in one list, newest first: a claim has a time and no block. */
export async function merged(
  rows: readonly HistoryRow[],
  claims: readonly HistoryRow[],
): Promise<readonly HistoryRow[]> {
  const all = [...rows];
  for (const claim of claims) {
    let [low, high] = [0, all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = all[middle]!;
      if (row.height !== undefined) await learnTimes([row.height]);
      const time = timeOf(row);
      if (time !== undefined && time > claim.time!) low = middle + 1;
      else high = middle;
    }
    all.splice(low, 0, claim);
  }
  return all;
}

/** ms; undefined while it is not known. */
export function timeOf({ height, time }: HistoryRow): number | undefined {
  return height === undefined ? time : times.get(height);
}

/** The same with their times; at most so many blocks are asked. */
export async function withTimes(rows: readonly HistoryRow[], most: number): Promise<HistoryRow[]> {
  const heights = [...new Set(rows.flatMap(({ height }) => height ?? []))];
  await learnTimes(heights.filter((height) => !times.has(height)).slice(0, most));
  return rows.map((row) => ({ ...row, time: timeOf(row) }));
}

async function learnTimes(heights: readonly number[]): Promise<void> {
  const wanted = heights.filter((height) => !times.has(height));
  for (let at = 0; at < wanted.length; at += ASKED_AT_ONCE) {
    const some = wanted.slice(at, at + ASKED_AT_ONCE);
    // A node that does not tell leaves the column empty.
    await Promise.all(
      some.map((height) =>
        api.block(String(height)).then(
          (block) => times.set(height, Number(block.time)),
          () => undefined,
        ),
      ),
    );
  }
}

/** Every event that names the account, newest first; at most EVENTS_MOST. */
async function eventRows(address: string, signal: AbortSignal): Promise<HistoryRow[]> {
  const fee = BigInt(parameter('fee') ?? 0);
  const rows: HistoryRow[] = [];
  let after = '';
  for (let seen = 0; seen < EVENTS_MOST; seen += PAGE) {
    const query = `limit=${PAGE}${after === '' ? '' : `&after=${after}`}`;
    const page: { events: readonly PlacedEvent[]; next: string | null } = await getJson(
      `/v1/accounts/${address}/events?${query}`,
      signal,
    );
    for (const { cursor, event } of page.events) {
      const row = rowOf(cursor, event, address, fee);
      if (row !== undefined) rows.push(row);
    }
    if (page.next === null) break;
    after = page.next;
  }
  return rows.reverse();
}
