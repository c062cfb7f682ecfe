/**
 * Events of the network as sentences (docs/protocol.md, 10), and as plain JSON.
 */
import { codeName, type Event, ITEM, toHex } from '@upfront/core';
import { type Address, getAddress } from 'viem';
import type { Amounts } from './amounts.ts';
import { showReference } from './csv.ts';

export interface Words {
  readonly amounts: Amounts;
  /** What to call an account. */
  name(address: Address): string;
}

const KINDS: Readonly<Record<number, string>> = {
  [ITEM.deposit]: 'deposit',
  [ITEM.exit]: 'exit',
  [ITEM.bond]: 'bond',
  [ITEM.unbond]: 'unbond',
};

/** One sentence without a full stop. `data`: of posted and delivered events. */
export function describeEvent(event: Event, data: Uint8Array, { amounts, name }: Words): string {
  const who = (address: Uint8Array): string => name(getAddress(toHex(address)));
  switch (event.type) {
    case 'dealt':
      return `${nonces(event.first, event.count)} dealt to ${who(event.account)}, at most ${amounts.show(event.budget)}`;
    case 'refused':
      return `refused to ${who(event.account)}: ${codeName(event.code)} (code ${event.code})`;
    case 'transferred': {
      const reference = showReference(toHex(event.reference));
      const about = reference === '' ? '' : ` for ${reference}`;
      return `nonce ${event.nonce} fulfilled: ${who(event.from)} paid ${who(event.to)} ${amounts.show(event.amount)}${about}`;
    }
    case 'captured':
      if (event.amount === 0n)
        return `nonce ${event.nonce} fulfilled: ${who(event.payee)} released its hold on ${who(event.payer)}`;
      return `nonce ${event.nonce} fulfilled: ${who(event.payee)} captured ${amounts.show(event.amount)} from ${who(event.payer)}`;
    case 'withdrawn':
      return `nonce ${event.nonce} fulfilled: ${who(event.account)} withdraws ${amounts.show(event.amount)}`;
    case 'posted':
      return `nonce ${event.nonce} fulfilled: ${who(event.account)} posted ${quoted(data, event.size)}`;
    case 'validated':
      return `nonce ${event.nonce} fulfilled: ${who(event.account)} agrees up to block ${event.height}`;
    case 'annulled':
      return `${annulledNonces(event.first, event.bitmap)} annulled: announced by ${who(event.account)}, not performed in time`;
    case 'item':
      return `nonce ${event.nonce} fulfilled: ${itemWords(event, who(event.account), amounts)}`;
    case 'delivered':
      return event.fulfilled
        ? `delivered in its topic: nonce ${event.nonce}`
        : `annulled place in its topic: nonce ${event.nonce}`;
    case 'formed': {
      const { number, debits, credits, payouts, inbox } = event;
      return `settlement ${number} formed: ${counted(debits, 'debit')}, ${counted(credits, 'credit')}, ${counted(payouts, 'payout')}, items up to ${inbox}`;
    }
    case 'settled':
      return `settlement ${event.number} is on the first layer`;
    case 'rotated':
      return `${who(event.validator)} ${event.in ? 'is a validator now' : 'is no validator any more'}`;
    case 'cut':
      return `cut ${event.cut}: ${counted(event.entries, 'entry', 'entries')}, ${amounts.show(event.payouts)} to be paid out`;
  }
}

/** An event as JSON: bytes as hex, amounts in the asset, all other large numbers as they are. */
export function eventToJson(event: Event, amounts: Amounts): object {
  const entries = Object.entries(event).map(([field, value]): [string, unknown] => {
    if (value instanceof Uint8Array)
      return [field, value.length === 20 ? getAddress(toHex(value)) : toHex(value)];
    return [field, isAmount(event, field) ? amounts.plain(value as bigint) : value];
  });
  return Object.fromEntries(entries);
}

const AMOUNTS = new Set(['limit', 'budget', 'amount', 'fee']);

function isAmount(event: Event, field: string): boolean {
  // Of an exit it is a sequence; of a cut these are sums, of a formed settlement counts.
  if (event.type === 'item' && event.kind === ITEM.exit) return false;
  return AMOUNTS.has(field) || (event.type === 'cut' && ['debits', 'credits', 'payouts'].includes(field));
}

function itemWords(event: Extract<Event, { type: 'item' }>, who: string, amounts: Amounts): string {
  const { kind, number, amount } = event;
  const named = `item ${number} of the first layer, ${KINDS[kind] ?? `kind ${kind}`}`;
  if (kind === ITEM.exit) return `${named} of ${who}`;
  return `${named} of ${amounts.show(amount)} ${kind === ITEM.deposit ? 'for' : 'of'} ${who}`;
}

/** `1 byte`, `2 bytes`. */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}

function nonces(first: number, count: number): string {
  return count === 1 ? `nonce ${first}` : `nonces ${first} to ${first + count - 1}`;
}

function annulledNonces(first: number, bitmap: Uint8Array): string {
  const all: number[] = [];
  for (let i = 0; i < bitmap.length * 8; i++) {
    if (((bitmap[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0) all.push(first + i);
  }
  return all.length === 1 ? `nonce ${all[0]}` : `${all.length} nonces from ${all[0]} on`;
}

const QUOTED_MOST = 60;

/** Post data as text if it is one; control characters of a terminal never get through. */
export function quoted(data: Uint8Array, size = data.length): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(data);
    if (data.length === 0 && size > 0) return counted(size, 'byte');
    return JSON.stringify(text.length > QUOTED_MOST ? `${text.slice(0, QUOTED_MOST)}…` : text);
  } catch {
    return counted(size, 'byte');
  }
}
