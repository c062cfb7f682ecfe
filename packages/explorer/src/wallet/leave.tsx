/**
 * Taking money out: a withdrawal and a claim, the usual way; an exit and a claim, whatever the operators do.
 *
 * Invariant: exit and claim ask the first layer only.
 */
import { L1PendingError } from '@upfront/client';
import { useState } from 'preact/hooks';
import { showDuration, showTime } from '../format.ts';
import { connection, parameter, status } from '../network.ts';
import { beginWaiting, l1, l1Fault, note, show } from './desk.ts';
import { WalletFault } from './fault.ts';
import { perform, spendable } from './pay.tsx';
import type { Session } from './session.ts';
import { ActionForm, AmountField, Costs, type TaskState, unitsOf, useGas, useTask } from './ui.tsx';

export function LeavePanel({ own }: { own: Session }) {
  return (
    <>
      <Withdraw own={own} />
      <Claim own={own} />
      <Exit own={own} />
    </>
  );
}

function Withdraw({ own }: { own: Session }) {
  const [amount, setAmount] = useState('');
  const task = useTask();
  const fee = BigInt(parameter('fee') ?? 0);
  const entryFee = BigInt(parameter('entryFee') ?? 0);
  const dust = BigInt(parameter('dust') ?? 0);
  const interval = parameter('interval');
  const submit = (): void =>
    task.run('Checking …', async (say) => {
      const units = unitsOf('Amount', amount);
      if (units < dust)
        throw new WalletFault(`Amount: a withdrawal is at least ${show(dust)}.`, 'Write a larger amount.');
      const told = await perform(own, { kind: 'withdraw', amount: units }, say, `Withdrawn ${show(units)}`);
      if (told.state !== 'done') return told;
      const formed = Number(status.value?.l1.formed ?? 0);
      beginWaiting({ what: 'withdraw', amount: units, since: Date.now(), hash: '', item: undefined, formed });
      const next = 'The next settlement brings it to the first layer; then claim it below.';
      return {
        ...told,
        hint: (
          <>
            {told.hint} {next}
          </>
        ),
      };
    });
  return (
    <section class="card" aria-label="Withdraw">
      <header>
        <h2>Withdraw, the usual way</h2>
      </header>
      <ActionForm label="Withdraw" task={task} onSubmit={submit}>
        <AmountField
          label="Amount"
          value={amount}
          onInput={setAmount}
          hint={`${spendable(fee)} At least ${show(dust)}.`}
        />
        <Costs
          lines={[
            ['Fee', `${show(fee)} (${fee} units), when it is announced`],
            ['Settlement', `keeps an entry fee of ${show(entryFee)}: ${arriving(amount, entryFee)}`],
            ['Time', timeOf(interval)],
            ['Gas', 'for the claim afterwards'],
          ]}
        />
      </ActionForm>
    </section>
  );
}

function timeOf(interval: number | undefined): string {
  if (connection.value === 'away')
    return 'not known: the node is away, and settles nothing meanwhile; an exit needs no node';
  const within = interval === undefined ? '' : `, within about ${showDuration(interval)}`;
  return `the next settlement${within}, and its block on the first layer`;
}

function arriving(text: string, entryFee: bigint): string {
  try {
    const units = unitsOf('Amount', text);
    return `${show(units > entryFee ? units - entryFee : 0n)} arrive`;
  } catch {
    return 'the rest arrives';
  }
}

function Claim({ own }: { own: Session }) {
  const task = useTask();
  const view = l1.value;
  const isDue = view !== undefined && isClaimable(view);
  const gas = useGas(own, isDue ? { functionName: 'claim', args: [own.address] } : undefined);
  const submit = (): void =>
    task.run('Sending it to the first layer, and waiting for a block there …', async () => await claim(own));
  return (
    <section class="card" aria-label="Claim">
      <header>
        <h2>Claim what is on the first layer</h2>
      </header>
      <ActionForm label="Claim" task={task} onSubmit={submit} isDisabled={!isDue}>
        <p>{claimable()}</p>
        <Costs lines={[['Gas', isDue ? gas : 'nothing to claim now']]} />
      </ActionForm>
    </section>
  );
}

type View = NonNullable<typeof l1.value>;

/** Whether a claim would pay something, as the contract decides it. */
function isClaimable({ claimable: sum, balance, isClosed, time, exit: leaving }: View): boolean {
  if (sum > 0n) return true;
  const isOver = leaving !== undefined && (leaving.isAcknowledged || time >= leaving.claimableAt);
  return balance > 0n && (isClosed || isOver);
}

function claimable(): string {
  const view = l1.value;
  if (view === undefined) return l1Fault.value?.title ?? 'Asking the first layer …';
  const { claimable: sum, balance, isClosed, exit: leaving, time } = view;
  if (isClosed && sum + balance === 0n)
    return 'The contract has closed, and nothing of this account is left in it.';
  if (isClosed)
    return `The contract has closed: ${show(sum + balance)} can be claimed now, by anybody for you.`;
  if (leaving?.isAcknowledged)
    return `${show(sum + balance)} can be claimed now: a settlement has acknowledged the exit.`;
  if (leaving !== undefined && time >= leaving.claimableAt)
    return `${show(sum + balance)} can be claimed now: nobody acknowledged the exit in time.`;
  if (leaving !== undefined)
    return `${sum > 0n ? `${show(sum)} can be claimed now. The other ` : ''}${show(balance)} can be claimed once a settlement has acknowledged the exit, or from ${showTime(Number(leaving.claimableAt) * 1000)} on in any case, by the first layer’s clock.`;
  return sum > 0n
    ? `${show(sum)} can be claimed now. Nobody else can take it.`
    : 'Nothing can be claimed now.';
}

async function claim({ client }: Session): Promise<TaskState> {
  const follow = beginWaiting({ what: 'claim', amount: 0n, since: Date.now(), hash: '', item: undefined });
  try {
    const { amount, closed, next, hash } = await client.claim();
    follow(undefined);
    if (amount === 0n) return { state: 'unknown', title: 'Nothing was paid yet.', hint: next, details: hash };
    const end = closed ? ' The contract has closed: everybody claims the settled balance.' : '';
    return {
      state: 'done',
      title: `Claimed ${show(amount)}.`,
      hint: `It is on the first layer, in your account.${end}`,
      details: hash,
    };
  } catch (error) {
    if (error instanceof L1PendingError) follow({ hash: error.hash });
    else follow(undefined);
    throw error;
  }
}

function Exit({ own }: { own: Session }) {
  const [isSure, setSure] = useState(false);
  const task = useTask();
  const view = l1.value;
  const isPossible = view !== undefined && !view.exiting && !view.isClosed;
  const gas = useGas(own, isPossible ? { functionName: 'exit', args: [0n] } : undefined);
  const submit = (): void =>
    task.run('Sending it to the first layer, and waiting for a block there …', async () => {
      const told = await exit(own);
      setSure(false);
      return told;
    });
  return (
    <section class="card" aria-label="Exit">
      <header>
        <h2>Exit, whatever the operators do</h2>
      </header>
      <ActionForm label="Exit" task={task} onSubmit={submit} isDanger isDisabled={!isPossible || !isSure}>
        <p>
          For leaving altogether, or when the network is gone. It needs no node and nobody’s consent: the
          contract pays your settled balance
          {view === undefined ? '' : ` (now ${show(view.balance + view.claimable)})`} once a settlement has
          acknowledged the exit, or a fixed time later in any case.
        </p>
        <Costs
          lines={[
            ['Gas', isPossible ? gas : whyNot(view)],
            ['Lost', 'what is not settled, if the network never comes back'],
            ['Until then', 'nothing new is dealt to this account; what is signed below becomes void'],
          ]}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={isSure}
            disabled={!isPossible}
            onChange={(event) => setSure(event.currentTarget.checked)}
          />
          <span>I want to leave with the settled balance.</span>
        </label>
      </ActionForm>
    </section>
  );
}

function whyNot(view: View | undefined): string {
  if (view === undefined) return l1Fault.value?.title ?? 'asking the first layer …';
  return view.exiting ? 'an exit is under way' : 'the contract has closed: claim';
}

async function exit({ client }: Session): Promise<TaskState> {
  const follow = beginWaiting({ what: 'exit', amount: 0n, since: Date.now(), hash: '', item: undefined });
  try {
    const { claimableAt, hash } = await client.exit();
    // From here on the contract itself tells how it goes on.
    follow(undefined);
    note(() => ({ holds: [] }));
    const from = showTime(Number(claimableAt) * 1000);
    const hint = `Claim once a settlement has acknowledged it, or from ${from} on in any case.`;
    return { state: 'done', title: 'The exit is on the first layer.', hint, details: hash };
  } catch (error) {
    if (error instanceof L1PendingError) follow({ hash: error.hash });
    else follow(undefined);
    throw error;
  }
}
