/**
 * Routes that list the newest of something: open nonces, blocks, settlements.
 *
 * docs/api.md, HTTP. Rows are summaries; each has a route of its own that tells all.
 */
import { EVENT, openNonces, type Parameters, readU64, scanBlock, toHex, viewOf } from '@upfront/core';
import type { StoredSettlement, StoreReader } from '../../store/store.ts';
import { eventAt, eventPlaces } from '../event-bytes.ts';
import { assertKept, notKept } from '../kept.ts';
import { parseCount } from '../parse.ts';
import { charge } from './cost.ts';
import { wanted } from './paging.ts';
import * as schemas from './schemas.ts';
import type { ApiServer } from './server.ts';
import type { Sources } from './sources.ts';
import { LIST_WIDTHS, openNonceToJson, settledOf } from './views.ts';

export function addListRoutes(app: ApiServer, sources: Sources): void {
  const { replica, store, genesis, limits } = sources;

  app.get(
    '/v1/nonces',
    {
      schema: {
        summary: 'Open nonces of everybody, ascending',
        querystring: schemas.FromQuery,
        response: { 200: schemas.OpenNonceList, default: schemas.ErrorAnswer },
      },
    },
    async ({ query, ip }) => {
      const from = wanted(parseCount(query.from ?? '0'), 'from');
      const limit = rowsOf(query.limit, limits.pageDefault, limits.pageMost);
      charge(sources, ip, 'openNonces', await replica.read((ledger) => ledger.nonces.count));
      charge(sources, ip, 'decodedEvents', limit);
      return replica.read((ledger) => ({
        nonces: openNonces(ledger, from, limit).map(openNonceToJson),
        clock: String(ledger.clock),
        height: String(ledger.height),
      }));
    },
  );

  app.get(
    '/v1/blocks',
    {
      schema: {
        summary: 'The newest blocks, or those below a height, descending',
        querystring: schemas.BeforeQuery,
        response: { 200: schemas.BlockList, default: schemas.ErrorAnswer },
      },
    },
    async ({ query, ip }) => {
      const height = await replica.read((ledger) => ledger.height);
      const { base } = store.meta;
      const { top, count } = descending(query, height, limits);
      if (count > 0) assertKept(store, top);
      const kept = Math.min(count, top - base);
      const blocks = Array.from({ length: kept }, (_, i) => blockRow(store, genesis.parameters, top - i));
      const messages = blocks.reduce((sum, { counts }) => sum + counts.fulfils + counts.fetches, 0);
      charge(sources, ip, 'scannedMessages', messages);
      return { blocks };
    },
  );

  app.get(
    '/v1/settlements',
    {
      schema: {
        summary: 'The newest settlements, or those below a number, descending',
        querystring: schemas.BeforeQuery,
        response: { 200: schemas.SettlementList, default: schemas.ErrorAnswer },
      },
    },
    async ({ query }) => {
      const { formed, settled } = await replica.read((ledger) => ({
        formed: ledger.settlements.formed,
        settled: settledOf(ledger),
      }));
      const { top, count } = descending(query, formed, limits);
      const found = settlementsDown(store, top, count);
      if (count > 0 && found.length === 0) throw notKept(store.meta.base);
      return { settlements: found.map((one) => settlementRow(one, settled)) };
    },
  );
}

/** How far back the last dealt nonce is looked for. */
const QUIET_BLOCKS_MOST = 1000;
/** A *dealt* event's first nonce and count, an *item*'s nonce. */
const AT = { dealtFirst: 29, dealtCount: 37, itemNonce: 1 } as const;

/** The nonce after the last that was dealt up to this block; undefined: nothing was dealt for very long before it. */
export function nextNonceAfter(store: Pick<StoreReader, 'events'>, height: number): number | undefined {
  for (let at = height; at > Math.max(0, height - QUIET_BLOCKS_MOST); at--) {
    const list = store.events(at);
    if (list === undefined) return undefined;
    const places = eventPlaces(list);
    for (let i = places.count - 1; i >= 0; i--) {
      const event = eventAt(list, places, i);
      const view = viewOf(event);
      if (event[0] === EVENT.dealt)
        return Number(readU64(view, AT.dealtFirst)) + view.getUint16(AT.dealtCount);
      if (event[0] === EVENT.item) return Number(readU64(view, AT.itemNonce)) + 1;
    }
  }
  return height <= QUIET_BLOCKS_MOST ? 0 : undefined;
}

function blockRow(store: StoreReader, parameters: Parameters, height: number) {
  const header = store.header(height);
  const bytes = store.block(height);
  const block = bytes && scanBlock(bytes, parameters);
  const events = store.events(height);
  if (header === undefined || block === undefined || events === undefined)
    throw new Error(`block ${height} is not in the store`);
  return {
    height: String(height),
    digest: toHex(header.digest),
    time: String(block.time),
    counts: {
      bytes: block.bytes.length,
      items: block.items.length,
      fulfils: block.fulfils.length,
      fetches: block.fetches.length,
      events: viewOf(events).getUint32(0),
    },
    signers: header.signatures.map(({ validator }) => toHex(validator)),
  };
}

/** Those that were formed before the snapshot that this node began with are not here. */
function settlementsDown(store: StoreReader, top: number, count: number): StoredSettlement[] {
  const found: StoredSettlement[] = [];
  for (let number = top; number > top - count; number--) {
    const one = store.settlement(number);
    if (one === undefined) break;
    found.push(one);
  }
  return found;
}

function settlementRow({ formed, height }: StoredSettlement, settled: number) {
  return {
    number: String(formed.number),
    height: String(height),
    status: formed.number <= settled ? ('settled' as const) : ('formed' as const),
    debits: formed.debits.length / LIST_WIDTHS.debit,
    credits: formed.credits.length / LIST_WIDTHS.entry,
    payouts: formed.payouts.length / LIST_WIDTHS.entry,
  };
}

/** The first row of a list that goes down to 1, and how many there are of the wanted ones. */
function descending(
  query: { readonly before?: string; readonly limit?: string },
  newest: number,
  limits: Sources['limits'],
): { top: number; count: number } {
  const before = wanted(parseCount(query.before ?? String(newest + 1)), 'before');
  const limit = rowsOf(query.limit, Math.min(20, limits.listMost), limits.listMost);
  const top = Math.min(newest, before - 1);
  return { top, count: Math.max(0, Math.min(limit, top)) };
}

function rowsOf(text: string | undefined, byDefault: number, most: number): number {
  if (text === undefined) return byDefault;
  const limit = parseCount(text, most);
  return wanted(limit === 0 ? undefined : limit, 'limit');
}
