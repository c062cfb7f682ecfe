/**
 * What happened to the account, newest first, and all of it as a file.
 */
import { formatAmount } from '@upfront/client';
import { useEffect, useState } from 'preact/hooks';
import { AccountLink, BlockLink, NonceLink, Table } from '../components/facts.tsx';
import { Empty, Loading } from '../components/page.tsx';
import { grouped, plural, showTime } from '../format.ts';
import { status } from '../network.ts';
import { account, asset, l1, show } from './desk.ts';
import { explain } from './fault.ts';
import { type HistoryRow, historyToCsv } from './history.ts';
import { claimRows, merged, networkRows, timeOf, withTimes } from './history-sources.ts';
import type { Session } from './session.ts';
import { LISTED_MOST } from './settlements.ts';

const SHOWN = 50;
/** Blocks whose time is asked for a file; it is left out of older rows. */
const TIMES_MOST = 2000;

export function HistoryPanel({ own }: { own: Session }) {
  const { rows, fault, gap } = useHistory(own);
  const [saved, setSaid] = useState('');
  const [shown, setShown] = useState(SHOWN);
  const said = fault === '' ? saved : fault;
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
        {gap} Of settlements the newest {grouped(LISTED_MOST)} are looked through for the entry fees that they
        keep.
      </p>
    </section>
  );
}

interface OwnHistory {
  /** Newest first; undefined: it is being asked for. */
  readonly rows: readonly HistoryRow[] | undefined;
  /** Why the network's part is not there, or not of now; may be empty. */
  readonly fault: string;
  /** What is missing of the first layer's part; may be empty. */
  readonly gap: string;
}

/** Asked for again when the account, the settlements or what can be claimed change. */
function useHistory(own: Session): OwnHistory {
  const [network, setNetwork] = useState<readonly HistoryRow[] | undefined>(undefined);
  const [claims, setClaims] = useState<readonly HistoryRow[]>([]);
  const [rows, setRows] = useState<readonly HistoryRow[] | undefined>(undefined);
  const [fault, setFault] = useState('');
  const [gap, setGap] = useState('');
  const { highest, balance } = account.value ?? {};
  const formed = status.value?.l1.formed;
  useEffect(() => {
    const { signal, abort } = abortable();
    networkRows(own.address, signal).then(
      (found) => {
        setNetwork(found);
        setFault('');
      },
      (error: unknown) => {
        if (!signal.aborted) setFault(explain(error).title);
      },
    );
    return abort;
  }, [own.address, highest, balance, formed]);
  const claimable = l1.value?.claimable;
  useEffect(() => {
    const { signal, abort } = abortable();
    claimRows(own).then(
      (found) => {
        if (!signal.aborted) setClaims(found);
      },
      (error: unknown) => {
        if (!signal.aborted) setGap(`What was claimed is not in the list: ${explain(error).title}`);
      },
    );
    return abort;
  }, [own, claimable]);
  useEffect(() => {
    if (network === undefined) return undefined;
    const { signal, abort } = abortable();
    void merged(network, claims).then((all) => {
      if (!signal.aborted) setRows(all);
    });
    return abort;
  }, [network, claims]);
  return { rows, fault, gap };
}

function Rows({ rows }: { rows: readonly HistoryRow[] }) {
  const timed = useTimes(rows);
  return (
    <Table
      caption="History, newest first"
      head={['When', 'What', 'With', 'Change', 'Reference', 'Nonce', 'Block']}
    >
      {timed.map(({ cursor, time, what, other, change, claimed, reference, nonce, height }) => (
        <tr key={cursor}>
          <td>
            {time === undefined ? '' : <time dateTime={new Date(time).toISOString()}>{showTime(time)}</time>}
          </td>
          <td>
            {what}
            {claimed !== undefined && `: ${show(claimed)}`}
          </td>
          <td>{other !== '' && <AccountLink address={other} />}</td>
          <td class={`right ${change > 0n ? 'plus' : ''}`}>
            {change === 0n
              ? ''
              : `${change > 0n ? '+' : '−'}${formatAmount(change < 0n ? -change : change, asset.value)}`}
          </td>
          <td>{reference}</td>
          <td>{nonce !== '' && <NonceLink nonce={nonce} />}</td>
          <td>{height !== undefined && <BlockLink height={height} />}</td>
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
  return rows.map((row) => ({ ...row, time: timeOf(row) }));
}

function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
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
