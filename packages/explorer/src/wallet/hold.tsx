/**
 * Holding: money locked for a payee, who knows before it works that it is there, and captures what it earned.
 */
import { useEffect, useState } from 'preact/hooks';
import { AccountLink, BlockLink, NonceLink } from '../components/facts.tsx';
import { showDuration } from '../format.ts';
import { parameter, status } from '../network.ts';
import { note, notes, show } from './desk.ts';
import { explainOutcome, WalletFault } from './fault.ts';
import { type GivenHold, withNews } from './given-holds.ts';
import { formatHold } from './hold-link.ts';
import { spendable } from './pay.tsx';
import type { Session } from './session.ts';
import { ActionForm, AmountField, addressOf, Costs, Field, Handover, unitsOf, useTask } from './ui.tsx';

const WINDOW_S = '120';
/** Holds in the list. */
const SHOWN = 12;

export function HoldPanel({ own }: { own: Session }) {
  const [payee, setPayee] = useState('');
  const [max, setMax] = useState('');
  const [window, setWindow] = useState(WINDOW_S);
  const [made, setMade] = useState<number | undefined>(undefined);
  const task = useTask();
  const hasEnded = notes.value.given.some(({ nonce, end }) => nonce === made && end !== undefined);
  // How it ended stands below.
  useEffect(() => {
    if (hasEnded) task.reset();
  }, [hasEnded]);
  const fee = BigInt(parameter('fee') ?? 0);
  const least = parameter('windowHoldLeast') ?? 5;
  const most = parameter('windowHoldMost') ?? 600;
  const submit = (): void =>
    task.run('Signing, writing it down, announcing it …', async () => {
      const seconds = secondsOf(window, least, most);
      const wanted = { payee: addressOf('Payee', payee), max: unitsOf('At most', max), window: seconds };
      const outcome = await own.client.hold(wanted);
      const fault = explainOutcome(outcome);
      if (fault !== undefined || outcome.status !== 'done') return fault!;
      setMade(outcome.hold.nonce);
      note(({ given }) => ({ given: withNews(given, [outcome.hold]) }));
      const hint = (
        <>
          Nonce <NonceLink nonce={outcome.hold.nonce} />. Hand the link below to the payee: with it the payee
          can check the hold before it works, and capture.
        </>
      );
      return { state: 'done', title: `${show(outcome.hold.max)} are locked for the payee.`, hint };
    });
  return (
    <section class="card" aria-label="Hold">
      <header>
        <h2>Hold money for somebody</h2>
      </header>
      <ActionForm label="Hold" task={task} onSubmit={submit}>
        <Field
          label="Payee"
          value={payee}
          onInput={setPayee}
          isMono
          hint="Only this address can capture it."
        />
        <AmountField label="At most" value={max} onInput={setMax} hint={spendable(fee)} />
        <Field
          label="Time for the payee"
          value={window}
          onInput={setWindow}
          inputMode="numeric"
          suffix="s"
          hint={`${least} to ${most} seconds; what is not captured by then is yours again.`}
        />
        <Costs
          lines={[
            ['Fee', `${show(fee)} (${fee} units), when it is announced`],
            ['Gas', 'none'],
            ['Reserved', 'the most, until the payee captures or releases it, or time is up'],
            ['Standing', 'a hold that lapses costs you none'],
          ]}
        />
      </ActionForm>
      <Given own={own} />
    </section>
  );
}

/** Every hold that is open or ended not long ago, with what its payee needs. */
function Given({ own }: { own: Session }) {
  const list = notes.value.given.slice(-SHOWN).reverse();
  if (list.length === 0) return null;
  const forget = (nonce: number): void =>
    note(({ given }) => ({ given: given.filter((one) => one.nonce !== nonce) }));
  return (
    <section class="made" aria-label="Your holds" aria-live="polite">
      <h3>Your holds</h3>
      {list.map((hold, i) => (
        <div key={hold.nonce} class={`notice ${hold.end?.what === 'captured' ? 'good' : ''}`}>
          <p>
            <strong>Up to {show(hold.max)}</strong> for <AccountLink address={hold.payee} />{' '}
            <span class="short">
              · nonce <NonceLink nonce={hold.nonce} />
            </span>
          </p>
          <p>
            <HoldState hold={hold} />
          </p>
          {hold.end === undefined ? (
            <details open={i === 0}>
              <summary>Its link, for the payee</summary>
              <Handover
                link={formatHold(`${location.origin}/wallet/capture`, own.network, hold)}
                what="the hold"
              />
            </details>
          ) : (
            <button type="button" class="small quiet" onClick={() => forget(hold.nonce)}>
              Dismiss
            </button>
          )}
        </div>
      ))}
    </section>
  );
}

function HoldState({ hold: { deadline, max, end } }: { hold: GivenHold }) {
  if (end === undefined) {
    const left = deadline - Number(status.value?.clock ?? deadline);
    return left > 0
      ? `Waits for the payee to capture it, ${showDuration(left)} at most.`
      : 'Time is up: the next block annuls it, and its money is free again.';
  }
  const block = <BlockLink height={end.height} />;
  if (end.what === 'annulled')
    return <>Time was up: it was annulled in block {block}, and its money is free again.</>;
  if (end.what === 'released') return <>The payee released it in block {block}: its money is free again.</>;
  const rest = max - end.amount;
  return (
    <>
      The payee captured {show(end.amount)} in block {block}
      {rest > 0n ? `; the other ${show(rest)} are free again.` : '.'}
    </>
  );
}

function secondsOf(text: string, least: number, most: number): number {
  const seconds = /^\d{1,6}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (seconds >= least && seconds <= most) return seconds;
  throw new WalletFault(
    `Time for the payee: \`${text.slice(0, 20)}\` is not ${least} to ${most} seconds.`,
    'Write whole seconds.',
  );
}
