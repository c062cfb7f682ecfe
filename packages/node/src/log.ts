/**
 * The node's log: JSON lines by pino.
 *
 * Whatever could be a secret is left out by name, wherever it stands; levels are pino's.
 */
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger };

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const SECRETS = ['key', 'privateKey', 'validatorKey', 'relayerKey', 'password', 'secret', 'mnemonic'];

/** A log that writes to `destination`, or to stdout. */
export function createLog(level: LogLevel, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[left out]' },
    serializers: { err: pino.stdSerializers.err },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** A URL without what may be a secret in it: user, password, path (keys of RPC providers) and query. */
export function redactUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return '[no URL]';
  return `${parsed.protocol}//${parsed.host}${parsed.pathname.length > 1 ? '/…' : ''}`;
}
