/**
 * The numbered tables of the node's two databases, and their keys. A key is the table's number and big-endian
 * fields, so that keys sort as their fields do. Numbers are never used again for something else.
 *
 * `blocks` is what must not be lost: a block is final once its record is on disk. `index` follows from the
 * blocks.
 */
import { viewOf, writeSafe, writeU64 } from './bytes.ts';

/** Tables of `blocks`. */
export const BLOCKS = {
  /** name -> value: FORMAT, GENESIS, BASE */
  meta: 1,
  /** height 8 -> count of verdicts 4 ‖ verdicts ‖ block */
  block: 2,
  /** height 8 -> 84 each: signatures of its header that came after the block */
  signatures: 3,
} as const;

/** Tables of `index`. */
export const INDEX = {
  /** name -> value: INDEXED */
  meta: 1,
  /** height 8 -> header 136 ‖ digest 32 ‖ signatures 2 ‖ 84 each ‖ traceless 4 ‖ 4 each */
  header: 2,
  /** height 8 -> the core's event list */
  events: 3,
  /** number 8 -> height 8 ‖ inbox 8 ‖ hash 32 ‖ debits, credits, payouts, rotation: length 4 ‖ bytes */
  settlement: 4,
  /** first height 8 -> addresses, joined; one entry a change of the set */
  validators: 5,
  /** account 20 ‖ sequence 8 -> height 8 ‖ index 4 */
  fetch: 6,
  /** first nonce dealt to a fetch of a block 8 -> height 8 */
  dealt: 7,
  /** nonce / 256 8 -> 256 × (height 6 ‖ index 4); height 0: unresolved */
  resolution: 8,
  /** address 20 ‖ first cursor 12 -> n × cursor 12 */
  account: 9,
  /** topic 32 ‖ first cursor 12 -> n × (cursor 12 ‖ nonce 8 ‖ fulfilled 1) */
  topic: 10,
} as const;

/** Names in the `meta` tables. */
export const FORMAT = metaKey('format');
export const GENESIS = metaKey('genesis');
export const BASE = metaKey('base');
export const INDEXED = metaKey('indexed');

export const CURSOR_SIZE = 12;
export const DELIVERY_SIZE = CURSOR_SIZE + 9;
/** Nonces a resolution record, and bytes of each. */
export const RESOLUTIONS = 256;
export const RESOLUTION_SIZE = 10;

/** table 1 ‖ number 8. */
export function numberKey(table: number, number: number): Buffer {
  const key = Buffer.allocUnsafeSlow(9);
  key[0] = table;
  writeSafe(viewOf(key), 1, number);
  return key;
}

/** table 1 ‖ account 20 ‖ sequence 8. */
export function fetchKey(account: Uint8Array, sequence: bigint): Buffer {
  const key = Buffer.allocUnsafeSlow(29);
  key[0] = INDEX.fetch;
  key.set(account, 1);
  writeU64(viewOf(key), 21, sequence);
  return key;
}

/** table 1 ‖ address or topic ‖ height 8 ‖ index 4. */
export function streamKey(table: number, name: Uint8Array, height: number, index: number): Buffer {
  const key = Buffer.allocUnsafeSlow(1 + name.length + CURSOR_SIZE);
  key[0] = table;
  key.set(name, 1);
  const view = viewOf(key);
  writeSafe(view, 1 + name.length, height);
  view.setUint32(9 + name.length, index);
  return key;
}

function metaKey(name: string): Buffer {
  return Buffer.concat([Uint8Array.of(1), Buffer.from(name, 'ascii')]);
}
