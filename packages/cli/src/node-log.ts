/** The log of a node that runs in this process: on stderr, for people if one looks at it, else JSON lines. */
import { createLog, type Logger, type LogLevel, logLevels } from '@upfront/node';
import { Option } from 'commander';
import pretty from 'pino-pretty';
import type { Output } from './output.ts';

export function createNodeLog(level: LogLevel, { isJson, isInteractive }: Output): Logger {
  const isPretty = isInteractive && !isJson;
  return createLog(level, isPretty ? pretty({ destination: 2, ignore: 'pid,hostname' }) : process.stderr);
}

export function logLevelOption(byDefault: LogLevel): Option {
  return new Option('--log-level <level>', 'of the node’s log, on stderr')
    .choices(logLevels)
    .default(byDefault);
}
