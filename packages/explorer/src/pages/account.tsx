/**
 * An account: what it has and where that stands, its privilege, what it has open, what it did.
 */
import { useRoute } from 'preact-iso';
import { type History, useHistory } from '../account/history.ts';
import { StandingPlot } from '../account/plot.tsx';
import { type Account, api } from '../api.ts';
import { EventWords } from '../components/event.tsx';
import { Amount, BlockLink, Card, Copy, Facts, NonceLink, Table } from '../components/facts.tsx';
import { IntentWords, WindowGauge } from '../components/intent.tsx';
import { Empty, Failure, Loading, Page } from '../components/page.tsx';
import { useResource } from '../components/use-resource.ts';
import { grouped, plural, shortHex, showStanding } from '../format.ts';
import { genesis, status } from '../network.ts';

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const EVENTS_SHOWN = 40;

export default function AccountPage() {
  const { params } = useRoute();
  const address = String(params['address']).toLowerCase();
  if (!ADDRESS.test(address)) {
    return (
      <Page title="No account">
        <Empty>An account is an address: 0x and 40 hex digits.</Empty>
      </Page>
    );
  }
  return <KnownAccount key={address} address={address} />;
}

function KnownAccount({ address }: { address: string }) {
  const { value, error, again } = useResource(address, (signal) => api.account(address, signal), true);
  const history = useHistory(address);
  const isValidator = status.value?.validators.includes(address) === true;
  return (
    <Page
      title={`Account ${shortHex(address, 6)}`}
      aside={
        <>
          {value?.exiting && <span class="badge annulled">exiting</span>}
          {isValidator && (
            <a class="badge" href={`/validator/${address}`}>
              validator
            </a>
          )}
        </>
      }
      lead={
        <span class="copyable">
          <code>{address}</code> <Copy text={address} what="the address" />
        </span>
      }
    >
      {value === undefined && error === undefined && <Loading what="the account" />}
      {value === undefined && error !== undefined && (
        <Failure error={error} what="The account" again={again} />
      )}
      {value && (
        <div class="columns">
          <Balance account={value} />
          <Privilege account={value} />
        </div>
      )}
      <StandingCard history={history} />
      {value && value.openNonces > 0 && <OpenNonces account={value} />}
      <EventsCard history={history} />
    </Page>
  );
}

function Balance({ account }: { account: Account }) {
  const unsettled = BigInt(account.unsettled);
  const balance = BigInt(account.balance);
  const share = (part: bigint): string => `${balance === 0n ? 0 : Number((1000n * part) / balance) / 10}%`;
  return (
    <Card title="Balance">
      <p class="figure">
        <Amount units={account.balance} />
      </p>
      <div class="stack" aria-hidden="true">
        <span class="is-free" style={{ width: share(BigInt(account.free)) }} />
        <span class="is-reserved" style={{ width: share(BigInt(account.reserved)) }} />
      </div>
      <Facts
        facts={[
          ['free', <Amount units={account.free} />],
          ['reserved', <Amount units={account.reserved} />],
          ['settled on L1', <Amount units={balance + unsettled} />],
          [
            'in flight',
            <>
              <Amount units={-unsettled} />
              {unsettled !== 0n && (
                <span class="soft">
                  : the next settlements {unsettled > 0n ? 'take it from' : 'bring it to'} L1
                </span>
              )}
            </>,
          ],
          account.payoutOwed === '0' ? undefined : ['to be paid out', <Amount units={account.payoutOwed} />],
          [
            'limit',
            account.authority === null ? (
              'it has signed no fetch yet'
            ) : (
              <>
                <Amount units={account.authority.limit} />
                <span class="soft">
                  : the most that L1 may ever have taken, as fetch {grouped(account.authority.sequence)} says
                </span>
              </>
            ),
          ],
          ['taken so far', <Amount units={account.debited} />],
        ]}
      />
    </Card>
  );
}

function Privilege({ account }: { account: Account }) {
  const bond = genesis.value?.parameters['bond'];
  const isParticipant = bond !== undefined && BigInt(account.free) >= BigInt(bond);
  const share = Math.min(100, (100 * account.openPlaces) / account.allowance);
  return (
    <Card title="Privilege">
      <p class="figure number">
        {grouped(account.allowance)}{' '}
        <span class="soft">{account.allowance === 1 ? 'place' : 'places'} now</span>
      </p>
      <div class="stack" aria-hidden="true">
        <span class="is-reserved" style={{ width: `${share}%` }} />
      </div>
      <Facts
        facts={[
          ['standing', showStanding(account.standing)],
          ['allowance', `${plural(account.allowance, 'place')} that it may hold open now`],
          ['open', `${plural(account.openNonces, 'nonce')}, ${plural(account.openPlaces, 'place')}`],
          ['fetches', account.highest === '-1' ? 'none' : `up to sequence ${grouped(account.highest)}`],
          [
            'participant',
            bond === undefined ? (
              '–'
            ) : isParticipant ? (
              <>yes: its bond is free</>
            ) : (
              <>
                no: less than <Amount units={bond} /> is free, so it can receive and not fetch
              </>
            ),
          ],
        ]}
      />
    </Card>
  );
}

function StandingCard({ history }: { history: History | undefined }) {
  const points = history?.standing;
  return (
    <Card title="Standing over time">
      {history === undefined && <Loading what="its history" />}
      {history?.isCut && (
        <Empty>
          This account has more events than a page reads, or than this node has, and the node keeps no history
          of standing: only what it is now is shown.
        </Empty>
      )}
      {history && !history.isCut && points === undefined && (
        <Empty>
          Too many of its fetches were annulled to ask what each announced: only what it is now is shown.
        </Empty>
      )}
      {points?.length === 0 && (
        <Empty>It has not done anything yet: its standing is that of everybody new.</Empty>
      )}
      {points && points.length > 0 && <StandingPlot points={points} />}
    </Card>
  );
}

function OpenNonces({ account }: { account: Account }) {
  const key = `${account.address} open`;
  const { value } = useResource(key, (signal) => api.openNoncesOf(account.address, signal), true);
  const nonces = value?.nonces ?? [];
  return (
    <Card title="Open nonces" aside={<span class="soft">{plural(account.openNonces, 'nonce')}</span>}>
      <Table caption="Open nonces" head={['nonce', 'what', 'window']}>
        {nonces.slice(0, 50).map((open) => (
          <tr key={open.nonce}>
            <td>
              <NonceLink nonce={open.nonce} />
            </td>
            <td>
              <IntentWords intent={open.intent} />
            </td>
            <td>
              <WindowGauge dealtClock={open.dealtClock} deadline={open.deadline} />
            </td>
          </tr>
        ))}
      </Table>
      {nonces.length > 50 && <p class="soft">The first 50 of {grouped(account.openNonces)}.</p>}
    </Card>
  );
}

function EventsCard({ history }: { history: History | undefined }) {
  if (history === undefined) return null;
  const events = history.events.slice(-EVENTS_SHOWN).reverse();
  return (
    <Card
      title="What it did, and what was done to it"
      aside={history.events.length > EVENTS_SHOWN && <span class="soft">the newest {EVENTS_SHOWN}</span>}
    >
      {events.length === 0 && <Empty>It never appeared in this network. Anybody can pay to it.</Empty>}
      <ol class="happenings">
        {events.map(({ cursor, event }) => (
          <li key={cursor}>
            <span class="when">
              block <BlockLink height={cursor.split('.')[0]!} />
            </span>
            <span>
              <EventWords event={event} />
            </span>
          </li>
        ))}
      </ol>
    </Card>
  );
}
