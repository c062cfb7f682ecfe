/**
 * A payment that a link asks for: kept until it is paid or dismissed, whatever has to be done before.
 *
 * One at a time, the newest. Invariant: a link is taken out of the address, so that what was paid is not asked for again.
 */
import { signal } from '@preact/signals';
import { AccountLink } from '../components/facts.tsx';
import { show } from './desk.ts';
import { type Explained, explain } from './fault.ts';
import { LINK_MOST, type LinkNetwork, verbOf } from './link.ts';
import { type PaymentRequest, parseRequest, REQUEST_VERB } from './request.ts';

const KEY = 'upfront.asked';

export const askedLink = signal(localStorage.getItem(KEY) ?? undefined);

/** Looks at the address that the page was opened by, or led to. */
export function takeInLink(): void {
  const link = location.href;
  if (verbOf(link) !== REQUEST_VERB) return;
  askedLink.value = link.slice(0, LINK_MOST + 1);
  localStorage.setItem(KEY, askedLink.value);
  history.replaceState(null, '', location.pathname + location.search);
}

/** It was paid, or is not to be. */
export function forgetLink(): void {
  askedLink.value = undefined;
  localStorage.removeItem(KEY);
}

/** What the link asks for, or why it asks for nothing. */
export function requestIn(link: string, network: LinkNetwork): PaymentRequest | Explained {
  try {
    return parseRequest(link, network);
  } catch (error) {
    return explain(error);
  }
}

/** Wherever the payment is not made: what waits, and the way to it. `isOpen`: an account is. */
export function AskedNotice({ network, isOpen }: { network: LinkNetwork | undefined; isOpen: boolean }) {
  const link = askedLink.value;
  if (link === undefined) return null;
  const asked = network === undefined ? undefined : requestIn(link, network);
  return (
    <div class={asked !== undefined && 'title' in asked ? 'notice failure' : 'notice asked'} role="status">
      {asked !== undefined && 'title' in asked ? (
        <p>
          <strong>{asked.title}</strong> {asked.hint}
        </p>
      ) : (
        <p>
          <strong>A link asks you for a payment</strong>
          {asked?.amount !== undefined && <> of {show(asked.amount)}</>}
          {asked !== undefined && (
            <>
              {' '}
              to <AccountLink address={asked.to} />
            </>
          )}
          . It is kept here until you pay or dismiss it
          {isOpen ? '.' : ': open or make an account first, with more in it than that.'}
        </p>
      )}
      <div class="buttons">
        {isOpen && (
          <a class="button small" href="/wallet/pay">
            Go to the payment
          </a>
        )}
        <button type="button" class="small quiet" onClick={forgetLink}>
          Dismiss
        </button>
      </div>
    </div>
  );
}
