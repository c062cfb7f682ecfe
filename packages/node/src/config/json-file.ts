/** A file that a setting names, as JSON: what is wrong with it is said with the setting and with what to do. */
import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.ts';

/** Throws ConfigError; `next` is what to do if there is no such file, without a full stop. */
export function readJsonFile(setting: string, path: string, next: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const message = isMissing ? `there is no file ${path}: ${next}` : `${path} cannot be read as JSON`;
    throw new ConfigError(setting, message, { cause: error });
  }
}
