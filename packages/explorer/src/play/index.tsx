/**
 * The page /play: on a devnet, start those who behave and those who do not, and see what the network makes of them.
 */
import { AccountLink } from '../components/facts.tsx';
import { Empty, Loading, Page } from '../components/page.tsx';
import { grouped, plural, showStanding } from '../format.ts';
import { connection, status } from '../network.ts';
import { ROLES, type Role } from './actors.ts';
import type { DevnetControls } from './devnet.ts';
import { LastAct } from './leave.tsx';
import { Spark } from './spark.tsx';
import { controlsOf, type Run, runs, start, stop } from './theatre.ts';
import './play.css';

const STANDING_ONE = 65_536;
const PLACES_MOST = 1024;

export default function PlayPage() {
  const known = status.value;
  // What was there stays: the last act goes on when the operator is gone.
  const controls = controlsOf();
  return (
    <Page
      title="Play"
      lead="Start the good, the bad and the slow on this devnet, and watch standing and allowance answer. What they do shows on the live page too."
    >
      {known === undefined && connection.value !== 'away' && <Loading what="the network" />}
      {known !== undefined && controls === undefined && <NoDevnet />}
      {controls !== undefined && <Theatre controls={controls} />}
    </Page>
  );
}

function NoDevnet() {
  return (
    <Empty>
      Here real money may be at stake, so nobody plays. Start a network of your own, on your machine, with{' '}
      <code>npx upfront devnet</code>, and open its page.
    </Empty>
  );
}

function Theatre({ controls }: { controls: DevnetControls }) {
  return (
    <>
      <p class="hint">
        The actors are throw-away keys in this page, with the devnet’s own ETH. They play by the public
        client, as everybody does, and are gone when the page is closed.
      </p>
      <div class="roles">
        {ROLES.map((role) => (
          <RoleCard key={role.name} role={role} controls={controls} />
        ))}
      </div>
      <LastAct controls={controls} />
    </>
  );
}

const STATES: Readonly<Record<Run['state'], string>> = {
  setting: 'setting the stage …',
  playing: 'playing',
  stopped: 'stopped',
  over: 'done',
  failed: 'failed',
};

function RoleCard({ role, controls }: { role: Role; controls: DevnetControls }) {
  const run = runs.value[role.name];
  const isOn = run?.state === 'setting' || run?.state === 'playing';
  const last = run?.samples.at(-1);
  return (
    <section class="card role" aria-label={role.title}>
      <header>
        <h2>{role.title}</h2>
        <span class="soft" role="status">
          {run === undefined ? '' : STATES[run.state]}
        </span>
      </header>
      <p>{role.what}</p>
      <p class="hint">{role.look}</p>
      <div class="buttons">
        {isOn ? (
          <button type="button" class="quiet" onClick={() => stop(role)}>
            Stop
          </button>
        ) : (
          <button
            type="button"
            disabled={connection.value === 'away'}
            aria-label={`Start: ${role.title}`}
            onClick={() => void start(role, controls)}
          >
            Start
          </button>
        )}
        {run?.address !== undefined && (
          <span class="soft">
            watched: <AccountLink address={run.address} />
          </span>
        )}
      </div>
      {run !== undefined && (
        <>
          <p class="tally">
            <strong>
              {plural(run.done, role.unit, role.name === 'withholder' ? 'places taken' : undefined)}
            </strong>
            {run.refused > 0 && <span class="soft"> · {grouped(run.refused)} refused</span>}
            {last !== undefined && <span class="soft"> · {plural(last.open, 'place')} open</span>}
          </p>
          {run.fault !== '' && <p class="notice failure">{run.fault}</p>}
          <div class="traces">
            <Spark
              label="Standing"
              values={run.samples.map(({ standing }) => standing)}
              most={STANDING_ONE}
              now={last === undefined ? '—' : showStanding(last.standing)}
              tone="standing"
            />
            <Spark
              label="Allowance"
              values={run.samples.map(({ allowance }) => allowance)}
              most={PLACES_MOST}
              now={last === undefined ? '—' : plural(last.allowance, 'place')}
              tone="allowance"
            />
          </div>
        </>
      )}
    </section>
  );
}
