/**
 * The node's HTTP API, typed as the page uses it (docs/api.md). The page is served by the node, so it asks its origin.
 *
 * Amounts, nonces, heights, sequences and times come as decimal strings and stay so until they are shown or counted.
 */

export interface Status {
  readonly chainId: number;
  readonly contract: string;
  /** Zero address: ETH. Null: the node does not know it yet. */
  readonly asset: string | null;
  readonly unit: string | null;
  readonly symbol: string | null;
  readonly decimals: number | null;
  readonly genesisHash: string;
  readonly engine: string;
  readonly version: string;
  readonly height: string;
  readonly time: string;
  readonly clock: string;
  readonly nonces: string;
  readonly openNonces: number;
  readonly activeStanding: number;
  readonly validators: readonly string[];
  readonly l1: {
    readonly time: string;
    readonly imported: string;
    readonly acknowledged: string;
    readonly formed: string;
    readonly settled: string;
    /** Block time from which on the next settlement is due; null: there is nothing to settle. */
    readonly nextCut: string | null;
    readonly status: string | null;
    /** JSON-RPC of the first layer for browsers. */
    readonly url: string | null;
  };
  readonly lagging: boolean;
  /** Of a devnet: where its page can stop the operator. */
  readonly controls: string | null;
}

export interface Genesis {
  readonly hash: string;
  readonly chainId: number;
  readonly contract: string;
  readonly time: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly validators: readonly string[];
  readonly bytes: string;
}

export interface Account {
  readonly address: string;
  readonly balance: string;
  readonly reserved: string;
  readonly free: string;
  readonly unsettled: string;
  readonly debited: string;
  readonly payoutOwed: string;
  readonly highest: string;
  readonly standing: number;
  readonly allowance: number;
  readonly openNonces: number;
  readonly openPlaces: number;
  readonly exiting: boolean;
  readonly authority: { readonly sequence: string; readonly limit: string } | null;
  readonly height: string;
}

export type Kind = 'transfer' | 'hold' | 'withdraw' | 'post' | 'validate';

export interface Intent {
  readonly kind: Kind;
  readonly commitment?: string;
  readonly payee?: string;
  readonly max?: string;
  /** Of a hold, s. */
  readonly window?: number;
  readonly topic?: string;
  readonly stake?: string;
  readonly size?: number;
}

export interface OpenNonce {
  readonly nonce: string;
  readonly account: string;
  readonly sequence: string;
  readonly index: number;
  readonly deadline: string;
  readonly dealtClock: string;
  readonly dealtHeight: string;
  readonly intent: Intent;
}

/** docs/protocol.md, 10: fields as the core names them, numbers as decimal strings. */
export type EventJson = { readonly type: string } & Readonly<Record<string, string | number | boolean>>;

export interface PlacedEvent {
  readonly cursor: string;
  readonly event: EventJson;
}

export interface NonceStatus {
  readonly status: 'open' | 'fulfilled' | 'annulled' | 'unknown';
  readonly height?: string;
  readonly index?: string;
  readonly event?: EventJson;
  readonly account?: string;
  readonly sequence?: string;
  readonly dealtHeight?: string;
  readonly dealtClock?: string;
  readonly intent?: Intent;
  readonly open?: OpenNonce;
}

export interface FetchStatus {
  readonly status: 'dealt' | 'refused' | 'unknown';
  readonly height?: string;
  readonly first?: string;
  readonly count?: number;
  readonly clock?: string;
  readonly limit?: string;
  readonly budget?: string;
  readonly intents?: readonly Intent[];
  readonly code?: number;
  readonly name?: string;
}

export interface BlockRow {
  readonly height: string;
  readonly digest: string;
  readonly time: string;
  readonly counts: Readonly<Record<'bytes' | 'items' | 'fulfils' | 'fetches' | 'events', number>>;
  readonly signers: readonly string[];
}

export interface SettlementRow {
  readonly number: string;
  readonly height: string;
  readonly status: 'formed' | 'settled';
  readonly debits: number;
  readonly credits: number;
  readonly payouts: number;
}

export interface EventPage {
  readonly events: readonly PlacedEvent[];
  readonly next: string | null;
}

export interface HeaderJson {
  readonly height: string;
  readonly parent: string;
  readonly events: string;
  readonly state: string;
  readonly settlement: string;
}

export interface Block {
  readonly header: HeaderJson;
  readonly digest: string;
  readonly time: string;
  readonly counts: Readonly<
    Record<'bytes' | 'views' | 'headerSignatures' | 'items' | 'fulfils' | 'fetches' | 'events', number>
  >;
  readonly events: readonly PlacedEvent[];
}

export interface SignedHeader {
  readonly header: HeaderJson;
  readonly digest: string;
  readonly signatures: readonly { readonly validator: string; readonly signature: string }[];
  readonly validators: readonly string[];
}

export interface Entry {
  readonly account: string;
  readonly amount: string;
}

export interface Settlement {
  readonly number: string;
  readonly height: string;
  readonly inbox: string;
  readonly hash: string;
  readonly status: 'formed' | 'settled';
  readonly transaction: string | null;
  readonly l1Block: string | null;
  readonly gasUsed: string | null;
  /** wei */
  readonly gasPrice: string | null;
  /** Dealt since the settlement before. */
  readonly nonces: string | null;
  readonly debits: readonly {
    readonly amount: string;
    readonly sequence: string;
    readonly limit: string;
    readonly request: string;
    readonly r: string;
    readonly vs: string;
  }[];
  readonly credits: readonly Entry[];
  readonly payouts: readonly Entry[];
  readonly rotation: readonly { readonly validator: string; readonly in: boolean }[];
}

export interface Deliveries {
  readonly deliveries: readonly {
    readonly cursor: string;
    readonly nonce: string;
    readonly fulfilled: boolean;
    readonly data: string | null;
  }[];
  readonly next: string | null;
}

/** The node does not serve this: its own code and words, or `away` when it did not answer at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** 0: no answer. */
  readonly status: number;
  /** Of docs/api.md, Node codes; 0: none. */
  readonly code: number;

  constructor(status: number, code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }

  get isAway(): boolean {
    return this.status === 0 || this.status >= 502;
  }
}

/** ms until a request is given up. */
const REQUEST_MS = 15_000;

/** Where the node is: the page's own origin. */
export function nodeUrl(): string {
  return location.origin;
}

/** Throws ApiError. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const timeout = AbortSignal.timeout(REQUEST_MS);
  let response: Response;
  try {
    response = await fetch(`${nodeUrl()}${path}`, {
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ApiError(0, 0, 'The node does not answer.', { cause });
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && body !== undefined) return body as T;
  const { error } = (body ?? {}) as { error?: { code: number; message: string } };
  throw new ApiError(response.status, error?.code ?? 0, error?.message ?? `HTTP ${response.status}`);
}

const part = (value: string | number): string => encodeURIComponent(String(value));
const query = (fields: Readonly<Record<string, string | number | undefined>>): string => {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return given.length === 0 ? '' : `?${given.map(([name, value]) => `${name}=${part(value!)}`).join('&')}`;
};

/** One function a route. Each throws ApiError. */
export const api = {
  status: (signal?: AbortSignal) => getJson<Status>('/v1/status', signal),
  genesis: (signal?: AbortSignal) => getJson<Genesis>('/v1/genesis', signal),
  account: (address: string, signal?: AbortSignal) =>
    getJson<Account>(`/v1/accounts/${part(address)}`, signal),
  openNoncesOf: (address: string, signal?: AbortSignal) =>
    getJson<{ nonces: readonly OpenNonce[]; height: string }>(`/v1/accounts/${part(address)}/nonces`, signal),
  accountEvents: (address: string, page: { after?: string; limit?: number }, signal?: AbortSignal) =>
    getJson<EventPage>(`/v1/accounts/${part(address)}/events${query(page)}`, signal),
  fetchStatus: (address: string, sequence: string, signal?: AbortSignal) =>
    getJson<FetchStatus>(`/v1/fetches/${part(address)}/${part(sequence)}`, signal),
  openNonces: (page: { from?: number; limit?: number }, signal?: AbortSignal) =>
    getJson<{ nonces: readonly OpenNonce[]; clock: string; height: string }>(
      `/v1/nonces${query(page)}`,
      signal,
    ),
  nonce: (nonce: string | number, signal?: AbortSignal) =>
    getJson<NonceStatus>(`/v1/nonces/${part(nonce)}`, signal),
  receipt: (nonce: string, signal?: AbortSignal) =>
    getJson<Readonly<Record<string, unknown>>>(`/v1/nonces/${part(nonce)}/receipt`, signal),
  blocks: (page: { before?: number; limit?: number }, signal?: AbortSignal) =>
    getJson<{ blocks: readonly BlockRow[] }>(`/v1/blocks${query(page)}`, signal),
  block: (height: string, signal?: AbortSignal) => getJson<Block>(`/v1/blocks/${part(height)}`, signal),
  header: (height: string, signal?: AbortSignal) =>
    getJson<SignedHeader>(`/v1/headers/${part(height)}`, signal),
  settlements: (page: { before?: number; limit?: number }, signal?: AbortSignal) =>
    getJson<{ settlements: readonly SettlementRow[] }>(`/v1/settlements${query(page)}`, signal),
  settlement: (number: string, signal?: AbortSignal) =>
    getJson<Settlement>(`/v1/settlements/${part(number)}`, signal),
  topic: (topic: string, page: { after?: string; limit?: number }, signal?: AbortSignal) =>
    getJson<Deliveries>(`/v1/topics/${part(topic)}${query(page)}`, signal),
};
