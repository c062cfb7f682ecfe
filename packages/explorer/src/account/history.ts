/**
 * An account's events as far as the page reads them, and its standing over time, drawn from them.
 *
 * Invariant: at most so many events are kept and asked for; when there are more, that is said and nothing is drawn wrong.
 */
import { useEffect, useState } from 'preact/hooks';
import { ApiError, api, type Kind, type PlacedEvent } from '../api.ts';
import { genesis, status } from '../network.ts';
import { type StandingPoint, standingOf } from './standing.ts';

/** Events that are read from the beginning on; an account with more has its newest shown, and no history drawn. */
const EVENTS_MOST = 4000;
const PAGE = 1000;
/** Fetches whose kinds are asked for, to tell holds from what was withheld. */
const FETCHES_MOST = 200;
/** Points in time that are looked up; between them heights are spread evenly. */
const TIMES = 24;
/** The node's code (docs/api.md). */
const NOT_KEPT = 112;
/** ms between two looks for new blocks. */
const LOOK_MS = 500;
/** Blocks back from now that are looked through for the newest events of a busy account. */
const NEWEST_BLOCKS = [500, 20_000];

export interface History {
  /** Oldest first. */
  readonly events: readonly PlacedEvent[];
  /** There are events before these. */
  readonly isCut: boolean;
  /** Undefined: the history is cut, or too many kinds are unknown. */
  readonly standing: readonly (StandingPoint & { readonly time: number })[] | undefined;
}

/** Kept up while the page is open; undefined until the first answer. */
export function useHistory(account: string): History | undefined {
  const [history, setHistory] = useState<History | undefined>(undefined);
  const isReady = genesis.value !== undefined && status.value !== undefined;
  useEffect(() => {
    setHistory(undefined);
    if (!isReady) return;
    const controller = new AbortController();
    void follow(account, setHistory, controller.signal);
    return () => controller.abort();
  }, [account, isReady]);
  return history;
}

/** Reads on when there are new blocks. A node that is away is waited for: the header says so, and what is shown stays. */
async function follow(
  account: string,
  onHistory: (history: History) => void,
  signal: AbortSignal,
): Promise<void> {
  let history: History | undefined;
  let seen = -1;
  while (!signal.aborted) {
    const height = Number(status.value?.height ?? 0);
    try {
      if (height !== seen) {
        const next = await readHistory(account, height, history, signal);
        if (signal.aborted) return;
        if (next !== history) onHistory(next);
        history = next;
        seen = height;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function readHistory(
  account: string,
  height: number,
  before: History | undefined,
  signal: AbortSignal,
): Promise<History> {
  const last = before?.events.at(-1)?.cursor;
  const added = await readFrom(account, last, signal);
  if (before !== undefined && added.events.length === 0) return before;
  const events = [...(before?.events ?? []), ...added.events];
  const isCut = before?.isCut === true || added.isCut || events.length > EVENTS_MOST;
  if (!isCut) return { events, isCut, standing: await drawStanding(account, events, signal) };
  const newest = added.isCut ? await readNewest(account, height, signal) : events;
  return { events: newest.slice(-PAGE), isCut, standing: undefined };
}

async function readFrom(
  account: string,
  after: string | undefined,
  signal: AbortSignal,
): Promise<{ events: PlacedEvent[]; isCut: boolean }> {
  const events: PlacedEvent[] = [];
  let from = after;
  for (;;) {
    const page = await readPage(account, from, signal);
    // A node that began with a snapshot does not have what was before it.
    if (page === undefined) return { events, isCut: true };
    events.push(...page.events);
    if (page.next === null) return { events, isCut: false };
    if (events.length >= EVENTS_MOST) return { events, isCut: true };
    from = page.next;
  }
}

/** Undefined: the node does not keep what is asked for. */
async function readPage(account: string, after: string | undefined, signal: AbortSignal) {
  try {
    return await api.accountEvents(account, { ...(after && { after }), limit: PAGE }, signal);
  } catch (error) {
    if (error instanceof ApiError && error.code === NOT_KEPT) return undefined;
    throw error;
  }
}

/** Of an account with more events than are read: those of the last blocks. */
async function readNewest(account: string, height: number, signal: AbortSignal): Promise<PlacedEvent[]> {
  for (const blocks of NEWEST_BLOCKS) {
    const { events } = await readFrom(account, `${Math.max(0, height - blocks)}.0`, signal);
    if (events.length > 0) return events;
  }
  return [];
}

async function drawStanding(
  account: string,
  events: readonly PlacedEvent[],
  signal: AbortSignal,
): Promise<History['standing']> {
  const parameters = genesis.value!.parameters;
  const rules = {
    start: Number(parameters['standingStart']),
    floor: Number(parameters['standingFloor']),
    gain: Number(parameters['standingGain']),
  };
  const sequences = new Set(
    events.filter(({ event }) => event.type === 'annulled').map(({ event }) => String(event['sequence'])),
  );
  if (sequences.size > FETCHES_MOST) return undefined;
  const kinds = new Map<string, readonly Kind[]>();
  for (const sequence of sequences) {
    const { intents = [] } = await api.fetchStatus(account, sequence, signal);
    kinds.set(
      sequence,
      intents.map(({ kind }) => kind),
    );
  }
  const points = standingOf(account, events, rules, kinds);
  const timeAt = await readTimes(
    points.map(({ height }) => height),
    signal,
  );
  return points.map((point) => ({ ...point, time: timeAt(point.height) }));
}

/** Block times at some of these heights, ascending; what is between is spread evenly. */
async function readTimes(
  heights: readonly number[],
  signal: AbortSignal,
): Promise<(height: number) => number> {
  const step = Math.max(1, (heights.length - 1) / (TIMES - 1));
  const chosen = new Set<number>();
  for (let i = 0; i < heights.length; i += step) chosen.add(heights[Math.floor(i)]!);
  if (heights.length > 0) chosen.add(heights.at(-1)!);
  const known = await Promise.all(
    [...chosen].map(async (height) => {
      const { blocks } = await api.blocks({ before: height + 1, limit: 1 }, signal);
      return { height, time: Number(blocks[0]?.time ?? 0) };
    }),
  );
  return (height) => {
    const above = known.findIndex((one) => one.height >= height);
    const right = known[above] ?? known.at(-1)!;
    const left = known[Math.max(0, above - 1)] ?? right;
    if (right.height === left.height) return right.time;
    const share = (height - left.height) / (right.height - left.height);
    return left.time + share * (right.time - left.time);
  };
}
