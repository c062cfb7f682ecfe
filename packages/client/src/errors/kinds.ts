/**
 * The errors of this package, one class a kind of trouble.
 *
 * What the network decides about a message is no error but an outcome (outcome.ts); these are for what keeps
 * the client from asking, or from understanding the answer.
 */
import { BaseError, type ErrorOptions } from './base.ts';
import { type ClientCode, clientCodes, isPassing, nameOfCode } from './codes.ts';

/** The client was made with options that do not go together. */
export class ConfigurationError extends BaseError {
  constructor(message: string, options?: ErrorOptions) {
    super(clientCodes.badConfiguration, message, options);
  }
}

/** The node, the first layer or the journal belong to another network or account than this client. */
export class NetworkMismatchError extends BaseError {
  constructor(what: string, found: string, expected: string) {
    super(clientCodes.networkMismatch, `The ${what} is another one than expected.`, {
      details: [`found ${found}`, `expected ${expected}`],
    });
  }
}

/** The action signs, and the client was made without an account. */
export class NoAccountError extends BaseError {
  constructor(action: string) {
    super(clientCodes.noAccount, `${action} needs an account: pass \`account\` to createClient.`);
  }
}

/** The action needs the first layer, and the client was made without it. */
export class NoL1Error extends BaseError {
  constructor(action: string, what = 'a client or URL of the first layer') {
    super(clientCodes.noL1, `${action} needs ${what}: pass \`l1\` to createClient.`);
  }
}

/** What is asked for only a node knows, and the client was made without one; nothing was sent. */
export class NoNodeError extends BaseError {
  constructor(what: string) {
    super(clientCodes.noNode, `${what} needs a node: pass \`node\` to createClient.`);
  }
}

/** A parameter is out of its bounds; nothing was signed or sent. */
export class ParameterError extends BaseError {
  readonly parameter: string;

  constructor(parameter: string, fault: string) {
    super(clientCodes.badParameter, `${parameter} ${fault}.`);
    this.parameter = parameter;
  }
}

/** The text is no amount, or one that the unit cannot express exactly. */
export class AmountError extends BaseError {
  constructor(message: string) {
    super(clientCodes.badAmount, message);
  }
}

/** Another process has this journal open: two that sign from one journal would sign a sequence twice. */
export class JournalLockedError extends BaseError {
  constructor(journal: string, holder: string) {
    super(clientCodes.journalLocked, `The journal ${journal} is in use by ${holder}.`);
  }
}

/** The journal holds what this version cannot have written. */
export class JournalCorruptError extends BaseError {
  constructor(fault: string, options?: ErrorOptions) {
    super(clientCodes.journalCorrupt, `The journal is damaged: ${fault}.`, options);
  }
}

/** The journal could not be written, so nothing was sent. */
export class JournalFailedError extends BaseError {
  constructor(doing: string, cause: unknown) {
    super(clientCodes.journalFailed, `The journal could not be ${doing}; nothing was sent.`, { cause });
  }
}

/**
 * The network counts more as spent than this journal can account for. The client does not sign a limit on the
 * node's word: either the journal misses fetches of this account (another device, a lost file), or the node is wrong.
 */
export class LimitDiscrepancyError extends BaseError {
  /** D + max(0, u) + reserved as the network has it; units. */
  readonly network: bigint;
  /** The most that this client's own records can explain; units. */
  readonly own: bigint;

  /** `cause`: why the first layer, which may explain the difference, could not be asked. */
  constructor(network: bigint, own: bigint, cause?: BaseError) {
    const silence =
      cause === undefined
        ? ''
        : 'The first layer, which may explain it, was not reached: try again when it is. ';
    super(
      clientCodes.limitDiscrepancy,
      'The network counts more as spent than this client ever signed for.',
      {
        cause,
        details: [`the network: ${network} units; own records: at most ${own} units`],
        hint: `${silence}If this account was also used from another journal, recover: it takes in from the chain only what carries the account\u2019s signature. If that changes nothing, do not sign: the node is wrong, and an exit leaves without it.`,
        docs: 'docs/protocol.md, 7 (code 13)',
      },
    );
    this.network = network;
    this.own = own;
  }
}

/** All sequences of the window are signed and none has landed. */
export class SequenceWindowError extends BaseError {
  constructor(highest: bigint) {
    super(
      clientCodes.sequenceWindow,
      `64 fetches above sequence ${highest} are signed and none has landed.`,
      {
        docs: 'docs/protocol.md, 7',
      },
    );
  }
}

/** No answer in time. What was sent may still take effect. */
export class TimeoutError extends BaseError {
  constructor(what: string, milliseconds: number, options?: ErrorOptions) {
    super(clientCodes.timeout, `${what}: no answer within ${milliseconds} ms.`, options);
  }
}

/** The node at this URL cannot be reached; `what` was asked for. */
export class DisconnectedError extends BaseError {
  constructor(url: string, what: string, options: ErrorOptions = {}) {
    super(clientCodes.disconnected, `The node at ${url} does not answer.`, {
      hint: 'Check that it runs, and that this is its URL.',
      ...options,
      details: [`asked for ${what}`, ...(options.details ?? [])],
    });
  }
}

/** More is under way than the client keeps. */
export class TooManyPendingError extends BaseError {
  constructor(most: number) {
    super(clientCodes.tooManyPending, `${most} requests are under way already: wait for some of them.`);
  }
}

/** The node's answer is not what docs/api.md says. */
export class BadAnswerError extends BaseError {
  constructor(what: string, fault: string) {
    super(clientCodes.badAnswer, `${what}: the node's answer ${fault}.`, { docs: 'docs/api.md' });
  }
}

/** The node said no, with a code of docs/api.md or, to a message, of docs/protocol.md. */
export class NodeError extends BaseError {
  /** Whether the same may be asked again, a little later. */
  readonly passing: boolean;

  constructor(code: number, what: string, message: string) {
    super(code, `${what}: ${nameOfCode(code)}${message === '' ? '' : `, ${message}`}.`, {
      docs: 'docs/api.md',
    });
    this.passing = isPassing(code);
  }
}

/** The receipt proves nothing; `reason` says why. */
export class BadReceiptError extends BaseError {
  constructor(reason: string, options?: ErrorOptions) {
    super(clientCodes.badReceipt, `The receipt does not hold: ${reason}.`, options);
  }
}

/** Re-executing the chain gave another header than the node's. */
export class DivergenceError extends BaseError {
  readonly height: number;

  constructor(height: number, fault: string) {
    super(clientCodes.divergence, `The chain and its rules part at height ${height}: ${fault}.`, {
      details: ['Keep the block: it is evidence against whoever signed its header.'],
    });
    this.height = height;
  }
}

export type L1ErrorOptions = Pick<ErrorOptions, 'cause' | 'hint'>;

/** The first layer answered and did not do it, for a reason that is not the contract's. The three below are L1Errors too. */
export class L1Error extends BaseError {
  constructor(
    what: string,
    options: L1ErrorOptions = {},
    code: ClientCode = clientCodes.l1Failed,
    fault = '',
  ) {
    super(code, `${what} ${fault === '' ? 'failed on the first layer' : fault}.`, options);
  }
}

/** The first layer does not answer, or not now: nothing was decided there. */
export class L1UnreachableError extends L1Error {
  constructor(what: string, options?: L1ErrorOptions) {
    super(what, options, clientCodes.l1Unreachable, 'failed: the first layer does not answer');
  }
}

/** A contract on the first layer said no, before the transaction was sent or when it was mined: nothing was changed. */
export class L1RevertedError extends L1Error {
  /** The Solidity error's name, as `NothingToClaim`, or the text that was given; undefined if the chain did not say. */
  readonly reason: string | undefined;
  /** The transaction, 0x and 32 bytes, if one was mined. */
  readonly hash: string | undefined;

  constructor(
    what: string,
    { reason, hash, ...options }: L1ErrorOptions & { readonly reason?: string; readonly hash?: string } = {},
  ) {
    const why = reason === undefined ? '' : `: ${reason}`;
    const where = hash === undefined ? '' : `, transaction ${hash}`;
    super(what, options, clientCodes.l1Reverted, `was reverted on the first layer${where}${why}`);
    this.reason = reason;
    this.hash = hash;
  }
}

/** The transaction was sent, and nobody has seen it mined: it may still take effect. */
export class L1PendingError extends L1Error {
  /** 0x, 32 bytes. */
  readonly hash: string;

  constructor(what: string, hash: string, options: L1ErrorOptions = {}) {
    const hint = 'Look for the transaction on the first layer before you do it over.';
    super(
      what,
      { hint, ...options },
      clientCodes.l1Pending,
      `was sent and not seen to be mined: transaction ${hash}`,
    );
    this.hash = hash;
  }
}

/** The client was closed. */
export class ClosedError extends BaseError {
  constructor() {
    super(clientCodes.closed, 'This client is closed.');
  }
}

/** The account or wallet did not sign; nothing was sent. */
export class SigningError extends BaseError {
  constructor(what: string, cause: unknown) {
    super(clientCodes.signingFailed, `${what} was not signed; nothing was sent.`, { cause });
  }
}
