/**
 * Every limit of the node's outside, with its unit and its origin.
 *
 * docs/api.md (frames, node codes). All are enforced before a signature is checked, and each is answered with the
 * node code named here. Invariant: the relations between them hold, or the module does not load.
 */

export interface Limits {
  /** Messages a frame or a POST (docs/api.md, submit). Above: too-many-messages. */
  readonly frameMessages: number;
  /** Bytes of a WebSocket message and of an HTTP body. Above: frame-too-large, and the socket is closed (1009). */
  readonly frameBytes: number;
  /** Bytes of a JSON body: hex doubles what it carries. Above: frame-too-large. */
  readonly jsonBytes: number;
  /** Bytes of an HTTP request's headers. Above: 431, and the connection is closed. */
  readonly headerBytes: number;
  /** Levels of brackets in JSON; the deepest shape of the API has 2. Above: malformed-request. */
  readonly jsonDepth: number;
  /** WebSocket fragments a message, and chunks held of one: a guard of the parser's memory. Above: closed (1008). */
  readonly fragments: number;

  /** TCP connections of the API in all, WebSockets included. Above: not accepted. */
  readonly tcpConnections: number;
  /** Open WebSockets in all, a fraction of the usual 65,536 file descriptors. Above: too-many-connections. */
  readonly connections: number;
  /** Open WebSockets from one remote address: many browsers behind one router. Above: too-many-connections. */
  readonly connectionsPerAddress: number;
  /** Subscriptions a socket. Above: too-many-subscriptions. */
  readonly subscriptions: number;
  /** Faulty frames (unknown, malformed, too many messages) until a socket is closed (1008, `too-many-faults`). */
  readonly faults: number;

  /** Messages a second, by socket and, over HTTP, by address. Above: rate-limited. */
  readonly messageRate: number;
  /** Messages that may come at once after a pause; a whole frame fits in. */
  readonly messageBurst: number;
  /**
   * Frames other than submits a second and socket, and HTTP requests a second and address; what costs more than a
   * millisecond counts for as many (api/http/cost.ts). Above: rate-limited.
   */
  readonly requestRate: number;
  /** Requests that may come at once after a pause. */
  readonly requestBurst: number;
  /** Addresses whose rates are remembered; beyond it the one that was idle longest is forgotten. */
  readonly rateAddresses: number;

  /** Bytes of messages taken in and not yet answered, of everybody. Above: overloaded. */
  readonly intakeBytes: number;
  /** The same of one socket, so that one peer cannot fill the intake alone. Above: overloaded. */
  readonly connectionIntakeBytes: number;

  /** Bytes that a socket's peer may leave unread; beyond, it is cut (4001, `slow-reader`) or reads on from disk. */
  readonly streamQueueBytes: number;
  /** ms for which a live reader may be above the high water; after that it is cut as soon as its queue is full. */
  readonly streamGraceMs: number;
  /** Bytes in a socket's queue above which history waits for its reader. */
  readonly streamHighWaterBytes: number;
  /** ms that a reader of history may leave its queue above the high water; then it is cut (4001). */
  readonly streamStallMs: number;
  /** Events read in one turn of a stream's history, so that one reader does not hold up the others. */
  readonly historyEvents: number;
  /** Blocks looked through in one turn of a stream's history, when few events match. */
  readonly historyBlocks: number;

  /** ms between pings; a peer that was silent since the last one is dropped. */
  readonly pingMs: number;
  /** ms between two `caught up` frames of a subscription (docs/api.md: at most one a second). */
  readonly caughtUpMs: number;
  /** ms from a close frame to cutting the line. */
  readonly closeMs: number;
  /** ms for the whole of an HTTP request to arrive, and for its answer to be made. */
  readonly requestMs: number;
  /** ms that a stop waits for answers that are due. */
  readonly drainMs: number;

  /** Rows a page: events, deliveries (docs/api.md). Above: malformed-request. */
  readonly pageMost: number;
  /** Rows a page, if `limit` is not given. */
  readonly pageDefault: number;
  /** Bytes of posts a page; it ends early, with a cursor to go on from. */
  readonly pageBytes: number;
  /** Events decoded of one block; how many were left out is said. */
  readonly blockEvents: number;
  /** Open nonces listed of one account (docs/api.md). */
  readonly openNonces: number;
  /** Rows of a list of blocks or settlements (docs/api.md). Above: malformed-request. */
  readonly listMost: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes before a frame's payload: type 1, id 4. */
export const FRAME_HEAD_BYTES = 5;
/** Bytes of an answer (docs/api.md). */
export const ANSWER_BYTES = 27;
/** The longest message: a post's fulfilment with 65,535 bytes of data, the most that a genesis can allow. */
export const MESSAGE_BYTES_MOST = 28 + 65_535;
/** The longest event (docs/protocol.md, 10) and the largest post behind it, as one event frame. */
export const EVENT_FRAME_BYTES_MOST = FRAME_HEAD_BYTES + 14 + 95 + 65_535;

export const defaultLimits: Limits = {
  frameMessages: 4096,
  frameBytes: MIB,
  jsonBytes: 2 * MIB + 64 * KIB,
  headerBytes: 16 * KIB,
  jsonDepth: 8,
  fragments: 1024,

  tcpConnections: 8192,
  connections: 4096,
  connectionsPerAddress: 256,
  subscriptions: 64,
  faults: 16,

  messageRate: 50_000,
  messageBurst: 100_000,
  requestRate: 1000,
  requestBurst: 2000,
  rateAddresses: 16_384,

  intakeBytes: 64 * MIB,
  connectionIntakeBytes: 16 * MIB,

  streamQueueBytes: 8 * MIB,
  streamHighWaterBytes: MIB,
  streamGraceMs: 2000,
  streamStallMs: 10_000,
  historyEvents: 1000,
  historyBlocks: 1000,

  pingMs: 30_000,
  caughtUpMs: 1000,
  closeMs: 5000,
  requestMs: 30_000,
  drainMs: 10_000,

  pageMost: 1000,
  pageDefault: 100,
  pageBytes: 4 * MIB,
  blockEvents: 10_000,
  openNonces: 1024,
  listMost: 100,
};

/** The defaults with some replaced. Throws RangeError as {@link assertLimits} does. */
export function createLimits(replaced: Partial<Limits> = {}): Limits {
  const limits = { ...defaultLimits, ...replaced };
  assertLimits(limits);
  return limits;
}

/** Throws RangeError naming the first limit whose relation fails. */
export function assertLimits(limits: Limits): void {
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`limit ${name} is ${value}: not an integer above 0`);
    }
  }
  for (const [relation, holds] of relationsOf(limits)) {
    if (!holds) throw new RangeError(`limits: ${relation} does not hold`);
  }
}

function relationsOf(l: Limits): readonly [relation: string, holds: boolean][] {
  return [
    ['frameMessages <= 4096', l.frameMessages <= 4096],
    ['frameBytes holds the longest message', l.frameBytes >= FRAME_HEAD_BYTES + MESSAGE_BYTES_MOST],
    ['jsonBytes holds frameBytes as hex', l.jsonBytes >= 2 * l.frameBytes + 16],
    [
      'jsonBytes holds the quotes of frameMessages',
      l.jsonBytes >= 2 * l.frameBytes + 5 * l.frameMessages + 16,
    ],
    ['connections < tcpConnections', l.connections < l.tcpConnections],
    ['connectionsPerAddress <= connections', l.connectionsPerAddress <= l.connections],
    ['messageBurst >= frameMessages', l.messageBurst >= l.frameMessages],
    ['messageBurst >= messageRate', l.messageBurst >= l.messageRate],
    ['requestBurst >= requestRate', l.requestBurst >= l.requestRate],
    ['frameBytes <= connectionIntakeBytes', l.frameBytes <= l.connectionIntakeBytes],
    ['connectionIntakeBytes <= intakeBytes', l.connectionIntakeBytes <= l.intakeBytes],
    ['streamHighWaterBytes < streamQueueBytes', l.streamHighWaterBytes < l.streamQueueBytes],
    [
      'streamQueueBytes holds the answers of a full frame and an event above the high water',
      l.streamQueueBytes >=
        l.streamHighWaterBytes + FRAME_HEAD_BYTES + ANSWER_BYTES * l.frameMessages + EVENT_FRAME_BYTES_MOST,
    ],
    ['streamGraceMs <= streamStallMs', l.streamGraceMs <= l.streamStallMs],
    ['pageDefault <= pageMost', l.pageDefault <= l.pageMost],
  ];
}

assertLimits(defaultLimits);
