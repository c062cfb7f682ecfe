/**
 * Holding: money locked for a payee, who knows before it works that it is there, and captures what it earned.
 */
import type { Hold } from '@upfront/client';
import { useState } from 'preact/hooks';
import { NonceLink } from '../components/facts.tsx';
import { showDuration } from '../format.ts';
import { parameter, status } from '../network.ts';
import { show } from './desk.ts';
import { explainOutcome, WalletFault } from './fault.ts';
import { formatHold } from './hold-link.ts';
import { spendable } from './pay.tsx';
import type { Session } from './session.ts';
import { ActionForm, AmountField, addressOf, Costs, Field, Handover, unitsOf, useTask } from './ui.tsx';

const WINDOW_S = '120';

export function HoldPanel({ own }: { own: Session }) {
  const [payee, setPayee] = useState('');
  const [max, setMax] = useState('');
  const [window, setWindow] = useState(WINDOW_S);
  const [hold, setHold] = useState<Hold | undefined>(undefined);
  const task = useTask();
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
      setHold(outcome.hold);
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
      {hold !== undefined && (
        <div class="made">
          <p class="notice" role="status">
            Waits for the payee to capture it, {showDuration(left(hold))} at most.
          </p>
          <Handover
            link={formatHold(`${location.origin}/wallet/capture`, own.network, hold)}
            what="the hold"
          />
        </div>
      )}
    </section>
  );
}

function left({ deadline }: Hold): number {
  return deadline - Number(status.value?.clock ?? deadline);
}

function secondsOf(text: string, least: number, most: number): number {
  const seconds = /^\d{1,6}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (seconds >= least && seconds <= most) return seconds;
  throw new WalletFault(
    `Time for the payee: \`${text.slice(0, 20)}\` is not ${least} to ${most} seconds.`,
    'Write whole seconds.',
  );
}
