/**
 * What the fragment of a wallet's address says, field by field: strict, since anybody may have written the link.
 *
 * Invariant: every field is known, given once and well formed, or the whole link is refused. A fragment is sent to no server.
 */
import { type Address, getAddress, isAddress } from 'viem';
import { WalletFault } from './fault.ts';

/** The network that a link is for. */
export interface LinkNetwork {
  readonly chainId: number;
  readonly contract: string;
}

export interface LinkFields {
  text(name: string): string;
  optional(name: string): string | undefined;
  address(name: string): Address;
  /** Units: an integer from `least`, below 2^63. */
  amount(name: string, least: bigint): bigint;
  /** An integer from 0, below 2^53. */
  count(name: string): number;
}

export const LINK_MOST = 2000;
const AMOUNT_END = 2n ** 63n;
const ADVICE = 'Do not use it. Ask whoever gave it to you for a new one.';

/** `…/wallet#do=pay&…` */
export function formatLink(page: string, fields: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return `${page}#${new URLSearchParams(given)}`;
}

/** What the link asks for, as `pay`; undefined if it is no link of this kind at all. */
export function verbOf(link: string): string | undefined {
  return new URLSearchParams(fragmentOf(link)).get('do') ?? undefined;
}

/** Throws WalletFault if the link has other fields than these, one twice, or is for another network. */
export function readLink(link: string, names: readonly string[], network: LinkNetwork): LinkFields {
  if (link.length > LINK_MOST) throw new WalletFault('The link is too long.', ADVICE);
  const all = new URLSearchParams(fragmentOf(link));
  const known = new Set(['do', 'chain', 'contract', ...names]);
  for (const name of all.keys()) {
    if (!known.has(name))
      throw new WalletFault(`The link has a field that means nothing here: ${name.slice(0, 30)}.`, ADVICE);
    if (all.getAll(name).length > 1) throw new WalletFault(`The link says ${name} twice.`, ADVICE);
  }
  const fields = fieldsOf(all);
  const isHere =
    fields.count('chain') === network.chainId &&
    fields.address('contract').toLowerCase() === network.contract.toLowerCase();
  if (isHere) return fields;
  throw new WalletFault(
    'The link is for another network than this one.',
    `It is for chain ${fields.count('chain')}, contract ${fields.address('contract')}: open it in the wallet of that network.`,
  );
}

function fieldsOf(all: URLSearchParams): LinkFields {
  const fault = (name: string): WalletFault =>
    new WalletFault(`The link's ${name} is missing or malformed.`, ADVICE);
  const text = (name: string): string => {
    const value = all.get(name);
    if (value === null || value === '') throw fault(name);
    return value;
  };
  const integer = (name: string): bigint => {
    const value = text(name);
    if (!/^(0|[1-9]\d{0,18})$/.test(value)) throw fault(name);
    return BigInt(value);
  };
  return {
    text,
    optional: (name) => (all.has(name) ? text(name) : undefined),
    address(name) {
      const value = text(name);
      if (!isAddress(value, { strict: value !== value.toLowerCase() })) throw fault(name);
      if (BigInt(value) === 0n) throw fault(name);
      return getAddress(value);
    },
    amount(name, least) {
      const value = integer(name);
      if (value < least || value >= AMOUNT_END) throw fault(name);
      return value;
    },
    count(name) {
      const value = Number(integer(name));
      if (!Number.isSafeInteger(value)) throw fault(name);
      return value;
    },
  };
}

function fragmentOf(link: string): string {
  const at = link.indexOf('#');
  return at === -1 ? '' : link.slice(at + 1);
}
