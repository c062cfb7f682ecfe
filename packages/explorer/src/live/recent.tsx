/**
 * The newest blocks and settlements, each a link. Asked for with each new one, at most once a second.
 */
import { api, type BlockRow } from '../api.ts';
import { SettlementLink } from '../components/event.tsx';
import { BlockLink, Card } from '../components/facts.tsx';
import { Empty } from '../components/page.tsx';
import { useResource } from '../components/use-resource.ts';
import { grouped, plural, showTime } from '../format.ts';
import { status } from '../network.ts';

const ROWS = 8;

export function RecentBlocks() {
  const { value } = useResource('blocks', (signal) => api.blocks({ limit: ROWS }, signal), true);
  const blocks = value?.blocks ?? [];
  const most = Math.max(1, ...blocks.map(messagesOf));
  return (
    <Card title="Blocks">
      {blocks.length === 0 && <Empty>No block was made yet.</Empty>}
      <ol class="recent">
        {blocks.map((block) => (
          <li key={block.height}>
            <span>
              <BlockLink height={block.height} />
            </span>
            <span class="bar" aria-hidden="true">
              <span style={{ width: `${(100 * messagesOf(block)) / most}%` }} />
            </span>
            <span class="soft" title={showTime(block.time)}>
              {contentsOf(block)}
            </span>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function messagesOf({ counts }: BlockRow): number {
  return counts.fulfils + counts.fetches + counts.items;
}

function contentsOf(block: BlockRow): string {
  const { fetches, fulfils, items } = block.counts;
  const parts = [
    fetches > 0 ? plural(fetches, 'fetch', 'fetches') : '',
    fulfils > 0 ? `${grouped(fulfils)}\u00a0fulfilled` : '',
    items > 0 ? plural(items, 'item') : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'empty' : parts.join(', ');
}

export function RecentSettlements() {
  const formed = status.value?.l1.formed ?? '0';
  const settled = status.value?.l1.settled ?? '0';
  const key = `settlements ${formed} ${settled}`;
  const { value } = useResource(key, (signal) => api.settlements({ limit: ROWS }, signal));
  const rows = value?.settlements ?? [];
  return (
    <Card title="Settlements">
      {formed === '0' && (
        <Empty>None was formed yet: one follows a while after the first payment or deposit.</Empty>
      )}
      <ol class="recent">
        {rows.map(({ number, status: state, debits, credits, payouts }) => (
          <li key={number}>
            <span>
              <SettlementLink number={number} />
            </span>
            <span class={`badge ${state}`}>{state === 'settled' ? 'settled' : 'on its way'}</span>
            <span class="soft">{plural(debits + credits + payouts, 'entry', 'entries')}</span>
          </li>
        ))}
      </ol>
    </Card>
  );
}
