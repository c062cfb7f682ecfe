/**
 * Asking for a payment: a link and a QR code, and whether it was paid.
 */

import { toHex } from '@upfront/core';
import { useEffect, useState } from 'preact/hooks';
import { AccountLink, BlockLink } from '../components/facts.tsx';
import { note, notes, show } from './desk.ts';
import { newReference, parseReference } from './reference.ts';
import { formatRequest } from './request.ts';
import type { Session } from './session.ts';
import { ActionForm, AmountField, Costs, Field, Handover, unitsOf, useTask } from './ui.tsx';

interface Asked {
  readonly reference: string;
  readonly amount: bigint | undefined;
}

interface Paid {
  readonly from: string;
  readonly amount: bigint;
  readonly height: number;
}

export function AskPanel({ own }: { own: Session }) {
  const [amount, setAmount] = useState('');
  const [reference, setReference] = useState(newReference);
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  const task = useTask();
  const submit = (): void =>
    task.run('Checking …', async () => {
      parseReference(reference);
      const units = amount.trim() === '' ? undefined : unitsOf('Amount', amount);
      const next = { reference: reference.trim(), amount: units, since: Date.now() };
      setAsked(next);
      note((before) => ({
        asked: [...before.asked.filter((one) => one.reference !== next.reference), next],
      }));
      return { state: 'idle' };
    });
  return (
    <section class="card" aria-label="Request a payment">
      <header>
        <h2>Request a payment</h2>
      </header>
      <ActionForm label="Make the link" task={task} onSubmit={submit}>
        <AmountField
          label="Amount"
          value={amount}
          onInput={setAmount}
          isOptional
          hint="Left out, the payer chooses."
        />
        <Field
          label="Reference"
          value={reference}
          onInput={setReference}
          isOptional
          hint="By it you know this payment again. At most 32 bytes."
        />
        <Costs lines={[['Cost', 'nothing: asking is not on the network, and it binds nobody']]} />
      </ActionForm>
      {asked !== undefined && <Request own={own} asked={asked} key={`${asked.reference} ${asked.amount}`} />}
      <Earlier />
    </section>
  );
}

function Request({ own, asked }: { own: Session; asked: Asked }) {
  const paid = usePaid(own, asked);
  const page = `${location.origin}/wallet/pay`;
  const link = formatRequest(page, own.network, {
    to: own.address,
    amount: asked.amount,
    reference: asked.reference,
  });
  const what = asked.amount === undefined ? 'a payment' : show(asked.amount);
  return (
    <div class="made">
      <p class={`notice ${paid === undefined ? '' : 'good'}`} role="status">
        {paid === undefined ? (
          `Waits for the payer to pay ${what}. It has no time limit.`
        ) : (
          <span>
            <strong>Paid:</strong> {show(paid.amount)} from <AccountLink address={paid.from} />, final in
            block <BlockLink height={paid.height} />.
          </span>
        )}
      </p>
      <Handover link={link} what="the payment request" />
    </div>
  );
}

function Earlier() {
  const list = notes.value.asked;
  if (list.length === 0) return null;
  return (
    <details>
      <summary>Asked for before ({list.length})</summary>
      <ul class="plain">
        {list
          .slice()
          .reverse()
          .map(({ reference, amount }) => (
            <li key={reference}>
              <code>{reference || 'without a reference'}</code> ·{' '}
              {amount === undefined ? 'any amount' : show(amount)}
            </li>
          ))}
      </ul>
    </details>
  );
}

/** The first payment that carries the reference, from now on. Without one: any payment to the account. */
function usePaid({ client, address }: Session, { reference }: Asked): Paid | undefined {
  const [paid, setPaid] = useState<Paid | undefined>(undefined);
  useEffect(() => {
    const controller = new AbortController();
    const wanted = parseReference(reference);
    const watch = async (): Promise<void> => {
      const { signal } = controller;
      for await (const { event, cursor } of client.follow({ account: address, from: 'now', signal })) {
        if (event.type !== 'transferred' || toHex(event.to) !== address.toLowerCase()) continue;
        if (wanted !== undefined && toHex(event.reference) !== wanted) continue;
        setPaid({ from: toHex(event.from), amount: event.amount, height: cursor.height });
        return;
      }
    };
    // A node that is away cannot tell; the history has it later.
    watch().catch(() => undefined);
    return () => controller.abort();
  }, [client, address, reference]);
  return paid;
}
