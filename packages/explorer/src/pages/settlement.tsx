/**
 * The page /settlement.
 */
import { Loading, Page } from '../components/page.tsx';

export default function SettlementPage() {
  return (
    <Page title="Settlement">
      <Loading what="the settlement" />
    </Page>
  );
}
