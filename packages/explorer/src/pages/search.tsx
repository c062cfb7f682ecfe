/**
 * The page /search.
 */
import { Loading, Page } from '../components/page.tsx';

export default function SearchPage() {
  return (
    <Page title="Search">
      <Loading what="the search" />
    </Page>
  );
}
