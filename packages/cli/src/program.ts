/**
 * The command line as a whole: its commands, in the order in which people meet them.
 *
 * PERF: a command is loaded when it is run, since a node takes half a second to load; help loads all of them.
 */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { exitCodesHelp } from './exit-codes.ts';

interface Entry {
  readonly name: string;
  load(): Promise<Command>;
}

const NETWORKS: readonly Entry[] = [
  { name: 'devnet', load: async () => (await import('./commands/devnet.ts')).devnetCommand() },
  { name: 'init', load: async () => (await import('./commands/init.ts')).initCommand() },
  { name: 'node', load: async () => (await import('./commands/node.ts')).nodeCommand() },
  { name: 'bond', load: async () => (await import('./commands/bond.ts')).bondCommand() },
  { name: 'unbond', load: async () => (await import('./commands/unbond.ts')).unbondCommand() },
  { name: 'accuse', load: async () => (await import('./commands/accuse.ts')).accuseCommand() },
];
const ACCOUNTS: readonly Entry[] = [
  { name: 'account', load: async () => (await import('./commands/account.ts')).accountCommand() },
  { name: 'faucet', load: async () => (await import('./commands/faucet.ts')).faucetCommand() },
];
const MONEY: readonly Entry[] = [
  { name: 'deposit', load: async () => (await import('./commands/deposit.ts')).depositCommand() },
  { name: 'withdraw', load: async () => (await import('./commands/withdraw.ts')).withdrawCommand() },
  { name: 'exit', load: async () => (await import('./commands/exit.ts')).exitCommand() },
  { name: 'claim', load: async () => (await import('./commands/claim.ts')).claimCommand() },
];
const ACTIVITIES: readonly Entry[] = [
  { name: 'pay', load: async () => (await import('./commands/pay.ts')).payCommand() },
  { name: 'batch', load: async () => (await import('./commands/batch.ts')).batchCommand() },
  { name: 'hold', load: async () => (await import('./commands/hold.ts')).holdCommand() },
  { name: 'capture', load: async () => (await import('./commands/capture.ts')).captureCommand() },
  { name: 'release', load: async () => (await import('./commands/release.ts')).releaseCommand() },
  { name: 'post', load: async () => (await import('./commands/post.ts')).postCommand() },
  { name: 'resume', load: async () => (await import('./commands/resume.ts')).resumeCommand() },
];
const READING: readonly Entry[] = [
  { name: 'status', load: async () => (await import('./commands/status.ts')).statusCommand() },
  { name: 'show', load: async () => (await import('./commands/show.ts')).showCommand() },
  { name: 'follow', load: async () => (await import('./commands/follow.ts')).followCommand() },
  { name: 'receipt', load: async () => (await import('./commands/receipt.ts')).receiptCommand() },
  { name: 'validate', load: async () => (await import('./commands/validate.ts')).validateCommand() },
];
const EXPERIMENTS: readonly Entry[] = [
  { name: 'simulate', load: async () => (await import('./commands/simulate.ts')).simulateCommand() },
];

const GROUPS: readonly (readonly [heading: string, entries: readonly Entry[]])[] = [
  ['Networks:', NETWORKS],
  ['Accounts:', ACCOUNTS],
  ['Money in and out:', MONEY],
  ['Activities:', ACTIVITIES],
  ['Reading and checking:', READING],
  ['Experiments:', EXPERIMENTS],
];

/** With the command that the arguments name, or with all. It throws CommanderError instead of ending the process. */
export async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('upfront')
    .description('A second layer for Ethereum where nothing happens before it has been announced.')
    .version(versionOfPackage(), '--version')
    .helpCommand(false)
    .addHelpText('after', `\n${exitCodesHelp}\n\nStart with:\n${START}`);
  const isNamed = isCommand(args[0]);
  for (const [heading, entries] of GROUPS) {
    for (const { name, load } of entries) {
      if (!isNamed || name === args[0]) program.addCommand((await load()).helpGroup(heading));
    }
  }
  eachCommand(program, (command) =>
    command.exitOverride().showHelpAfterError('(add --help for what there is)'),
  );
  return program;
}

/** `upfront help pay` is `upfront pay --help`; of what is no command there is no help. */
export function inFull([first, ...rest]: readonly string[]): string[] {
  if (first !== 'help') return first === undefined ? [] : [first, ...rest];
  const isKnown = rest[0] === undefined || rest[0].startsWith('-') || isCommand(rest[0]);
  return isKnown ? [...rest, '--help'] : rest;
}

function isCommand(word: string | undefined): boolean {
  return GROUPS.some(([, entries]) => entries.some(({ name }) => name === word));
}

function versionOfPackage(): string {
  const json: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return (json as { version: string }).version;
}

const START = '  upfront devnet   a whole network on this machine; it prints what to try next';

function eachCommand(command: Command, change: (command: Command) => void): void {
  change(command);
  for (const inner of command.commands) eachCommand(inner, change);
}
