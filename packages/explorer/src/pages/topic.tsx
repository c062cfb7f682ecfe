/**
 * A topic: its posts in the order that was fixed before anybody could read them, with annulled places marked.
 */

import { nobleHashes, toHex } from '@upfront/core';
import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { api, type Deliveries } from '../api.ts';
import { BlockLink, Card, Copy, NonceLink } from '../components/facts.tsx';
import { Empty, Failure, Loading, Page } from '../components/page.tsx';
import { useResource } from '../components/use-resource.ts';
import { shortHex } from '../format.ts';

const HASH = /^0x[0-9a-fA-F]{64}$/;
const ROWS = 50;

export default function TopicPage() {
  const { params } = useRoute();
  const { query } = useLocation();
  const topic = String(params['topic']).toLowerCase();
  if (!HASH.test(topic)) {
    return (
      <Page title="No topic">
        <Empty>
          A topic is 32 bytes: 0x and 64 hex digits.{' '}
          <a href={`/search?q=${encodeURIComponent(topic)}`}>Search for it as a name</a>.
        </Empty>
      </Page>
    );
  }
  const name = query['name'];
  return <KnownTopic key={topic} topic={topic} name={isNameOf(name, topic) ? name : undefined} />;
}

/** Whoever made the link may have written any name into it. */
function isNameOf(name: string | undefined, topic: string): boolean {
  return name !== undefined && toHex(nobleHashes.sha256(new TextEncoder().encode(name))) === topic;
}

function KnownTopic({ topic, name }: { topic: string; name: string | undefined }) {
  const [after, setAfter] = useState<readonly string[]>([]);
  const cursor = after.at(-1);
  const ask = (signal: AbortSignal) =>
    api.topic(topic, { ...(cursor && { after: cursor }), limit: ROWS }, signal);
  const { value, error, again } = useResource(`${topic} ${cursor ?? ''}`, ask, true);
  return (
    <Page
      title={name === undefined ? `Topic ${shortHex(topic, 6)}` : `Topic “${name}”`}
      lead={
        <span class="copyable">
          <code>{topic}</code> <Copy text={topic} what="the topic" />
        </span>
      }
    >
      {value === undefined && error === undefined && <Loading what="the posts" />}
      {value === undefined && error !== undefined && <Failure error={error} what="The topic" again={again} />}
      {value && (
        <Card title="Posts" aside={<span class="soft">oldest first</span>}>
          {value.deliveries.length === 0 && after.length === 0 && (
            <Empty>
              Nothing here under that name: no post of this topic was delivered yet.{' '}
              {name === undefined ? (
                <a href={`/search?q=${topic}`}>See what else it could be</a>
              ) : (
                'A name is exact, capital letters and spaces too.'
              )}
            </Empty>
          )}
          <Posts deliveries={value.deliveries} />
          <p class="actions">
            {after.length > 0 && (
              <button type="button" class="quiet" onClick={() => setAfter(after.slice(0, -1))}>
                ← Earlier
              </button>
            )}
            {value.next !== null && (
              <button type="button" class="quiet" onClick={() => setAfter([...after, value.next!])}>
                Later →
              </button>
            )}
          </p>
        </Card>
      )}
    </Page>
  );
}

function Posts({ deliveries }: { deliveries: Deliveries['deliveries'] }) {
  return (
    <ol class="happenings">
      {deliveries.map(({ cursor, nonce, fulfilled, data }) => (
        <li key={cursor}>
          <span class="when">
            nonce <NonceLink nonce={nonce} />
            <br />
            block <BlockLink height={cursor.split('.')[0]!} />
          </span>
          {fulfilled ? (
            <PostData data={data ?? '0x'} />
          ) : (
            <span class="badge annulled">annulled: nothing came</span>
          )}
        </li>
      ))}
    </ol>
  );
}

/** Text if it is UTF-8 without control characters, else its bytes. */
function PostData({ data }: { data: string }) {
  const text = textOf(data);
  return text === undefined ? (
    <code class="hex">{shortHex(data, 64)}</code>
  ) : (
    <blockquote class="post">{text === '' ? <span class="soft">empty</span> : text}</blockquote>
  );
}

function textOf(hex: string): string | undefined {
  const bytes = Uint8Array.from(hex.slice(2).match(/../g) ?? [], (pair) => Number(`0x${pair}`));
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
