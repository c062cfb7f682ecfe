/**
 * The page /validator.
 */
import { Loading, Page } from '../components/page.tsx';

export default function ValidatorPage() {
  return (
    <Page title="Validator">
      <Loading what="the validator" />
    </Page>
  );
}
