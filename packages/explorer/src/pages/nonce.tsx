/**
 * The page /nonce.
 */
import { Loading, Page } from '../components/page.tsx';

export default function NoncePage() {
  return (
    <Page title="Nonce">
      <Loading what="the nonce" />
    </Page>
  );
}
