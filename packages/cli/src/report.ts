/**
 * How a command that failed says so: to people on stderr, with --json as one object on stdout, too.
 */
import { BaseError, clientCodes, L1RevertedError, OutcomeUnknownError, RefusedError } from '@upfront/client';
import { codes } from '@upfront/core';
import { CommanderError } from 'commander';
import { CliError } from './errors.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { type OutputStreams, toJson } from './output.ts';

/** Writes it down and returns the exit code. */
export function reportError(error: unknown, isJson: boolean, streams: OutputStreams = process): number {
  const exitCode = exitCodeOf(error);
  if (error instanceof CommanderError) {
    // commander has told people already.
    if (isJson && exitCode !== exitCodes.done) streams.stdout.write(`${toJson(objectOf(error, exitCode))}\n`);
    return exitCode;
  }
  if (isJson) streams.stdout.write(`${toJson(objectOf(error, exitCode))}\n`);
  streams.stderr.write(`upfront: ${textOf(error)}\n`);
  return exitCode;
}

const STATUS: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(exitCodes).map(([name, code]) => [code, name]),
);

function objectOf(error: unknown, exitCode: number): object {
  const status = STATUS[exitCode];
  if (error instanceof RefusedError) {
    const { code, name, on, sequence, nonce } = error.outcome;
    return { status, exitCode, code, name, on, sequence, nonce, hint: hintOf(error) };
  }
  if (error instanceof OutcomeUnknownError) {
    const { sequence, nonce, reason } = error.outcome;
    return { status, exitCode, sequence, nonce, message: reason.shortMessage, hint: hintOf(error) };
  }
  if (error instanceof BaseError) {
    const { code, codeName: name, shortMessage: message } = error;
    const reason = error instanceof L1RevertedError ? error.reason : undefined;
    return { status, exitCode, code, name, message, reason, cause: causeOf(error), hint: hintOf(error) };
  }
  const message = error instanceof Error ? error.message : String(error);
  // As it tells people itself (program.ts).
  if (error instanceof CommanderError)
    return {
      status,
      exitCode,
      message: message.replace(/^error: /, ''),
      hint: 'Add --help for what there is.',
    };
  return { status, exitCode, message, hint: error instanceof CliError ? error.hint : undefined };
}

/** The command, where what to do next is one: the client's own words name no command and no function. */
const COMMANDS: Readonly<Record<number, string>> = {
  [codes.limitTooLow]: '`upfront resume --recover`',
  [codes.notOpen]: '`upfront show nonce N`',
  [clientCodes.limitDiscrepancy]: '`upfront resume --recover`',
  [clientCodes.outcomeUnknown]: '`upfront resume`',
  [clientCodes.l1Unreachable]: 'check --l1',
  [clientCodes.disconnected]: 'name another one by --node; `upfront exit` leaves without any',
  [codes.notParticipant]:
    '`upfront deposit AMOUNT`; `upfront account balance` shows what is free (of an account that leaves: nothing; `upfront claim` comes first)',
  [codes.insufficientFunds]:
    '`upfront account balance` shows what is free; `upfront deposit AMOUNT` brings more',
};

/** What the contract's refusal means to whoever called it; by the error's name (IUpfront.sol). */
const REVERTS: Readonly<Record<string, string>> = {
  AlreadyClosed:
    'The contract has closed: nothing goes in any more, and `upfront claim` pays what was settled.',
  AlreadyLeaving:
    'The bond is on its way home; `upfront claim` pays it, and after that a new bond is possible.',
  AlreadyExiting: 'The account is leaving; `upfront claim` pays it, and after that it may come back.',
};

/** Only of a receipt that others signed than the set it was checked against: any other is bad for good. */
const OTHER_SET =
  '`upfront receipt validators --out SET` saves who they are by the first layer, for `receipt verify --validators SET`; `--on-l1` asks it; for an old receipt, `upfront receipt headers` first, and --headers besides';

function hintOf(error: BaseError): string | undefined {
  const { code, hint } = error;
  const isOtherSet = code === clientCodes.badReceipt && hint !== undefined;
  const command = isOtherSet ? OTHER_SET : COMMANDS[code];
  const reason = error instanceof L1RevertedError ? error.reason : undefined;
  const words = [
    hint,
    reason === undefined ? undefined : REVERTS[reason],
    command === undefined ? undefined : `Next: ${command}.`,
  ];
  return words.some((one) => one !== undefined)
    ? words.filter((one) => one !== undefined).join(' ')
    : undefined;
}

function textOf(error: unknown): string {
  if (error instanceof CliError)
    return error.hint === undefined ? error.message : `${error.message}\n  ${error.hint}`;
  if (error instanceof BaseError) {
    const code = error instanceof RefusedError ? ` (code ${error.code})` : '';
    const cause = error instanceof RefusedError ? undefined : causeOf(error);
    const facts = [...error.details, cause && `Cause: ${cause}`, hintOf(error)];
    return [`${error.shortMessage}${code}`, ...facts.filter((one) => one !== undefined)].join('\n  ');
  }
  if (process.env['UPFRONT_DEBUG'] !== undefined && error instanceof Error) return String(error.stack);
  return error instanceof Error ? indented(error.message) : String(error);
}

function causeOf({ cause }: BaseError): string | undefined {
  if (cause instanceof BaseError) return cause.shortMessage;
  return cause instanceof Error ? cause.message : undefined;
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n  ');
}
