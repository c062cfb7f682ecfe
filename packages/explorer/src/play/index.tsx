/**
 * The page /play.
 */
import { Page } from '../components/page.tsx';

export default function PlayPage() {
  return (
    <Page title="Play">
      <p>This page is not there yet.</p>
    </Page>
  );
}
