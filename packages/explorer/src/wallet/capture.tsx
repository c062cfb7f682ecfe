/**
 * Capturing: the payee checks a hold that it was handed, works, and signs for what it has earned; or releases it.
 */
import type { Hold, VerifiedHold } from '@upfront/client';
import { useEffect, useState } from 'preact/hooks';
import { AccountLink, BlockLink, NonceLink } from '../components/facts.tsx';
import { grouped, showDuration } from '../format.ts';
import { status } from '../network.ts';
import { note, notes, show } from './desk.ts';
import { explainOutcome, WalletFault } from './fault.ts';
import { formatHold, HOLD_VERB, parseHold } from './hold-link.ts';
import { verbOf } from './link.ts';
import type { Session } from './session.ts';
import { ActionForm, AmountField, Costs, Field, type TaskState, unitsOf, useTask } from './ui.tsx';

interface Checked {
  readonly hold: Hold;
  readonly found: VerifiedHold;
  /** performance.now() of the check. */
  readonly at: number;
}

export function CapturePanel({ own }: { own: Session }) {
  const [link, setLink] = useState(verbOf(location.href) === HOLD_VERB ? location.href : '');
  const [checked, setChecked] = useState<Checked | undefined>(undefined);
  const task = useTask();
  const check = (text: string): void =>
    task.run('Checking it against the validators’ signatures …', async () => {
      setChecked(undefined);
      const hold = parseHold(text.trim(), own.network);
      if (hold.payee.toLowerCase() !== own.address.toLowerCase()) {
        throw new WalletFault(
          'This hold is for another payee.',
          `Open the account ${hold.payee} to capture it.`,
        );
      }
      const found = await own.client.verifyHold(hold);
      if (!found.isOpen || found.remaining <= 0)
        throw new WalletFault(
          'This hold is over: it was captured, released or annulled.',
          'Ask the payer for a new one before you work.',
        );
      setChecked({ hold, found, at: performance.now() });
      note((before) => ({ holds: [...before.holds.filter(({ nonce }) => nonce !== hold.nonce), hold] }));
      return {
        state: 'done',
        title: 'The money is locked for you.',
        hint: 'The validators signed that it was dealt.',
      };
    });
  useEffect(() => {
    if (link !== '') check(link);
  }, []);
  return (
    <section class="card" aria-label="Capture">
      <header>
        <h2>Capture a hold</h2>
      </header>
      <ActionForm label="Check it" task={task} onSubmit={() => check(link)}>
        <Field label="The link that the payer gave you" value={link} onInput={setLink} isMono />
      </ActionForm>
      {checked !== undefined && (
        <Capture own={own} checked={checked} key={checked.hold.nonce} onOver={() => setChecked(undefined)} />
      )}
      <Handed onTake={(taken) => setLink(taken)} own={own} />
    </section>
  );
}

function Capture({ own, checked, onOver }: { own: Session; checked: Checked; onOver: () => void }) {
  const { hold, found, at } = checked;
  const [amount, setAmount] = useState('');
  const task = useTask();
  void status.value;
  const remaining = found.remaining - (performance.now() - at);
  return (
    <div class="made">
      <p class="notice good">
        <span>
          Nonce <NonceLink nonce={hold.nonce} />: up to <strong>{show(hold.max)}</strong> from{' '}
          <AccountLink address={hold.payer} />. Waits for you,{' '}
          {remaining > 0 ? `${showDuration(remaining)} left` : 'but time is up'}.
        </span>
      </p>
      <ActionForm
        label="Capture"
        task={task}
        onSubmit={() =>
          task.run('Signing and sending …', async () => await settle(own, hold, earned(amount, hold)))
        }
        beside={
          <button
            type="button"
            class="quiet"
            disabled={task.isBusy}
            onClick={() => task.run('Releasing …', async () => await settle(own, hold, 0n))}
          >
            Release it
          </button>
        }
      >
        <AmountField
          label="Earned"
          value={amount}
          onInput={setAmount}
          hint={`At most ${show(hold.max)}. Sign one amount only: whoever has two signatures chooses between them.`}
        />
        <Costs
          lines={[
            ['Fee', 'none: the payer paid it'],
            ['Gas', 'none'],
            ['Release', 'gives the payer its place and money back at once'],
          ]}
        />
      </ActionForm>
      {task.now.state === 'done' && (
        <button type="button" class="quiet" onClick={onOver}>
          Take up another hold
        </button>
      )}
    </div>
  );
}

async function settle({ client }: Session, hold: Hold, amount: bigint): Promise<TaskState> {
  const outcome = await client.capture({ ...hold, amount });
  const fault = explainOutcome(outcome);
  if (fault !== undefined || outcome.status !== 'done') return fault!;
  note((before) => ({ holds: before.holds.filter(({ nonce }) => nonce !== hold.nonce) }));
  const title = amount === 0n ? 'Released.' : `Captured ${show(amount)}.`;
  return {
    state: 'done',
    title,
    hint: (
      <>
        Final in block <BlockLink height={outcome.height} />.
      </>
    ),
  };
}

function earned(text: string, { max }: Hold): bigint {
  const units = unitsOf('Earned', text);
  if (units <= max && units > 0n) return units;
  throw new WalletFault(
    `Earned: it is not above 0 and at most ${show(max)}.`,
    'To take nothing, release the hold.',
  );
}

/** Holds that were checked here and are not over. */
function Handed({ own, onTake }: { own: Session; onTake: (link: string) => void }) {
  const clock = Number(status.value?.clock ?? 0);
  const open = notes.value.holds.filter(({ deadline }) => deadline > clock);
  if (open.length === 0) return null;
  return (
    <details>
      <summary>Handed to you ({open.length})</summary>
      <ul class="plain">
        {open.map((hold) => (
          <li key={hold.nonce}>
            Nonce {grouped(hold.nonce)}, up to {show(hold.max)}, {showDuration(hold.deadline - clock)} left{' '}
            <button
              type="button"
              class="small quiet"
              onClick={() => onTake(formatHold(`${location.origin}/wallet/capture`, own.network, hold))}
            >
              Take it up
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
