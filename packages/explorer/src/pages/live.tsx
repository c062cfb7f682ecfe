/**
 * The first page: the network, live. Nonces appear open, and turn fulfilled or annulled.
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Card } from '../components/facts.tsx';
import { Empty, Loading, Page } from '../components/page.tsx';
import { grouped, plural } from '../format.ts';
import { type Feed, startFeed } from '../live/feed.ts';
import { Meters } from '../live/meters.tsx';
import { Happenings, Key, NewestTable } from '../live/newest.tsx';
import { RecentBlocks, RecentSettlements } from '../live/recent.tsx';
import { type Paint, Strip } from '../live/strip.tsx';
import { connection, status } from '../network.ts';

/** ms between two changes of what is in words. */
const WORDS_MS = 700;
/** ms between two sentences for a screen reader. */
const SAID_MS = 10_000;

export function LivePage() {
  const paint = useMemo<Paint>(() => ({ request: () => undefined }), []);
  const [feed, setFeed] = useState<Feed | undefined>(undefined);
  const changes = useRef(0);
  useEffect(() => {
    const own = startFeed(() => {
      changes.current++;
      paint.request();
    });
    setFeed(own);
    return () => own.stop();
  }, [paint]);
  return (
    <Page
      title="Live"
      lead="Nothing happens here before it has been announced: each cell is a nonce, in order."
    >
      {feed === undefined || status.value === undefined ? (
        <Loading what="the network" />
      ) : (
        <Live feed={feed} paint={paint} changes={changes} />
      )}
    </Page>
  );
}

function Live({ feed, paint, changes }: { feed: Feed; paint: Paint; changes: { current: number } }) {
  const [isTable, setIsTable] = useState(false);
  useWords(changes);
  return (
    <>
      <Card
        title="Nonces"
        aside={
          <span class="aside">
            <Seen feed={feed} />
            <button
              type="button"
              class="quiet small"
              aria-pressed={isTable}
              onClick={() => setIsTable(!isTable)}
            >
              {isTable ? 'Show as a picture' : 'Show as a table'}
            </button>
          </span>
        }
      >
        {isTable ? <NewestTable feed={feed} /> : <Strip feed={feed} paint={paint} />}
        <Key />
        {status.value?.nonces === '0' && (
          <Empty>
            No nonce was dealt yet. <a href="/wallet">Open a wallet</a> and deposit, or let{' '}
            <a href="/play">Play</a> start some activity.
          </Empty>
        )}
      </Card>
      <Meters feed={feed} />
      <div class="columns">
        <Card title="What happens">
          <Happenings feed={feed} />
        </Card>
        <div class="pile">
          <RecentBlocks />
          <RecentSettlements />
        </div>
      </div>
      <Said feed={feed} />
    </>
  );
}

/** Of what the strip was told since the page was opened. */
function Seen({ feed }: { feed: Feed }) {
  const { fulfilled, annulled, open } = feed.strip;
  return (
    <span class="soft number">
      {grouped(fulfilled)} fulfilled, {grouped(annulled)} annulled, {grouped(open)} open
    </span>
  );
}

/** Renders again when events came, not for each of them. */
function useWords(changes: { current: number }): void {
  const [, setSeen] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeen(changes.current), WORDS_MS);
    return () => clearInterval(timer);
  }, [changes]);
}

/** The state of the network as a sentence, seldom enough to listen to. */
function Said({ feed }: { feed: Feed }) {
  const [text, setText] = useState('');
  useEffect(() => {
    const say = (): void => {
      if (connection.value !== 'live') return;
      const { fulfilled, annulled, open } = feed.strip;
      setText(
        `${plural(open, 'nonce')} open, ${fulfilled} fulfilled and ${annulled} annulled since this page was opened`,
      );
    };
    const timer = setInterval(say, SAID_MS);
    return () => clearInterval(timer);
  }, [feed]);
  return (
    <p class="unseen" aria-live="polite">
      {text}
    </p>
  );
}
