/**
 * What a fetch on record said of its nonces, read from its block.
 *
 * The block may hold another message with the same account and sequence that left no trace, so the one that was dealt
 * is known by the hash of its intents, as its *dealt* event names it.
 */
import { decodeFetch, equalBytes, FETCH, type Fetch, readU64, scanBlock, viewOf } from '@upfront/core';
import { eventAt, eventPlaces } from '../event-bytes.ts';
import { charge } from './cost.ts';
import type { Sources } from './sources.ts';

/** Where the *dealt* event of a fetch stands, and whose it is. */
export interface DealtFetch {
  readonly account: Uint8Array;
  readonly sequence: bigint;
  readonly height: number;
  readonly index: number;
}

/** Offsets in a *dealt* event (docs/protocol.md, 10). */
const DEALT = { intents: 55, clock: 87 } as const;

/** The fetch, and the clock at which it was dealt. Throws NodeError rate-limited. */
export function readDealtFetch(
  sources: Pick<Sources, 'store' | 'genesis' | 'hashes' | 'requestBuckets' | 'now'>,
  ip: string,
  { account, sequence, height, index }: DealtFetch,
): { fetch: Fetch; clock: number } {
  const { store, genesis, hashes } = sources;
  const bytes = store.block(height);
  const list = store.events(height);
  const block = bytes && scanBlock(bytes, genesis.parameters);
  if (block === undefined || list === undefined) throw new Error(`block ${height} is indexed and not stored`);
  charge(sources, ip, 'scannedMessages', block.fulfils.length + block.fetches.length);
  const event = eventAt(list, eventPlaces(list), index);
  for (let i = 0; i < block.fetches.length; i++) {
    const at = block.fetches[i]!;
    const message = block.bytes.subarray(at, at + block.fetchSizes[i]!);
    if (readU64(block.view, at + FETCH.sequence) !== sequence) continue;
    if (!equalBytes(message, FETCH.account, account, 0, 20)) continue;
    const intents = hashes.sha256(message.subarray(FETCH.intents));
    if (!equalBytes(event, DEALT.intents, intents, 0, 32)) continue;
    const fetch = decodeFetch(message, genesis.parameters);
    if (fetch !== undefined) return { fetch, clock: Number(readU64(viewOf(event), DEALT.clock)) };
  }
  throw new Error(`fetch ${sequence} is on record in block ${height} and in none of its messages`);
}
