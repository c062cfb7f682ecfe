/**
 * What the wallet remembers of an account beside the journal: what is on its way on the first layer, holds it was handed.
 *
 * No secret is in it. Invariant: bounded; what is lost here costs nobody anything, for the chain has it.
 */
import type { Hold } from '@upfront/client';
import type { TextStore } from './accounts.ts';
import type { GivenHold } from './given-holds.ts';
import type { Waiting } from './pending.ts';

export interface Notes {
  readonly waiting: readonly Waiting[];
  /** Holds in favour of this account that were handed to it. */
  readonly holds: readonly Hold[];
  /** Holds that this account gave. */
  readonly given: readonly GivenHold[];
  /** References of payments that were asked for. */
  readonly asked: readonly {
    readonly reference: string;
    readonly amount: bigint | undefined;
    readonly since: number;
  }[];
}

const MOST = 50;
export const EMPTY: Notes = { waiting: [], holds: [], given: [], asked: [] };
const BIG = /^\d{1,19}n$/;

/** `name`: of the account's journal, so that each network has its own. */
export function readNotes(store: TextStore, name: string): Notes {
  try {
    const parsed = JSON.parse(store.getItem(keyOf(name)) ?? '{}', revive) as Partial<Notes>;
    const list = <T>(value: readonly T[] | undefined): readonly T[] =>
      Array.isArray(value) ? (value as T[]) : [];
    return {
      waiting: list(parsed.waiting),
      holds: list(parsed.holds),
      given: list(parsed.given),
      asked: list(parsed.asked),
    };
  } catch {
    return EMPTY;
  }
}

/** A store that is full or closed keeps the older notes; nothing rests on them. */
export function writeNotes(store: TextStore, name: string, notes: Notes): void {
  const kept = Object.fromEntries(Object.entries(notes).map(([list, all]) => [list, all.slice(-MOST)]));
  try {
    store.setItem(keyOf(name), JSON.stringify(kept, replace));
  } catch {
    // Said above.
  }
}

function keyOf(name: string): string {
  return `upfront.notes.${name}`;
}

function replace(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

function revive(_: string, value: unknown): unknown {
  return typeof value === 'string' && BIG.test(value) ? BigInt(value.slice(0, -1)) : value;
}
