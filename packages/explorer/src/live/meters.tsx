/**
 * The figures beside the strip: rate, latency, open nonces, blocks, the next settlement, engine and validators.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { grouped, plural, shortHex, showDuration } from '../format.ts';
import { parameter, status, statusAt } from '../network.ts';
import type { Feed } from './feed.ts';
import { SECONDS } from './rates.ts';

/** ms between two looks at what runs by itself. */
const TICK_MS = 500;
/** Seconds that the rate is over. */
const RATE_OVER = 5;
/** Blocks are counted over so many ms. */
const BLOCKS_OVER_MS = 10_000;

export function Meters({ feed }: { feed: Feed }) {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const network = status.value;
  const history = feed.rates.history(Math.floor(performance.now() / 1000));
  const rate = history.slice(-RATE_OVER).reduce((sum, count) => sum + count, 0) / RATE_OVER;
  const latency = feed.rates.percentiles();
  return (
    <div class="meters">
      <Meter
        name="Nonces fulfilled"
        value={rateText(rate)}
        note={`${grouped(network?.nonces ?? 0)} dealt so far`}
      >
        <Spark values={history} />
      </Meter>
      <Meter
        name="From announced to final"
        value={latency === undefined ? '–' : showDuration(latency.median)}
        note={
          latency === undefined
            ? 'measured when one is seen'
            : `median; 99 % within ${showDuration(latency.p99)}, as seen from here`
        }
      />
      <Meter
        name="Open nonces"
        value={grouped(network?.openNonces ?? 0)}
        note={
          network?.openNonces === 0
            ? 'nothing is waited for'
            : 'announced, and neither fulfilled nor annulled'
        }
      />
      <BlocksMeter />
      <SettlementMeter />
      <EngineMeter />
    </div>
  );
}

function Meter(props: {
  name: string;
  value: string;
  note: ComponentChildren;
  children?: ComponentChildren;
}) {
  return (
    <section class="meter" aria-label={props.name}>
      <h2>{props.name}</h2>
      <p class="meter-value number">{props.value}</p>
      {props.children}
      <p class="meter-note">{props.note}</p>
    </section>
  );
}

function rateText(rate: number): string {
  return `${rate >= 10 ? grouped(Math.round(rate)) : rate.toFixed(1)}\u00a0/s`;
}

/** The last minute, a bar a second. */
function Spark({ values }: { values: readonly number[] }) {
  const most = Math.max(1, ...values);
  const path = values
    .map((value, i) => (value === 0 ? '' : `M${i + 0.5} 20V${(20 - (19 * value) / most).toFixed(2)}`))
    .join('');
  return (
    <svg class="spark" viewBox={`0 0 ${SECONDS - 1} 20`} preserveAspectRatio="none" role="img">
      <title>{`Fulfilled a second over the last minute, at most ${most}`}</title>
      <path d={path} />
    </svg>
  );
}

function BlocksMeter() {
  const network = status.value;
  const [seen, setSeen] = useState<readonly { height: number; at: number }[]>([]);
  const height = Number(network?.height ?? 0);
  useEffect(() => {
    const at = performance.now();
    setSeen((before) => [...before.filter((one) => at - one.at < BLOCKS_OVER_MS), { height, at }]);
  }, [height, statusAt.value]);
  const oldest = seen[0];
  const newest = seen.at(-1);
  const span = oldest && newest ? newest.at - oldest.at : 0;
  const rate = span < TICK_MS ? undefined : (1000 * (newest!.height - oldest!.height)) / span;
  return (
    <Meter
      name="Blocks"
      value={grouped(height)}
      note={
        rate === undefined || rate === 0
          ? 'none is made while there is nothing to do'
          : `${rate >= 10 ? Math.round(rate) : rate.toFixed(1)} a second`
      }
    />
  );
}

function SettlementMeter() {
  const { l1, time } = status.value ?? {};
  const interval = parameter('interval');
  if (l1 === undefined || time === undefined) return <Meter name="Next settlement" value="–" note="" />;
  const waiting = Number(l1.formed) - Number(l1.settled);
  const note =
    waiting > 0
      ? `${plural(waiting, 'settlement')} on the way to the first layer`
      : `${plural(Number(l1.settled), 'settlement')} on the first layer`;
  if (l1.nextCut === null)
    return <Meter name="Next settlement" value="–" note={`nothing to settle; ${note}`} />;
  const blockTime = Number(time) + performance.now() - statusAt.value;
  const left = Math.max(0, Number(l1.nextCut) - blockTime);
  return (
    <Meter
      name="Next settlement"
      value={left === 0 ? 'due' : `in ${showDuration(1000 * Math.ceil(left / 1000))}`}
      note={note}
    >
      {interval !== undefined && (
        <div class="gauge" aria-hidden="true">
          <span style={{ width: `${100 - Math.min(100, (100 * left) / interval)}%` }} />
        </div>
      )}
    </Meter>
  );
}

function EngineMeter() {
  const network = status.value;
  const validators = network?.validators ?? [];
  return (
    <Meter
      name="Engine"
      value={network === undefined ? '–' : (ENGINES[network.engine] ?? network.engine)}
      note={
        <>
          {plural(validators.length, 'validator')}
          {validators.slice(0, 7).map((address) => (
            <>
              {' '}
              <a key={address} class="hex short" href={`/validator/${address}`}>
                {shortHex(address)}
              </a>
            </>
          ))}
          ; first layer {network?.l1.status ?? 'not watched'}
        </>
      }
    />
  );
}

const ENGINES: Readonly<Record<string, string>> = {
  embedded: 'one operator',
  cometbft: 'committee',
  none: 'reads only',
};
