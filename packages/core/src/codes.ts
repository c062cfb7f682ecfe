/**
 * Why a message was refused: numbers that are part of consensus.
 *
 * docs/protocol.md, sections 7 and 8. In order of precedence: the first failing check wins on every node.
 * Append-only.
 */

/** 1..13 of a fetch, 20..31 of a fulfilment. */
export const codes = {
  malformed: 1,
  badSignature: 2,
  notParticipant: 3,
  lagging: 4,
  sequenceUsed: 5,
  sequenceOutOfRange: 6,
  expired: 7,
  expiresTooLate: 8,
  exiting: 9,
  overAllowance: 10,
  budgetTooSmall: 11,
  insufficientFunds: 12,
  limitTooLow: 13,

  notOpen: 20,
  wrongKind: 21,
  tooLarge: 22,
  wrongOpening: 23,
  zeroRecipient: 24,
  zeroAmount: 25,
  overBudget: 26,
  belowDust: 27,
  overMax: 28,
  unknownHeader: 29,
  badCaptureSignature: 30,
  badValidationSignature: 31,
} as const;

export type Code = (typeof codes)[keyof typeof codes];

const names = new Map<number, string>(
  Object.entries(codes).map(([name, code]) => [code, name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)]),
);

/** The name that docs/protocol.md gives a code, as `over-budget`; `unknown` for a number that is none. */
export function codeName(code: number): string {
  return names.get(code) ?? 'unknown';
}
