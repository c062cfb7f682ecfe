/**
 * Where the first layer is reached: what the person named, else what the node announces (/page.json, docs/api.md).
 *
 * Invariant: an address is http: or https:, and it is kept in this browser only.
 */
import { signal } from '@preact/signals';
import type { TextStore } from './accounts.ts';
import { WalletFault } from './fault.ts';

/** What a node announces to pages that it serves. */
export interface Announced {
  /** Of the first layer, for browsers. */
  readonly l1Url: string | undefined;
  /** Of a devnet's controls. */
  readonly playUrl: string | undefined;
}

const KEY = 'upfront.l1';
const NOTHING: Announced = { l1Url: undefined, playUrl: undefined };

export const announced = signal<Announced>(NOTHING);
/** The first layer's address that is used; undefined: none is known. */
export const l1Url = signal<string | undefined>(undefined);

/** Asks the node; one that is away announces nothing, and what was known stays. */
export async function readConnections(store: TextStore): Promise<void> {
  try {
    const response = await fetch('/page.json');
    if (response.ok) announced.value = announcedOf(await response.json());
  } catch {
    // The page says elsewhere that the node is away.
  }
  l1Url.value = store.getItem(KEY) ?? announced.value.l1Url ?? l1Url.value;
}

/** Empty: what the node announces. Throws WalletFault if it is no address. */
export function setL1Url(store: TextStore, text: string): void {
  const url = text.trim();
  if (url === '') store.removeItem(KEY);
  else store.setItem(KEY, checkedUrl(url));
  l1Url.value = store.getItem(KEY) ?? announced.value.l1Url;
}

function announcedOf(json: unknown): Announced {
  const { l1Url: l1, playUrl } = (json ?? {}) as Record<string, unknown>;
  return { l1Url: urlOf(l1), playUrl: urlOf(playUrl) };
}

function urlOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  return /^https?:$/.test(new URL(value).protocol) ? value : undefined;
}

function checkedUrl(text: string): string {
  const url = urlOf(text);
  if (url !== undefined) return url;
  throw new WalletFault('This is no address of a first layer.', 'Write one as https://rpc.example.org.');
}
