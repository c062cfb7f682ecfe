/**
 * Before the work: a payee checks that the hold it was handed is what the payer says, and that the money is locked.
 *
 * The validators signed that the fetch was dealt; the fetch names the hold. That it is still open is the node's word.
 */
import {
  decodeFetch,
  encodeIntents,
  fromHex,
  type Intent,
  nobleHashes,
  scanBlock,
  toHex,
} from '@upfront/core';
import type { BaseClient } from '../client.ts';
import { BadReceiptError } from '../errors/kinds.ts';
import type { Hold } from './hold.ts';
import { receipt } from './receipt.ts';
import { type VerifiedReceipt, verifyReceipt, verifyReceiptOnL1 } from './verifyReceipt.ts';

export interface VerifiedHold {
  /** ms until the network may annul it, by its clock: capture before. 0 or less: too late. */
  readonly remaining: number;
  /** Whether the node says that it is still open. */
  readonly isOpen: boolean;
}

/** Throws BadReceiptError if anything in `hold` is not so; what asking throws. */
export async function verifyHold(client: BaseClient, hold: Hold): Promise<VerifiedHold> {
  const found = (await client.node.blockEvents(hold.height)).events.find(({ event }) =>
    isDealing(event.all, hold),
  );
  if (found === undefined) throw new BadReceiptError('the block did not deal it');
  const index = Number(found.cursor.split('.')[1]);
  const { json } = await receipt(client, { height: hold.height, index });
  const { event } = await verifyOwnReceipt(client, { receipt: json });
  if (event.type !== 'dealt' || event.first + hold.index !== hold.nonce) {
    throw new BadReceiptError('another nonce was dealt');
  }
  if (toHex(event.account) !== hold.payer.toLowerCase() || event.sequence !== hold.sequence) {
    throw new BadReceiptError('it was dealt to another fetch');
  }
  const intent = await findIntent(client, hold, event.intents);
  const isSaid =
    intent?.kind === 'hold' && toHex(intent.payee) === hold.payee.toLowerCase() && intent.max === hold.max;
  if (!isSaid) throw new BadReceiptError('the fetch names another payee or maximum');
  const deadline = event.clock + 1000 * intent.window;
  const [{ clock }, { status }] = await Promise.all([client.node.status(), client.node.nonce(hold.nonce)]);
  return { remaining: deadline - clock, isOpen: status === 'open' };
}

/** A receipt of the client's own network, against the validators on L1 if it has L1, else those of the genesis. */
export async function verifyOwnReceipt(
  client: BaseClient,
  given: { readonly receipt: unknown; readonly descent?: unknown },
): Promise<VerifiedReceipt> {
  const { genesis, contract } = await client.network();
  const common = { ...given, chainId: genesis.chainId, contract };
  if (client.hasL1) return await verifyReceiptOnL1((await client.contract('verifyReceipt')).l1, common);
  return await verifyReceipt({ ...common, validators: genesis.validators.map(toHex) });
}

/** The node's decoded event only says where to look. */
function isDealing(event: Readonly<Record<string, unknown>>, { payer, sequence }: Hold): boolean {
  const account = String(event['account']).toLowerCase();
  return (
    event['type'] === 'dealt' &&
    account === payer.toLowerCase() &&
    String(event['sequence']) === String(sequence)
  );
}

/** The hold's intent, from the block; only if all intents hash to what the receipt has. */
async function findIntent(client: BaseClient, hold: Hold, hash: Uint8Array): Promise<Intent | undefined> {
  const { parameters } = (await client.network()).genesis;
  const block = scanBlock(await client.node.blockBytes(hold.height), parameters);
  const payer = fromHex(hold.payer);
  for (const [i, offset] of block?.fetches.entries() ?? []) {
    const fetch = decodeFetch(block!.bytes.slice(offset, offset + block!.fetchSizes[i]!), parameters);
    if (fetch === undefined || payer === undefined || toHex(fetch.account) !== toHex(payer)) continue;
    const isIt = toHex(nobleHashes.sha256(encodeIntents(fetch.intents))) === toHex(hash);
    if (isIt && fetch.sequence === hold.sequence) return fetch.intents[hold.index];
  }
  return undefined;
}
