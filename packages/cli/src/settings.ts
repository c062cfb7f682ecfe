/**
 * Where the node, the first layer, the genesis and the keys are: flags > environment > config.json of the home folder.
 *
 * The home folder is --home, else UPFRONT_HOME, else the nearest `.upfront` in this folder or above, else ~/.upfront.
 * `upfront devnet` and `upfront init` write config.json, so that the next commands need no flags.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { usageError } from './errors.ts';
import { readJson, writeWhole } from './files.ts';

/** What config.json may hold; paths in it count from its folder. */
export interface Profile {
  readonly nodeUrl?: string;
  readonly l1Url?: string;
  /** Path of the genesis file. */
  readonly genesis?: string;
  /** Name or address of the account that commands use. */
  readonly account?: string;
}

export interface Settings extends Profile {
  readonly home: string;
  /** Whether the account was named by a flag, which goes before UPFRONT_KEY. */
  readonly isAccountFlag: boolean;
}

/** As commander gives them. */
export interface SettingFlags {
  readonly home?: string;
  readonly node?: string;
  readonly l1?: string;
  readonly genesis?: string;
  readonly account?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const FOLDER = '.upfront';
const FILE = 'config.json';
const NAMES = ['nodeUrl', 'l1Url', 'genesis', 'account'] as const satisfies readonly (keyof Profile)[];

/** Throws CliError if config.json is broken or a URL is none. */
export function readSettings(
  flags: SettingFlags,
  environment: Environment = process.env,
  cwd = process.cwd(),
): Settings {
  const home = findHome(flags.home, environment, cwd);
  const profile = readProfile(home);
  const genesis = flags.genesis ?? present(environment['UPFRONT_GENESIS']);
  const found = {
    nodeUrl: urlOf('--node', flags.node ?? present(environment['UPFRONT_NODE_URL']) ?? profile.nodeUrl),
    l1Url: urlOf('--l1', flags.l1 ?? present(environment['UPFRONT_L1_URL']) ?? profile.l1Url),
    genesis:
      genesis === undefined ? profile.genesis && resolve(home, profile.genesis) : resolve(cwd, genesis),
    account: flags.account ?? present(environment['UPFRONT_ACCOUNT']) ?? profile.account,
  };
  const entries = Object.entries(found).filter(([, value]) => value !== undefined);
  return { home, isAccountFlag: flags.account !== undefined, ...(Object.fromEntries(entries) as Profile) };
}

/** Changes config.json as a whole: what `changes` does not name stays. */
export function writeProfile(home: string, changes: Profile): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeWhole(
    join(home, FILE),
    `${JSON.stringify({ ...readProfile(home), ...changes }, undefined, 2)}\n`,
    0o600,
  );
}

export function findHome(flag: string | undefined, environment: Environment, cwd: string): string {
  const named = flag ?? present(environment['UPFRONT_HOME']);
  if (named !== undefined) return resolve(cwd, named);
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, FOLDER))) return join(folder, FOLDER);
    if (dirname(folder) === folder) return join(homedir(), FOLDER);
  }
}

function readProfile(home: string): Profile {
  const path = join(home, FILE);
  if (!existsSync(path)) return {};
  const json = readJson(path);
  const fields =
    typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : {};
  const wrong = Object.keys(fields).find(
    (name) => !NAMES.includes(name as keyof Profile) || typeof fields[name] !== 'string',
  );
  if (wrong !== undefined || fields !== json) {
    throw usageError(
      `${path} has ${wrong === undefined ? 'no object' : `a wrong "${wrong}"`}.`,
      `It may hold ${NAMES.join(', ')}, each a text.`,
    );
  }
  return fields as Profile;
}

function urlOf(flag: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw usageError(`${flag} is no URL of http or https.`, `Write it as ${flag} http://127.0.0.1:8640`);
  }
  return text.replace(/\/+$/, '');
}

function present(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
