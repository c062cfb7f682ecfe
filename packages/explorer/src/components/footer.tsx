/**
 * The footer: which network this is, and where the same can be read by programs.
 */
import { shortHex } from '../format.ts';
import { status } from '../network.ts';

export function Footer() {
  const network = status.value;
  return (
    <footer class="bottom">
      {network && (
        <p>
          chain {network.chainId} · contract{' '}
          <code title={network.contract}>{shortHex(network.contract)}</code> · genesis{' '}
          <code title={network.genesisHash}>{shortHex(network.genesisHash)}</code> · node {network.version}
        </p>
      )}
      <p>
        <a href="/openapi.json" target="_blank" rel="noreferrer">
          API
        </a>{' '}
        · everything here is read from it
      </p>
    </footer>
  );
}
