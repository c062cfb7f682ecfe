/**
 * A block: what is in it, its header and who signed it, what it did.
 */

import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { api, type Block, type SignedHeader } from '../api.ts';
import { EventWords } from '../components/event.tsx';
import { Card, Facts, Hex } from '../components/facts.tsx';
import { Empty, Failure, Loading, Page } from '../components/page.tsx';
import { useResource } from '../components/use-resource.ts';
import { grouped, plural, shortHex, showTime } from '../format.ts';
import { status } from '../network.ts';

const SHOWN = 100;
const NO_SETTLEMENT = /^0x0+$/;

export default function BlockPage() {
  const { params } = useRoute();
  const height = String(params['height']);
  const newest = Number(status.value?.height ?? 0);
  const isFuture = status.value !== undefined && Number(height) > newest;
  // A block never changes; one that is not there yet is waited for.
  const isThere = status.value !== undefined && !isFuture;
  const key = isThere ? height : `${height} not yet`;
  const { value, error, again } = useResource(key, async (signal) =>
    isThere ? await api.block(height, signal) : undefined,
  );
  const header = useResource(`header ${key}`, async (signal) =>
    isThere ? await api.header(height, signal) : undefined,
  );
  const number = Number(height);
  return (
    <Page
      title={/^\d+$/.test(height) ? `Block ${grouped(height)}` : 'No block'}
      aside={value && <span class="soft">{showTime(value.time)}</span>}
      lead={
        <span class="neighbours">
          {number > 1 && <a href={`/block/${number - 1}`}>← {grouped(number - 1)}</a>}
          {number < newest && <a href={`/block/${number + 1}`}>{grouped(number + 1)} →</a>}
        </span>
      }
    >
      {isFuture && (
        <Empty>
          There is no block {grouped(height)} yet: the newest is {grouped(newest)}.
        </Empty>
      )}
      {!isFuture && value === undefined && error === undefined && <Loading what="the block" />}
      {!isFuture && value === undefined && error !== undefined && (
        <Failure error={error} what="The block" again={again} />
      )}
      {value && (
        <>
          <div class="columns">
            <Contents block={value} />
            <HeaderCard block={value} signed={header.value} />
          </div>
          <Events key={height} block={value} />
        </>
      )}
    </Page>
  );
}

function Contents({ block }: { block: Block }) {
  const { counts } = block;
  return (
    <Card title="In it">
      <Facts
        facts={[
          ['fetches', `${grouped(counts.fetches)}: what was announced`],
          ['fulfilments', `${grouped(counts.fulfils)}: what was shown in time`],
          ['items', `${grouped(counts.items)} of the first layer`],
          [
            'evidence',
            `${plural(counts.views, 'view')}, ${plural(counts.headerSignatures, 'header signature')}`,
          ],
          ['events', grouped(counts.events)],
          ['size', plural(counts.bytes, 'byte')],
          ['time', showTime(block.time)],
        ]}
      />
    </Card>
  );
}

function HeaderCard({ block, signed }: { block: Block; signed: SignedHeader | undefined }) {
  const { header } = block;
  return (
    <Card title="Header">
      <Facts
        facts={[
          ['digest', <Hex value={block.digest} />],
          ['parent', <Hex value={header.parent} />],
          ['events', <Hex value={header.events} />],
          ['state', <Hex value={header.state} />],
          ['settlement', NO_SETTLEMENT.test(header.settlement) ? 'none' : <Hex value={header.settlement} />],
          signed && [
            'signed by',
            <>
              {signed.signatures.length} of {signed.validators.length}
              {signed.signatures.map(({ validator }) => (
                <>
                  {' '}
                  <a key={validator} class="hex" href={`/validator/${validator}`}>
                    {shortHex(validator)}
                  </a>
                </>
              ))}
            </>,
          ],
        ]}
      />
    </Card>
  );
}

function Events({ block }: { block: Block }) {
  const [shown, setShown] = useState(SHOWN);
  const { events, counts } = block;
  return (
    <Card title="What it did" aside={<span class="soft">{plural(counts.events, 'event')}</span>}>
      {events.length === 0 && <Empty>Nothing: time went by.</Empty>}
      <ol class="happenings">
        {events.slice(0, shown).map(({ cursor, event }) => (
          <li key={cursor}>
            <span class="when">{event.type}</span>
            <span>
              <EventWords event={event} />
            </span>
          </li>
        ))}
      </ol>
      {events.length > shown && (
        <p class="actions">
          <button type="button" class="quiet" onClick={() => setShown(shown + 5 * SHOWN)}>
            Show more
          </button>
        </p>
      )}
      {events.length < counts.events && shown >= events.length && (
        <p class="soft">The node decodes the first {grouped(events.length)} only.</p>
      )}
    </Card>
  );
}
