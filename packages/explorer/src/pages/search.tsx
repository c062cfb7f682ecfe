/**
 * What a search may mean: a number is a nonce, a block or a settlement; 20 bytes an account; 32 bytes or any text a topic.
 */
import { nobleHashes, toHex } from '@upfront/core';
import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { Card } from '../components/facts.tsx';
import { Empty, Page } from '../components/page.tsx';
import { grouped, shortHex } from '../format.ts';
import { status } from '../network.ts';

interface Meaning {
  readonly href: string;
  readonly what: string;
  readonly more: string;
}

export default function SearchPage() {
  const { query, route } = useLocation();
  const text = (query['q'] ?? '').trim();
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
  if (/^0x[0-9a-fA-F]{64}$/.test(text))
    return [{ href: `/topic/${text.toLowerCase()}`, what: `topic ${shortHex(text)}`, more: '' }];
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
