/**
 * A validator: whether it is one now, its bond on the first layer, and which of the newest blocks it signed.
 */
import { useRoute } from 'preact-iso';
import { api, type BlockRow } from '../api.ts';
import { AccountLink, Amount, Card, Copy, Facts } from '../components/facts.tsx';
import { Empty, Failure, Loading, Page } from '../components/page.tsx';
import { useResource } from '../components/use-resource.ts';
import { grouped, shortHex, showTime } from '../format.ts';
import { status } from '../network.ts';

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const BLOCKS = 60;

export default function ValidatorPage() {
  const { params } = useRoute();
  const address = String(params['address']).toLowerCase();
  if (!ADDRESS.test(address)) {
    return (
      <Page title="No validator">
        <Empty>A validator is an address: 0x and 40 hex digits.</Empty>
      </Page>
    );
  }
  const validators = status.value?.validators;
  const isIn = validators?.includes(address);
  return (
    <Page
      title={`Validator ${shortHex(address, 6)}`}
      aside={
        isIn !== undefined && (
          <span class={isIn ? 'badge fulfilled' : 'badge'}>{isIn ? 'in the set' : 'not in the set'}</span>
        )
      }
      lead={
        <span class="copyable">
          <code>{address}</code> <Copy text={address} what="the address" />
        </span>
      }
    >
      <div class="columns">
        <Bond key={address} address={address} />
        <Card title="In the network">
          <Facts
            facts={[
              [
                'signs blocks',
                isIn === undefined ? '–' : isIn ? `yes, as one of ${validators?.length}` : 'no',
              ],
              ['engine', status.value?.engine ?? '–'],
              ['account', <AccountLink address={address} />],
            ]}
          />
        </Card>
      </div>
      <Signed address={address} />
    </Page>
  );
}

function Bond({ address }: { address: string }) {
  const network = status.value;
  const url = network?.l1.url ?? undefined;
  const { value, error, again } = useResource(`${address} ${url}`, async () => {
    if (network === undefined || url === undefined) return undefined;
    return await (await import('../verify.ts')).memberOf(network, address);
  });
  return (
    <Card title="On the first layer">
      {network !== undefined && url === undefined && (
        <Empty>
          This node tells of no first layer that a browser may ask, so its bond is not known here.
        </Empty>
      )}
      {url !== undefined && value === undefined && error === undefined && <Loading what="its bond" />}
      {url !== undefined && error !== undefined && <Failure error={error} what="Its bond" again={again} />}
      {value && (
        <Facts
          facts={[
            ['bond', <Amount units={value.bond} />],
            ['validator', value.validator ? 'yes: its signature counts in settlements' : 'no'],
            value.leaving === 0n ? undefined : ['leaving since', showTime(1000 * Number(value.leaving))],
            ['lost if', 'it signs two headers of one height'],
          ]}
        />
      )}
    </Card>
  );
}

function Signed({ address }: { address: string }) {
  const { value } = useResource('signed', (signal) => api.blocks({ limit: BLOCKS }, signal), true);
  const blocks = [...(value?.blocks ?? [])].reverse();
  const signed = blocks.filter((block) => isSigner(block, address)).length;
  return (
    <Card title="The newest blocks">
      {value === undefined && <Loading what="the newest blocks" />}
      {value && blocks.length === 0 && <Empty>No block was made yet.</Empty>}
      {blocks.length > 0 && (
        <>
          <p>
            It signed {signed} of the newest {blocks.length} that this node knows signatures of.
          </p>
          <ul class="signed">
            {blocks.map((block) => (
              <li key={block.height}>
                <a
                  class={isSigner(block, address) ? 'is-signed' : 'is-missing'}
                  href={`/block/${block.height}`}
                  title={`block ${grouped(block.height)}`}
                >
                  <span class="unseen">
                    block {block.height}: {isSigner(block, address) ? 'signed' : 'not signed'}
                  </span>
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

function isSigner({ signers }: BlockRow, address: string): boolean {
  return signers.includes(address);
}
