/**
 * Facts as pairs, tables that scroll by themselves on a narrow screen, and values that link to their pages.
 */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { type Asset, amountParts, grouped, shortHex } from '../format.ts';
import { asset } from '../network.ts';

export type Fact = readonly [name: string, value: ComponentChildren];

export function Facts(props: {
  facts: readonly (Fact | undefined)[];
  /** Instead of `facts`: another look. */
  look?: string;
  label?: string;
}) {
  return (
    <dl class={props.look ?? 'facts'} {...(props.label !== undefined && { 'aria-label': props.label })}>
      {props.facts
        .filter((fact) => fact !== undefined)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

export function Card(props: { title: string; aside?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="card" aria-label={props.title}>
      <header>
        <h2>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

export function Table(props: { caption: string; head: readonly string[]; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="scroll" tabIndex={0} aria-label={props.caption}>
      <table>
        <caption class="unseen">{props.caption}</caption>
        <thead>
          <tr>
            {props.head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </section>
  );
}

/** Exact, with its unit. `of`: another asset than the network's as the node tells it. */
export function Amount({ units, of = asset.value }: { units: bigint | string; of?: Asset | undefined }) {
  const [number, unit] = amountParts(units, of);
  return (
    <span class="amount">
      <span>{number}</span> <span>{unit}</span>
    </span>
  );
}

export function AccountLink({ address, whole = false }: { address: string; whole?: boolean }) {
  return (
    <a class={whole ? 'hex' : 'hex short'} href={`/account/${address}`} title={address}>
      {whole ? address : shortHex(address)}
    </a>
  );
}

export function NonceLink({ nonce }: { nonce: string | number }) {
  return <a href={`/nonce/${nonce}`}>{grouped(nonce)}</a>;
}

export function BlockLink({ height }: { height: string | number }) {
  return <a href={`/block/${height}`}>{grouped(height)}</a>;
}

export function TopicLink({ topic }: { topic: string }) {
  return (
    <a class="hex short" href={`/topic/${topic}`} title={topic}>
      {shortHex(topic)}
    </a>
  );
}

/** Bytes too long to read, with a button that copies them. */
export function Hex({ value, kept = 8 }: { value: string; kept?: number }) {
  return (
    <span class="copyable">
      <code class="hex" title={value}>
        {shortHex(value, kept)}
      </code>
      <Copy text={value} what="it" />
    </span>
  );
}

/** Says for a moment that it did. */
export function Copy({ text, what, label = 'Copy' }: { text: string; what: string; label?: string }) {
  const [said, setSaid] = useState(label);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch {
      setSaid('Not allowed');
    }
    setTimeout(() => setSaid(label), 1500);
  };
  return (
    <button type="button" class="small quiet" aria-label={`${label} ${what}`} onClick={() => void copy()}>
      {said}
    </button>
  );
}
