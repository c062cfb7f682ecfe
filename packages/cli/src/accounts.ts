/**
 * The accounts of this machine: `keys/NAME.json` in the home folder, each an encrypted keystore (keystore.ts).
 *
 * A key comes from such a file or from UPFRONT_KEY, never from the command line, which other users and the shell's
 * history can read.
 */
import { existsSync, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Address, getAddress, type Hex, isAddress } from 'viem';
import { type LocalAccount, privateKeyToAccount } from 'viem/accounts';
import { CliError, usageError } from './errors.ts';
import { readJson } from './files.ts';
import { decryptKey, encryptKey, type KeyCost, keystoreFromJson, type StoredKey } from './keystore.ts';
import { choosePassword, type PasswordSource, readPassword } from './prompt.ts';
import type { Environment, Settings } from './settings.ts';

export interface NamedAccount {
  readonly name: string;
  readonly address: Address;
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const PRIVATE_KEY = /^(0x)?[0-9a-f]{64}$/i;
/** What stands behind these is public, though it looks like a key. */
const FLAGS_OF_32_BYTES = new Set(['--reference', '--consensus-key', '--trust-hash']);
const FOLDER = 'keys';

/** Encrypts a key into a new file. Throws CliError if the name is taken. */
export async function storeAccount(
  home: string,
  name: string,
  key: Hex,
  options: { readonly passwords: PasswordSource; readonly cost: KeyCost },
): Promise<NamedAccount> {
  assertNewName(home, name);
  const { address } = privateKeyToAccount(key);
  const password = await choosePassword(options.passwords, `${name} (${address})`);
  const stored = await encryptKey(key, password, options.cost);

  const path = pathOf(home, name);
  const draft = `${path}.${process.pid}`;
  mkdirSync(join(home, FOLDER), { recursive: true, mode: 0o700 });
  writeFileSync(draft, `${JSON.stringify(stored, undefined, 2)}\n`, { mode: 0o600, flush: true });
  try {
    // A link, unlike a rename, never replaces a key that is already there.
    linkSync(draft, path);
  } finally {
    rmSync(draft);
  }
  return { name, address };
}

/** Throws CliError if the name cannot be used or is taken. */
export function assertNewName(home: string, name: string): void {
  if (!NAME.test(name)) {
    throw usageError(
      `\`${name}\` is no name for an account.`,
      'Use 1 to 32 of a-z, 0-9, - and _, as in `alice`.',
    );
  }
  if (!existsSync(pathOf(home, name))) return;
  throw usageError(
    `There is an account ${name} already.`,
    `Choose another name; its key is in ${pathOf(home, name)}.`,
  );
}

/** In the order of their names. */
export function listAccounts(home: string): NamedAccount[] {
  const folder = join(home, FOLDER);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return names.sort().map((file) => {
    const name = file.slice(0, -'.json'.length);
    return { name, address: addressOf(readStored(home, name)) };
  });
}

/** An address as people give it: 0x..., or the name of an account of this machine. */
export function resolveAddress(home: string, text: string): Address {
  refuseKey(text);
  if (/^0x/i.test(text)) {
    if (!isAddress(text, { strict: false }))
      throw usageError(`\`${text}\` is no address.`, 'An address is 0x and 40 hex digits.');
    const isPlain = text === text.toLowerCase();
    if (!isPlain && text !== getAddress(text)) {
      throw usageError(
        `The checksum of ${text} is wrong: it may be mistyped.`,
        'Copy it again, or write it in lower case.',
      );
    }
    if (BigInt(text) === 0n)
      throw usageError('The zero address belongs to nobody.', 'Name the account that is meant.');
    return getAddress(text);
  }
  if (NAME.test(text) && existsSync(pathOf(home, text))) return addressOf(readStored(home, text));
  throw usageError(`\`${text}\` is neither an address nor an account of this machine.`, namesHint(home));
}

/** Which account a command is about, without opening its key. Undefined: none was chosen. */
export function chosenAddress(
  settings: Settings,
  environment: Environment = process.env,
): Address | undefined {
  const key = environmentKey(settings, environment);
  if (key !== undefined) return privateKeyToAccount(key).address;
  if (settings.account !== undefined) return resolveAddress(settings.home, settings.account);
  const all = listAccounts(settings.home);
  return all.length === 1 ? all[0]!.address : undefined;
}

/** The account that signs, its key opened. Throws CliError if there is none, or its password is wrong. */
export async function openAccount(settings: Settings, passwords: PasswordSource): Promise<LocalAccount> {
  const key = environmentKey(settings, passwords.environment);
  if (key !== undefined) return privateKeyToAccount(key);
  const address = chosenAddress(settings, passwords.environment);
  if (address === undefined) {
    throw usageError('No account was chosen.', `Name one by --account. ${namesHint(settings.home)}`);
  }
  return openStored(settings.home, address, passwords);
}

/** An account of this machine that signs, by its name or address. */
export async function openStored(
  home: string,
  text: string,
  passwords: PasswordSource,
): Promise<LocalAccount> {
  return privateKeyToAccount(await openKey(home, text, passwords));
}

/** The key of an account of this machine. */
export async function openKey(home: string, text: string, passwords: PasswordSource): Promise<Hex> {
  const address = resolveAddress(home, text);
  const found = listAccounts(home).find((account) => account.address === address);
  if (found === undefined) throw usageError(`The key of ${address} is not on this machine.`, namesHint(home));
  const stored = readStored(home, found.name);
  return decryptKey(stored, await readPassword(passwords, found.name));
}

/** The key in a variable of the environment, or undefined. */
export function keyFromEnvironment(name: string, environment: Environment): Hex | undefined {
  const text = environment[name];
  if (text === undefined || text === '') return undefined;
  return parseKey(text.trim(), name);
}

/** Throws CliError, which never repeats the text. */
export function parseKey(text: string, from: string): Hex {
  try {
    if (!PRIVATE_KEY.test(text)) throw new RangeError('not 32 bytes');
    const key: Hex = `0x${text.replace(/^0x/, '')}`;
    privateKeyToAccount(key);
    return key;
  } catch {
    throw usageError(`${from} is no private key.`, 'A private key is 64 hex digits.');
  }
}

/** What to call an account, for people: its name on this machine, else a short form of its address. */
export function createNames(home: string): (address: Address) => string {
  let names = new Map<Address, string>();
  const read = (): void => {
    names = new Map(listAccounts(home).map(({ name, address }) => [address, name]));
  };
  read();
  return (given) => {
    const address = getAddress(given);
    // Accounts that were made since.
    if (!names.has(address)) read();
    return names.get(address) ?? `${address.slice(0, 6)}…${address.slice(-4)}`;
  };
}

/** Throws CliError, which does not repeat it, if a text is a private key: by now others may have read it. */
export function refuseKey(text: string): void {
  if (!PRIVATE_KEY.test(text)) return;
  throw usageError(
    'This looks like a private key, and keys never stand on the command line, where others can read them.',
    `If it is one, use another from now on: it may be in your shell history. \`upfront account import NAME\` asks for a key without echo. What else has 32 bytes is a topic right behind \`post\` or \`follow\`, or a value right behind ${[...FLAGS_OF_32_BYTES].join(', ')}.`,
  );
}

/**
 * The same for a whole command line, before anything reads it and repeats it in an error. Texts of 32 bytes that are no
 * keys have two places: a topic is the first argument of `post` and `follow`, the rest stands behind a flag of its own.
 */
export function refuseKeys(argv: readonly string[]): void {
  const hasTopic = argv[0] === 'post' || argv[0] === 'follow';
  for (const [i, word] of argv.entries()) {
    const [flag, value] = /^(-[^=]*)=(.*)$/s.exec(word)?.slice(1) ?? [argv[i - 1] ?? '', word];
    if (FLAGS_OF_32_BYTES.has(flag ?? '') || (hasTopic && i === 1)) continue;
    refuseKey(value ?? '');
  }
}

/** UPFRONT_KEY, unless an account was named: settings.account may also stem from config.json, which comes last. */
function environmentKey(settings: Settings, environment: Environment): Hex | undefined {
  return settings.isAccountFlag ? undefined : keyFromEnvironment('UPFRONT_KEY', environment);
}

function readStored(home: string, name: string): StoredKey {
  const path = pathOf(home, name);
  const stored = keystoreFromJson(readJson(path));
  if (stored === undefined) throw new CliError('failed', `${path} is no Ethereum keystore of version 3.`);
  return stored;
}

function addressOf(stored: StoredKey): Address {
  return getAddress(`0x${stored.address}`);
}

function namesHint(home: string): string {
  const names = listAccounts(home).map(({ name }) => name);
  if (names.length === 0)
    return `There is no account in ${home} yet: \`upfront account new NAME\` makes one.`;
  return `The accounts of ${home} are: ${names.join(', ')}.`;
}

function pathOf(home: string, name: string): string {
  return join(home, FOLDER, `${name}.json`);
}
