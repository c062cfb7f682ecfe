/**
 * What a nonce announced, in words, and how much of its window is over.
 */
import type { Intent } from '../api.ts';
import { plural, showDuration } from '../format.ts';
import { status, statusAt } from '../network.ts';
import { AccountLink, Amount, TopicLink } from './facts.tsx';

export function IntentWords({ intent }: { intent: Intent }) {
  switch (intent.kind) {
    case 'transfer':
      return <>a transfer, sealed</>;
    case 'withdraw':
      return <>a withdrawal, sealed</>;
    case 'hold':
      return (
        <>
          a hold of up to <Amount units={intent.max ?? '0'} /> for{' '}
          <AccountLink address={intent.payee ?? ''} />
        </>
      );
    case 'post':
      return (
        <>
          a post of at most {plural(intent.size ?? 0, 'byte')} to <TopicLink topic={intent.topic ?? ''} />,
          sealed
          {intent.stake !== undefined && intent.stake !== '0' && (
            <>
              , with <Amount units={intent.stake} /> at stake
            </>
          )}
        </>
      );
    case 'validate':
      return <>a validation</>;
  }
}

/** The network's clock, as of the last status and what went by since. */
export function clockNow(): number {
  return Number(status.value?.clock ?? 0) + Math.min(1500, performance.now() - statusAt.value);
}

export function WindowGauge({ dealtClock, deadline }: { dealtClock: string; deadline: string }) {
  const whole = Number(deadline) - Number(dealtClock);
  const age = Math.max(0, clockNow() - Number(dealtClock));
  const share = Math.min(100, (100 * age) / whole);
  return (
    <span class="window">
      <span class={share > 75 ? 'gauge is-late' : 'gauge'} aria-hidden="true">
        <span style={{ width: `${share}%` }} />
      </span>
      {age >= whole ? `over; annulled soon` : `${showDuration(age)} of ${showDuration(whole)}`}
    </span>
  );
}
