/**
 * The page /topic.
 */
import { Loading, Page } from '../components/page.tsx';

export default function TopicPage() {
  return (
    <Page title="Topic">
      <Loading what="the topic" />
    </Page>
  );
}
