/**
 * How a command that failed says so: to people on stderr, with --json as one object on stdout, too.
 */
import { BaseError, clientCodes, OutcomeUnknownError, RefusedError } from '@upfront/client';
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
    const { code, name, on, sequence, nonce, hint } = error.outcome;
    return { status, exitCode, code, name, on, sequence, nonce, hint: HINTS[code] ?? hint };
  }
  if (error instanceof OutcomeUnknownError) {
    const { sequence, nonce, reason } = error.outcome;
    return { status, exitCode, sequence, nonce, message: reason.shortMessage, hint: RESUME };
  }
  if (error instanceof BaseError) {
    const { code, codeName: name, shortMessage: message } = error;
    return { status, exitCode, code, name, message, cause: causeOf(error), hint: HINTS[code] };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { status, exitCode, message, hint: error instanceof CliError ? error.hint : undefined };
}

/** Where the client's own words name a function, a person needs a command. */
const HINTS: Readonly<Record<number, string>> = {
  [codes.limitTooLow]: 'Try `upfront resume --recover`, then do it again.',
  [codes.notOpen]: 'It is resolved, or was never dealt: `upfront show nonce N` tells.',
  [clientCodes.limitDiscrepancy]:
    'If this account was also used from another machine, `upfront resume --recover` takes in what carries its signature. Else do not sign: `upfront exit` leaves without the node.',
};

const RESUME = 'Do not do it over: `upfront resume` asks what became of it, and finishes it.';

function textOf(error: unknown): string {
  if (error instanceof OutcomeUnknownError) {
    return `It is not known whether this took effect (${error.outcome.reason.shortMessage})\n  ${RESUME}`;
  }
  if (error instanceof RefusedError) {
    const { code, hint } = error.outcome;
    return `${error.shortMessage} (code ${code})\n  ${HINTS[code] ?? hint}`;
  }
  if (error instanceof CliError)
    return error.hint === undefined ? error.message : `${error.message}\n  ${error.hint}`;
  if (error instanceof BaseError) {
    const hint = HINTS[error.code];
    return hint === undefined ? indented(error.message) : `${error.shortMessage}\n  ${hint}`;
  }
  if (process.env['UPFRONT_DEBUG'] !== undefined && error instanceof Error) return String(error.stack);
  return error instanceof Error ? indented(error.message) : String(error);
}

function causeOf({ cause }: BaseError): string | undefined {
  return cause instanceof Error ? cause.message : undefined;
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n  ');
}
