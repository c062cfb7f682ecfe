/**
 * The page /wallet.
 */
import { Page } from '../components/page.tsx';

export default function WalletPage() {
  return (
    <Page title="Wallet">
      <p>This page is not there yet.</p>
    </Page>
  );
}
