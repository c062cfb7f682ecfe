/**
 * The network as the node sees it, for every part of the page: one poll, shared signals.
 *
 * Invariant: one request at a time; a node that is away is asked again with growing pauses, and the page says so.
 */
import { computed, signal } from '@preact/signals';
import { ApiError, api, type Genesis, type Status } from './api.ts';
import type { Asset } from './format.ts';

export type Connection = 'connecting' | 'live' | 'away';

/** ms between two looks at the status. */
const LOOK_MS = 1000;
/** ms; the pause doubles up to it while the node is away. */
const PAUSE_MOST_MS = 8000;

export const status = signal<Status | undefined>(undefined);
export const genesis = signal<Genesis | undefined>(undefined);
export const connection = signal<Connection>('connecting');
/** When the last status came, by performance.now(). */
export const statusAt = signal(0);

/** Undefined until the node has read it from the contract, or if the token does not say what it is called. */
export const asset = computed<Asset | undefined>(() => {
  const { symbol, decimals, unit } = status.value ?? {};
  if (symbol == null || decimals == null || unit == null) return undefined;
  return { symbol, decimals, unit: BigInt(unit) };
});

/** A genesis parameter; undefined until the genesis is here. */
export function parameter(name: string): number | undefined {
  const value = genesis.value?.parameters[name];
  return value === undefined ? undefined : Number(value);
}

/** Looks until the returned function is called. */
export function watchNetwork(): () => void {
  const controller = new AbortController();
  void look(controller.signal);
  return () => controller.abort();
}

async function look(signal: AbortSignal): Promise<void> {
  let pause = LOOK_MS;
  while (!signal.aborted) {
    try {
      const next = await api.status(signal);
      // Another network at this address: nothing that is shown is of it.
      if (genesis.value !== undefined && genesis.value.hash !== next.genesisHash) location.reload();
      genesis.value ??= await api.genesis(signal);
      status.value = next;
      statusAt.value = performance.now();
      connection.value = 'live';
      pause = LOOK_MS;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      connection.value = 'away';
      pause = Math.min(PAUSE_MOST_MS, 2 * pause);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
