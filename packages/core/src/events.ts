/**
 * What a block did, in bytes: the leaves of its Merkle tree.
 *
 * docs/protocol.md, section 10. One table gives every event's fields; sizes, decoder and types follow from it. The log
 * is what applying a block writes to: one buffer, reused, no object an event.
 */
import { ByteWriter, copyBytes, readSafe, readU64, viewOf, writeSafe, writeU64 } from './bytes.ts';
import { EventTree } from './event-tree.ts';
import type { Hashes } from './hash.ts';
import type { Address, Hash, Height, Milliseconds, Nonce, Sequence, Units } from './units.ts';

/** The type byte. */
export const EVENT = {
  dealt: 1,
  refused: 2,
  transferred: 3,
  captured: 4,
  withdrawn: 5,
  posted: 6,
  validated: 7,
  annulled: 8,
  item: 9,
  delivered: 10,
  formed: 11,
  settled: 12,
  rotated: 13,
  cut: 14,
} as const;
export type EventType = keyof typeof EVENT;

/** Fields in order. `u64` is an amount or a sequence, `count` a u64 below 2^53, `flag` a byte 0 or 1. */
export const EVENT_FIELDS = {
  dealt: {
    account: 'address',
    sequence: 'u64',
    first: 'count',
    count: 'u16',
    limit: 'u64',
    budget: 'u64',
    intents: 'hash',
    clock: 'count',
  },
  refused: { account: 'address', sequence: 'u64', code: 'u16' },
  transferred: { nonce: 'count', from: 'address', to: 'address', amount: 'u64', reference: 'hash' },
  captured: { nonce: 'count', payer: 'address', payee: 'address', amount: 'u64' },
  withdrawn: { nonce: 'count', account: 'address', amount: 'u64' },
  posted: { nonce: 'count', account: 'address', topic: 'hash', size: 'u16', data: 'hash' },
  validated: { nonce: 'count', account: 'address', height: 'count' },
  annulled: { first: 'count', account: 'address', sequence: 'u64', bitmap: 'hash' },
  item: { nonce: 'count', number: 'count', kind: 'u8', account: 'address', amount: 'u64', data: 'hash' },
  delivered: { topic: 'hash', nonce: 'count', fulfilled: 'flag' },
  formed: {
    number: 'count',
    inbox: 'count',
    settlement: 'hash',
    debits: 'u32',
    credits: 'u32',
    payouts: 'u32',
  },
  settled: { number: 'count' },
  rotated: { validator: 'address', in: 'flag' },
  cut: { cut: 'count', debits: 'u64', credits: 'u64', payouts: 'u64', fee: 'u64', entries: 'u32' },
} as const satisfies Record<EventType, Record<string, keyof Values>>;

interface Values {
  address: Address;
  hash: Hash;
  u64: bigint;
  count: number;
  u32: number;
  u16: number;
  u8: number;
  flag: boolean;
}
const WIDTH = { address: 20, hash: 32, u64: 8, count: 8, u32: 4, u16: 2, u8: 1, flag: 1 } as const;

type Fields<T extends EventType> = (typeof EVENT_FIELDS)[T];
type ValueOf<K> = K extends keyof Values ? Values[K] : never;

/** An event of one type; its fields as {@link EVENT_FIELDS} lists them. */
export type EventOf<T extends EventType> = { readonly type: T } & {
  readonly [F in keyof Fields<T>]: ValueOf<Fields<T>[F]>;
};
/** Discriminated by `type`. */
export type Event = { [T in EventType]: EventOf<T> }[EventType];

const TYPES = Object.keys(EVENT) as readonly EventType[];
const entriesOf = (type: EventType) => Object.entries(EVENT_FIELDS[type]) as [string, keyof Values][];

/** Bytes of an event, the type byte included. */
export const EVENT_SIZE = Object.fromEntries(
  TYPES.map((type) => [type, entriesOf(type).reduce((size, [, kind]) => size + WIDTH[kind], 1)]),
) as Readonly<Record<EventType, number>>;

/** Offsets of the addresses in an event, by the number of its type; the type byte is at 0. */
export const EVENT_ADDRESSES: readonly (readonly number[])[] = Object.entries(EVENT).reduce<number[][]>(
  (table, [type, number]) => {
    let at = 1;
    table[number] = [];
    for (const [, kind] of entriesOf(type as EventType)) {
      if (kind === 'address') table[number].push(at);
      at += WIDTH[kind];
    }
    return table;
  },
  [],
);

/** Whether nonce first + `index` is in an annulment's bitmap. */
export function isAnnulled(bitmap: Uint8Array, index: number): boolean {
  return ((bitmap[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0;
}

/** Puts nonce first + `index` into an annulment's bitmap. */
export function markAnnulled(bitmap: Uint8Array, index: number): void {
  bitmap[index >> 3]! |= 0x80 >> (index & 7);
}

/** Throws RangeError if a field does not fit its width. */
export function encodeEvent(event: Event): Uint8Array {
  const writer = new ByteWriter(EVENT_SIZE[event.type]).u8(EVENT[event.type]);
  const values = event as unknown as Record<string, Uint8Array & bigint & number & boolean>;
  for (const [name, kind] of entriesOf(event.type)) {
    const value = values[name]!;
    if (kind === 'address' || kind === 'hash') writer.bytes(value, WIDTH[kind]);
    else if (kind === 'u64' || kind === 'count') writer.u64(value);
    else if (kind === 'flag') writer.u8(value ? 1 : 0);
    else writer[kind](value);
  }
  return writer.finish();
}

/** The event that these bytes are, exactly; undefined if they are malformed. */
export function decodeEvent(bytes: Uint8Array): Event | undefined {
  const type = TYPES[(bytes[0] ?? 0) - 1];
  if (type === undefined || bytes.length !== EVENT_SIZE[type]) return undefined;
  const view = viewOf(bytes);
  const event: Record<string, unknown> = { type };
  let at = 1;
  for (const [name, kind] of entriesOf(type)) {
    const value = readValue(bytes, view, at, kind);
    if (value === undefined) return undefined;
    event[name] = value;
    at += WIDTH[kind];
  }
  return event as unknown as Event;
}

/** The raw events of {@link EventLog.bytes}, as subarrays; undefined if lengths do not fit. */
export function splitEventList(bytes: Uint8Array): Uint8Array[] | undefined {
  if (bytes.length < 4) return undefined;
  const view = viewOf(bytes);
  const count = view.getUint32(0);
  const events: Uint8Array[] = [];
  let at = 4;
  for (let i = 0; i < count; i++) {
    if (at + 2 > bytes.length) return undefined;
    const end = at + 2 + view.getUint16(at);
    if (end > bytes.length) return undefined;
    events.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return at === bytes.length ? events : undefined;
}

/** The events of {@link EventLog.bytes}; undefined if one is malformed. */
export function decodeEventList(bytes: Uint8Array): Event[] | undefined {
  const parts = splitEventList(bytes);
  if (parts === undefined) return undefined;
  const events: Event[] = [];
  for (const part of parts) {
    const event = decodeEvent(part);
    if (event === undefined) return undefined;
    events.push(event);
  }
  return events;
}

/**
 * The events of one block in order, as u32 count ‖ per event (u16 length ‖ event). Appending takes checked fields; runs
 * are given by their bytes and an offset. PERF: an append allocates nothing but when the buffer doubles.
 */
export class EventLog {
  #bytes: Uint8Array;
  #view: DataView;
  #end = 4;
  #offsets = new Uint32Array(1024);
  #count = 0;
  #tree: EventTree | undefined;

  constructor(capacity = 1 << 16) {
    this.#bytes = new Uint8Array(Math.max(capacity, 4));
    this.#view = viewOf(this.#bytes);
  }

  /** Events since the last reset. */
  get count(): number {
    return this.#count;
  }

  /** Forgets all events; what `event` gave is void. */
  reset(): void {
    this.#end = 4;
    this.#count = 0;
  }

  /** Event `index`: a window on the log, good until the next append or reset. Throws RangeError if there is none. */
  event(index: number): Uint8Array {
    const at = index < this.#count ? this.#offsets[index] : undefined;
    if (at === undefined) throw new RangeError(`no event ${index} among ${this.#count}`);
    return this.#bytes.subarray(at, at + this.#bytes[at - 1]!);
  }

  /** All events as one list, fresh. */
  bytes(): Uint8Array {
    this.#view.setUint32(0, this.#count);
    return this.#bytes.slice(0, this.#end);
  }

  /** Merkle root of all events. */
  root(hashes: Hashes): Hash {
    if (this.#tree?.hashes !== hashes) this.#tree = new EventTree(hashes);
    return this.#tree.root(this.#bytes, this.#offsets, this.#count);
  }

  dealt(
    account: Uint8Array,
    accountOffset: number,
    sequence: Sequence,
    first: Nonce,
    count: number,
    limit: Units,
    budget: Units,
    intents: Hash,
    clock: Milliseconds,
  ): void {
    const at = this.#begin('dealt');
    copyBytes(this.#bytes, at + 1, account, accountOffset, 20);
    writeU64(this.#view, at + 21, sequence);
    writeSafe(this.#view, at + 29, first);
    this.#view.setUint16(at + 37, count);
    writeU64(this.#view, at + 39, limit);
    writeU64(this.#view, at + 47, budget);
    copyBytes(this.#bytes, at + 55, intents, 0, 32);
    writeSafe(this.#view, at + 87, clock);
  }

  refused(account: Uint8Array, accountOffset: number, sequence: Sequence, code: number): void {
    const at = this.#begin('refused');
    copyBytes(this.#bytes, at + 1, account, accountOffset, 20);
    writeU64(this.#view, at + 21, sequence);
    this.#view.setUint16(at + 29, code);
  }

  transferred(
    nonce: Nonce,
    from: Uint8Array,
    fromOffset: number,
    to: Uint8Array,
    toOffset: number,
    amount: Units,
    reference: Uint8Array,
    referenceOffset: number,
  ): void {
    const at = this.#begin('transferred');
    writeSafe(this.#view, at + 1, nonce);
    copyBytes(this.#bytes, at + 9, from, fromOffset, 20);
    copyBytes(this.#bytes, at + 29, to, toOffset, 20);
    writeU64(this.#view, at + 49, amount);
    copyBytes(this.#bytes, at + 57, reference, referenceOffset, 32);
  }

  captured(
    nonce: Nonce,
    payer: Uint8Array,
    payerOffset: number,
    payee: Uint8Array,
    payeeOffset: number,
    amount: Units,
  ): void {
    const at = this.#begin('captured');
    writeSafe(this.#view, at + 1, nonce);
    copyBytes(this.#bytes, at + 9, payer, payerOffset, 20);
    copyBytes(this.#bytes, at + 29, payee, payeeOffset, 20);
    writeU64(this.#view, at + 49, amount);
  }

  withdrawn(nonce: Nonce, account: Uint8Array, accountOffset: number, amount: Units): void {
    const at = this.#begin('withdrawn');
    writeSafe(this.#view, at + 1, nonce);
    copyBytes(this.#bytes, at + 9, account, accountOffset, 20);
    writeU64(this.#view, at + 29, amount);
  }

  /** `data`: sha256 of the post's data. */
  posted(
    nonce: Nonce,
    account: Uint8Array,
    accountOffset: number,
    topic: Uint8Array,
    topicOffset: number,
    size: number,
    data: Hash,
  ): void {
    const at = this.#begin('posted');
    writeSafe(this.#view, at + 1, nonce);
    copyBytes(this.#bytes, at + 9, account, accountOffset, 20);
    copyBytes(this.#bytes, at + 29, topic, topicOffset, 32);
    this.#view.setUint16(at + 61, size);
    copyBytes(this.#bytes, at + 63, data, 0, 32);
  }

  validated(nonce: Nonce, account: Uint8Array, accountOffset: number, height: Height): void {
    const at = this.#begin('validated');
    writeSafe(this.#view, at + 1, nonce);
    copyBytes(this.#bytes, at + 9, account, accountOffset, 20);
    writeSafe(this.#view, at + 29, height);
  }

  /** `bitmap`: 32 bytes, see {@link markAnnulled}. */
  annulled(
    first: Nonce,
    account: Uint8Array,
    accountOffset: number,
    sequence: Sequence,
    bitmap: Uint8Array,
  ): void {
    const at = this.#begin('annulled');
    writeSafe(this.#view, at + 1, first);
    copyBytes(this.#bytes, at + 9, account, accountOffset, 20);
    writeU64(this.#view, at + 29, sequence);
    copyBytes(this.#bytes, at + 37, bitmap, 0, 32);
  }

  item(
    nonce: Nonce,
    number: number,
    kind: number,
    account: Uint8Array,
    accountOffset: number,
    amount: Units,
    data: Hash,
  ): void {
    const at = this.#begin('item');
    writeSafe(this.#view, at + 1, nonce);
    writeSafe(this.#view, at + 9, number);
    this.#bytes[at + 17] = kind;
    copyBytes(this.#bytes, at + 18, account, accountOffset, 20);
    writeU64(this.#view, at + 38, amount);
    copyBytes(this.#bytes, at + 46, data, 0, 32);
  }

  /** `fulfilled`: false for an annulled place. */
  delivered(topic: Uint8Array, topicOffset: number, nonce: Nonce, fulfilled: boolean): void {
    const at = this.#begin('delivered');
    copyBytes(this.#bytes, at + 1, topic, topicOffset, 32);
    writeSafe(this.#view, at + 33, nonce);
    this.#bytes[at + 41] = fulfilled ? 1 : 0;
  }

  /** The last three: counts of entries. */
  formed(
    number: number,
    inbox: number,
    settlement: Hash,
    debits: number,
    credits: number,
    payouts: number,
  ): void {
    const at = this.#begin('formed');
    writeSafe(this.#view, at + 1, number);
    writeSafe(this.#view, at + 9, inbox);
    copyBytes(this.#bytes, at + 17, settlement, 0, 32);
    this.#view.setUint32(at + 49, debits);
    this.#view.setUint32(at + 53, credits);
    this.#view.setUint32(at + 57, payouts);
  }

  settled(number: number): void {
    const at = this.#begin('settled');
    writeSafe(this.#view, at + 1, number);
  }

  rotated(validator: Uint8Array, validatorOffset: number, isIn: boolean): void {
    const at = this.#begin('rotated');
    copyBytes(this.#bytes, at + 1, validator, validatorOffset, 20);
    this.#bytes[at + 21] = isIn ? 1 : 0;
  }

  /** Sums in units; `fee`: what each validator received; `entries`: their count. */
  cut(cut: number, debits: Units, credits: Units, payouts: Units, fee: Units, entries: number): void {
    const at = this.#begin('cut');
    writeSafe(this.#view, at + 1, cut);
    writeU64(this.#view, at + 9, debits);
    writeU64(this.#view, at + 17, credits);
    writeU64(this.#view, at + 25, payouts);
    writeU64(this.#view, at + 33, fee);
    this.#view.setUint32(at + 41, entries);
  }

  /** Makes room and writes length and type; the offset of the type byte. The buffer may be another one after it. */
  #begin(type: EventType): number {
    const size = EVENT_SIZE[type];
    const at = this.#end + 2;
    if (at + size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(at + size, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = viewOf(larger);
    }
    if (this.#count === this.#offsets.length) {
      const larger = new Uint32Array(2 * this.#offsets.length);
      larger.set(this.#offsets);
      this.#offsets = larger;
    }
    this.#view.setUint16(at - 2, size);
    this.#bytes[at] = EVENT[type];
    this.#offsets[this.#count++] = at;
    this.#end = at + size;
    return at;
  }
}

function readValue(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  kind: keyof Values,
): Values[keyof Values] | undefined {
  switch (kind) {
    case 'address':
    case 'hash':
      return bytes.slice(at, at + WIDTH[kind]);
    case 'u64':
      return readU64(view, at);
    case 'count': {
      const value = readSafe(view, at);
      return value < 0 ? undefined : value;
    }
    case 'u32':
      return view.getUint32(at);
    case 'u16':
      return view.getUint16(at);
    case 'u8':
      return bytes[at];
    case 'flag':
      return bytes[at]! > 1 ? undefined : bytes[at] === 1;
  }
}
