/**
 * What can go wrong on the client's side, and what a node answers without the protocol's help: as numbers.
 *
 * Three tiers, never mixed: 1..31 are the protocol's (docs/protocol.md, 7 and 8), 100..112 a node's (docs/api.md),
 * 200 and above the client's own. Append-only.
 */
import { codeName as protocolCodeName } from '@upfront/core';

/** docs/api.md, Node codes. */
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

export type NodeCode = (typeof nodeCodes)[keyof typeof nodeCodes];

/** What this package itself reports. */
export const clientCodes = {
  badConfiguration: 200,
  networkMismatch: 201,
  noAccount: 202,
  noL1: 203,
  badParameter: 204,
  badAmount: 205,
  journalLocked: 206,
  journalCorrupt: 207,
  journalFailed: 208,
  limitDiscrepancy: 209,
  sequenceWindow: 210,
  timeout: 211,
  disconnected: 212,
  tooManyPending: 213,
  badAnswer: 214,
  badReceipt: 215,
  divergence: 216,
  l1Failed: 217,
  l1Reverted: 218,
  closed: 219,
  outcomeUnknown: 220,
  signingFailed: 221,
  noNode: 222,
  l1Unreachable: 223,
  l1Pending: 224,
} as const;

export type ClientCode = (typeof clientCodes)[keyof typeof clientCodes];

const names = new Map<number, string>(
  [...Object.entries(nodeCodes), ...Object.entries(clientCodes)].map(([name, code]) => [code, kebab(name)]),
);

/** Codes after which the same request may be sent again, a little later. */
const passing: ReadonlySet<number> = new Set<number>([
  nodeCodes.overloaded,
  nodeCodes.rateLimited,
  nodeCodes.stopping,
  nodeCodes.tooManyConnections,
  nodeCodes.unavailable,
]);

/** The name of a code of any tier, as `over-budget`; `unknown` for a number that is none. */
export function nameOfCode(code: number): string {
  return names.get(code) ?? protocolCodeName(code);
}

/** Whether a node that answered so may answer otherwise a little later. */
export function isPassing(code: number): boolean {
  return passing.has(code);
}

function kebab(name: string): string {
  return name.replace(/[A-Z][A-Z0-9]*/g, (run) => `-${run.toLowerCase()}`);
}
