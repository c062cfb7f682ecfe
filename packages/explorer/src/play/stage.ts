/**
 * The actors' stage: a purse with throw-away keys, filled on the first layer, and accounts that it pays.
 *
 * Everything is done with the public client, by the same rules as everybody's. Keys and journals are in memory and gone
 * with the page. Invariant: at most ACCOUNTS_MOST accounts.
 */
import { type Client, createClient, memoryJournal, unwrap } from '@upfront/client';
import type { Hex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import type { DevnetControls } from './devnet.ts';

export interface Stage {
  /** It deposited on the first layer; it pays the others, and leaves at the end. */
  readonly purse: Client;
  /** A new account with this much; units. */
  actor(units: bigint): Promise<Client>;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly node: string;
  readonly genesis: Hex;
  readonly l1Url: string;
  readonly controls: DevnetControls;
}

const ETHER = 10n ** 18n;
/** Units. */
const PURSE = 50n * 10n ** 9n;
const ACCOUNTS_MOST = 64;
const IMPORT_MS = 60_000;

export async function setStage({ node, genesis, l1Url, controls }: StageOptions): Promise<Stage> {
  const clients: Client[] = [];
  const make = (): Client => {
    if (clients.length === ACCOUNTS_MOST) throw new RangeError('The stage is full: reload the page.');
    const account = privateKeyToAccount(generatePrivateKey());
    const client = createClient({ node, genesis, account, journal: memoryJournal(), l1: l1Url });
    clients.push(client);
    return client;
  };
  const purse = make();
  await controls.give(purse.address!, 100n * ETHER);
  const { item } = await purse.deposit({ amount: PURSE });
  await purse.waitFor({ item, timeout: IMPORT_MS });
  return {
    purse,
    async actor(units) {
      const client = make();
      unwrap(await purse.pay({ to: client.address!, amount: units }));
      return client;
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}
