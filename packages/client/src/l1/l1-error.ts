/**
 * What viem threw, as an error of this package: nobody answered, a contract said no, or something else.
 *
 * It is told by viem's classes and the codes of JSON-RPC, never by text. The chain of causes ends here, for viem's
 * messages hold the URL, which may hold a key.
 */
import {
  ContractFunctionRevertedError,
  HttpRequestError,
  InsufficientFundsError,
  SocketClosedError,
  TimeoutError,
  BaseError as ViemError,
  WebSocketRequestError,
} from 'viem';
import { L1Error, L1RevertedError, L1UnreachableError } from '../errors/kinds.ts';

/** JSON-RPC, EIP-1474 and geth: the call was executed and reverted. */
const REVERTED = 3;
/** HTTP: too slow, or too many requests. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 429]);
const REASON_MOST = 100;

/** `what` failed with `cause`: L1UnreachableError, L1RevertedError, or else L1Error itself. */
export function l1ErrorOf(what: string, cause: unknown): L1Error {
  if (cause instanceof L1Error) return cause;
  if (!(cause instanceof ViemError)) return new L1Error(what, { cause });
  if (cause.walk(isNoAnswer) !== null) return new L1UnreachableError(what, { cause });
  if (cause.walk((one) => one instanceof InsufficientFundsError) !== null) {
    return new L1Error(what, {
      cause,
      hint: 'The account needs ETH on the first layer to pay for transactions.',
    });
  }
  const revert = cause.walk((one) => one instanceof ContractFunctionRevertedError);
  // viem also calls it so when a provider had trouble of its own and gave no data.
  if (!(revert instanceof ContractFunctionRevertedError) || !isExecuted(revert))
    return new L1Error(what, { cause });
  const reason = reasonOf(revert);
  return reason === undefined
    ? new L1RevertedError(what, { cause })
    : new L1RevertedError(what, { cause, reason });
}

function isNoAnswer(error: unknown): boolean {
  if (error instanceof HttpRequestError) {
    const { status } = error;
    return status === undefined || status >= 500 || PASSING_STATUSES.has(status);
  }
  return (
    error instanceof TimeoutError ||
    error instanceof WebSocketRequestError ||
    error instanceof SocketClosedError
  );
}

function isExecuted({ raw, cause }: ContractFunctionRevertedError): boolean {
  const isCode = (one: unknown): boolean => (one as { code?: unknown }).code === REVERTED;
  return raw !== undefined || (cause instanceof ViemError && cause.walk(isCode) !== null);
}

/** The error's name; of `require(condition, text)` the text, of an error that the ABI has not its selector. */
function reasonOf({ raw, data, reason, signature }: ContractFunctionRevertedError): string | undefined {
  // Without data `reason` is the provider's own phrase.
  if (raw === undefined || raw === '0x') return undefined;
  const isNamed = data !== undefined && data.errorName !== 'Error' && data.errorName !== 'Panic';
  const text = isNamed ? data.errorName : (reason ?? signature);
  // A contract's own words: no more of them than fits a line of a terminal.
  return text?.replace(/[^\x20-\x7e]/g, '?').slice(0, REASON_MOST);
}
