/**
 * An address that is no page's.
 */
import { Page } from '../components/page.tsx';

export function NotFoundPage() {
  return (
    <Page title="Not found">
      <p>
        There is no page at this address. <a href="/">See the network live</a>, or search above.
      </p>
    </Page>
  );
}
