/**
 * The receipt of a resolved nonce: to be copied, saved, or checked here.
 */
import { useState } from 'preact/hooks';
import { api } from '../api.ts';
import { Card, Copy } from './facts.tsx';
import { Failure } from './page.tsx';
import { useResource } from './use-resource.ts';

export function ReceiptCard({ nonce }: { nonce: string }) {
  const { value, error, again } = useResource(`receipt ${nonce}`, (signal) => api.receipt(nonce, signal));
  const [isShown, setIsShown] = useState(false);
  const text = value === undefined ? '' : JSON.stringify(value, undefined, 2);
  return (
    <Card title="Receipt">
      <p>
        A proof that anybody can check against the validators on the first layer, without this node or its
        word.
      </p>
      {error !== undefined && <Failure error={error} what="The receipt" again={again} />}
      {value && (
        <>
          <p class="actions">
            <Copy text={text} what="the receipt" label="Copy" />
            <button
              type="button"
              class="small quiet"
              aria-expanded={isShown}
              onClick={() => setIsShown(!isShown)}
            >
              {isShown ? 'Hide' : 'Show'}
            </button>
            <a class="button small" href={`/verify?nonce=${nonce}`}>
              Verify it here
            </a>
          </p>
          {isShown && <pre class="code">{text}</pre>}
        </>
      )}
    </Card>
  );
}
