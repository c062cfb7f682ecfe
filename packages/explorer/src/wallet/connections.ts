/**
 * Where the first layer is reached: what the person named, else what the node announces (docs/api.md, GET /v1/status).
 *
 * Invariant: an address is http: or https:, and what the person named is kept in this browser only.
 */
import { computed, signal } from '@preact/signals';
import { status } from '../network.ts';
import { WalletFault } from './fault.ts';

const CHOSEN_KEY = 'upfront.l1';
const ANNOUNCED_KEY = 'upfront.l1-announced';

const chosen = signal(urlOf(localStorage.getItem(CHOSEN_KEY)));

/** What the node says, or said when it was last here. */
export const announcedL1 = computed(
  () => urlOf(status.value?.l1.url) ?? urlOf(localStorage.getItem(ANNOUNCED_KEY)),
);
/** The address that is used; undefined: none is known. */
export const l1Url = computed(() => chosen.value ?? announcedL1.value);
export const chosenL1 = computed(() => chosen.value);

/** So that an account can be left when the node is away. */
export function rememberAnnounced(): void {
  if (announcedL1.value !== undefined) localStorage.setItem(ANNOUNCED_KEY, announcedL1.value);
}

/** Empty: what the node announces. Throws WalletFault if it is no address. */
export function chooseL1(text: string): void {
  const url = text.trim() === '' ? undefined : checkedUrl(text.trim());
  if (url === undefined) localStorage.removeItem(CHOSEN_KEY);
  else localStorage.setItem(CHOSEN_KEY, url);
  chosen.value = url;
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
