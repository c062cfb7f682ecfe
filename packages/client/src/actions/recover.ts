/**
 * Taking in what another journal of this account signed: only what carries the account's own signature.
 *
 * For a new device or a lost journal. The node says where to look; what it shows is believed as far as it is signed.
 * Openings are not on the chain before they are shown, so what is open and sealed can only be left to be annulled.
 */
import { createDomain, decodeFetch, type Fetch, fromHex, nobleHashes, scanBlock, toHex } from '@upfront/core';
import type { BaseClient, Network } from '../client.ts';
import { recoverSigner } from '../signer.ts';
import type { Book } from '../state/book.ts';
import { committedOf, lookAtL1 } from '../state/outlook.ts';
import { settleEntry } from './resume.ts';

export interface Recovered {
  /** Sequences that were taken in. */
  readonly sequences: readonly bigint[];
  /** Whether the books now explain what the network counts. If not, the node shows something that you did not sign. */
  readonly isExplained: boolean;
}

interface Dealt {
  readonly sequence: bigint;
  readonly first: number;
  readonly clock: number;
  readonly height: number;
}

/** Works back from the newest fetch until the books explain what the network counts. Throws what asking throws. */
export async function recover(client: BaseClient): Promise<Recovered> {
  const book = await client.book('recover');
  const network = await client.network();
  await lookAtL1(client, book);
  const sequences: bigint[] = [];
  for (const dealt of (await dealtEvents(client)).reverse()) {
    if (await isExplained(client, book)) break;
    if (book.knows(dealt.sequence)) continue;
    const found = await findSigned(client, network, dealt);
    if (found === undefined) continue;
    const { fetch, message } = found;
    const { sequence, limit, budget, expires, intents } = fetch;
    const fees = network.genesis.parameters.fee * BigInt(intents.length);
    await book.adopt({ sequence, limit, budget, expires, fees, count: intents.length, message, dealt });
    sequences.push(sequence);
  }
  const explained = await isExplained(client, book);
  for (const sequence of sequences) {
    const entry = book.entry(sequence);
    if (entry !== undefined) await settleEntry(client, book, entry);
  }
  await book.flush();
  return { sequences, isExplained: explained };
}

async function isExplained(client: BaseClient, book: Book): Promise<boolean> {
  client.forgetView();
  const account = await client.view('recover', 0);
  book.landed(account.highest);
  return committedOf(account) <= book.own(account.height);
}

async function dealtEvents(client: BaseClient): Promise<Dealt[]> {
  const { address } = client.signer('recover');
  const dealt: Dealt[] = [];
  let after: string | undefined;
  do {
    const page = await client.node.events(address, after);
    for (const { cursor, event } of page.events) {
      if (event.text('type') !== 'dealt') continue;
      const height = Number(cursor.split('.')[0]);
      const sequence = event.integer('sequence');
      dealt.push({ sequence, first: event.count('first'), clock: event.count('clock'), height });
    }
    after = page.next;
  } while (after !== undefined);
  return dealt;
}

/** The fetch itself, from the block that dealt it, if this account signed it. */
async function findSigned(
  client: BaseClient,
  { genesis, contract }: Network,
  { sequence, height }: Dealt,
): Promise<{ fetch: Fetch; message: Uint8Array } | undefined> {
  const own = client.signer('recover').address.toLowerCase();
  const domain = createDomain(genesis.chainId, fromHex(contract)!, nobleHashes);
  const block = scanBlock(await client.node.blockBytes(height), genesis.parameters);
  for (const [i, offset] of block?.fetches.entries() ?? []) {
    const message = block!.bytes.slice(offset, offset + block!.fetchSizes[i]!);
    const fetch = decodeFetch(message, genesis.parameters);
    if (fetch === undefined || fetch.sequence !== sequence || toHex(fetch.account) !== own) continue;
    const signer = await recoverSigner(domain.fetchDigest(message, 0, message.length), fetch.signature);
    if (signer !== undefined && toHex(signer) === own) return { fetch, message };
  }
  return undefined;
}
