/**
 * Nonces on the command line: a number, or `last` for the newest one that a command on this machine was dealt.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseCount } from './durations.ts';
import { usageError } from './errors.ts';
import { readJson, writeWhole } from './files.ts';
import type { Session } from './session.ts';

const FILE = 'last.json';

export function rememberNonce({ folder }: Pick<Session, 'folder'>, nonce: number): void {
  writeWhole(join(folder, FILE), `${JSON.stringify({ nonce })}\n`);
}

/** Throws CliError. */
export function parseNonce({ folder }: Pick<Session, 'folder'>, text: string): number {
  if (text !== 'last') return parseCount(text, 'The nonce');
  const path = join(folder, FILE);
  if (!existsSync(path)) throw usageError('No nonce was dealt to this machine yet.', 'Give its number.');
  const { nonce } = readJson(path) as { nonce?: unknown };
  return parseCount(String(nonce), 'The last nonce');
}
