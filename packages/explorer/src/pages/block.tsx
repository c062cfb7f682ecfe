/**
 * The page /block.
 */
import { Loading, Page } from '../components/page.tsx';

export default function BlockPage() {
  return (
    <Page title="Block">
      <Loading what="the block" />
    </Page>
  );
}
