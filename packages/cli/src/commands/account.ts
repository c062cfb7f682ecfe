/**
 * `upfront account`: the keys of this machine, and what the network and the first layer have for them.
 */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { type Address, type Hex, parseEther } from 'viem';
import { generatePrivateKey } from 'viem/accounts';
import {
  assertNewName,
  listAccounts,
  openStored,
  parseKey,
  resolveAddress,
  storeAccount,
} from '../accounts.ts';
import { act, type Call, createCommand } from '../command.ts';
import { CliError, usageError } from '../errors.ts';
import { readJson } from '../files.ts';
import { decryptKey, keystoreFromJson } from '../keystore.ts';
import { createL1Client, l1UrlOf } from '../l1.ts';
import { columns } from '../output.ts';
import { readPassword } from '../prompt.ts';
import { writeProfile } from '../settings.ts';
import { balanceCommand } from './account-balance.ts';

export function accountCommand(): Command {
  return new Command('account')
    .summary('keys and balances: new, import, list, show, balance')
    .description(
      'Keys of this machine, each in an encrypted file (Ethereum keystore, version 3), and their balances.',
    )
    .addCommand(newCommand())
    .addCommand(importCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(balanceCommand());
}

interface NewFlags {
  readonly light?: boolean;
  readonly use?: boolean;
  readonly fund?: boolean;
}

function newCommand(): Command {
  return createCommand('new', ['l1'], {
    summary: 'make a key',
    more: 'The first account of this machine becomes the one that commands use.',
    examples: [
      ['account new alice', 'asks for a password, without echo'],
      ['account new bob --light', 'quick to unlock, for test networks'],
      ['account new carol --fund', 'with ETH on the first layer of a devnet'],
    ],
  })
    .argument('<name>', 'what to call it: a-z, 0-9, - and _')
    .option('--light', 'a weaker encryption, for test networks')
    .option('--use', 'make it the account that commands use')
    .option('--fund', 'give it 10 ETH on the first layer: on a devnet only')
    .action(
      act(async (call, flags: NewFlags, name: string) => {
        if (flags.fund !== true) return void (await store(call, flags, name, generatePrivateKey()));
        const { assertDevnet, FAUCET_ETHER, giveEther } = await import('../devnet/faucet.ts');
        const client = createL1Client(l1UrlOf(call.settings));
        // Before the key is made: without a devnet none is.
        await assertDevnet(client);
        const address = await store(call, flags, name, generatePrivateKey());
        await giveEther(client, address, parseEther(FAUCET_ETHER));
        call.out.note(`It has ${FAUCET_ETHER} ETH on the first layer.`);
      }),
    );
}

function importCommand(): Command {
  return createCommand('import', [], {
    summary: 'take in a key',
    more: 'The key is asked for without echo, or read from standard input, or from an Ethereum keystore file.',
    examples: [
      ['account import carol', 'asks for the key'],
      ['account import carol --keystore UTC--2026.json', 'takes a keystore of another program'],
    ],
  })
    .argument('<name>', 'what to call it: a-z, 0-9, - and _')
    .option('--keystore <file>', 'an Ethereum keystore of version 3')
    .option('--light', 'a weaker encryption, for test networks')
    .option('--use', 'make it the account that commands use')
    .action(
      act(async (call, flags: NewFlags & { readonly keystore?: string }, name: string) => {
        assertNewName(call.settings.home, name);
        const key =
          flags.keystore === undefined ? await askKey(call) : await openKeystore(call, flags.keystore);
        await store(call, flags, name, key);
      }),
    );
}

function listCommand(): Command {
  return createCommand('list', [], {
    summary: 'the accounts of this machine',
    examples: [['account list', 'their names and addresses']],
  }).action(
    act(async ({ out, settings }) => {
      const accounts = listAccounts(settings.home);
      const used = settings.account ?? (accounts.length === 1 ? accounts[0]!.name : undefined);
      const rows = accounts.map(({ name, address }) => {
        const isUsed = name === used || address === used;
        return [name, isUsed ? `${address}  (in use)` : address] as const;
      });
      const text =
        rows.length === 0 ? 'There is no account yet: `upfront account new NAME` makes one.' : columns(rows);
      out.result({ home: settings.home, used, accounts }, text);
    }),
  );
}

function showCommand(): Command {
  return createCommand('show', ['account'], {
    summary: 'the address of an account; with --unlock, whether its password is known',
    examples: [
      ['account show', 'of the account in use'],
      ['account show alice --unlock', 'asks for the password and checks it'],
    ],
  })
    .argument('[name]', 'name or address')
    .option('--unlock', 'open the key, to see whether the password is right')
    .action(
      act(async ({ out, settings, passwords }, flags: { readonly unlock?: boolean }, given?: string) => {
        const name = given ?? settings.account ?? listAccounts(settings.home)[0]?.name;
        if (name === undefined)
          throw usageError('There is no account yet.', '`upfront account new NAME` makes one.');
        const address = resolveAddress(settings.home, name);
        if (flags.unlock === true) await openStored(settings.home, address, passwords);
        out.result({ address, isUnlocked: flags.unlock === true ? true : undefined }, address);
      }),
    );
}

async function store(
  { out, settings, passwords }: Call,
  flags: NewFlags,
  name: string,
  key: Hex,
): Promise<Address> {
  const isFirst = listAccounts(settings.home).length === 0;
  const cost = flags.light === true ? 'light' : 'standard';
  const account = await storeAccount(settings.home, name, key, { passwords, cost });
  const isUsed = flags.use === true || (isFirst && settings.account === undefined);
  if (isUsed) writeProfile(settings.home, { account: name });
  out.result({ ...account, isUsed }, account.address);
  out.note(
    `The key of ${name} is in ${settings.home}/keys, encrypted. Without its password nobody can open it.`,
  );
  if (isUsed) out.note(`${name} is the account that commands use from now on.`);
  return account.address;
}

async function askKey({ passwords }: Call): Promise<Hex> {
  if (passwords.ask !== undefined)
    return parseKey((await passwords.ask('Private key')).trim(), 'What you typed');
  if (process.stdin.isTTY === true)
    throw usageError('There is no terminal to ask at.', 'Give the key on standard input.');
  return parseKey(readFileSync(process.stdin.fd, 'utf8').trim(), 'Standard input');
}

async function openKeystore({ passwords }: Call, path: string): Promise<Hex> {
  const stored = keystoreFromJson(readJson(path));
  if (stored === undefined)
    throw new CliError(
      'usage',
      `${path} is no Ethereum keystore of version 3.`,
      'Export one from the other program.',
    );
  return decryptKey(stored, await readPassword(passwords, path));
}
