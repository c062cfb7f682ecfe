/**
 * The last act: the operator is taken away for good, and the purse leaves with its settled balance all the same.
 *
 * From the second step on only the first layer is asked.
 */
import type { Client } from '@upfront/client';
import { useEffect, useState } from 'preact/hooks';
import { Facts } from '../components/facts.tsx';
import { showAmount, showTime } from '../format.ts';
import { asset, connection } from '../network.ts';
import type { DevnetControls } from './devnet.ts';
import { stage, stageFor, stopAll } from './theatre.ts';

interface Layer {
  readonly balance: bigint;
  readonly claimable: bigint;
  readonly exiting: boolean;
  readonly isClosed: boolean;
  /** s. */
  readonly time: bigint;
  readonly claimableAt: bigint | undefined;
}

const LOOK_MS = 1000;

export function LastAct({ controls }: { controls: DevnetControls }) {
  const purse = stage.value?.purse;
  const layer = useLayer(purse);
  const [said, setSaid] = useState('');
  const [isBusy, setBusy] = useState(false);
  const run = (first: string, work: () => Promise<string>): void => {
    setSaid(first);
    setBusy(true);
    work()
      .then(setSaid, (error: unknown) =>
        setSaid(error instanceof Error ? error.message.split('\n')[0]! : String(error)),
      )
      .finally(() => setBusy(false));
  };
  const isGone = connection.value === 'away';
  const show = (units: bigint): string => showAmount(units, asset.value);
  const isDue = layer?.claimableAt !== undefined && layer.time >= layer.claimableAt;
  const steps: readonly [title: string, what: string, isPossible: boolean, () => void][] = [
    [
      'Set the stage',
      'A purse deposits 50 ETH of the devnet on the first layer.',
      purse === undefined && !isGone,
      () =>
        run('Depositing …', async () => {
          await stageFor(controls);
          return 'The purse has deposited.';
        }),
    ],
    [
      'Stop the operator',
      'For good: only a new start of the devnet has one again.',
      purse !== undefined && !isGone,
      () =>
        run('Taking the operator away …', async () => {
          stopAll();
          await controls.stopOperator();
          return 'The operator is gone. Nothing can be announced any more; nothing is lost that was settled.';
        }),
    ],
    [
      'Exit',
      'One call on the first layer. Nobody has to agree.',
      layer !== undefined && !layer.exiting && !layer.isClosed,
      () => run('Exiting …', async () => (await purse!.exit()).next),
    ],
    [
      'Let the close age pass',
      'Only the first layer’s clock moves on.',
      layer?.claimableAt !== undefined && !isDue && !layer.isClosed,
      () =>
        run('Waiting …', async () => {
          await controls.advance(layer!.claimableAt! - layer!.time + 1n);
          return 'Nobody answered the exit in time.';
        }),
    ],
    [
      'Claim',
      'The contract pays the settled balance, and closes for everybody.',
      layer !== undefined && (isDue || layer.claimable > 0n) && layer.balance + layer.claimable > 0n,
      () =>
        run('Claiming …', async () => {
          const { amount, closed } = await purse!.claim();
          return `Paid ${show(amount)} on the first layer.${closed ? ' The contract has closed.' : ''}`;
        }),
    ],
  ];
  return (
    <section class="card" aria-label="Leave without the operator">
      <header>
        <h2>Leave without the operator</h2>
      </header>
      <ol class="steps">
        {steps.map(([title, what, isPossible, act]) => (
          <li key={title}>
            <button
              type="button"
              class={title.startsWith('Stop') ? 'danger' : undefined}
              disabled={isBusy || !isPossible}
              onClick={act}
            >
              {title}
            </button>
            <span class="soft">{what}</span>
          </li>
        ))}
      </ol>
      <p role="status" class={said === '' ? 'unseen' : 'notice'}>
        {said}
      </p>
      {layer !== undefined && (
        <Facts
          facts={[
            ['Operator', isGone ? 'gone' : 'there'],
            ['Settled', show(layer.balance + layer.claimable)],
            ['First layer', showTime(Number(layer.time) * 1000)],
            layer.claimableAt === undefined
              ? undefined
              : ['Claimable from', showTime(Number(layer.claimableAt) * 1000)],
            ['Contract', layer.isClosed ? 'closed: everybody claims the settled balance' : 'open'],
          ]}
        />
      )}
    </section>
  );
}

/** What the contract says of the purse, second by second. */
function useLayer(purse: Client | undefined): Layer | undefined {
  const [layer, setLayer] = useState<Layer | undefined>(undefined);
  useEffect(() => {
    if (purse === undefined) return undefined;
    let isOver = false;
    const look = async (): Promise<void> => {
      while (!isOver) {
        // A first layer that is being moved on may be busy: what was seen stays.
        const next = await lookAt(purse).catch(() => undefined);
        if (!isOver && next !== undefined) setLayer(next);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    };
    void look();
    return () => {
      isOver = true;
    };
  }, [purse]);
  return layer;
}

async function lookAt(purse: Client): Promise<Layer> {
  const { l1, contract } = await purse.contract('play');
  const [{ balance, claimable, exiting }, isClosed, time] = await Promise.all([
    purse.balanceOnL1(),
    l1.value(contract, 'closed'),
    l1.time(),
  ]);
  if (!exiting) return { balance, claimable, exiting, isClosed, time, claimableAt: undefined };
  const [{ time: since }, closeAge] = await Promise.all([
    l1.exit(contract, purse.address!),
    l1.value(contract, 'closeAge'),
  ]);
  return { balance, claimable, exiting, isClosed, time, claimableAt: since + closeAge + 1n };
}
