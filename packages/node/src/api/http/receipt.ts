/**
 * Receipts of events that are on record.
 *
 * docs/protocol.md, section 11. PERF: one hash an event of the block, for each receipt; of great blocks the node
 * remembers nothing, since whoever wants many receipts of one block can take its events and hash once.
 */
import { auditPath, type Hashes, receiptToJson, toHex } from '@upfront/core';
import type { StoreReader } from '../../store/store.ts';
import { NodeError } from '../errors.ts';
import { eventAt, eventPlaces } from '../event-bytes.ts';
import { noBlock } from '../kept.ts';
import { type Costs, charge } from './cost.ts';

/** ms between looks for signatures, and until it is given up: a committee makes some blocks in that time. */
const LOOK_MS = 50;
const SIGNED_MOST_MS = 5000;

export async function receiptOf(
  sources: Costs & {
    readonly store: Pick<StoreReader, 'meta' | 'header' | 'events' | 'validatorsAt'>;
    readonly hashes: Hashes;
  },
  address: string,
  height: number,
  index: number,
) {
  const { store, hashes } = sources;
  const header = await signedHeader(store, height);
  const list = store.events(height);
  if (header === undefined || list === undefined) throw noBlock(store, height);
  const places = eventPlaces(list);
  if (index >= places.count) {
    throw new NodeError('notFound', `block ${height} has ${places.count} events, none is ${index}`);
  }
  charge(sources, address, 'hashedEvents', places.count);
  const leaves = Array.from({ length: places.count }, (_, i) => eventAt(list, places, i));
  const json = receiptToJson({
    header: header.header,
    signatures: header.signatures,
    index,
    count: places.count,
    path: auditPath(hashes, leaves, index),
    event: leaves[index]!,
  });
  return { ...json, signatures: [...json.signatures], path: [...json.path] };
}

/**
 * A committee's signatures come with later blocks: whoever asks at once waits for more than 2/3 of them. This node's own is no
 * validator's while it waits to be taken in, or when it has been taken out.
 */
async function signedHeader(store: Pick<StoreReader, 'header' | 'validatorsAt'>, height: number) {
  for (let waited = 0; waited < SIGNED_MOST_MS; waited += LOOK_MS) {
    const header = store.header(height);
    if (header === undefined) return undefined;
    const set = new Set(store.validatorsAt(height).map(toHex));
    const signatures = header.signatures.filter(({ validator }) => set.has(toHex(validator)));
    if (3 * signatures.length > 2 * set.size) return { header: header.header, signatures };
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new NodeError('unavailable', `block ${height} is final; its signatures are not there yet`);
}
