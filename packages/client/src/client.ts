/**
 * What every action works with: a node, a journal, a signer, the first layer; and how these are made from options.
 *
 * Nothing is asked before it is needed. The network is known by its genesis: from the options, else from the journal,
 * else (the first time only) from the node; then it is written down.
 */
import { decodeGenesis, encodeGenesis, fromHex, type Genesis, nobleHashes, toHex } from '@upfront/core';
import type { Address, Hex } from 'viem';
import {
  ClosedError,
  ConfigurationError,
  NetworkMismatchError,
  NoAccountError,
  NoL1Error,
  NoNodeError,
} from './errors/kinds.ts';
import type { Journal } from './journal/journal.ts';
import { createL1, type L1, type L1Source } from './l1/l1.ts';
import { type AccountSource, createSigner, type Signer } from './signer.ts';
import { Book } from './state/book.ts';
import { createHttp } from './transport/http.ts';
import { createNodeApi, type NodeAccount, type NodeApi } from './transport/node-api.ts';
import { createSocket, type Socket } from './transport/socket.ts';

export interface ClientOptions {
  /**
   * The node's URL: http: or https:. Without it the client does what needs no node: deposit, exit, claim, what the first
   * layer has of an account, and checking receipts.
   */
  readonly node?: string | undefined;
  /** Signs. Without it the client reads, follows and verifies. */
  readonly account?: AccountSource | undefined;
  /** The first layer. Without it there is no deposit, exit or claim, and `limit` rests on the journal alone. */
  readonly l1?: L1Source | undefined;
  /** Where activities are kept until they are done. Needed with `account`; one account, one network, one process. */
  readonly journal?: Journal | undefined;
  /**
   * The network that is meant, whole: its bytes, as the genesis file has them, or decoded. Then nobody is asked for it.
   * Give it or its hash wherever money is at stake: without either the node's first answer is taken (and kept in the
   * journal), and a node that lies could name another contract to deposit to, or other validators.
   */
  readonly genesis?: Genesis | Uint8Array | Hex | undefined;
  readonly genesisHash?: Hex | undefined;
  /** ms for one request, and for one message to be answered. Default 15,000. */
  readonly timeout?: number | undefined;
  /** ms that a fetch may wait to be dealt: its `expires`. Default 120,000; the network's most is expiryMost. */
  readonly expiry?: number | undefined;
  /** Messages that may be under way. Default 65,536. */
  readonly pendingMost?: number | undefined;
  /** ms before the second try, and at most. Default 250 and 10,000. */
  readonly backoff?: { readonly first: number; readonly most: number } | undefined;
  /** Stand-ins for the platform's. */
  readonly WebSocket?: typeof globalThis.WebSocket | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** ms since the epoch. */
  readonly now?: (() => number) | undefined;
}

/** A network by its genesis. */
export interface Network {
  readonly genesis: Genesis;
  /** Its bytes. */
  readonly bytes: Uint8Array;
  readonly hash: Hex;
  readonly contract: Address;
}

/** What actions take. Everything here may fail with the errors of errors/kinds.ts. */
export interface BaseClient {
  /** The account that signs, if there is one. */
  readonly address: Address | undefined;
  readonly node: NodeApi;
  readonly socket: Socket;
  readonly timeout: number;
  readonly expiry: number;
  readonly now: () => number;
  /** The network's genesis, checked against the options and the journal. */
  network(): Promise<Network>;
  /** The signing account, or NoAccountError. */
  signer(action: string): Signer;
  /** The first layer, or NoL1Error. */
  l1(action: string): L1;
  readonly hasL1: boolean;
  /** The first layer, once it is known to be the network's chain, and the contract. NoL1Error, NetworkMismatchError, L1Error. */
  contract(action: string): Promise<{ readonly l1: L1; readonly contract: Address }>;
  /** The account's books, or NoAccountError. */
  book(action: string): Promise<Book>;
  /** The network's view of the account, at most `age` ms old. */
  view(action: string, age: number): Promise<NodeAccount>;
  /** Forgets the view: what it said has changed. */
  forgetView(): void;
  /** Ends connections, writes what was kept back, lets go of the journal. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 15_000;
const EXPIRY_MS = 120_000;
const PENDING_MOST = 65_536;
const BACKOFF = { first: 250, most: 10_000 };
const READ_TRIES = 4;
/** A node's own limit on frames is not part of the API; this is below any sensible one. */
const FRAME_BYTES = 512 * 1024;

/** What a client stands on, if it is not made from the options' URLs and keys. */
export interface Ground {
  readonly node: NodeApi;
  readonly socket: Socket;
  readonly l1: L1;
  readonly signer: Signer;
}

/** Throws ConfigurationError if the options do not go together. */
export function createBaseClient(options: ClientOptions, ground?: Ground): BaseClient {
  const signer =
    ground?.signer ?? (options.account === undefined ? undefined : createSigner(options.account));
  if (signer !== undefined && options.journal === undefined) {
    throw new ConfigurationError(
      'An account needs a journal: fileJournal, indexedDbJournal, or knowingly memoryJournal.',
    );
  }
  const timeout = options.timeout ?? TIMEOUT_MS;
  const { node, socket } = ground ?? connectionsOf(options, timeout);
  const l1 = ground?.l1 ?? (options.l1 === undefined ? undefined : createL1(options.l1, options.account));
  const now = options.now ?? Date.now;

  const source = genesisSource(options, node);

  let isClosed = false;
  const book = once(() => {
    if (isClosed) throw new ClosedError();
    return Book.open(options.journal!, signer!.address, async () => toHex((await source.first()).bytes));
  });
  const network = once(async () =>
    signer === undefined ? await source.first() : checked(fromHex((await book()).genesis)!, source.hash),
  );
  const sameChain = once(async () => {
    const { chainId } = (await network()).genesis;
    const found = await l1!.chainId();
    if (found !== chainId)
      throw new NetworkMismatchError('first layer\u2019s chain', String(found), String(chainId));
  });
  const views = createViews(node, now);

  return {
    address: signer?.address,
    node,
    socket,
    timeout,
    expiry: options.expiry ?? EXPIRY_MS,
    now,
    network,
    signer: (action) => signer ?? fail(new NoAccountError(action)),
    l1: (action) => l1 ?? fail(new NoL1Error(action)),
    hasL1: l1 !== undefined,
    async contract(action) {
      if (l1 === undefined) throw new NoL1Error(action);
      await sameChain();
      return { l1, contract: (await network()).contract };
    },
    async book(action) {
      return signer === undefined ? fail(new NoAccountError(action)) : await book();
    },
    async view(action, age) {
      return signer === undefined ? fail(new NoAccountError(action)) : await views.take(signer.address, age);
    },
    forgetView: () => views.forget(),
    async close() {
      if (isClosed) return;
      isClosed = true;
      socket.close();
      const opened = await book.opened()?.catch(() => undefined);
      if (opened !== undefined) await opened.close();
      else await options.journal?.close();
    },
  };
}

function connectionsOf(
  options: ClientOptions,
  timeout: number,
): { readonly node: NodeApi; readonly socket: Socket } {
  if (options.node === undefined) return noNode;
  const url = nodeUrl(options.node);
  const backoff = options.backoff ?? BACKOFF;
  const fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  const node = createNodeApi(createHttp({ url, timeout, tries: READ_TRIES, backoff, fetch }));
  const socket = createSocket({
    url: `${url.replace(/^http/, 'ws')}/v1/socket`,
    timeout,
    pendingMost: options.pendingMost ?? PENDING_MOST,
    frameBytes: FRAME_BYTES,
    backoff,
    WebSocket: options.WebSocket ?? globalThis.WebSocket,
  });
  return { node, socket };
}

/** `first`: the network where no journal knows it yet. `hash`: the one that is meant, if the options say. */
function genesisSource(
  { genesis, genesisHash, node: url }: ClientOptions,
  node: NodeApi,
): { readonly hash: Hex | undefined; first(): Promise<Network> } {
  const given = genesis === undefined ? undefined : checked(bytesOf(genesis), genesisHash);
  const hash = given?.hash ?? genesisHash;
  const first = async (): Promise<Network> => {
    if (given !== undefined) return given;
    if (url === undefined)
      throw new ConfigurationError(
        'Which network is meant is not known: pass `genesis` or `node` to createClient.',
      );
    return checked(await node.genesis(), hash);
  };
  return { hash, first };
}

/** Stands where no node is: whatever is asked of it fails, and nothing is sent. */
const noNode: { readonly node: NodeApi; readonly socket: Socket } = {
  node: createNodeApi({
    json: (path) => Promise.reject(new NoNodeError(path)),
    bytes: (path) => Promise.reject(new NoNodeError(path)),
  }),
  socket: {
    submit: () => Promise.reject(new NoNodeError('Sending')),
    subscribe: () => fail(new NoNodeError('Following')),
    close: () => undefined,
  },
};

/** Everybody who wants the account at about the same time shares one request. */
function createViews(node: NodeApi, now: () => number) {
  let last: { readonly taken: number; readonly account: Promise<NodeAccount> } | undefined;
  return {
    take(address: Address, age: number): Promise<NodeAccount> {
      if (last !== undefined && now() - last.taken <= age) return last.account;
      const mine = { taken: now(), account: node.account(address) };
      last = mine;
      mine.account.catch(() => {
        if (last === mine) last = undefined;
      });
      return mine.account;
    },
    forget(): void {
      last = undefined;
    },
  };
}

function fail(error: Error): never {
  throw error;
}

/** The bytes of `options.genesis`. Throws ConfigurationError if it is malformed hex. */
function bytesOf(given: Genesis | Uint8Array | Hex): Uint8Array {
  if (given instanceof Uint8Array) return given;
  if (typeof given !== 'string') return encodeGenesis(given);
  return fromHex(given) ?? fail(new ConfigurationError('`genesis` is no hex.'));
}

/** The genesis in these bytes, if it is the one that is meant. */
function checked(bytes: Uint8Array, genesisHash: Hex | undefined): Network {
  const genesis = decodeGenesis(bytes);
  const hash = toHex(nobleHashes.sha256(bytes));
  if (genesis === undefined)
    throw new NetworkMismatchError('genesis', 'bytes that are none', 'a genesis of upfront/1');
  if (genesisHash !== undefined && hash !== genesisHash.toLowerCase()) {
    throw new NetworkMismatchError('genesis', hash, genesisHash);
  }
  return { genesis, bytes, hash, contract: toHex(genesis.contract) };
}

function nodeUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ConfigurationError('`node` is no URL.');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ConfigurationError('`node` is no http: URL.');
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
}

/** Runs `work` once and gives everybody its result; after a failure the next caller tries again. */
function once<T>(work: () => Promise<T>): (() => Promise<T>) & { opened(): Promise<T> | undefined } {
  let result: Promise<T> | undefined;
  const run = async (): Promise<T> => {
    result ??= (async () => work())().catch((error: unknown) => {
      result = undefined;
      throw error;
    });
    return await result;
  };
  return Object.assign(run, { opened: () => result });
}
