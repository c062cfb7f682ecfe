/**
 * The page /account.
 */
import { Loading, Page } from '../components/page.tsx';

export default function AccountPage() {
  return (
    <Page title="Account">
      <Loading what="the account" />
    </Page>
  );
}
