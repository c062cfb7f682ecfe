/**
 * A node's API as clients of a simulation reach it: the same answers from the same views as the HTTP routes and the socket
 * give, without their servers.
 */
import {
  accountView,
  type Genesis,
  genesisHash,
  type Hashes,
  headerToJson,
  nonceView,
  scanBlock,
  signaturesToJson,
  splitMessages,
  toHex,
} from '@upfront/core';
import {
  accountToJson,
  blankAccount,
  type Chain,
  type Engine,
  encodeAnswers,
  encodeError,
  eventPlaces,
  FRAME,
  NodeError,
  networkToJson,
  openNonceToJson,
  placedEventToJson,
  settledOf,
  settlementToJson,
} from '@upfront/node/parts';
import { bytesOf } from './contract.ts';
import type { Host } from './network.ts';
import type { Process } from './platform.ts';

export interface ServerOptions {
  readonly process: Process;
  readonly chain: Chain;
  readonly engine: Engine;
  readonly genesis: Genesis;
  readonly hashes: Hashes;
}

export function createServer({ process, chain, engine, genesis, hashes }: ServerOptions): Host {
  const sources = { chain, genesis, hashes };
  return {
    process,
    frame(bytes, reply, close) {
      const id = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
      if (bytes[0] !== FRAME.submit) return close();
      const messages = bytes.slice(5);
      const index = splitMessages(messages, genesis.parameters);
      if (index === undefined) return reply(encodeError(id, 106));
      engine.submitBytes(messages, index).then(
        (answers) => reply(encodeAnswers(id, answers)),
        () => close(),
      );
    },
    async request(path) {
      const [, , name = '', first = '', second] = (path.split('?')[0] ?? '').split('/');
      const answer = ROUTES[name];
      if (answer === undefined) throw new NodeError('notFound', path);
      return await answer(sources, first, second);
    },
  };
}

type Sources = Pick<ServerOptions, 'chain' | 'genesis' | 'hashes'>;
type Route = (sources: Sources, first: string, second: string | undefined) => Promise<unknown>;

const ROUTES: Readonly<Record<string, Route>> = {
  async status({ chain, genesis, hashes }) {
    const network = await chain.read((ledger) => networkToJson(ledger, Date.now()));
    return {
      ...network,
      chainId: genesis.chainId,
      contract: toHex(genesis.contract),
      asset: null,
      unit: null,
      genesisHash: toHex(genesisHash(genesis, hashes)),
      engine: 'simulated',
      version: '0',
    };
  },
  accounts({ chain, genesis }, address) {
    return chain.read((ledger) =>
      accountToJson(
        accountView(ledger, bytesOf(address)) ?? blankAccount(bytesOf(address), genesis.parameters),
        ledger.height,
      ),
    );
  },
  async fetches({ chain }, account, sequence) {
    const record = await chain.store.fetch(bytesOf(account), BigInt(sequence!));
    if (record === undefined) return { status: 'unknown' };
    const height = String(record.height);
    if (record.status === 'refused') return { status: 'refused', height, code: record.code };
    return {
      status: 'dealt',
      height,
      first: String(record.first),
      count: record.count,
      clock: String(record.clock),
    };
  },
  async nonces({ chain }, text) {
    const nonce = Number(text);
    const open = await chain.read((ledger) => nonceView(ledger, nonce));
    if (open !== undefined) {
      const json = openNonceToJson(open);
      return { status: 'open', account: json.account, sequence: json.sequence, open: json };
    }
    const place = await chain.store.resolution(nonce);
    if (place === undefined) return { status: 'unknown' };
    const list = chain.store.events(place.height)!;
    const { event } = placedEventToJson(place.height, list, eventPlaces(list), place.index);
    const fetch = await chain.store.fetchOfNonce(nonce);
    return {
      status: event.type === 'annulled' ? 'annulled' : 'fulfilled',
      height: String(place.height),
      index: String(place.index),
      event,
      ...(fetch && { account: toHex(fetch.account), sequence: String(fetch.sequence) }),
    };
  },
  async settlements({ chain }, number) {
    const stored = chain.store.settlement(Number(number));
    if (stored === undefined) throw new NodeError('notFound', 'no such settlement');
    const settled = await chain.read(settledOf);
    return settlementToJson(stored.formed, stored.height, Number(number) <= settled);
  },
  async headers({ chain }, height) {
    const stored = chain.store.header(Number(height));
    if (stored === undefined) throw new NodeError('notFound', 'no such header');
    return {
      header: headerToJson(stored.header),
      digest: toHex(stored.digest),
      signatures: signaturesToJson(stored.signatures),
    };
  },
  async blocks({ chain, genesis }, height, part) {
    const bytes = chain.store.block(Number(height));
    if (bytes === undefined || scanBlock(bytes, genesis.parameters) === undefined)
      throw new NodeError('notFound', 'no such block');
    if (part === 'bytes') return bytes;
    const list = chain.store.events(Number(height))!;
    const places = eventPlaces(list);
    const events = Array.from({ length: places.count }, (_, i) =>
      placedEventToJson(Number(height), list, places, i),
    );
    return { events, next: null };
  },
};
