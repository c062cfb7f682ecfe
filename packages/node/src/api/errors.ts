/**
 * The node's own codes: why a request was not served, over both ways in.
 *
 * docs/api.md, Node codes: that table and this one are compared by a test. Append-only. Reject codes of messages
 * (below 100) are the core's, and never mixed with these.
 */

export const nodeCodes = {
  overloaded: 100,
  tooManyMessages: 101,
  frameTooLarge: 102,
  rateLimited: 103,
  tooManySubscriptions: 104,
  unknownFrame: 105,
  malformedRequest: 106,
  notFound: 107,
  stopping: 108,
  tooManyConnections: 109,
  unavailable: 110,
  internal: 111,
  notKept: 112,
} as const;

export type NodeCodeKey = keyof typeof nodeCodes;
export type NodeCode = (typeof nodeCodes)[NodeCodeKey];

const statuses: Record<NodeCode, number> = {
  100: 503,
  101: 413,
  102: 413,
  103: 429,
  104: 429,
  105: 400,
  106: 400,
  107: 404,
  108: 503,
  109: 503,
  110: 503,
  111: 500,
  112: 410,
};

const names = new Map<number, string>(
  Object.entries(nodeCodes).map(([key, code]) => [
    code,
    key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
  ]),
);

/** The name that docs/api.md gives a node code, as `rate-limited`; `unknown` for a number that is none. */
export function nodeCodeName(code: number): string {
  return names.get(code) ?? 'unknown';
}

/** The HTTP status of a node code. */
export function httpStatusOf(code: NodeCode): number {
  return statuses[code];
}

/** A request that was not served, and why. Its message is for people and holds no secret. */
export class NodeError extends Error {
  readonly code: NodeCode;

  constructor(key: NodeCodeKey, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NodeError';
    this.code = nodeCodes[key];
  }

  /** By its number; the message begins with its name. */
  static of(code: NodeCode, detail: string): NodeError {
    const name = nodeCodeName(code);
    const key =
      (Object.keys(nodeCodes) as NodeCodeKey[]).find((one) => nodeCodes[one] === code) ?? 'internal';
    return new NodeError(key, `${name}: ${detail}`);
  }
}

/** The body of an HTTP error (docs/api.md). */
export interface ErrorBody {
  readonly error: { readonly code: number; readonly name: string; readonly message: string };
}

export function errorBody(code: NodeCode, message: string): ErrorBody {
  return { error: { code, name: nodeCodeName(code), message } };
}
