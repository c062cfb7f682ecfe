/**
 * A client of the network that the settings name, opened for one command and closed behind it.
 *
 * The genesis comes from its file, never from the node: so leaving needs no node, and no node can name another network.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  BaseError as ClientError,
  clientCodes,
  createClient,
  type Journal,
} from '@upfront/client';
import { fileJournal } from '@upfront/client/node';
import type { Address } from 'viem';
import type { LocalAccount } from 'viem/accounts';
import { chosenAddress, createNames, openAccount } from './accounts.ts';
import { type Amounts, createAmounts } from './amounts.ts';
import type { Call } from './command.ts';
import { usageError } from './errors.ts';
import { type Network, readNetwork } from './genesis-file.ts';
import { l1UrlOf } from './l1.ts';
import type { Words } from './words.ts';

export interface Needs {
  /** Opens the key and the journal. */
  readonly key?: boolean;
  /** Cannot do without the node; else it is used if it is there. */
  readonly node?: boolean;
  /** Cannot do without the first layer; else it is used if it is there. */
  readonly l1?: boolean;
}

export interface Session extends Words {
  readonly client: Client;
  readonly network: Network;
  readonly amounts: Amounts;
  /** The account that is meant; undefined if none was chosen. */
  readonly address: Address | undefined;
  /** Where this machine keeps what it knows of this network. */
  readonly folder: string;
}

/** How long another process of this account is waited for. */
const LOCK_MOST_MS = 30_000;
const LOCK_PAUSE_MS = 100;

export async function withSession<T>(
  call: Call,
  needs: Needs,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { settings } = call;
  const network = readNetwork(settings.genesis);
  if (needs.node === true && settings.nodeUrl === undefined) {
    throw usageError('Where a node is is not known.', 'Name its URL by --node or UPFRONT_NODE_URL.');
  }
  const l1 = needs.l1 === true ? l1UrlOf(settings) : settings.l1Url;
  const account = needs.key === true ? await openAccount(settings, call.passwords) : undefined;
  const address = account?.address ?? chosenAddress(settings, call.passwords.environment);
  const folder = join(settings.home, 'networks', network.hash.slice(2, 18));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const client = createClient({
    node: settings.nodeUrl,
    l1,
    ...(account && { account, journal: await openJournal(call, folder, account) }),
    genesis: network.genesis,
  });
  try {
    const amounts = createAmounts(network.asset);
    return await work({ client, network, amounts, address, folder, name: createNames(settings.home) });
  } finally {
    await client.close();
  }
}

/** The account of a command that reads. Throws CliError if none was chosen. */
export function addressOf({ address }: Pick<Session, 'address'>): Address {
  if (address !== undefined) return address;
  throw usageError('No account was chosen.', 'Name one by --account, or as an argument.');
}

/** Two processes that sign from one journal would sign a sequence twice: the second one waits. */
async function openJournal({ out }: Call, folder: string, { address }: LocalAccount): Promise<Journal> {
  const path = join(folder, `${address.toLowerCase()}.journal`);
  for (let waited = 0; ; waited += LOCK_PAUSE_MS) {
    try {
      return await fileJournal(path);
    } catch (error) {
      const isLocked = error instanceof ClientError && error.code === clientCodes.journalLocked;
      if (!isLocked || waited >= LOCK_MOST_MS) throw error;
      if (waited === 0) out.note('Waiting: another command of this account is under way …');
    }
    await sleep(LOCK_PAUSE_MS);
  }
}
