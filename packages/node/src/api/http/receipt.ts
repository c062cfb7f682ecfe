/**
 * Receipts of events that are on record.
 *
 * docs/protocol.md, section 11. PERF: one hash an event of the block, for each receipt; of great blocks the node
 * remembers nothing, since whoever wants many receipts of one block can take its events and hash once.
 */
import { auditPath, type Hashes, receiptToJson } from '@upfront/core';
import type { StoreReader } from '../../store/store.ts';
import { NodeError } from '../errors.ts';
import { eventAt, eventPlaces } from '../event-bytes.ts';
import { type Costs, charge } from './cost.ts';

export function receiptOf(
  sources: Costs & { readonly store: Pick<StoreReader, 'header' | 'events'>; readonly hashes: Hashes },
  address: string,
  height: number,
  index: number,
) {
  const { store, hashes } = sources;
  const header = store.header(height);
  const list = store.events(height);
  if (header === undefined || list === undefined)
    throw new NodeError('notFound', `there is no block ${height}`);
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
