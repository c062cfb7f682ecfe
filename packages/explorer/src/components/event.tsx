/**
 * Events in words, with links to whom and what they name. One sentence an event of docs/protocol.md, 10.
 */
import type { ComponentChildren } from 'preact';
import type { EventJson } from '../api.ts';
import { grouped, plural, shortHex } from '../format.ts';
import { annulledIn } from './bitmap.ts';
import { AccountLink, Amount, BlockLink, NonceLink, TopicLink } from './facts.tsx';

const ITEMS: Readonly<Record<string, string>> = {
  1: 'deposited',
  2: 'began its exit',
  3: 'bonded',
  4: 'unbonded',
};

export function EventWords({ event }: { event: EventJson }): ComponentChildren {
  const text = (name: string): string => String(event[name]);
  const account = (name: string) => <AccountLink address={text(name)} />;
  switch (event.type) {
    case 'dealt':
      return (
        <>
          {account('account')} announced {plural(Number(event['count']), 'activity', 'activities')} from nonce{' '}
          <NonceLink nonce={text('first')} />
        </>
      );
    case 'refused':
      return (
        <>
          a fetch of {account('account')} was refused (code {text('code')})
        </>
      );
    case 'transferred':
      return (
        <>
          {account('from')} paid {account('to')} <Amount units={text('amount')} />{' '}
          <Of nonce={text('nonce')} />
        </>
      );
    case 'captured':
      return text('amount') === '0' ? (
        <>
          {account('payee')} released the hold of {account('payer')} <Of nonce={text('nonce')} />
        </>
      ) : (
        <>
          {account('payee')} captured <Amount units={text('amount')} /> from {account('payer')}{' '}
          <Of nonce={text('nonce')} />
        </>
      );
    case 'withdrawn':
      return (
        <>
          {account('account')} withdrew <Amount units={text('amount')} /> <Of nonce={text('nonce')} />
        </>
      );
    case 'posted':
      return (
        <>
          {account('account')} posted {plural(Number(event['size']), 'byte')} to{' '}
          <TopicLink topic={text('topic')} /> <Of nonce={text('nonce')} />
        </>
      );
    case 'validated':
      return (
        <>
          {account('account')} re-executed up to block <BlockLink height={text('height')} />{' '}
          <Of nonce={text('nonce')} />
        </>
      );
    default:
      return <RareWords event={event} />;
  }
}

function RareWords({ event }: { event: EventJson }): ComponentChildren {
  const text = (name: string): string => String(event[name]);
  switch (event.type) {
    case 'annulled':
      return (
        <>
          <AccountLink address={text('account')} /> did not perform{' '}
          {plural(annulledIn(text('bitmap')).length, 'nonce')}, of nonce <NonceLink nonce={text('first')} />{' '}
          and those after it: annulled
        </>
      );
    case 'item':
      return (
        <>
          <AccountLink address={text('account')} /> {ITEMS[text('kind')] ?? `did item kind ${text('kind')}`}{' '}
          on the first layer{text('kind') === '2' ? '' : ' '}
          {text('kind') === '2' ? null : <Amount units={text('amount')} />} (item {grouped(text('number'))})
        </>
      );
    case 'delivered':
      return (
        <>
          nonce <NonceLink nonce={text('nonce')} /> has its place in <TopicLink topic={text('topic')} />
          {String(event['fulfilled']) === 'true' ? '' : ', annulled'}
        </>
      );
    case 'formed':
      return (
        <>
          <SettlementLink number={text('number')} /> was formed: {plural(Number(event['debits']), 'debit')},{' '}
          {plural(Number(event['credits']), 'credit')}, {plural(Number(event['payouts']), 'payout')}
        </>
      );
    case 'settled':
      return (
        <>
          <SettlementLink number={text('number')} /> is on the first layer
        </>
      );
    case 'rotated':
      return (
        <>
          <a href={`/validator/${text('validator')}`}>{shortHex(text('validator'))}</a>{' '}
          {String(event['in']) === 'true' ? 'is a validator now' : 'is no validator any more'}
        </>
      );
    case 'cut':
      return (
        <>
          a cut was taken: <Amount units={text('debits')} /> to take, <Amount units={text('credits')} /> to
          bring, {plural(Number(event['entries']), 'entry', 'entries')}
        </>
      );
    default:
      return <>{event.type}</>;
  }
}

function Of({ nonce }: { nonce: string }) {
  return (
    <span class="of">
      (nonce <NonceLink nonce={nonce} />)
    </span>
  );
}

export function SettlementLink({ number }: { number: string }) {
  return <a href={`/settlement/${number}`}>settlement {grouped(number)}</a>;
}
