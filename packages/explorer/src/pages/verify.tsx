/**
 * The page /verify.
 */
import { Loading, Page } from '../components/page.tsx';

export default function VerifyPage() {
  return (
    <Page title="Verify">
      <Loading what="the verify" />
    </Page>
  );
}
