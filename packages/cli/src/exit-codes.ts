/**
 * What a process of `upfront` ends with. Append-only: scripts depend on it.
 *
 * Refused is certain and has a code (docs/protocol.md, 7 and 8; docs/api.md); unknown is not: ask again, do not do
 * it over.
 */
import { BaseError, clientCodes, isPassing, RefusedError } from '@upfront/client';
import { CommanderError } from 'commander';
import { CliError } from './errors.ts';

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  unknown: 4,
  unreachable: 5,
  invalid: 6,
  interrupted: 130,
  /** By bin/upfront, which reads no TypeScript. */
  tooOld: 78,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** For `upfront --help`. */
export const exitCodesHelp = `Exit codes:
  0    done
  1    failed: an error that is none of the below
  2    usage: flags, arguments, amounts, keys or settings; nothing was tried
  3    refused, for certain: the network or the first layer said no, with a code
  4    unknown: it may have happened; ask before you do it over, by \`upfront resume\`
  5    unreachable: the node or the first layer does not answer, or not now
  6    invalid: what was checked does not hold (a receipt, a block)
  78   not started: this Node is too old
  130  interrupted`;

const usage: ReadonlySet<number> = new Set<number>([
  clientCodes.badConfiguration,
  clientCodes.networkMismatch,
  clientCodes.noAccount,
  clientCodes.noL1,
  clientCodes.noNode,
  clientCodes.badParameter,
  clientCodes.badAmount,
]);
const unknown: ReadonlySet<number> = new Set<number>([clientCodes.outcomeUnknown, clientCodes.l1Pending]);
const unreachable: ReadonlySet<number> = new Set<number>([
  clientCodes.timeout,
  clientCodes.disconnected,
  clientCodes.l1Unreachable,
]);
const invalid: ReadonlySet<number> = new Set<number>([clientCodes.badReceipt, clientCodes.divergence]);

/** Codes of the protocol end here, docs/protocol.md, 7 and 8. */
const PROTOCOL_CODES_END = 100;

/** Of whatever a command threw. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return exitCodes[error.kind];
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  // The node's, known by its name: its class would load the whole node into every command.
  if (error instanceof Error && error.name === 'ConfigError') return exitCodes.usage;
  if (!(error instanceof BaseError)) return exitCodes.failed;
  const { code } = error;
  if (unreachable.has(code) || isPassing(code)) return exitCodes.unreachable;
  if (error instanceof RefusedError || code < PROTOCOL_CODES_END || code === clientCodes.l1Reverted)
    return exitCodes.refused;
  if (unknown.has(code)) return exitCodes.unknown;
  if (usage.has(code)) return exitCodes.usage;
  return invalid.has(code) ? exitCodes.invalid : exitCodes.failed;
}
