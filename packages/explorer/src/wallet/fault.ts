/**
 * What this page itself finds wrong, and what any failure means to the person in front of it.
 *
 * Invariant: whatever is thrown comes out as a sentence about what happened and one about what to do.
 */
import { BaseError, clientCodes, type Outcome } from '@upfront/client';

/** Something that the wallet refuses; `hint` says what to do next. */
export class WalletFault extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = 'WalletFault';
    this.hint = hint;
  }
}

export interface Explained {
  /** What happened. */
  readonly title: string;
  /** What to do next. */
  readonly hint: string;
  /** Facts for whoever helps; may be empty. */
  readonly details: string;
  /** `unknown`: it may have taken effect, and must not be done over before it is known. */
  readonly state: 'failed' | 'unknown';
}

/** EIP-1193: the person said no in the wallet. */
const USER_REJECTED = 4001;
const CAUSES_MOST = 8;

const HINTS: Readonly<Record<number, string>> = {
  [clientCodes.timeout]: 'What was sent may still take effect: resume asks what became of it.',
  [clientCodes.disconnected]:
    'It is tried again by itself. If the node stays away: “Leave” works without it, on the first layer alone.',
  [clientCodes.journalLocked]: 'Close the other tab that has this account open, then try again.',
  [clientCodes.noL1]: 'Name an address of the first layer under “Connections”.',
  [clientCodes.l1Unreachable]:
    'Nothing was decided there. Check the address under “Connections”, or try again later.',
  [clientCodes.networkMismatch]:
    'Do not go on: this node, this first layer and this account do not belong together.',
  [clientCodes.badParameter]: 'Correct the field and try again; nothing was signed.',
  [clientCodes.badAmount]: 'Correct the amount and try again; nothing was signed.',
  [clientCodes.signingFailed]: 'Nothing was sent. Try again and confirm in the wallet.',
};

/** What a failure means. */
export function explain(error: unknown): Explained {
  if (error instanceof WalletFault) return failed(error.message, error.hint);
  if (isUserRejection(error))
    return failed('You declined it in the wallet.', 'Nothing was sent. Do it again to confirm.');
  if (error instanceof BaseError) {
    const hint =
      error.hint ?? HINTS[error.code] ?? 'Try again; if it stays so, read on in the documentation.';
    const state = error.code === clientCodes.l1Pending ? 'unknown' : 'failed';
    return { title: error.shortMessage, hint, details: detailsOf(error), state };
  }
  const title = error instanceof Error ? error.message.split('\n')[0]! : String(error);
  return failed(title.slice(0, 200), 'Try again. If it stays so, report it with what it says here.');
}

/** What an outcome that is not done means; undefined if it is done. */
export function explainOutcome<T>(outcome: Outcome<T>): Explained | undefined {
  if (outcome.status === 'done') return undefined;
  if (outcome.status === 'refused') {
    const what = outcome.on === 'fetch' ? 'Nothing was reserved' : 'Nothing was moved';
    const details = `code ${outcome.code}, sequence ${outcome.sequence}`;
    return {
      title: `${what}: the network refused it (${outcome.name}).`,
      hint: outcome.hint,
      details,
      state: 'failed',
    };
  }
  return {
    title: 'It is not known yet whether this took effect.',
    hint: outcome.ask,
    details: outcome.reason.shortMessage,
    state: 'unknown',
  };
}

function failed(title: string, hint: string): Explained {
  return { title, hint, details: '', state: 'failed' };
}

function detailsOf(error: BaseError): string {
  const cause = error.cause instanceof Error ? error.cause.message.split('\n')[0]! : '';
  return [...error.details, cause].filter((line) => line !== '').join(' · ');
}

function isUserRejection(error: unknown): boolean {
  let one = error;
  for (let depth = 0; depth < CAUSES_MOST && typeof one === 'object' && one !== null; depth++) {
    if ((one as { code?: unknown }).code === USER_REJECTED) return true;
    if ((one as { name?: unknown }).name === 'UserRejectedRequestError') return true;
    one = (one as { cause?: unknown }).cause;
  }
  return false;
}
