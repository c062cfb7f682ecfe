/**
 * What client tests stand on: a test node, accounts with money, clients that are closed when the test ends.
 */
import type { TestContext } from 'node:test';
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { type Client, type ClientOptions, createClient, type Journal, memoryJournal } from '../src/index.ts';
import { TestNode } from './test-node.ts';

export const MONEY = 1_000_000_000n;

export interface World {
  readonly node: TestNode;
  readonly url: string;
  /** A new account with this much on deposit, and its client. */
  person(money?: bigint, options?: Partial<ClientOptions>): Promise<Person>;
  /** Another client. */
  client(options: Partial<ClientOptions>): Client;
}

export interface Person {
  readonly account: PrivateKeyAccount;
  readonly client: Client;
  readonly journal: Journal;
}

/** Each test's own; everything is closed when it ends. */
export async function world(
  t: TestContext,
  parameters: ConstructorParameters<typeof TestNode>[0] = {},
): Promise<World> {
  const node = new TestNode(parameters);
  const url = await node.start();
  const clients: Client[] = [];
  t.after(async () => {
    for (const one of clients) await one.close();
    await node.stop();
  });
  const client = (options: Partial<ClientOptions>): Client => {
    // Each client gets a journal object of its own on the same records: what crashed holds on to nothing.
    const journal = options.journal === undefined ? {} : { journal: { ...options.journal } };
    const made = createClient({
      node: url,
      timeout: 5000,
      backoff: { first: 10, most: 50 },
      ...options,
      ...journal,
    });
    clients.push(made);
    return made;
  };
  const person = async (money = MONEY, options: Partial<ClientOptions> = {}): Promise<Person> => {
    const account = privateKeyToAccount(generatePrivateKey());
    const journal = memoryJournal();
    if (money > 0n) await node.deposit(account.address, money);
    return { account, journal, client: client({ account, journal, ...options }) };
  };
  return { node, url, person, client };
}

/** A journal that several clients may open one after the other, as a crash and a restart would; closing keeps it. */
export function lastingJournal(): Journal {
  const journal = memoryJournal();
  return { ...journal, close: async () => undefined };
}
