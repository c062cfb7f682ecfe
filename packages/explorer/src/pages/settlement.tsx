/**
 * A settlement: the net of many activities in one call on the first layer, what it cost, and for whom.
 */

import { useEffect, useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { api, type Entry, type Settlement } from '../api.ts';
import { AccountLink, Amount, BlockLink, Card, Facts, Hex, Table } from '../components/facts.tsx';
import { Empty, Failure, Loading, Page } from '../components/page.tsx';
import { useResource } from '../components/use-resource.ts';
import { grouped, plainAmount, plural } from '../format.ts';
import { status } from '../network.ts';

const ETHER = { symbol: 'ETH', decimals: 18, unit: 1n };
const SHOWN = 50;

export default function SettlementPage() {
  const { params } = useRoute();
  const number = String(params['number']);
  const settled = status.value?.l1.settled;
  const isDone = settled !== undefined && Number(settled) >= Number(number);
  const { value, error, again } = useResource(
    `${number} ${isDone}`,
    (signal) => api.settlement(number, signal),
    !isDone,
  );
  const formed = Number(status.value?.l1.formed ?? 0);
  const place = Number(number);
  return (
    <Page
      title={/^\d+$/.test(number) ? `Settlement ${grouped(number)}` : 'No settlement'}
      aside={
        value && (
          <span class={`badge ${value.status}`}>
            {value.status === 'settled' ? 'on the first layer' : 'formed, on its way'}
          </span>
        )
      }
      lead={
        <span class="neighbours">
          {place > 1 && <a href={`/settlement/${place - 1}`}>← {grouped(place - 1)}</a>}
          {place < formed && <a href={`/settlement/${place + 1}`}>{grouped(place + 1)} →</a>}
        </span>
      }
    >
      {value === undefined && error === undefined && <Loading what="the settlement" />}
      {value === undefined && error !== undefined && (
        <Failure error={error} what="The settlement" again={again} />
      )}
      {value && (
        <>
          <div class="columns">
            <Cost settlement={value} />
            <Terms settlement={value} />
          </div>
          <Debits key={number} settlement={value} />
          <div class="columns">
            <Entries title="Credits" entries={value.credits} none="Nobody receives." />
            <Entries title="Payouts" entries={value.payouts} none="Nobody withdrew." />
          </div>
        </>
      )}
    </Page>
  );
}

function Cost({ settlement }: { settlement: Settlement }) {
  const { gasUsed, gasPrice, nonces, transaction, l1Block } = settlement;
  const gas = gasUsed === null ? undefined : BigInt(gasUsed);
  const netted = nonces === null ? 0n : BigInt(nonces);
  return (
    <Card title="Cost">
      {gas === undefined ? (
        <Empty>Known when it is on the first layer, and that is final.</Empty>
      ) : (
        <p class="figure number">
          {netted > 0n ? `${grouped(gas / netted)}\u00a0gas` : '–'}{' '}
          <span class="soft">for each nonce dealt since the settlement before</span>
        </p>
      )}
      <Facts
        facts={[
          ['transaction', transaction === null ? 'none that is final yet' : <Hex value={transaction} />],
          l1Block === null ? undefined : ['L1 block', grouped(l1Block)],
          gas === undefined ? undefined : ['gas', grouped(gas)],
          nonces === null
            ? undefined
            : ['nets', `what became of ${plural(Number(nonces), 'nonce')}, and earlier ones`],
          gas === undefined || gasPrice === null
            ? undefined
            : ['paid', `${plainAmount(gas * BigInt(gasPrice), ETHER)}\u00a0ETH, by whoever relayed it`],
        ]}
      />
    </Card>
  );
}

function Terms({ settlement }: { settlement: Settlement }) {
  const sum = (list: readonly { amount: string }[]): bigint =>
    list.reduce((all, { amount }) => all + BigInt(amount), 0n);
  const { debits, credits, payouts, rotation } = settlement;
  return (
    <Card title="Net">
      <Facts
        facts={[
          [
            'takes',
            <>
              <Amount units={sum(debits)} /> from {plural(debits.length, 'account')}
            </>,
          ],
          [
            'brings',
            <>
              <Amount units={sum(credits)} /> to {plural(credits.length, 'account')}
            </>,
          ],
          [
            'pays out',
            <>
              <Amount units={sum(payouts)} /> to {plural(payouts.length, 'account')}
            </>,
          ],
          [
            'formed in',
            <>
              block <BlockLink height={settlement.height} />
            </>,
          ],
          ['acknowledges', `items up to ${grouped(settlement.inbox)}`],
          ['hash', <Hex value={settlement.hash} />],
          ...rotation.map(
            (line) =>
              [
                line.in ? 'brings in' : 'lets go',
                <a class="hex" href={`/validator/${line.validator}`}>
                  {line.validator}
                </a>,
              ] as const,
          ),
        ]}
      />
    </Card>
  );
}

/** A debit names no account: whose signature it carries is recovered here, as the contract does. */
function Debits({ settlement }: { settlement: Settlement }) {
  const [shown, setShown] = useState(SHOWN);
  const [debtors, setDebtors] = useState<readonly string[]>([]);
  const debits = settlement.debits.slice(0, shown);
  const network = status.value;
  const isReady = network !== undefined;
  useEffect(() => {
    if (!isReady || debits.length === 0) return;
    let isOver = false;
    void import('../verify.ts')
      .then(({ debtorsOf }) => debtorsOf(debits, network!))
      .then((accounts) => {
        if (!isOver) setDebtors(accounts);
      });
    return () => {
      isOver = true;
    };
  }, [settlement.number, shown, isReady]);
  return (
    <Card
      title="Debits"
      aside={<span class="soft">each under a signature of its owner, checked by the contract</span>}
    >
      {debits.length === 0 && <Empty>Nothing is taken from anybody.</Empty>}
      {debits.length > 0 && (
        <Table
          caption="Debits"
          head={['amount', 'account, recovered here from its signature', 'fetch', 'limit that it signed']}
        >
          {debits.map(({ amount, sequence, limit, request }, i) => (
            <tr key={`${request} ${i}`}>
              <td>
                <Amount units={amount} />
              </td>
              <td>{debtors[i] === undefined ? '…' : <AccountLink address={debtors[i]} />}</td>
              <td>{grouped(sequence)}</td>
              <td>
                <Amount units={limit} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      {settlement.debits.length > shown && (
        <p class="actions">
          <button type="button" class="quiet" onClick={() => setShown(shown + 2 * SHOWN)}>
            Show more
          </button>
        </p>
      )}
    </Card>
  );
}

function Entries({ title, entries, none }: { title: string; entries: readonly Entry[]; none: string }) {
  return (
    <Card title={title}>
      {entries.length === 0 && <Empty>{none}</Empty>}
      {entries.length > 0 && (
        <Table caption={title} head={['amount', 'account']}>
          {entries.map(({ account, amount }) => (
            <tr key={account}>
              <td>
                <Amount units={amount} />
              </td>
              <td>
                <AccountLink address={account} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}
