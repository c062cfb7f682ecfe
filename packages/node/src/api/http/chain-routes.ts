/**
 * Routes about the network and what is on record: status, genesis, blocks, headers, topics, settlements.
 *
 * docs/api.md, HTTP.
 */
import { FULFIL, headerToJson, scanBlock, signaturesToJson, toHex } from '@upfront/core';
import { genesisToJson } from '../../config/genesis-file.ts';
import { NodeError } from '../errors.ts';
import { eventPlaces } from '../event-bytes.ts';
import { assertKept, noBlock, notKept } from '../kept.ts';
import { parseCount, parseHash } from '../parse.ts';
import { charge } from './cost.ts';
import { nextNonceAfter } from './list-routes.ts';
import { pageOf, wanted } from './paging.ts';
import * as schemas from './schemas.ts';
import type { ApiServer } from './server.ts';
import type { Sources } from './sources.ts';
import { networkToJson, placedEventToJson, settledOf, settlementToJson } from './views.ts';

export function addNetworkRoutes(app: ApiServer, sources: Sources): void {
  const { replica, genesis, hashes, l1 } = sources;
  const genesisJson = genesisToJson(genesis, hashes);

  app.get(
    '/v1/status',
    {
      schema: {
        summary: 'The network and this node, as of the newest block',
        querystring: schemas.EmptyQuery,
        response: { 200: schemas.Status, default: schemas.ErrorAnswer },
      },
    },
    async () => {
      const network = await replica.read((ledger) => networkToJson(ledger, Date.now()));
      const facts = l1.facts();
      return {
        chainId: genesis.chainId,
        contract: toHex(genesis.contract),
        asset: facts?.asset ?? null,
        unit: facts === undefined ? null : String(facts.unit),
        symbol: facts?.symbol ?? null,
        decimals: facts?.decimals ?? null,
        genesisHash: genesisJson.hash,
        engine: sources.engineKind,
        version: sources.version,
        ...network,
        l1: { ...network.l1, status: l1.status() ?? null, url: sources.publicL1Url ?? null },
        controls: sources.controlsUrl ?? null,
      };
    },
  );

  app.get(
    '/v1/genesis',
    {
      schema: {
        summary: 'What the network begins with',
        querystring: schemas.EmptyQuery,
        response: { 200: schemas.GenesisAnswer, default: schemas.ErrorAnswer },
      },
    },
    async () => ({ ...genesisJson, validators: [...genesisJson.validators] }),
  );
}

export function addBlockRoutes(app: ApiServer, sources: Sources): void {
  const { store, genesis, limits } = sources;

  app.get(
    '/v1/blocks/:height',
    {
      schema: {
        summary: 'A block: its header, what is in it, and its events',
        params: schemas.HeightParams,
        querystring: schemas.EmptyQuery,
        response: { 200: schemas.BlockAnswer, default: schemas.ErrorAnswer },
      },
    },
    async ({ params, ip }) => {
      const height = wanted(parseCount(params.height), 'height');
      const header = store.header(height);
      const bytes = store.block(height);
      const list = store.events(height);
      if (header === undefined || bytes === undefined || list === undefined) throw noBlock(store, height);
      const block = scanBlock(bytes, genesis.parameters);
      if (block === undefined) throw new Error(`block ${height} is malformed`);
      const places = eventPlaces(list);
      const shown = Math.min(places.count, limits.blockEvents);
      charge(sources, ip, 'decodedEvents', shown);
      return {
        header: headerToJson(header.header),
        digest: toHex(header.digest),
        time: String(block.time),
        counts: {
          bytes: bytes.length,
          views: block.views.length,
          headerSignatures: block.headerSignatures.length,
          items: block.items.length,
          fulfils: block.fulfils.length,
          fetches: block.fetches.length,
          events: places.count,
        },
        events: Array.from({ length: shown }, (_, i) => placedEventToJson(height, list, places, i)),
      };
    },
  );
}

export function addRawRoutes(app: ApiServer, { store }: Sources): void {
  app.get(
    '/v1/blocks/:height/bytes',
    {
      schema: {
        summary: 'The block itself (docs/protocol.md, 5)',
        params: schemas.HeightParams,
        querystring: schemas.EmptyQuery,
        response: {
          200: { description: 'The block', content: { 'application/octet-stream': { schema: {} } } },
          default: schemas.ErrorAnswer,
        },
      },
    },
    async ({ params }, reply) => {
      const height = wanted(parseCount(params.height), 'height');
      const bytes = store.block(height);
      if (bytes === undefined) throw noBlock(store, height);
      return reply.type('application/octet-stream').send(Buffer.from(bytes) as never);
    },
  );

  app.get(
    '/v1/headers/:height',
    {
      schema: {
        summary: 'A header, its digest, and who signed it',
        params: schemas.HeightParams,
        querystring: schemas.EmptyQuery,
        response: { 200: schemas.HeaderAnswer, default: schemas.ErrorAnswer },
      },
    },
    async ({ params }) => {
      const height = wanted(parseCount(params.height), 'height');
      const found = store.header(height);
      if (found === undefined) throw noBlock(store, height);
      return {
        header: headerToJson(found.header),
        digest: toHex(found.digest),
        signatures: signaturesToJson(found.signatures),
        validators: store.validatorsAt(height).map(toHex),
      };
    },
  );
}

export function addHeaderPageRoute(app: ApiServer, sources: Sources): void {
  const { store, replica, limits } = sources;

  app.get(
    '/v1/headers',
    {
      schema: {
        summary: 'Headers behind a height, ascending, each with its signatures',
        querystring: schemas.HeaderPageQuery,
        response: { 200: schemas.HeaderPage, default: schemas.ErrorAnswer },
      },
    },
    async ({ query, ip }) => {
      const after = wanted(parseCount(query.after), 'after');
      const { limit } = pageOf(query.limit === undefined ? {} : { limit: query.limit }, limits);
      if (after < store.meta.base) throw notKept(store.meta.base);
      const last = Math.min(replica.height, after + limit);
      charge(sources, ip, 'decodedEvents', Math.max(0, last - after));
      const headers = [];
      for (let height = after + 1; height <= last; height++) {
        const found = store.header(height);
        if (found === undefined) throw noBlock(store, height);
        headers.push({
          header: headerToJson(found.header),
          signatures: signaturesToJson(found.signatures),
        });
      }
      return { headers };
    },
  );
}

export function addTopicRoutes(app: ApiServer, sources: Sources): void {
  const { store, limits } = sources;

  app.get(
    '/v1/topics/:topic',
    {
      schema: {
        summary: 'The delivered posts of a topic, behind a cursor; annulled places have no data',
        params: schemas.TopicParams,
        querystring: schemas.PageQuery,
        response: { 200: schemas.Deliveries, default: schemas.ErrorAnswer },
      },
    },
    async ({ params, query, ip }) => {
      const topic = wanted(parseHash(params.topic), 'topic');
      const { from, limit } = pageOf(query, limits);
      assertKept(store, from.height);
      const found = await store.topicDeliveries(topic, from, limit);
      charge(sources, ip, 'posts', found.length);
      const deliveries: { cursor: string; nonce: string; fulfilled: boolean; data: string | null }[] = [];
      let bytes = 0;
      for (const { height, index, nonce, fulfilled } of found) {
        const message = fulfilled ? await store.fulfilBytes(nonce) : undefined;
        const data = message?.subarray(FULFIL.post.data);
        bytes += data?.length ?? 0;
        // One row in any case, or a page could come to nothing.
        if (bytes > limits.pageBytes && deliveries.length > 0) break;
        deliveries.push({
          cursor: `${height}.${index}`,
          nonce: String(nonce),
          fulfilled,
          data: data === undefined ? null : toHex(data),
        });
      }
      const isLast = deliveries.length === found.length && found.length < limit;
      return { deliveries, next: isLast ? null : (deliveries.at(-1)?.cursor ?? null) };
    },
  );
}

export function addSettlementRoutes(app: ApiServer, sources: Sources): void {
  const { store, replica, l1 } = sources;

  app.get(
    '/v1/settlements/:number',
    {
      schema: {
        summary: 'A formed settlement: what the contract is to do',
        params: schemas.NumberParams,
        querystring: schemas.EmptyQuery,
        response: { 200: schemas.SettlementAnswer, default: schemas.ErrorAnswer },
      },
    },
    async ({ params }) => {
      const number = wanted(parseCount(params.number), 'number');
      const found = store.settlement(number);
      if (found === undefined) {
        const { formed } = await replica.read(({ settlements }) => settlements);
        if (number >= 1 && number <= formed) throw notKept(store.meta.base);
        throw new NodeError('notFound', `settlement ${number} is not formed`);
      }
      const settled = await replica.read(settledOf);
      const onL1 = await l1.settlement(number);
      const before = number === 1 ? 0 : store.settlement(number - 1)?.height;
      const from = before === undefined ? undefined : nextNonceAfter(store, before);
      const to = nextNonceAfter(store, found.height);
      return {
        ...settlementToJson(found.formed, found.height, number <= settled),
        transaction: onL1?.transaction ?? null,
        l1Block: onL1 === undefined ? null : String(onL1.block),
        gasUsed: onL1?.gasUsed === undefined ? null : String(onL1.gasUsed),
        gasPrice: onL1?.gasPrice === undefined ? null : String(onL1.gasPrice),
        nonces: from === undefined || to === undefined ? null : String(to - from),
      };
    },
  );
}
