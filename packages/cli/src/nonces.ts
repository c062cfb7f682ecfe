/**
 * Nonces on the command line: a number, or `last` for the newest of its kind that a command on this machine had to do
 * with: the last hold for who captures, the last fulfilled one for who wants its receipt.
 *
 * `validate` runs beside other commands, so its nonces are nobody's `last`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseCount } from './durations.ts';
import { CliError, usageError } from './errors.ts';
import { readJson, writeWhole } from './files.ts';
import type { Session } from './session.ts';

/** What a command did with a nonce: `dealt` is any of them. */
export type NonceUse = 'dealt' | 'hold' | 'fulfilled';

const FILE = 'last.json';

const NONE: Readonly<Record<NonceUse, string>> = {
  dealt: 'No nonce was dealt to this machine yet.',
  hold: 'No hold was made on this machine yet.',
  fulfilled: 'Nothing was fulfilled from this machine yet.',
};

export function rememberNonce(
  { folder }: Pick<Session, 'folder'>,
  nonce: number,
  uses: readonly NonceUse[],
): void {
  const path = join(folder, FILE);
  const last = { ...readLast(path), ...Object.fromEntries(uses.map((use) => [use, nonce])) };
  writeWhole(path, `${JSON.stringify(last)}\n`);
}

/** Throws CliError. */
export function parseNonce({ folder }: Pick<Session, 'folder'>, text: string, use: NonceUse): number {
  if (text !== 'last') return parseCount(text, 'The nonce');
  const nonce = readLast(join(folder, FILE))[use];
  if (nonce === undefined) throw usageError(NONE[use], 'Give its number.');
  return parseCount(String(nonce), 'The last nonce');
}

export function noSuchNonce(nonce: number): CliError {
  return new CliError(
    'refused',
    `Nonce ${nonce} was not dealt yet.`,
    '`upfront status` says how many were; they count from 0.',
  );
}

function readLast(path: string): Partial<Record<NonceUse, unknown>> {
  return existsSync(path) ? (readJson(path) as object) : {};
}
