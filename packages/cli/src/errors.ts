/**
 * An error of the command line itself: what is wrong, and what to do next.
 *
 * What the client, the node or the first layer report are their own classes; exit-codes.ts knows all of them.
 */
export type CliErrorKind = 'failed' | 'usage' | 'refused' | 'unreachable' | 'invalid' | 'interrupted';

export class CliError extends Error {
  override readonly name = 'CliError';
  /** Which exit code the process ends with. */
  readonly kind: CliErrorKind;
  /** What to do next, in the imperative. */
  readonly hint: string | undefined;

  constructor(kind: CliErrorKind, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.hint = hint;
  }
}

/** Shorthand for the most frequent kind: nothing was tried, for what was given cannot be used. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError('usage', message, hint);
}
