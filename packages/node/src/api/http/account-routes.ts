/**
 * Routes about accounts, fetches and nonces.
 *
 * docs/api.md, HTTP. Whatever rests on the ledger is read through the replica, so it is durable when it is answered.
 */
import {
  accountView,
  codeName,
  type Ledger,
  nonceView,
  openNoncesOf,
  SEQUENCE_WINDOW,
  toHex,
} from '@upfront/core';
import type { FetchOfNonce } from '../../store/store.ts';
import { NodeError } from '../errors.ts';
import { eventPlaces } from '../event-bytes.ts';
import { assertKept, notKept } from '../kept.ts';
import { parseAddress, parseCount, parseSequence } from '../parse.ts';
import { charge } from './cost.ts';
import { readDealtFetch } from './intents.ts';
import { pageOf, readPlacedEvents, wanted } from './paging.ts';
import { receiptOf } from './receipt.ts';
import * as schemas from './schemas.ts';
import type { ApiServer } from './server.ts';
import type { Sources } from './sources.ts';
import { accountToJson, blankAccount, intentToJson, openNonceToJson, placedEventToJson } from './views.ts';

export function addAccountRoutes(app: ApiServer, sources: Sources): void {
  const { replica, genesis, limits } = sources;

  app.get(
    '/v1/accounts/:address',
    {
      schema: {
        summary: 'An account; one that never appeared has nothing',
        params: schemas.AddressParams,
        querystring: schemas.EmptyQuery,
        response: { 200: schemas.Account, default: schemas.ErrorAnswer },
      },
    },
    async ({ params }) => {
      const address = wanted(parseAddress(params.address), 'address');
      return replica.read((ledger) => {
        const view = accountView(ledger, address) ?? blankAccount(address, genesis.parameters);
        return accountToJson(view, ledger.height);
      });
    },
  );

  app.get(
    '/v1/accounts/:address/nonces',
    {
      schema: {
        summary: 'Its open nonces, ascending, at most 1024',
        params: schemas.AddressParams,
        querystring: schemas.EmptyQuery,
        response: { 200: schemas.OpenNonces, default: schemas.ErrorAnswer },
      },
    },
    async ({ params, ip }) => {
      const address = wanted(parseAddress(params.address), 'address');
      charge(sources, ip, 'openNonces', await replica.read((ledger) => ledger.nonces.count));
      return replica.read((ledger) => ({
        nonces: openNoncesOf(ledger, address, limits.openNonces).map(openNonceToJson),
        height: String(ledger.height),
      }));
    },
  );
}

export function addHistoryRoutes(app: ApiServer, sources: Sources): void {
  const { store, replica, limits } = sources;

  app.get(
    '/v1/accounts/:address/events',
    {
      schema: {
        summary: 'The events that name it, behind a cursor',
        params: schemas.AddressParams,
        querystring: schemas.PageQuery,
        response: { 200: schemas.EventPage, default: schemas.ErrorAnswer },
      },
    },
    async ({ params, query, ip }) => {
      const address = wanted(parseAddress(params.address), 'address');
      const { from, limit } = pageOf(query, limits);
      assertKept(store, from.height);
      const cursors = await store.accountEvents(address, from, limit);
      charge(sources, ip, 'decodedEvents', cursors.length);
      const events = readPlacedEvents(store, cursors);
      return { events, next: events.length === limit ? (events.at(-1)?.cursor ?? null) : null };
    },
  );

  app.get(
    '/v1/fetches/:account/:sequence',
    {
      schema: {
        summary: 'What became of a fetch',
        params: schemas.FetchParams,
        querystring: schemas.EmptyQuery,
        response: { 200: schemas.FetchStatus, default: schemas.ErrorAnswer },
      },
    },
    async ({ params, ip }) => {
      const account = wanted(parseAddress(params.account), 'account');
      const sequence = wanted(parseSequence(params.sequence), 'sequence');
      const record = await store.fetch(account, sequence);
      if (record === undefined) {
        const { base } = store.meta;
        if (base > 0 && (await replica.read((ledger) => isUsed(ledger, account, sequence))))
          throw notKept(base);
        return { status: 'unknown' as const };
      }
      const common = { height: String(record.height), digest: toHex(record.digest) };
      if (record.status === 'refused') {
        return { status: 'refused' as const, ...common, code: record.code, name: codeName(record.code) };
      }
      const { first, count, clock } = record;
      const { fetch } = readDealtFetch(sources, ip, { account, sequence, ...record });
      return {
        status: 'dealt' as const,
        ...common,
        first: String(first),
        count,
        clock: String(clock),
        limit: String(fetch.limit),
        budget: String(fetch.budget),
        intents: fetch.intents.map(intentToJson),
      };
    },
  );
}

export function addNonceRoutes(app: ApiServer, sources: Sources): void {
  const { replica, store } = sources;

  app.get(
    '/v1/nonces/:nonce',
    {
      schema: {
        summary: 'A nonce: open with its intent, or how it was resolved',
        params: schemas.NonceParams,
        querystring: schemas.EmptyQuery,
        response: { 200: schemas.NonceStatus, default: schemas.ErrorAnswer },
      },
    },
    async ({ params, ip }) => {
      const nonce = wanted(parseCount(params.nonce), 'nonce');
      const open = await replica.read((ledger) => nonceView(ledger, nonce));
      if (open !== undefined) {
        const json = openNonceToJson(open);
        return { status: 'open' as const, account: json.account, sequence: json.sequence, open: json };
      }
      const place = await store.resolution(nonce);
      if (place === undefined) {
        const { base } = store.meta;
        const nonces = await replica.read(({ nextNonce }) => nextNonce);
        if (base > 0 && nonce < nonces) throw notKept(base);
        return { status: 'unknown' as const };
      }
      const list = store.events(place.height);
      if (list === undefined) throw new Error(`the events of block ${place.height} are not in the store`);
      const { event } = placedEventToJson(place.height, list, eventPlaces(list), place.index);
      const dealt = await store.fetchOfNonce(nonce);
      return {
        status: event.type === 'annulled' ? ('annulled' as const) : ('fulfilled' as const),
        height: String(place.height),
        index: String(place.index),
        event,
        ...(dealt && originOf(sources, ip, dealt, nonce)),
      };
    },
  );
}

/** Who announced a nonce, when, and as what. */
function originOf(sources: Sources, ip: string, dealt: FetchOfNonce, nonce: number) {
  const { fetch, clock } = readDealtFetch(sources, ip, dealt);
  return {
    account: toHex(dealt.account),
    sequence: String(dealt.sequence),
    dealtHeight: String(dealt.height),
    dealtClock: String(clock),
    intent: intentToJson(fetch.intents[nonce - dealt.first]!),
  };
}

export function addReceiptRoutes(app: ApiServer, sources: Sources): void {
  const { store, replica } = sources;

  app.get(
    '/v1/nonces/:nonce/receipt',
    {
      schema: {
        summary: 'The receipt of its resolution',
        params: schemas.NonceParams,
        querystring: schemas.EmptyQuery,
        response: { 200: schemas.ReceiptAnswer, default: schemas.ErrorAnswer },
      },
    },
    async ({ params, ip }) => {
      const nonce = wanted(parseCount(params.nonce), 'nonce');
      const place = await store.resolution(nonce);
      if (place === undefined) {
        const { base } = store.meta;
        const isPast = await replica.read(
          (ledger) => nonce < ledger.nextNonce && ledger.nonces.find(nonce) < 0,
        );
        if (base > 0 && isPast) throw notKept(base);
        throw new NodeError('notFound', `nonce ${nonce} is not resolved`);
      }
      return receiptOf(sources, ip, place.height, place.index);
    },
  );

  app.get(
    '/v1/receipts/:height/:index',
    {
      schema: {
        summary: 'The receipt of any event',
        params: schemas.EventParams,
        querystring: schemas.EmptyQuery,
        response: { 200: schemas.ReceiptAnswer, default: schemas.ErrorAnswer },
      },
    },
    async ({ params, ip }) => {
      const height = wanted(parseCount(params.height), 'height');
      const index = wanted(parseCount(params.index, 0xffff_ffff), 'index');
      return receiptOf(sources, ip, height, index);
    },
  );
}

/** Whether the account has used this sequence up, as the state knows. */
function isUsed({ accounts }: Ledger, account: Uint8Array, sequence: bigint): boolean {
  const row = accounts.find(account, 0);
  if (row < 0) return false;
  return accounts.isUsed(row, sequence) || sequence <= accounts.highest.get(row) - BigInt(SEQUENCE_WINDOW);
}
