/**
 * How every call that changes something ends: done, refused with a code, or unknown with what to ask next.
 *
 * `refused` is certain: nothing will come of it but what the outcome says. `unknown` is not: the fetch is in the
 * journal, and asking with what `ask` says tells which it was. Doing it over without asking may do it twice.
 */
import { BaseError } from './errors/base.ts';
import { clientCodes, nameOfCode } from './errors/codes.ts';

export type Done<T> = { readonly status: 'done' } & T;

export interface Refused {
  readonly status: 'refused';
  /** docs/protocol.md 7 or 8, or docs/api.md. */
  readonly code: number;
  /** The code's name, as `over-allowance`. */
  readonly name: string;
  /** What was refused. */
  readonly on: 'fetch' | 'fulfil';
  readonly sequence: bigint;
  /** Only when `on` is `fulfil`. */
  readonly nonce?: number;
  /** What can be done about it. */
  readonly hint: string;
}

export interface Unknown {
  readonly status: 'unknown';
  readonly sequence: bigint;
  /** If the fetch is known to be dealt. */
  readonly nonce?: number;
  /** What to do next, in words. */
  readonly ask: string;
  /** Why it is not known. */
  readonly reason: BaseError;
}

export type Outcome<T> = Done<T> | Refused | Unknown;

/** A refused outcome as an error. */
export class RefusedError extends BaseError {
  readonly outcome: Refused;

  constructor(outcome: Refused) {
    super(
      outcome.code,
      `The ${outcome.on === 'fetch' ? 'fetch' : 'fulfilment'} was refused: ${outcome.name}.`,
      {
        hint: outcome.hint,
        docs: 'docs/protocol.md, 7 and 8',
      },
    );
    this.outcome = outcome;
  }
}

/** An unknown outcome as an error. */
export class OutcomeUnknownError extends BaseError {
  readonly outcome: Unknown;

  constructor(outcome: Unknown) {
    super(clientCodes.outcomeUnknown, 'It is not known whether this took effect.', {
      hint: outcome.ask,
      cause: outcome.reason,
    });
    this.outcome = outcome;
  }
}

/** The result of a done outcome. Throws RefusedError or OutcomeUnknownError for the others. */
export function unwrap<T>(outcome: Outcome<T>): Done<T> {
  if (outcome.status === 'refused') throw new RefusedError(outcome);
  if (outcome.status === 'unknown') throw new OutcomeUnknownError(outcome);
  return outcome;
}

/** A refusal of a fetch or, with `nonce`, of a fulfilment. */
export function refused(code: number, sequence: bigint, nonce?: number): Refused {
  const base = { status: 'refused', code, name: nameOfCode(code), sequence, hint: hintOf(code) } as const;
  return nonce === undefined ? { ...base, on: 'fetch' } : { ...base, on: 'fulfil', nonce };
}

/** An outcome that cannot be told yet. */
export function unknown(reason: BaseError, sequence: bigint, nonce?: number): Unknown {
  const what = nonce === undefined ? `the fetch of sequence ${sequence}` : `nonce ${nonce}`;
  const ask = `Do not do it over. Resume: it asks what became of ${what}, and finishes it.`;
  const base = { status: 'unknown', sequence, ask, reason } as const;
  return nonce === undefined ? base : { ...base, nonce };
}

const hints: Readonly<Record<number, string>> = {
  3: 'Keep at least the bond free: deposit more, or wait until open fetches are resolved.',
  4: 'The network waits for the first layer; try again later.',
  7: 'It arrived too late. Check this machine\u2019s clock, then do it again.',
  8: 'It expires too far ahead. Check this machine\u2019s clock, then do it again.',
  9: 'The account is leaving: wait until its exit is acknowledged.',
  10: 'Too many nonces are open: fulfil some of them, or ask for fewer.',
  12: 'The free balance must cover the budget and the bond.',
  13: 'The network counts more than the limit allows: recover what another journal of this account has signed, then do it again.',
  20: 'The nonce is resolved or was never dealt: its status tells.',
  26: 'What is left of the budget does not cover it.',
  27: 'Withdraw at least the dust amount.',
  28: 'The amount is above what the hold reserves.',
  30: 'Only the payee that the hold names can sign it.',
};

function hintOf(code: number): string {
  return hints[code] ?? 'See docs/protocol.md, 7 and 8, or docs/api.md for codes from 100.';
}
