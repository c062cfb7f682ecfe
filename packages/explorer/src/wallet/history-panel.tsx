/**
 * What happened to the account, newest first, and all of it as a file.
 */
import { formatAmount } from '@upfront/client';
import { useEffect, useState } from 'preact/hooks';
import { api, getJson, type PlacedEvent } from '../api.ts';
import { AccountLink, BlockLink, NonceLink, Table } from '../components/facts.tsx';
import { Empty, Loading } from '../components/page.tsx';
import { plural, showTime } from '../format.ts';
import { parameter } from '../network.ts';
import { account, asset, show } from './desk.ts';
import { explain } from './fault.ts';
import { type HistoryRow, historyToCsv, rowOf } from './history.ts';
import type { Session } from './session.ts';

const PAGE = 1000;
const EVENTS_MOST = 50_000;
const SHOWN = 50;
/** Blocks whose time is asked for a file; it is left out of older rows. */
const TIMES_MOST = 2000;
const ASKED_AT_ONCE = 8;

/** Block times; a block's time never changes. */
const times = new Map<number, number>();

export function HistoryPanel({ own }: { own: Session }) {
  const [rows, setRows] = useState<readonly HistoryRow[] | undefined>(undefined);
  const [said, setSaid] = useState('');
  const [shown, setShown] = useState(SHOWN);
  const moment = account.value?.highest;
  const balance = account.value?.balance;
  useEffect(() => {
    const controller = new AbortController();
    load(own.address, controller.signal).then(
      (found) => {
        setRows(found);
        setSaid('');
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setSaid(explain(error).title);
      },
    );
    return () => controller.abort();
  }, [own.address, moment, balance]);
  const save = async (): Promise<void> => {
    setSaid('Asking for the times of the blocks …');
    const timed = await withTimes(rows ?? [], TIMES_MOST);
    download(`upfront-${own.address.slice(0, 10)}.csv`, historyToCsv(timed, asset.value, asset.value.symbol));
    setSaid(`Saved ${plural(timed.length, 'row')}.`);
  };
  return (
    <section class="card" aria-label="History">
      <header>
        <h2>History</h2>
        <button
          type="button"
          class="quiet"
          disabled={rows === undefined || rows.length === 0}
          onClick={() => void save()}
        >
          Export as CSV
        </button>
      </header>
      <p class="soft" role="status">
        {said}
      </p>
      {rows === undefined && said === '' && <Loading what="the history" />}
      {rows?.length === 0 && (
        <Empty>Nothing yet. A deposit, or a payment that you receive, is the beginning.</Empty>
      )}
      {rows !== undefined && rows.length > 0 && <Rows rows={rows.slice(0, shown)} />}
      {rows !== undefined && rows.length > shown && (
        <button type="button" class="quiet" onClick={() => setShown(shown + SHOWN)}>
          Show older ones
        </button>
      )}
      <p class="hint">
        Entry fees that settlements keep ({show(BigInt(parameter('entryFee') ?? 0))} each) are no events of an
        account and not in the list. What was claimed stands on the first layer.
      </p>
    </section>
  );
}

function Rows({ rows }: { rows: readonly HistoryRow[] }) {
  const timed = useTimes(rows);
  return (
    <Table
      caption="History, newest first"
      head={['When', 'What', 'With', 'Change', 'Reference', 'Nonce', 'Block']}
    >
      {timed.map(({ cursor, time, what, other, change, reference, nonce, height }) => (
        <tr key={cursor}>
          <td>
            {time === undefined ? '' : <time dateTime={new Date(time).toISOString()}>{showTime(time)}</time>}
          </td>
          <td>{what}</td>
          <td>{other !== '' && <AccountLink address={other} />}</td>
          <td class={`right ${change > 0n ? 'plus' : ''}`}>
            {change === 0n
              ? ''
              : `${change > 0n ? '+' : '−'}${formatAmount(change < 0n ? -change : change, asset.value)}`}
          </td>
          <td>{reference}</td>
          <td>{nonce !== '' && <NonceLink nonce={nonce} />}</td>
          <td>
            <BlockLink height={height} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

function useTimes(rows: readonly HistoryRow[]): readonly HistoryRow[] {
  const [, setRound] = useState(0);
  const key = `${rows[0]?.cursor} ${rows.length}`;
  useEffect(() => {
    let isCurrent = true;
    void withTimes(rows, rows.length).then(() => isCurrent && setRound((n) => n + 1));
    return () => {
      isCurrent = false;
    };
  }, [key]);
  return rows.map((row) => ({ ...row, time: times.get(row.height) }));
}

/** Every event that names the account, newest first; at most EVENTS_MOST. */
async function load(address: string, signal: AbortSignal): Promise<HistoryRow[]> {
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

async function withTimes(rows: readonly HistoryRow[], most: number): Promise<HistoryRow[]> {
  const heights = [...new Set(rows.map(({ height }) => height))]
    .filter((one) => !times.has(one))
    .slice(0, most);
  for (let at = 0; at < heights.length; at += ASKED_AT_ONCE) {
    const some = heights.slice(at, at + ASKED_AT_ONCE);
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
  return rows.map((row) => ({ ...row, time: times.get(row.height) }));
}

/** Offers a file to be saved. */
export function download(name: string, text: string): void {
  const link = document.createElement('a');
  const type = name.endsWith('.csv') ? 'text/csv;charset=utf-8' : 'application/json';
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
