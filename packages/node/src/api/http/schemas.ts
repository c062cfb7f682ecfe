/**
 * The shapes of the HTTP API: what is accepted, what is answered, and the OpenAPI document that says so.
 *
 * docs/api.md, HTTP. Integers that are money, nonces, heights, sequences or times are decimal strings; bytes 0x hex.
 */
import { type TSchema, Type } from 'typebox';
import { ADDRESS, BYTES, CURSOR, DECIMAL, HASH } from '../parse.ts';

const text = (pattern: string, description: string) => Type.String({ pattern, description });

export const Decimal = text(DECIMAL, 'a decimal integer');
const Signed = text('^-?(0|[1-9][0-9]{0,19})$', 'a decimal integer, perhaps below 0');
const Address = text(ADDRESS, '20 bytes');
const Hash = text(HASH, '32 bytes');
const Bytes = text(BYTES, 'bytes');
const CursorText = text(CURSOR, 'a place in the stream of events: height.index');
const Count = Type.Integer({ minimum: 0 });
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const strict = { additionalProperties: false };

export const ErrorAnswer = Type.Object(
  {
    error: Type.Object({
      code: Type.Integer({ description: 'a node code' }),
      name: Type.String(),
      message: Type.String(),
    }),
  },
  { description: 'Not served' },
);

export const AddressParams = Type.Object({ address: Address }, strict);
export const FetchParams = Type.Object({ account: Address, sequence: Decimal }, strict);
export const NonceParams = Type.Object({ nonce: Decimal }, strict);
export const HeightParams = Type.Object({ height: Decimal }, strict);
export const EventParams = Type.Object({ height: Decimal, index: Decimal }, strict);
export const TopicParams = Type.Object({ topic: Hash }, strict);
export const NumberParams = Type.Object({ number: Decimal }, strict);
export const PageQuery = Type.Object(
  {
    after: Type.Optional(CursorText),
    limit: Type.Optional(text(DECIMAL, 'rows of the page, at most 1000')),
  },
  strict,
);
export const HeaderPageQuery = Type.Object(
  {
    after: text(DECIMAL, 'the last height one has'),
    limit: Type.Optional(text(DECIMAL, 'headers of the page, at most 1000')),
  },
  strict,
);
export const FromQuery = Type.Object(
  {
    from: Type.Optional(text(DECIMAL, 'the first nonce wanted')),
    limit: Type.Optional(text(DECIMAL, 'rows, at most 1000')),
  },
  strict,
);
export const BeforeQuery = Type.Object(
  {
    before: Type.Optional(text(DECIMAL, 'rows below this one')),
    limit: Type.Optional(text(DECIMAL, 'rows, at most 100')),
  },
  strict,
);
export const EmptyQuery = Type.Object({}, strict);

export const Status = Type.Object({
  chainId: Type.Integer(),
  contract: Address,
  asset: orNull(Address),
  unit: orNull(
    Type.String({ pattern: '^[0-9]+$', description: 'base units of the asset that make one unit' }),
  ),
  symbol: orNull(Type.String({ description: 'of the asset' })),
  decimals: orNull(Count),
  genesisHash: Hash,
  engine: Type.String(),
  version: Type.String(),
  height: Decimal,
  time: Decimal,
  clock: Decimal,
  nonces: Decimal,
  openNonces: Count,
  activeStanding: Count,
  validators: Type.Array(Address),
  l1: Type.Object({
    time: Decimal,
    imported: Decimal,
    acknowledged: Decimal,
    formed: Decimal,
    settled: Decimal,
    nextCut: orNull(text(DECIMAL, 'block time from which on the next settlement is due, if there is one')),
    status: orNull(Type.String({ description: 'what this node’s watcher says' })),
    url: orNull(Type.String({ description: 'JSON-RPC of the first layer for browsers' })),
  }),
  lagging: Type.Boolean(),
  controls: orNull(Type.String({ description: 'of a devnet: where its page can stop the operator' })),
});

export const GenesisAnswer = Type.Object({
  hash: Hash,
  chainId: Type.Integer(),
  contract: Address,
  time: Decimal,
  parameters: Type.Record(Type.String(), Decimal),
  validators: Type.Array(Address),
  bytes: Bytes,
});

export const Account = Type.Object({
  address: Address,
  balance: Decimal,
  reserved: Decimal,
  free: Decimal,
  unsettled: Signed,
  debited: Decimal,
  payoutOwed: Decimal,
  highest: Signed,
  used: text('^0x[0-9a-f]{16}$', 'bit i: sequence highest - i is used'),
  standing: Count,
  allowance: Count,
  openNonces: Count,
  openPlaces: Count,
  exiting: Type.Boolean(),
  authority: orNull(Type.Object({ sequence: Decimal, limit: Decimal })),
  height: Decimal,
});

const IntentJson = Type.Object({
  kind: Type.Enum(['transfer', 'hold', 'withdraw', 'post', 'validate']),
  commitment: Type.Optional(Hash),
  payee: Type.Optional(Address),
  max: Type.Optional(Decimal),
  window: Type.Optional(Type.Integer({ description: 'of a hold, s' })),
  topic: Type.Optional(Hash),
  stake: Type.Optional(Decimal),
  size: Type.Optional(Count),
});

export const OpenNonce = Type.Object({
  nonce: Decimal,
  account: Address,
  sequence: Decimal,
  index: Type.Integer({ description: 'of the fetch’s intents, from 0' }),
  deadline: text(DECIMAL, 'clock at which the window ends'),
  dealtClock: Decimal,
  dealtHeight: Decimal,
  intent: IntentJson,
});

export const OpenNonces = Type.Object({ nonces: Type.Array(OpenNonce), height: Decimal });
export const OpenNonceList = Type.Object({
  nonces: Type.Array(OpenNonce),
  clock: Decimal,
  height: Decimal,
});

export const EventJson = Type.Object(
  { type: Type.String({ description: 'docs/protocol.md, 10' }) },
  { additionalProperties: Type.Union([Type.String(), Type.Integer(), Type.Boolean()]) },
);
export const PlacedEvent = Type.Object({ cursor: CursorText, event: EventJson });
const next = Type.Union([CursorText, Type.Null()], {
  description: 'the `after` of the next page, if there is one now',
});
export const EventPage = Type.Object({ events: Type.Array(PlacedEvent), next });

export const FetchStatus = Type.Object({
  status: Type.Enum(['dealt', 'refused', 'unknown']),
  height: Type.Optional(Decimal),
  first: Type.Optional(Decimal),
  count: Type.Optional(Count),
  clock: Type.Optional(Decimal),
  digest: Type.Optional(Hash),
  limit: Type.Optional(Decimal),
  budget: Type.Optional(Decimal),
  intents: Type.Optional(Type.Array(IntentJson, { description: 'one a nonce, in their order' })),
  code: Type.Optional(Count),
  name: Type.Optional(Type.String()),
});

export const NonceStatus = Type.Object({
  status: Type.Enum(['open', 'fulfilled', 'annulled', 'unknown']),
  height: Type.Optional(Decimal),
  index: Type.Optional(Decimal),
  event: Type.Optional(EventJson),
  account: Type.Optional(Address),
  sequence: Type.Optional(Decimal),
  dealtHeight: Type.Optional(Decimal),
  dealtClock: Type.Optional(Decimal),
  intent: Type.Optional(IntentJson),
  open: Type.Optional(OpenNonce),
});

const HeaderJson = Type.Object({
  height: Decimal,
  parent: Hash,
  events: Hash,
  state: Hash,
  settlement: Hash,
});
const SignatureJson = Type.Object({ validator: Address, signature: Bytes });

export const ReceiptAnswer = Type.Object({
  header: HeaderJson,
  signatures: Type.Array(SignatureJson),
  index: Decimal,
  count: Decimal,
  path: Type.Array(Hash),
  event: Bytes,
});

export const HeaderAnswer = Type.Object({
  header: HeaderJson,
  digest: Hash,
  signatures: Type.Array(SignatureJson),
  validators: Type.Array(Address, { description: 'whose signatures count at this height' }),
});

export const HeaderPage = Type.Object({
  headers: Type.Array(Type.Object({ header: HeaderJson, signatures: Type.Array(SignatureJson) })),
});

export const BlockAnswer = Type.Object({
  header: HeaderJson,
  digest: Hash,
  time: Decimal,
  counts: Type.Object({
    bytes: Count,
    views: Count,
    headerSignatures: Count,
    items: Count,
    fulfils: Count,
    fetches: Count,
    events: Count,
  }),
  events: Type.Array(PlacedEvent, { description: 'the first 10,000; counts.events says how many there are' }),
});

export const Deliveries = Type.Object({
  deliveries: Type.Array(
    Type.Object({ cursor: CursorText, nonce: Decimal, fulfilled: Type.Boolean(), data: orNull(Bytes) }),
  ),
  next,
});

export const BlockList = Type.Object({
  blocks: Type.Array(
    Type.Object({
      height: Decimal,
      digest: Hash,
      time: Decimal,
      counts: Type.Object({ bytes: Count, items: Count, fulfils: Count, fetches: Count, events: Count }),
      signers: Type.Array(Address, { description: 'who signed its header, as far as this node knows' }),
    }),
  ),
});

export const SettlementList = Type.Object({
  settlements: Type.Array(
    Type.Object({
      number: Decimal,
      height: Decimal,
      status: Type.Enum(['formed', 'settled']),
      debits: Count,
      credits: Count,
      payouts: Count,
    }),
  ),
});

const Entry = Type.Object({ account: Address, amount: Decimal });
export const SettlementAnswer = Type.Object({
  number: Decimal,
  height: Decimal,
  inbox: Decimal,
  hash: Hash,
  status: Type.Enum(['formed', 'settled']),
  transaction: orNull(Hash),
  l1Block: orNull(Decimal),
  gasUsed: orNull(Decimal),
  gasPrice: orNull(text(DECIMAL, 'wei')),
  nonces: orNull(text(DECIMAL, 'dealt since the settlement before was formed; null: too long ago to count')),
  debits: Type.Array(
    Type.Object({ amount: Decimal, sequence: Decimal, limit: Decimal, request: Hash, r: Hash, vs: Hash }),
  ),
  credits: Type.Array(Entry),
  payouts: Type.Array(Entry),
  rotation: Type.Array(Type.Object({ validator: Address, in: Type.Boolean() })),
  lists: Type.Object(
    { debits: Bytes, credits: Bytes, payouts: Bytes, rotation: Bytes },
    { description: 'as the contract’s settle takes them' },
  ),
});

export const MessagesBody = Type.Object(
  { messages: Type.Array(Bytes, { minItems: 1, maxItems: 4096 }) },
  strict,
);
export const Answers = Type.Object({
  answers: Type.Array(
    Type.Object({
      status: Type.Enum(['dealt', 'fulfilled', 'refused', 'rejected']),
      code: Count,
      name: orNull(Type.String({ description: 'of the code' })),
      height: Decimal,
      number: text(DECIMAL, 'first nonce, nonce or sequence'),
      clock: Decimal,
    }),
  ),
});

export const Health = Type.Object({ status: Type.Literal('ok') });
export const Readiness = Type.Object({ ready: Type.Boolean(), reasons: Type.Array(Type.String()) });
