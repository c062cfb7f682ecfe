/**
 * What every error of this package is: a class with a numeric code.
 *
 * Programs decide by `code` (or `instanceof`), people read `shortMessage`. A URL keeps its host only, for what
 * follows it may be somebody's key.
 */
import { nameOfCode } from './codes.ts';

export interface ErrorOptions {
  /** What led to it; its text is stripped of secrets. */
  readonly cause?: unknown;
  /** Where to read on, a path in the repository. */
  readonly docs?: string;
  /** Lines of facts, each shown on a line of its own. */
  readonly details?: readonly string[];
  /** What can be done about it: whole sentences that name what to do, and no function, since programs show them to people. */
  readonly hint?: string;
}

export class BaseError extends Error {
  /** Of the protocol (1..31), a node (100..112) or this package (200..). */
  readonly code: number;
  /** The code's name, as `over-budget`. */
  readonly codeName: string;
  /** One sentence. */
  readonly shortMessage: string;
  /** Lines of facts. */
  readonly details: readonly string[];
  /** What can be done about it. */
  readonly hint: string | undefined;
  /** Where to read on. */
  readonly docs: string | undefined;

  constructor(code: number, shortMessage: string, options: ErrorOptions = {}) {
    const short = stripSecrets(shortMessage);
    const cause = stripCause(options.cause);
    const details = (options.details ?? []).map(stripSecrets);
    const lines = [short, ...details];
    if (cause !== undefined) lines.push(`Cause: ${cause.message}`);
    if (options.hint !== undefined) lines.push(stripSecrets(options.hint));
    if (options.docs !== undefined) lines.push(`See ${options.docs}`);
    super(lines.join('\n'), cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.codeName = nameOfCode(code);
    this.shortMessage = short;
    this.details = details;
    this.hint = options.hint === undefined ? undefined : stripSecrets(options.hint);
    this.docs = options.docs;
  }
}

/** The same text with every URL cut down to its scheme and host. */
export function stripSecrets(text: string): string {
  return text.replace(
    /\b(https?|wss?):\/\/(?:[^\s/@"'`]*@)?([^\s/?#"'`)]+)[^\s"'`)]*/g,
    (_, scheme: string, host: string) => `${scheme}://${host}`,
  );
}

/** Errors of this package pass as they are; of others only the name and the stripped first line are kept. */
function stripCause(cause: unknown): Error | undefined {
  if (cause === undefined || cause === null) return undefined;
  if (cause instanceof BaseError) return cause;
  if (!(cause instanceof Error)) return new Error(stripSecrets(String(cause)));
  const short =
    'shortMessage' in cause && typeof cause.shortMessage === 'string' ? cause.shortMessage : cause.message;
  const stripped = new Error(stripSecrets(short.split('\n')[0] ?? ''));
  stripped.name = cause.name;
  if (cause.stack !== undefined) stripped.stack = stripSecrets(cause.stack);
  return stripped;
}
