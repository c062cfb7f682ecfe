/**
 * Questions to a person at a terminal: a password, without echo.
 *
 * Without a terminal nothing is asked, and the error says which variable to set. Prompts go to stderr.
 */
import { readFileSync } from 'node:fs';
import { isCancel, password } from '@clack/prompts';
import { CliError, usageError } from './errors.ts';
import type { Environment } from './settings.ts';

export interface PasswordSource {
  readonly environment: Environment;
  /** Asks; undefined without a terminal. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

/** The process's own: its environment, and its terminal if it has one. */
export function processPasswords(): PasswordSource {
  const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return { environment: process.env, ask: isTerminal ? askAtTerminal : undefined };
}

/** The password that opens an existing key. */
export async function readPassword(source: PasswordSource, of: string): Promise<string> {
  return (await givenPassword(source)) ?? ask(source, `Password of ${of}`);
}

/** A password for a new key: asked twice. */
export async function choosePassword(source: PasswordSource, of: string): Promise<string> {
  const given = await givenPassword(source);
  if (given !== undefined) return given;
  const first = await ask(source, `Choose a password for ${of}`);
  if (first === '') throw usageError('The password is empty.', 'Type one, or set UPFRONT_PASSWORD.');
  if ((await ask(source, 'Again')) !== first) throw usageError('The two passwords differ.', 'Try again.');
  return first;
}

async function givenPassword({ environment }: PasswordSource): Promise<string | undefined> {
  const { UPFRONT_PASSWORD: given, UPFRONT_PASSWORD_FILE: file } = environment;
  if (given !== undefined && given !== '') return given;
  if (file === undefined || file === '') return undefined;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new CliError(
      'usage',
      `The password file ${file} cannot be read.`,
      'UPFRONT_PASSWORD_FILE names it.',
      { cause },
    );
  }
}

function ask({ ask: question }: PasswordSource, text: string): Promise<string> {
  if (question === undefined) {
    throw usageError(
      'A password is needed, and there is no terminal to ask at.',
      'Set UPFRONT_PASSWORD, or UPFRONT_PASSWORD_FILE to the path of a file that holds it.',
    );
  }
  return question(text);
}

async function askAtTerminal(message: string): Promise<string> {
  const answer = await password({ message, output: process.stderr });
  if (isCancel(answer)) throw new CliError('interrupted', 'Interrupted.');
  return answer;
}
