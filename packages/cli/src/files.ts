/** Files that are read or written as a whole: a crash leaves the old one or the new one. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { CliError } from './errors.ts';

/** Parsed JSON. Throws CliError that names the file. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new CliError('usage', `${path} cannot be read as JSON.`, 'Name a file that is there, whole.', {
      cause,
    });
  }
}

/** What stands behind a flag that names a file to write: `-` would be a file of that name. */
export function fileToWrite(text: string): string {
  if (text === '' || text === '-')
    throw new InvalidArgumentError('Name a file: this is not written to stdout.');
  return text;
}

/** Makes the folder if needed; readable by the owner only with `mode` 0o600. */
export function writeWhole(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.next`, text, { mode, flush: true });
  renameSync(`${path}.next`, path);
}
