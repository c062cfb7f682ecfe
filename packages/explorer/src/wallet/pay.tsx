/**
 * Paying: announced, then performed; final in the block that performs it. A request's link fills the form in.
 */
import { formatAmount } from '@upfront/client';
import { useMemo, useState } from 'preact/hooks';
import { BlockLink, NonceLink } from '../components/facts.tsx';
import { grouped } from '../format.ts';
import { parameter } from '../network.ts';
import { askedLink, forgetLink, requestIn } from './asked-link.tsx';
import { account, asset, show } from './desk.ts';
import { explainOutcome } from './fault.ts';
import { parseReference } from './reference.ts';
import type { Session } from './session.ts';
import { ActionForm, AmountField, addressOf, Costs, Field, type TaskState, unitsOf, useTask } from './ui.tsx';

const NO_REFERENCE = `0x${'00'.repeat(32)}` as const;

export function PayPanel({ own }: { own: Session }) {
  const asked = askedLink.value;
  const [link, setLink] = useState(asked);
  // Another link fills another form in; one that is paid leaves its form as it is.
  if (asked !== undefined && asked !== link) setLink(asked);
  const dismiss = (): void => {
    forgetLink();
    setLink(undefined);
  };
  return <PayForm own={own} link={link} onDismiss={dismiss} key={link ?? ''} />;
}

function PayForm({
  own,
  link,
  onDismiss,
}: {
  own: Session;
  link: string | undefined;
  onDismiss: () => void;
}) {
  const asked = useMemo(
    () => (link === undefined ? undefined : requestIn(link, own.network)),
    [link, own.network],
  );
  const request = asked !== undefined && 'to' in asked ? asked : undefined;
  const [to, setTo] = useState<string>(request?.to ?? '');
  const [amount, setAmount] = useState(
    request?.amount === undefined ? '' : formatAmount(request.amount, asset.value),
  );
  const [reference, setReference] = useState(request?.reference ?? '');
  const task = useTask();
  const fee = BigInt(parameter('fee') ?? 0);
  const submit = (): void =>
    task.run('Checking …', async (say) => {
      const activity = {
        kind: 'transfer',
        to: addressOf('To', to),
        amount: unitsOf('Amount', amount),
        reference: parseReference(reference) ?? NO_REFERENCE,
      } as const;
      const told = await perform(own, activity, say, `Paid ${show(activity.amount)}`);
      const isAsked = activity.to === request?.to && reference === request.reference;
      if (told.state === 'done' && isAsked) forgetLink();
      return told;
    });
  return (
    <section class="card" aria-label="Pay">
      <header>
        <h2>Pay</h2>
      </header>
      {asked !== undefined && askedLink.value === link && <AskedHere asked={asked} onDismiss={onDismiss} />}
      <ActionForm label="Pay" task={task} onSubmit={submit}>
        <Field label="To" value={to} onInput={setTo} isMono hint="An Ethereum address. Anyone can receive." />
        <AmountField label="Amount" value={amount} onInput={setAmount} hint={spendable(fee)} />
        <Field
          label="Reference"
          value={reference}
          onInput={setReference}
          isOptional
          hint="At most 32 bytes of text, or 0x and 64 hex digits. Everybody can read it."
        />
        <Costs
          lines={[
            ['Fee', `${show(fee)} (${fee} units), when it is announced`],
            ['Gas', 'none: the first layer is not asked'],
            ['Reserved', 'the amount, until it is performed; if it is not, it is free again'],
          ]}
        />
      </ActionForm>
    </section>
  );
}

/** Above the form that the link has filled in, or why it did not. */
function AskedHere({ asked, onDismiss }: { asked: ReturnType<typeof requestIn>; onDismiss: () => void }) {
  const isGood = 'to' in asked;
  return (
    <div class={isGood ? 'notice asked' : 'notice failure'} {...(!isGood && ({ role: 'alert' } as const))}>
      {isGood ? (
        <p>
          A link asks you for this payment. Anybody can write such a link: check the address with whom you
          mean to pay.
        </p>
      ) : (
        <p>
          <strong>{asked.title}</strong> {asked.hint}
        </p>
      )}
      <button type="button" class="small quiet" onClick={onDismiss}>
        Dismiss
      </button>
    </div>
  );
}

/** Announces one sealed activity and performs it, and says so stage by stage. */
export async function perform(
  { client }: Session,
  activity:
    | {
        readonly kind: 'transfer';
        readonly to: `0x${string}`;
        readonly amount: bigint;
        readonly reference: `0x${string}`;
      }
    | { readonly kind: 'withdraw'; readonly amount: bigint },
  say: (stage: string) => void,
  doneTitle: string,
): Promise<TaskState> {
  say('Signing, writing it down, announcing it …');
  const dealt = await client.fetchNonces({ activities: [activity] });
  const refusal = explainOutcome(dealt);
  if (refusal !== undefined || dealt.status !== 'done') return refusal!;
  say(`Announced as nonce ${grouped(dealt.first)}: its place and its money are reserved. Performing it …`);
  const done = await client.fulfil({ nonce: dealt.first });
  client.forgetView();
  const fault = explainOutcome(done);
  if (fault !== undefined || done.status !== 'done') return fault!;
  const hint = (
    <>
      Nonce <NonceLink nonce={done.nonce} />, final in block <BlockLink height={done.height} />.
    </>
  );
  return { state: 'done', title: `${doneTitle}.`, hint };
}

/** What can be spent at most: what is free, less the bond that stays and the fee. */
export function spendable(fee: bigint): string {
  const free = account.value?.free;
  const bond = BigInt(parameter('bond') ?? 0);
  if (free === undefined) return 'What is free is not known while the node is away.';
  const most = free - bond - fee;
  if (most > 0n) return `At most ${show(most)} now: a bond of ${show(bond)} stays free.`;
  return `Nothing can be spent now: a bond of ${show(bond)} has to stay free. Deposit more than that.`;
}
