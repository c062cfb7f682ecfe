// Which transaction settled a number: the newest ones, bounded. Older ones are asked of L1 again.

import type { ContractEvent } from './contract.ts';

export type SettledEvent = Extract<ContractEvent, { name: 'Settled' }>;

/** Four weeks of settlements, one every ten minutes; about 1 MB. */
export const SETTLED_KEPT = 4096;

export interface SettledIndex {
  add(event: SettledEvent): void;
  get(number: number): SettledEvent | undefined;
  /** Forgets what came in later blocks. */
  truncate(block: number): void;
}

export function createSettledIndex(most = SETTLED_KEPT): SettledIndex {
  const events = new Map<number, SettledEvent>();
  return {
    add: (event) => {
      events.set(event.number, event);
      events.delete(event.number - most);
    },
    get: (number) => events.get(number),
    truncate: (block) => {
      for (const event of events.values()) if (event.block > block) events.delete(event.number);
    },
  };
}
