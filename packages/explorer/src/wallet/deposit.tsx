/**
 * Depositing: one call on the first layer; the network imports it once the first layer has finalised it.
 */
import { BaseError, L1PendingError } from '@upfront/client';
import { useState } from 'preact/hooks';
import { parameter } from '../network.ts';
import { asset, beginWaiting, l1, show } from './desk.ts';
import { WalletFault } from './fault.ts';
import type { Session } from './session.ts';
import { ActionForm, AmountField, Costs, showWei, type TaskState, unitsOf, useGas, useTask } from './ui.tsx';

/** ms that this page looks on; the deposit is imported all the same. */
const IMPORT_MS = 30 * 60_000;

export function DepositPanel({ own }: { own: Session }) {
  const [amount, setAmount] = useState('');
  const task = useTask();
  const units = unitsOrNone(amount);
  const gas = useGas(own, units === undefined ? undefined : callOf(own, units));
  const bond = BigInt(parameter('bond') ?? 0);
  const submit = (): void => task.run('Checking …', async (say) => await deposit(own, positive(amount), say));
  return (
    <section class="card" aria-label="Deposit">
      <header>
        <h2>Deposit from the first layer</h2>
      </header>
      <ActionForm label="Deposit" task={task} onSubmit={submit} isDisabled={own.read === undefined}>
        <AmountField label="Amount" value={amount} onInput={setAmount} hint={purse()} />
        <Costs
          lines={[
            ['Gas', gas],
            ['Fee', 'none'],
            bond > 0n
              ? [
                  'Bond',
                  `${show(bond)} of the balance have to stay free to announce anything; they leave by an exit`,
                ]
              : undefined,
          ]}
        />
      </ActionForm>
    </section>
  );
}

function purse(): string {
  const view = l1.value;
  if (view === undefined) return 'What the account has on the first layer is not known.';
  const has = show(view.purse / asset.value.unit);
  return asset.value.symbol === 'ETH'
    ? `The account has ${showWei(view.wei)} there; leave some for gas.`
    : `The account has ${has} there, and ${showWei(view.wei)} for gas.`;
}

function callOf({ address }: Session, units: bigint) {
  const base = { functionName: 'deposit' as const, args: [address, units] };
  return asset.value.symbol === 'ETH' ? { ...base, value: units * asset.value.unit } : base;
}

function unitsOrNone(text: string): bigint | undefined {
  try {
    return positive(text);
  } catch {
    return undefined;
  }
}

function positive(text: string): bigint {
  const units = unitsOf('Amount', text);
  if (units > 0n) return units;
  throw new WalletFault('Amount: it is zero.', 'Write how much to deposit.');
}

async function deposit(
  { client, read }: Session,
  amount: bigint,
  say: (stage: string) => void,
): Promise<TaskState> {
  say('Sending it to the first layer, and waiting for a block there …');
  const fromBlock = await read!.getBlockNumber();
  const follow = beginWaiting({
    what: 'deposit',
    amount,
    since: Date.now(),
    hash: '',
    item: undefined,
    fromBlock,
  });
  let item: number;
  try {
    const sent = await client.deposit({ amount });
    item = sent.item;
    follow({ hash: sent.hash, item });
  } catch (error) {
    if (error instanceof L1PendingError) follow({ hash: error.hash });
    else follow(undefined);
    throw error;
  }
  say('Mined. Waiting until the first layer has finalised it and the network has imported it …');
  try {
    await client.waitFor({ item, timeout: IMPORT_MS });
  } catch (error) {
    if (!(error instanceof BaseError)) throw error;
    const hint = 'The contract has it. It appears in the balance as soon as the network has imported it.';
    return {
      state: 'unknown',
      title: 'The network has not said yet that it imported the deposit.',
      hint,
      details: error.shortMessage,
    };
  }
  follow(undefined);
  return {
    state: 'done',
    title: `Deposited ${show(amount)}.`,
    hint: `Item ${item} of the contract; the network has imported it.`,
  };
}
