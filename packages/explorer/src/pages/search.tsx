/**
 * What a search may mean: a number is a nonce, a block or a settlement; 20 bytes an account; any text a topic; of 32 bytes
 * the node is asked what it knows.
 */
import { nobleHashes, toHex } from '@upfront/core';
import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api } from '../api.ts';
import { Card } from '../components/facts.tsx';
import { Empty, Failure, Loading, Page } from '../components/page.tsx';
import { useResource } from '../components/use-resource.ts';
import { grouped, shortHex } from '../format.ts';
import { status } from '../network.ts';

interface Meaning {
  readonly href: string;
  readonly what: string;
  readonly more: string;
}

const HASH = /^(0x)?[0-9a-fA-F]{64}$/;
/** Newest blocks among which a digest is looked for: as many as the node lists at once. */
const BLOCKS = 100;

export default function SearchPage() {
  const { query } = useLocation();
  const text = (query['q'] ?? '').trim();
  return HASH.test(text) ? (
    <HashPage key={text} hash={`0x${text.replace(/^0x/, '').toLowerCase()}`} />
  ) : (
    <ChoicesPage text={text} />
  );
}

function HashPage({ hash }: { hash: string }) {
  const { route } = useLocation();
  const { value, error, again } = useResource(`hash ${hash}`, (signal) => knownAs(hash, signal));
  const only = value?.length === 1 ? value[0]!.href : undefined;
  useEffect(() => {
    if (only !== undefined) route(only, true);
  }, [only, route]);
  return (
    <Page title="Search" lead={<code>{hash}</code>}>
      {value === undefined && error === undefined && <Loading what="what it is" />}
      {value === undefined && error !== undefined && (
        <Failure error={error} what="What it is" again={again} />
      )}
      {value?.length === 0 && <Unknown hash={hash} />}
    </Page>
  );
}

/** What the node has under this hash. Throws ApiError. */
async function knownAs(hash: string, signal: AbortSignal): Promise<Meaning[]> {
  const [{ deliveries }, { blocks }] = await Promise.all([
    api.topic(hash, { limit: 1 }, signal),
    api.blocks({ limit: BLOCKS }, signal),
  ]);
  const topic = { href: `/topic/${hash}`, what: `topic ${shortHex(hash)}`, more: '' };
  const block = blocks.find(({ digest }) => digest.toLowerCase() === hash);
  return [
    ...(deliveries.length > 0 ? [topic] : []),
    ...(block === undefined
      ? []
      : [{ href: `/block/${block.height}`, what: `block ${grouped(block.height)}`, more: '' }]),
  ];
}

function Unknown({ hash }: { hash: string }) {
  return (
    <Card title="Nothing here under that name">
      <p>32 bytes may be</p>
      <ul class="choices">
        <li>
          <a href={`/topic/${hash}`}>a topic</a>: nothing was delivered to it yet
        </li>
        <li>
          a block’s digest: none of the newest {BLOCKS} has it; an older block is found by its height, a
          settlement by its number
        </li>
        <li>
          a transaction of the first layer: an explorer of that chain knows it; a settlement’s page names its
          own
        </li>
        <li>a payment’s reference: the pages of its payer and its payee list the payment</li>
      </ul>
    </Card>
  );
}

function ChoicesPage({ text }: { text: string }) {
  const { route } = useLocation();
  const meanings = meaningsOf(text);
  const only = meanings.length === 1 ? meanings[0]!.href : undefined;
  useEffect(() => {
    if (only !== undefined) route(only, true);
  }, [only, route]);
  return (
    <Page title="Search" lead={text === '' ? undefined : `“${text}” may be`}>
      {meanings.length === 0 ? (
        <Empty>
          Search for a nonce, a block or a settlement by its number, an account by its address, a topic by its
          name.
        </Empty>
      ) : (
        <Card title="Choices">
          <ul class="choices">
            {meanings.map(({ href, what, more }) => (
              <li key={href}>
                <a href={href}>{what}</a> <span class="soft">{more}</span>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </Page>
  );
}

const NAMED: Readonly<Record<string, string>> = {
  nonce: 'nonce',
  block: 'block',
  settlement: 'settlement',
  account: 'account',
  validator: 'validator',
};

/** One: that is where to go. */
export function meaningsOf(text: string): Meaning[] {
  const named = /^(\w+)[ /:#]+(\S+)$/.exec(text);
  const kind = named?.[1] === undefined ? undefined : NAMED[named[1].toLowerCase()];
  if (kind !== undefined) {
    const value = named![2]!.replaceAll(',', '');
    return [{ href: `/${kind}/${encodeURIComponent(value)}`, what: `${kind} ${value}`, more: '' }];
  }
  const digits = text.replaceAll(/[, _]/g, '');
  if (/^\d{1,16}$/.test(digits)) return numbered(String(Number(digits)));
  if (/^(0x)?[0-9a-fA-F]{40}$/.test(text)) return addressed(`0x${text.replace(/^0x/, '').toLowerCase()}`);
  if (text === '') return [];
  const topic = toHex(nobleHashes.sha256(new TextEncoder().encode(text)));
  return [
    { href: `/topic/${topic}?name=${encodeURIComponent(text)}`, what: `the topic “${text}”`, more: '' },
  ];
}

function numbered(number: string): Meaning[] {
  const { nonces, height, l1 } = status.value ?? {};
  const has = (most: string | undefined, first: number): string =>
    most === undefined
      ? ''
      : Number(number) >= first && Number(number) <= Number(most)
        ? ''
        : 'not there yet';
  const last = nonces === undefined ? undefined : String(Number(nonces) - 1);
  return [
    { href: `/nonce/${number}`, what: `nonce ${grouped(number)}`, more: has(last, 0) },
    { href: `/block/${number}`, what: `block ${grouped(number)}`, more: has(height, 1) },
    { href: `/settlement/${number}`, what: `settlement ${grouped(number)}`, more: has(l1?.formed, 1) },
  ];
}

function addressed(address: string): Meaning[] {
  const account = { href: `/account/${address}`, what: `account ${shortHex(address)}`, more: '' };
  if (status.value?.validators.includes(address) !== true) return [account];
  return [
    account,
    { href: `/validator/${address}`, what: `validator ${shortHex(address)}`, more: 'the same key' },
  ];
}
