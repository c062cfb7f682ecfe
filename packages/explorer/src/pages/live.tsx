/**
 * The first page: the network, live.
 */
import { Page } from '../components/page.tsx';
import { grouped } from '../format.ts';
import { status } from '../network.ts';

export function LivePage() {
  return (
    <Page title="Live">
      <p>{grouped(status.value?.nonces ?? 0)} nonces</p>
    </Page>
  );
}
