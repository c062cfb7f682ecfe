/**
 * A receipt is pasted and checked here, in the browser: the node is not asked whether it holds, the contract is.
 */

import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, type EventJson } from '../api.ts';
import { EventWords } from '../components/event.tsx';
import { AccountLink, BlockLink, Card, Facts } from '../components/facts.tsx';
import { Empty, Failure, Page } from '../components/page.tsx';
import { plural } from '../format.ts';
import { status } from '../network.ts';
import type { Verdict } from '../verify.ts';

type State = { readonly verdict: Verdict } | { readonly error: unknown } | 'checking' | undefined;

export default function VerifyPage() {
  const { query } = useLocation();
  const [text, setText] = useState('');
  const [state, setState] = useState<State>(undefined);
  const l1Url = status.value?.l1.url ?? undefined;
  useReceiptOf(query['nonce'], setText);
  const verify = async (event: Event): Promise<void> => {
    event.preventDefault();
    setState('checking');
    try {
      const { verifyText } = await import('../verify.ts');
      setState({ verdict: await verifyText(text, status.value!) });
    } catch (error) {
      setState({ error });
    }
  };
  return (
    <Page
      title="Verify a receipt"
      lead="Paste a receipt. Its event, its path and its signatures are checked in this browser against the validators that the contract names: neither the node nor this page is believed."
    >
      {status.value && l1Url === undefined && (
        <Empty>
          This node tells of no first layer that a browser may ask, so receipts cannot be checked against the
          contract here. On the command line: <code>upfront receipt verify</code>.
        </Empty>
      )}
      <Card title="Paste it here">
        <form class="form" onSubmit={(event) => void verify(event)}>
          <label>
            Receipt
            <textarea
              value={text}
              spellcheck={false}
              placeholder='{ "header": …, "signatures": …, "event": … }'
              onInput={(event) => {
                setText(event.currentTarget.value);
                setState(undefined);
              }}
            />
          </label>
          <button type="submit" disabled={text.trim() === '' || l1Url === undefined || state === 'checking'}>
            {state === 'checking' ? 'Asking the contract …' : 'Verify'}
          </button>
        </form>
      </Card>
      <div aria-live="polite">
        <Result state={state} />
      </div>
    </Page>
  );
}

/** The receipt of the nonce that the address names. */
function useReceiptOf(nonce: string | undefined, setText: (text: string) => void): void {
  useEffect(() => {
    if (nonce === undefined) return;
    const controller = new AbortController();
    api.receipt(nonce, controller.signal).then(
      (receipt) => setText(JSON.stringify(receipt, undefined, 2)),
      // Then it has to be pasted.
      () => undefined,
    );
    return () => controller.abort();
  }, [nonce]);
}

function Result({ state }: { state: State }) {
  if (state === undefined || state === 'checking') return null;
  if ('error' in state) return <Failure error={state.error} what="The receipt" />;
  const { verdict } = state;
  if (!verdict.holds) {
    return (
      <div class="notice failure">
        <p>
          <strong>The receipt does not hold: {verdict.why}.</strong>
        </p>
        <p>Nothing is proven by it. Get it again from whoever gave it, or from another node.</p>
      </div>
    );
  }
  return (
    <div class="notice good">
      <p>
        <strong>The receipt holds.</strong>
      </p>
      <p>
        <EventWords event={verdict.event as EventJson} />
      </p>
      <Facts
        facts={[
          ['block', <BlockLink height={verdict.height} />],
          [
            'signed by',
            <>
              {plural(verdict.signers.length, 'validator')} of {verdict.validators} on the first layer:{' '}
              {verdict.signers.map((address) => (
                <AccountLink key={address} address={address.toLowerCase()} />
              ))}
            </>,
          ],
        ]}
      />
    </div>
  );
}
