/**
 * How every command is made: common flags, examples in its help, and what its action is given.
 *
 * A command names what it uses; only those flags appear in its help.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { CliError, usageError } from './errors.ts';
import { createOutput, type Output } from './output.ts';
import { type PasswordSource, processPasswords } from './prompt.ts';
import { readSettings, type SettingFlags, type Settings } from './settings.ts';

/** What an action works with. */
export interface Call {
  readonly out: Output;
  readonly settings: Settings;
  readonly passwords: PasswordSource;
}

export type Use = 'node' | 'l1' | 'genesis' | 'account';

export interface CommandText {
  /** One line, for lists of commands. */
  readonly summary: string;
  /** What else is to be known; whole sentences. */
  readonly more?: string;
  /** Command lines without `upfront`, each with what it does. */
  readonly examples: readonly (readonly [line: string, does: string])[];
}

const USES: Readonly<Record<Use, () => Option>> = {
  node: () => new Option('--node <url>', 'URL of a node (UPFRONT_NODE_URL)'),
  l1: () => new Option('--l1 <url>', 'JSON-RPC URL of the first layer (UPFRONT_L1_URL)'),
  genesis: () => new Option('--genesis <file>', 'genesis file of the network (UPFRONT_GENESIS)'),
  account: () =>
    new Option('--account <name>', 'account that is meant: name or address (UPFRONT_ACCOUNT, UPFRONT_KEY)'),
};

export function createCommand(name: string, uses: readonly Use[], text: CommandText): Command {
  const command = new Command(name).summary(text.summary);
  command.description(text.more === undefined ? text.summary : `${text.summary}\n\n${text.more}`);
  for (const use of uses) command.addOption(USES[use]());
  command.option('--json', 'one JSON object a line on stdout');
  command.option('--home <folder>', 'folder of keys and config.json (UPFRONT_HOME)');
  for (const flag of ['--key', '--private-key', '--password']) command.addOption(refused(flag));
  command.addHelpText('after', examplesOf(text.examples));
  return command;
}

/**
 * An action: what it is given first is made from the common flags; then the command's own flags, then its arguments.
 */
export function act<F extends object = object, A extends readonly unknown[] = string[]>(
  action: (call: Call, flags: F, ...args: A) => Promise<void>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    // What stands before a subcommand is its parent's: `devnet --json stop-node`.
    const flags = (given.at(-1) as Command).optsWithGlobals<F & SettingFlags & { readonly json?: boolean }>();
    const args = given.slice(0, -2) as unknown as A;
    const settings = readSettings(flags);
    await action(
      { out: createOutput(flags.json === true), settings, passwords: processPasswords() },
      flags,
      ...args,
    );
  };
}

/** A commander parser that names the option when `parse` throws CliError. */
export function parsedBy<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof CliError)
        throw new InvalidArgumentError([error.message, error.hint ?? ''].join(' ').trim());
      throw error;
    }
  };
}

/** A flag that people try, and that would show a secret to everybody on this machine. */
function refused(flag: string): Option {
  return new Option(`${flag} [secret]`).hideHelp().argParser(() => {
    throw usageError(
      `${flag} does not exist: keys and passwords are never given on the command line, which others can read.`,
      'What you typed may be in your shell history now: change it. Keys come from a keystore (`upfront account import NAME`) or UPFRONT_KEY, passwords from a prompt, UPFRONT_PASSWORD or UPFRONT_PASSWORD_FILE.',
    );
  });
}

function examplesOf(examples: CommandText['examples']): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, does]) => `  upfront ${line.padEnd(width)}  ${does}`);
  return `\nExamples:\n${lines.join('\n')}`;
}
