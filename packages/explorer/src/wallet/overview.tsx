/**
 * What the account has, here and on the first layer, and what is under way: for each thing what it waits for, until when.
 */
import type { ComponentChildren } from 'preact';
import { AccountLink, Amount, Copy, Facts, NonceLink } from '../components/facts.tsx';
import { plural, showStanding } from '../format.ts';
import { connection } from '../network.ts';
import { account, asset, deskFault, l1, l1Fault, pending, resumed, takeUp } from './desk.ts';
import type { Pending } from './pending.ts';
import type { Session } from './session.ts';
import { showWei } from './ui.tsx';

/** A phone's screen begins with what is to be done. */
const IS_WIDE = matchMedia('(min-width: 60rem)').matches;

export function Overview({ own }: { own: Session }) {
  const view = account.value;
  return (
    <section class="card purse" aria-label="Balance">
      <p class="balance">
        <span class="soft">Balance</span>
        <strong data-testid="balance">{view === undefined ? '—' : <Money units={view.balance} />}</strong>
      </p>
      {view === undefined && connection.value === 'away' && (
        <p class="hint">The node is away: only what the first layer has is known.</p>
      )}
      <Address address={own.address} />
      {IS_WIDE ? (
        <Detail />
      ) : (
        <details>
          <summary>In detail</summary>
          <Detail />
        </details>
      )}
    </section>
  );
}

function Detail() {
  const view = account.value;
  const layer = l1.value;
  const settled = layer === undefined ? undefined : layer.balance + layer.claimable;
  return (
    <Facts
      facts={[
        view && ['Free', <Money key="f" units={view.free} />],
        view && view.reserved > 0n ? ['Reserved', <Money key="r" units={view.reserved} />] : undefined,
        view && view.unsettled !== 0n ? ['In flight', unsettled(view.unsettled)] : undefined,
        [
          'Settled',
          settled === undefined ? (
            (l1Fault.value?.title ?? 'asking the first layer …')
          ) : (
            <span data-testid="settled">
              <Money units={settled} />
            </span>
          ),
        ],
        layer && ['For gas', showWei(layer.wei)],
        view && ['Standing', `${showStanding(view.standing)}, ${plural(view.allowance, 'place')}`],
      ]}
    />
  );
}

/** As the wallet counts, which knows the asset from the contract too. */
function Money({ units }: { units: bigint }) {
  return <Amount units={units} of={asset.value} />;
}

function unsettled(units: bigint): ComponentChildren {
  return units > 0n ? (
    <>
      <Money units={units} /> still to be taken on the first layer
    </>
  ) : (
    <>
      <Money units={-units} /> still to arrive there
    </>
  );
}

function Address({ address }: { address: string }) {
  return (
    <span class="copyable">
      <AccountLink address={address} /> <Copy text={address} what="the address" />
    </span>
  );
}

export function UnderWay({ own }: { own: Session }) {
  const list = pending.value;
  const canResume = list.some(({ action }) => action === 'resume');
  return (
    <section class="card" aria-label="Under way">
      <header>
        <h2>Under way</h2>
        {canResume && (
          <button type="button" class="small quiet" onClick={() => void takeUp(own)}>
            Resume now
          </button>
        )}
      </header>
      {list.length === 0 ? (
        <p class="soft">Nothing waits. This page can be closed.</p>
      ) : (
        <ul class="plain under-way">
          {list.map((one) => (
            <One key={one.key} one={one} />
          ))}
        </ul>
      )}
      {deskFault.value !== undefined && (
        <p class="notice failure" role="alert">
          <strong>{deskFault.value.title}</strong> {deskFault.value.hint}
        </p>
      )}
      <TakenUp />
    </section>
  );
}

function One({ one }: { one: Pending }) {
  return (
    <li>
      <p>
        <strong>{one.title}</strong>
        {one.nonce !== undefined && (
          <>
            {' '}
            <span class="short">
              · nonce <NonceLink nonce={one.nonce} />
            </span>
          </>
        )}
      </p>
      <p>{one.waitsFor}</p>
      <p class="soft">{one.until}</p>
      {one.action === 'claim' && (
        <p>
          <a href="/wallet/leave">Claim it</a>
        </p>
      )}
      {one.action === 'hold' && (
        <p>
          <a href="/wallet/hold">Its link, for the payee</a>
        </p>
      )}
    </li>
  );
}

const FATES = {
  finished: 'finished',
  open: 'still open',
  refused: 'refused: nothing was moved',
  expired: 'expired: it was never dealt, and nothing was moved',
  unknown: 'not known yet: resume again',
} as const;

/** What an earlier visit left open, and what came of it. */
function TakenUp() {
  const list = resumed.value;
  if (list.length === 0) return null;
  return (
    <div class="notice good" role="status">
      <p>
        <strong>Taken up again from an earlier visit:</strong>
      </p>
      <ul class="plain">
        {list.map(({ sequence, title, status, first, annulled }) => (
          <li key={String(sequence)}>
            {title}
            {first !== undefined && (
              <>
                {' '}
                (nonce <NonceLink nonce={first} />)
              </>
            )}
            :{' '}
            {annulled.length > 0
              ? 'annulled, for it was not performed in time; its money is free again'
              : FATES[status]}
          </li>
        ))}
      </ul>
      <button
        type="button"
        class="small quiet"
        onClick={() => {
          resumed.value = [];
        }}
      >
        Dismiss
      </button>
    </div>
  );
}
