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
import { explain } from '../wallet/fault.ts';
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
  const isGone = connection.value === 'away';
  const run = ({ first, act }: Step): void => {
    setSaid(first);
    setBusy(true);
    act()
      .then(setSaid, (error: unknown) => setSaid(explain(error).title))
      .finally(() => setBusy(false));
  };
  return (
    <section class="card" aria-label="Leave without the operator">
      <header>
        <h2>Leave without the operator</h2>
      </header>
      <ol class="steps">
        {stepsOf({ controls, purse, layer, isGone }).map((step) => (
          <li key={step.title}>
            <div>
              <button
                type="button"
                class={step.isDanger ? 'danger' : undefined}
                disabled={isBusy || !step.isPossible}
                onClick={() => run(step)}
              >
                {step.title}
              </button>
              <span class="soft">{step.what}</span>
            </div>
          </li>
        ))}
      </ol>
      <p role="status" class={said === '' ? 'unseen' : 'notice'}>
        {said}
      </p>
      {layer !== undefined && <State layer={layer} isGone={isGone} />}
    </section>
  );
}

function State({ layer, isGone }: { layer: Layer; isGone: boolean }) {
  const { balance, claimable, time, claimableAt, isClosed } = layer;
  return (
    <Facts
      facts={[
        ['Operator', isGone ? 'gone' : 'there'],
        ['Settled', showAmount(balance + claimable, asset.value)],
        ['First layer', showTime(Number(time) * 1000)],
        claimableAt === undefined ? undefined : ['Claimable from', showTime(Number(claimableAt) * 1000)],
        ['Contract', isClosed ? 'closed: everybody claims the settled balance' : 'open'],
      ]}
    />
  );
}

interface Scene {
  readonly controls: DevnetControls;
  readonly purse: Client | undefined;
  readonly layer: Layer | undefined;
  readonly isGone: boolean;
}

interface Step {
  readonly title: string;
  readonly what: string;
  readonly isPossible: boolean;
  readonly isDanger?: boolean;
  /** Said while it is done. */
  readonly first: string;
  /** Returns what is said afterwards. */
  act(): Promise<string>;
}

function stepsOf({ controls, purse, layer, isGone }: Scene): Step[] {
  const isDue = layer?.claimableAt !== undefined && layer.time >= layer.claimableAt;
  return [
    {
      title: 'Set the stage',
      what: 'A purse deposits 50 ETH of the devnet on the first layer.',
      isPossible: purse === undefined && !isGone,
      first: 'Depositing …',
      async act() {
        await stageFor(controls);
        return 'The purse has deposited.';
      },
    },
    {
      title: 'Stop the operator',
      what: 'For good: only a new start of the devnet has one again.',
      isPossible: purse !== undefined && !isGone,
      isDanger: true,
      first: 'Taking the operator away …',
      async act() {
        stopAll();
        await controls.stopOperator();
        return 'The operator is gone. Nothing can be announced any more; nothing is lost that was settled.';
      },
    },
    {
      title: 'Exit',
      what: 'One call on the first layer. Nobody has to agree.',
      isPossible: layer !== undefined && !layer.exiting && !layer.isClosed,
      first: 'Exiting …',
      act: async () => (await purse!.exit()).next,
    },
    {
      title: 'Let the close age pass',
      what: 'Only the first layer’s clock moves on.',
      isPossible: layer?.claimableAt !== undefined && !isDue && !layer.isClosed,
      first: 'Waiting …',
      async act() {
        await controls.advance(layer!.claimableAt! - layer!.time + 1n);
        return 'Nobody answered the exit in time.';
      },
    },
    {
      title: 'Claim',
      what: 'The contract pays the settled balance, and closes for everybody.',
      isPossible:
        layer !== undefined && (isDue || layer.claimable > 0n) && layer.balance + layer.claimable > 0n,
      first: 'Claiming …',
      async act() {
        const { amount, closed } = await purse!.claim();
        return `Paid ${showAmount(amount, asset.value)} on the first layer.${closed ? ' The contract has closed.' : ''}`;
      },
    },
  ];
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
