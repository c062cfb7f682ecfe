/**
 * What a node can be asked over HTTP, with its JSON taken apart field by field.
 *
 * docs/api.md, HTTP. A field that is not what the page says is a BadAnswerError; nothing here is believed further than that.
 */
import { fromHex } from '@upfront/core';
import type { Address, Hex } from 'viem';
import { nodeCodes } from '../errors/codes.ts';
import { BadAnswerError, NodeError } from '../errors/kinds.ts';
import type { Http } from './http.ts';

/** GET /v1/status; times in ms. */
export interface NodeStatus {
  readonly chainId: number;
  readonly contract: Address;
  /** The ERC-20, or the zero address for ETH; undefined if the node does not know (yet). */
  readonly asset: Address | undefined;
  /** Base units of the asset in one unit. */
  readonly unit: bigint | undefined;
  readonly genesisHash: Hex;
  readonly engine: string;
  readonly version: string;
  readonly height: number;
  readonly time: number;
  readonly clock: number;
  /** Dealt so far. */
  readonly nonces: number;
  readonly openNonces: number;
  readonly validators: readonly Address[];
  /** Time of the newest imported block; counts of items; numbers of settlements. */
  readonly l1: {
    readonly time: number;
    readonly imported: number;
    readonly acknowledged: number;
    readonly formed: number;
    readonly settled: number;
  };
  readonly lagging: boolean;
}

/** GET /v1/accounts/{address}; amounts in units. */
export interface NodeAccount {
  readonly balance: bigint;
  readonly reserved: bigint;
  readonly free: bigint;
  /** u: what settlements still have to take, or if negative to bring. */
  readonly unsettled: bigint;
  /** D. */
  readonly debited: bigint;
  readonly payoutOwed: bigint;
  /** The highest sequence that landed, or -1. */
  readonly highest: bigint;
  /** Q16. */
  readonly standing: number;
  /** Places. */
  readonly allowance: number;
  readonly openNonces: number;
  readonly openPlaces: number;
  readonly exiting: boolean;
  readonly authority: { readonly sequence: bigint; readonly limit: bigint } | undefined;
  /** As of which block. */
  readonly height: number;
}

/** GET /v1/fetches/{account}/{sequence}. */
export type NodeFetch =
  | {
      readonly status: 'dealt';
      readonly first: number;
      readonly count: number;
      readonly clock: number;
      readonly height: number;
    }
  | { readonly status: 'refused'; readonly code: number; readonly height: number }
  | { readonly status: 'unknown' };

/** GET /v1/nonces/{nonce}. */
export interface NodeNonce {
  readonly status: 'open' | 'fulfilled' | 'annulled' | 'unknown';
  /** Whose fetch it is of, if it is of one. */
  readonly account?: Address;
  readonly sequence?: bigint;
  /** While it is open; `deadline` in ms of the network's clock, `intent` as the node shows it. */
  readonly open?: {
    readonly index: number;
    readonly deadline: number;
    readonly intent: Readonly<Record<string, unknown>>;
  };
  /** Of the event that resolved it, as the node shows it. */
  readonly height?: number;
  readonly index?: number;
  readonly event?: Readonly<Record<string, unknown>>;
}

/** GET /v1/accounts/{address}/events. */
export interface NodeEvents {
  readonly events: readonly { readonly cursor: string; readonly event: Fields }[];
  readonly next: string | undefined;
}

/** GET /v1/settlements/{number}. */
export interface NodeSettlement {
  readonly height: number;
  readonly inbox: number;
  readonly status: string;
}

export interface NodeApi {
  status(): Promise<NodeStatus>;
  /** Its bytes, not yet checked. */
  genesis(): Promise<Uint8Array>;
  account(address: Address): Promise<NodeAccount>;
  fetch(account: Address, sequence: bigint): Promise<NodeFetch>;
  nonce(nonce: number): Promise<NodeNonce>;
  /** The receipt's JSON, not yet checked. */
  nonceReceipt(nonce: number): Promise<unknown>;
  eventReceipt(height: number, index: number): Promise<unknown>;
  settlement(number: number): Promise<NodeSettlement>;
  blockBytes(height: number): Promise<Uint8Array>;
  /** The block's events (the first 10,000), with their cursors. */
  blockEvents(height: number): Promise<NodeEvents>;
  /** Header, digest and signatures as JSON. */
  header(height: number): Promise<unknown>;
  /** A page of headers behind a height, not yet checked. */
  headers(after: number, limit: number): Promise<unknown>;
  /** The events that name the account, behind `after`, at most 1000; `next`: the `after` of the next page. */
  events(address: Address, after: string | undefined): Promise<NodeEvents>;
}

export function createNodeApi(http: Http): NodeApi {
  const ask = async <T>(path: string, take: (fields: Fields) => T): Promise<T> =>
    take(fieldsOf(path, await http.json(path)));
  return {
    status: () => ask('/v1/status', readStatus),
    genesis: () => ask('/v1/genesis', (fields) => fields.bytes('bytes')),
    account: (address) => ask(`/v1/accounts/${address}`, readAccount).catch(accountThatNeverAppeared),
    fetch: (account, sequence) => ask(`/v1/fetches/${account}/${sequence}`, readFetch),
    nonce: (nonce) => ask(`/v1/nonces/${nonce}`, readNonce),
    nonceReceipt: (nonce) => http.json(`/v1/nonces/${nonce}/receipt`),
    eventReceipt: (height, index) => http.json(`/v1/receipts/${height}/${index}`),
    settlement: (number) =>
      ask(`/v1/settlements/${number}`, (fields) => ({
        height: fields.count('height'),
        inbox: fields.count('inbox'),
        status: fields.text('status'),
      })),
    blockBytes: (height) => http.bytes(`/v1/blocks/${height}/bytes`),
    blockEvents: (height) => ask(`/v1/blocks/${height}`, readEvents),
    header: (height) => http.json(`/v1/headers/${height}`),
    headers: (after, limit) => http.json(`/v1/headers?after=${after}&limit=${limit}`),
    events: (address, after) =>
      ask(
        `/v1/accounts/${address}/events?limit=1000${after === undefined ? '' : `&after=${after}`}`,
        readEvents,
      ),
  };
}

function readStatus(fields: Fields): NodeStatus {
  const l1 = fields.object('l1');
  return {
    chainId: fields.count('chainId'),
    contract: fields.hex('contract', 20),
    asset: fields.has('asset') ? fields.hex('asset', 20) : undefined,
    unit: fields.has('unit') ? fields.integer('unit') : undefined,
    genesisHash: fields.hex('genesisHash', 32),
    engine: fields.text('engine'),
    version: fields.text('version'),
    height: fields.count('height'),
    time: fields.count('time'),
    clock: fields.count('clock'),
    nonces: fields.count('nonces'),
    openNonces: fields.count('openNonces'),
    validators: fields.list('validators').map((one) => {
      if (typeof one !== 'string' || fromHex(one, 20) === undefined) throw fields.fault('validators');
      return one as Address;
    }),
    l1: {
      time: l1.count('time'),
      imported: l1.count('imported'),
      acknowledged: l1.count('acknowledged'),
      formed: l1.count('formed'),
      settled: l1.count('settled'),
    },
    lagging: fields.flag('lagging'),
  };
}

function readAccount(fields: Fields): NodeAccount {
  const authority = fields.has('authority') ? fields.object('authority') : undefined;
  return {
    balance: fields.integer('balance'),
    reserved: fields.integer('reserved'),
    free: fields.integer('free'),
    unsettled: fields.integer('unsettled'),
    debited: fields.integer('debited'),
    payoutOwed: fields.integer('payoutOwed'),
    highest: fields.integer('highest'),
    standing: fields.count('standing'),
    allowance: fields.count('allowance'),
    openNonces: fields.count('openNonces'),
    openPlaces: fields.count('openPlaces'),
    exiting: fields.flag('exiting'),
    authority: authority && { sequence: authority.integer('sequence'), limit: authority.integer('limit') },
    height: fields.count('height'),
  };
}

/** Nobody has paid it anything, and it has announced nothing. */
function accountThatNeverAppeared(error: unknown): NodeAccount {
  if (!(error instanceof NodeError) || error.code !== nodeCodes.notFound) throw error;
  const money = { balance: 0n, reserved: 0n, free: 0n, unsettled: 0n, debited: 0n, payoutOwed: 0n };
  const places = { standing: 0, allowance: 0, openNonces: 0, openPlaces: 0 };
  return { ...money, ...places, highest: -1n, exiting: false, authority: undefined, height: 0 };
}

function readFetch(fields: Fields): NodeFetch {
  const status = fields.text('status');
  if (status === 'dealt') {
    return {
      status,
      first: fields.count('first'),
      count: fields.count('count'),
      clock: fields.count('clock'),
      height: fields.count('height'),
    };
  }
  if (status === 'refused') return { status, code: fields.count('code'), height: fields.count('height') };
  if (status === 'unknown') return { status };
  throw fields.fault('status');
}

function readNonce(fields: Fields): NodeNonce {
  const status = fields.text('status');
  if (status !== 'open' && status !== 'fulfilled' && status !== 'annulled' && status !== 'unknown') {
    throw fields.fault('status');
  }
  const open = fields.has('open') ? fields.object('open') : undefined;
  return {
    status,
    ...(fields.has('account') ? { account: fields.hex('account', 20) } : {}),
    ...(fields.has('sequence') ? { sequence: fields.integer('sequence') } : {}),
    ...(open && {
      open: {
        index: open.count('index'),
        deadline: open.count('deadline'),
        intent: open.object('intent').all,
      },
    }),
    ...(fields.has('height') ? { height: fields.count('height') } : {}),
    ...(fields.has('index') ? { index: fields.count('index') } : {}),
    ...(fields.has('event') ? { event: fields.object('event').all } : {}),
  };
}

function readEvents(fields: Fields): NodeEvents {
  const events = fields.list('events').map((one) => {
    const placed = fieldsOf('events', one);
    return { cursor: placed.text('cursor'), event: placed.object('event') };
  });
  return { events, next: fields.has('next') ? fields.text('next') : undefined };
}

/** One JSON object, field by field. */
export interface Fields {
  readonly all: Readonly<Record<string, unknown>>;
  has(name: string): boolean;
  text(name: string): string;
  flag(name: string): boolean;
  integer(name: string): bigint;
  /** An integer from 0, below 2^53. */
  count(name: string): number;
  hex(name: string, size: number): Hex;
  bytes(name: string): Uint8Array;
  list(name: string): readonly unknown[];
  object(name: string): Fields;
  fault(name: string): BadAnswerError;
}

/** Throws BadAnswerError if the value is no object. */
export function fieldsOf(what: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadAnswerError(what, 'is no object');
  }
  const all = value as Readonly<Record<string, unknown>>;
  const fault = (name: string): BadAnswerError => new BadAnswerError(what, `has a wrong or no \`${name}\``);
  const take = <T>(name: string, parse: (field: unknown) => T | undefined): T => {
    const parsed = parse(all[name]);
    if (parsed === undefined) throw fault(name);
    return parsed;
  };
  const integer = (field: unknown): bigint | undefined => {
    if (typeof field === 'number' && Number.isSafeInteger(field)) return BigInt(field);
    return typeof field === 'string' && /^-?\d{1,78}$/.test(field) ? BigInt(field) : undefined;
  };
  const count = (field: unknown): number | undefined => {
    const value = integer(field);
    return value === undefined || value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)
      ? undefined
      : Number(value);
  };
  const hex = (field: unknown, size?: number): Uint8Array | undefined =>
    typeof field === 'string' ? fromHex(field, size) : undefined;
  return {
    all,
    has: (name) => all[name] !== undefined && all[name] !== null,
    text: (name) => take(name, (field) => (typeof field === 'string' ? field : undefined)),
    flag: (name) => take(name, (field) => (typeof field === 'boolean' ? field : undefined)),
    integer: (name) => take(name, integer),
    count: (name) => take(name, count),
    hex: (name, size) => take(name, (field) => (hex(field, size) === undefined ? undefined : (field as Hex))),
    bytes: (name) => take(name, (field) => hex(field)),
    list: (name) => take(name, (field) => (Array.isArray(field) ? (field as unknown[]) : undefined)),
    object: (name) => fieldsOf(`${what} ${name}`, all[name]),
    fault,
  };
}
