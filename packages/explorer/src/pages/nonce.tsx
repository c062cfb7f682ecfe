/**
 * A nonce: who announced what, how it ended, and the receipt of it.
 */
import type { ComponentChildren } from 'preact';
import { useRoute } from 'preact-iso';
import { api, type NonceStatus } from '../api.ts';
import { EventWords } from '../components/event.tsx';
import { AccountLink, BlockLink, Card, Facts, Hex } from '../components/facts.tsx';
import { IntentWords, WindowGauge } from '../components/intent.tsx';
import { Empty, Failure, Loading, Page } from '../components/page.tsx';
import { ReceiptCard } from '../components/receipt.tsx';
import { useResource } from '../components/use-resource.ts';
import { grouped } from '../format.ts';
import { status } from '../network.ts';

export default function NoncePage() {
  const { params } = useRoute();
  const nonce = String(params['nonce']);
  const isOpen = (found: NonceStatus | undefined): boolean =>
    found?.status === 'open' || found?.status === 'unknown';
  const { value, error, again } = useResource(nonce, (signal) => api.nonce(nonce, signal), true);
  return (
    <Page
      title={/^\d+$/.test(nonce) ? `Nonce ${grouped(nonce)}` : 'No nonce'}
      aside={
        value && value.status !== 'unknown' && <span class={`badge ${value.status}`}>{value.status}</span>
      }
      lead={<Neighbours nonce={nonce} />}
    >
      {value === undefined && error === undefined && <Loading what="the nonce" />}
      {value === undefined && error !== undefined && <Failure error={error} what="The nonce" again={again} />}
      {value?.status === 'unknown' && (
        <Empty>
          Nonce {grouped(nonce)} was not dealt yet: the next one is {grouped(status.value?.nonces ?? 0)}. This
          page shows it as soon as it is.
        </Empty>
      )}
      {value && value.status !== 'unknown' && <Found value={value} />}
      {value && !isOpen(value) && <ReceiptCard nonce={nonce} />}
    </Page>
  );
}

function Neighbours({ nonce }: { nonce: string }): ComponentChildren {
  const number = Number(nonce);
  if (!Number.isSafeInteger(number)) return null;
  const dealt = Number(status.value?.nonces ?? 0);
  return (
    <span class="neighbours">
      {number > 0 && <a href={`/nonce/${number - 1}`}>← {grouped(number - 1)}</a>}
      {number + 1 < dealt && <a href={`/nonce/${number + 1}`}>{grouped(number + 1)} →</a>}
    </span>
  );
}

function Found({ value }: { value: NonceStatus }) {
  const { account, sequence, open, event, height, dealtHeight } = value;
  const intent = value.intent ?? open?.intent;
  const dealtAt = open?.dealtHeight ?? dealtHeight;
  return (
    <div class="columns">
      <Card title="Announced">
        <Facts
          facts={[
            account === undefined
              ? ['by', 'the first layer: an item is dealt and fulfilled at once']
              : ['by', <AccountLink address={account} whole />],
            intent && ['what', <IntentWords intent={intent} />],
            intent?.commitment === undefined ? undefined : ['sealed as', <Hex value={intent.commitment} />],
            sequence === undefined ? undefined : ['in fetch', `sequence ${grouped(sequence)} of its account`],
            dealtAt === undefined ? undefined : ['in block', <BlockLink height={dealtAt} />],
            open && ['window', <WindowGauge dealtClock={open.dealtClock} deadline={open.deadline} />],
          ]}
        />
      </Card>
      <Card
        title={value.status === 'open' ? 'Waiting' : value.status === 'annulled' ? 'Annulled' : 'Fulfilled'}
      >
        {open && <Waiting kind={open.intent.kind} />}
        {event && (
          <>
            <p>
              <EventWords event={event} />
            </p>
            <Facts
              facts={[
                ['in block', <BlockLink height={height!} />],
                event['reference'] === undefined || /^0x0+$/.test(String(event['reference']))
                  ? undefined
                  : ['reference', <Hex value={String(event['reference'])} />],
                value.status === 'annulled'
                  ? ['why', 'its window was over, so every node annulled it alike; the number stays retired']
                  : ['final', 'in that block; settled when its amounts are on the first layer'],
              ]}
            />
          </>
        )}
      </Card>
    </div>
  );
}

function Waiting({ kind }: { kind: string }) {
  return (
    <p>
      {kind === 'hold'
        ? 'The money is locked. Its payee can capture up to the maximum until the window is over; what is left becomes free.'
        : 'Its place, right and money are reserved. Whoever has the opening can fulfil it until the window is over; then it is annulled, and standing halves.'}
    </p>
  );
}
