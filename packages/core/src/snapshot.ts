/**
 * Snapshots: the whole state as canonical bytes, and back (docs/protocol.md, 11).
 * Equal states have equal bytes, whether they were reached live, by replay or from an older snapshot. Integers are
 * big-endian; the columns of accounts are copied as they lie in memory, which is little-endian on every machine we run on.
 */
import { type Field, PLACE } from './account-rows.ts';
import { AUTHORITY_SIZE, FLAG } from './accounts.ts';
import type { L1View } from './block.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter, compareBytes } from './bytes.ts';
import { type Genesis, genesisHash } from './genesis.ts';
import type { Hashes } from './hash.ts';
import { toHex } from './hex.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { KIND } from './messages.ts';
import type { Rotation } from './settlements.ts';
import { HEADERS_KEPT } from './units.ts';

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Takes a snapshot at the end of a block; its hash will be part of the state, snapshotDelay blocks on. */
export function takeSnapshot(ledger: Ledger): Uint8Array {
  ledger.messagesSinceSnapshot = 0;
  ledger.lastSnapshotTime = ledger.time;
  const bytes = encodeState(ledger);
  ledger.pendingSnapshot = { height: ledger.height, bytes, hash: undefined };
  return bytes;
}

/** All of the state but the pending snapshot. */
export function encodeState(ledger: Ledger): Uint8Array {
  if (!isLittleEndian) throw new Error('snapshots need a little-endian machine');
  const writer = new ByteWriter(1 << 16);
  writer.bytes(genesisHash(ledger.genesis, ledger.hashes), 32);
  writer.u64(ledger.height).u64(ledger.time).u64(ledger.clock).u64(ledger.nextNonce);
  writer.bytes(ledger.digest, 32).bytes(ledger.state, 32);
  writer.u64(ledger.messagesSinceSnapshot).u64(ledger.lastSnapshotTime);
  writeL1(writer, ledger);
  writeSettlements(writer, ledger);
  writeDigests(writer, ledger);
  writeAccounts(writer, ledger);
  writeNonces(writer, ledger);
  return writer.finish();
}

/**
 * The state that a snapshot holds.
 *
 * @param hash sha256 of the bytes, which the caller has compared with what it trusts
 * @throws Error if the bytes are not a snapshot of this genesis
 */
export function restoreLedger(
  genesis: Genesis,
  bytes: Uint8Array,
  hash: Uint8Array,
  hashes: Hashes,
  seed = 0,
): Ledger {
  const ledger = createLedger(genesis, hashes, seed);
  const reader = new ByteReader(bytes);
  if (compareBytes(reader.bytes(32), ledger.digest) !== 0) throw new Error('a snapshot of another genesis');
  ledger.height = reader.u64Safe();
  ledger.time = reader.u64Safe();
  ledger.clock = reader.u64Safe();
  ledger.nextNonce = reader.u64Safe();
  ledger.digest = reader.bytes(32);
  ledger.state = reader.bytes(32);
  ledger.messagesSinceSnapshot = reader.u64Safe();
  ledger.lastSnapshotTime = reader.u64Safe();
  readL1(reader, ledger);
  readSettlements(reader, ledger);
  readDigests(reader, ledger);
  readAccounts(reader, ledger);
  readNonces(reader, ledger);
  reader.end();
  ledger.pendingSnapshot = { height: ledger.height, bytes: undefined, hash };
  return ledger;
}

function writeL1(writer: ByteWriter, ledger: Ledger): void {
  writer.u64(ledger.l1Time).u64(ledger.imported).u16(ledger.validators.length);
  for (const [i, validator] of ledger.validators.entries()) {
    writer.bytes(validator, 20);
    const view = ledger.views[i];
    writer.u8(view === undefined ? 0 : 1);
    if (view === undefined) continue;
    writer.u64(view.time).u64(view.items).bytes(view.head, 32).u64(view.settled).bytes(view.validators, 32);
    writer.bytes(view.rotation, 20).u8(view.change);
  }
  writer.u32(ledger.heads.length);
  for (const head of ledger.heads) writer.bytes(head, 32);
  const members = [...ledger.members.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  writer.u32(members.length);
  for (const [, member] of members) {
    writer.bytes(member.account, 20).u64(member.bond).bytes(member.consensusKey, 32);
  }
  writer.u32(ledger.waitingExits.length);
  for (const { item, row } of ledger.waitingExits) writer.u64(item).u32(row);
}

function readL1(reader: ByteReader, ledger: Ledger): void {
  ledger.l1Time = reader.u64Safe();
  ledger.imported = reader.u64Safe();
  ledger.validators = [];
  ledger.views = [];
  for (let left = reader.u16(); left > 0; left--) {
    ledger.validators.push(reader.bytes(20));
    ledger.views.push(reader.u8() === 0 ? undefined : readView(reader));
  }
  ledger.heads = [];
  for (let left = reader.u32(); left > 0; left--) ledger.heads.push(reader.bytes(32));
  for (let left = reader.u32(); left > 0; left--) {
    const account = reader.bytes(20);
    ledger.members.set(toHex(account), { account, bond: reader.u64(), consensusKey: reader.bytes(32) });
  }
  for (let left = reader.u32(); left > 0; left--) {
    ledger.waitingExits.push({ item: reader.u64Safe(), row: reader.u32() });
  }
}

function readView(reader: ByteReader): L1View {
  return {
    time: reader.u64Safe(),
    items: reader.u64Safe(),
    head: reader.bytes(32),
    settled: reader.u64Safe(),
    validators: reader.bytes(32),
    rotation: reader.bytes(20),
    change: reader.u8() as 0 | 1 | 2,
  };
}

function writeSettlements(writer: ByteWriter, { settlements }: Ledger): void {
  writer.u64(settlements.pool).u64(settlements.feePot).u64(settlements.burnt).u64(settlements.payoutsOwed);
  writer.u64(settlements.formed).u64(settlements.inbox).u64(settlements.l1Pool).u64(settlements.cuts);
  writer
    .u64(settlements.lastCut)
    .u8(settlements.touched ? 1 : 0)
    .u8(settlements.isPending ? 1 : 0);
  writer.u32(settlements.next).u32(settlements.unformedDebits);
  writeRotation(writer, settlements.rotation);
  writer.u32(settlements.entryAccounts.length);
  for (const [i, row] of settlements.entryAccounts.entries()) {
    writer.u32(row).u64(settlements.entryAmounts[i]!).u8(settlements.entryClasses[i]!);
  }
  writer.u32(settlements.unconfirmed.length);
  for (const one of settlements.unconfirmed) {
    writer.u64(one.number).u64(one.cutTime);
    writeRotation(writer, one.rotation);
  }
}

function readSettlements(reader: ByteReader, { settlements }: Ledger): void {
  settlements.pool = reader.u64();
  settlements.feePot = reader.u64();
  settlements.burnt = reader.u64();
  settlements.payoutsOwed = reader.u64();
  settlements.formed = reader.u64Safe();
  settlements.inbox = reader.u64Safe();
  settlements.l1Pool = reader.u64();
  settlements.cuts = reader.u64Safe();
  settlements.lastCut = reader.u64Safe();
  settlements.touched = reader.u8() === 1;
  settlements.isPending = reader.u8() === 1;
  settlements.next = reader.u32();
  settlements.unformedDebits = reader.u32();
  settlements.rotation = readRotation(reader);
  const entries = reader.count(13);
  settlements.entryAccounts = new Uint32Array(entries);
  settlements.entryAmounts = new BigUint64Array(entries);
  settlements.entryClasses = new Uint8Array(entries);
  for (let i = 0; i < entries; i++) {
    settlements.entryAccounts[i] = reader.u32();
    settlements.entryAmounts[i] = reader.u64();
    settlements.entryClasses[i] = reader.u8();
  }
  for (let left = reader.u32(); left > 0; left--) {
    const unconfirmed = { number: reader.u64Safe(), cutTime: reader.u64Safe() };
    const rotation = readRotation(reader);
    settlements.unconfirmed.push(rotation === undefined ? unconfirmed : { ...unconfirmed, rotation });
  }
}

function writeRotation(writer: ByteWriter, rotation: Rotation | undefined): void {
  writer.u8(rotation === undefined ? 0 : rotation.isIn ? 1 : 2);
  if (rotation !== undefined) writer.bytes(rotation.validator, 20);
}

function readRotation(reader: ByteReader): Rotation | undefined {
  const change = reader.u8();
  return change === 0 ? undefined : { validator: reader.bytes(20), isIn: change === 1 };
}

function writeDigests(writer: ByteWriter, ledger: Ledger): void {
  for (let height = firstKept(ledger.height); height <= ledger.height; height++) {
    writer.bytes(ledger.digestAt(height)!, 32);
  }
}

function readDigests(reader: ByteReader, ledger: Ledger): void {
  for (let height = firstKept(ledger.height); height <= ledger.height; height++) {
    ledger.digests.set(reader.bytes(32), (height % HEADERS_KEPT) * 32);
  }
}

function firstKept(height: number): number {
  return Math.max(1, height - HEADERS_KEPT + 1);
}

/** The fields of an account's row in the order of the snapshot, which has all rows of one, then of the next. */
const FIELDS = [
  { place: PLACE.address, width: 20 },
  { place: PLACE.balance, width: 8 },
  { place: PLACE.reserved, width: 8 },
  { place: PLACE.debited, width: 8 },
  { place: PLACE.unsettled, width: 8 },
  { place: PLACE.payoutOwed, width: 8 },
  { place: PLACE.highest, width: 8 },
  { place: PLACE.used, width: 8 },
  { place: PLACE.standing, width: 4 },
  { place: PLACE.openNonces, width: 4 },
  { place: PLACE.openPlaces, width: 4 },
  { place: PLACE.unformed, width: 1 },
  { place: PLACE.authoritySequence, width: 8 },
  { place: PLACE.authorityLimit, width: 8 },
  { place: PLACE.authority, width: AUTHORITY_SIZE },
  { place: PLACE.l1Balance, width: 8 },
  { place: PLACE.l1Sequence, width: 8 },
  { place: PLACE.flags, width: 1 },
] as const satisfies readonly Field[];

function writeAccounts(writer: ByteWriter, { accounts }: Ledger): void {
  const { count, rows } = accounts;
  writer.u32(count);
  const columns = rows.gather(FIELDS, count);
  const flags = columns.pop()!;
  for (const column of columns) writer.bytes(column);
  writer.bytes(flags.map((bits) => bits & (FLAG.exiting | FLAG.listed)));
  const exits = [...accounts.exits.entries()].sort(([a], [b]) => a - b);
  writer.u32(exits.length);
  for (const [row, exit] of exits) writer.u32(row).u64(exit.item).u64(exit.sequence);
}

function readAccounts(reader: ByteReader, ledger: Ledger): void {
  const { accounts } = ledger;
  const { rows } = accounts;
  const count = reader.count(20);
  accounts.reserveRows(count);
  const columns = FIELDS.map(({ width }) => reader.bytes(width * count));
  for (let row = 0; row < count; row++) accounts.ensure(columns[0]!, row * 20);
  rows.scatter(FIELDS, count, columns);
  for (let left = reader.u32(); left > 0; left--) {
    accounts.exits.set(reader.u32(), { item: reader.u64Safe(), sequence: reader.u64() });
  }
  let active = 0;
  for (let row = 0; row < count; row++) {
    if (accounts.openNonces.get(row) !== 0) active += accounts.standing.get(row);
    if (accounts.unsettled.get(row) === 0n && accounts.payoutOwed.get(row) === 0n) continue;
    accounts.setFlag(row, FLAG.unsettled);
    ledger.unsettledRows.push(row);
  }
  ledger.privilege.active = active;
}

function writeNonces(writer: ByteWriter, ledger: Ledger): void {
  const { nonces, topics } = ledger;
  const { fetches } = nonces;
  writer.u32(nonces.count);
  let last = -1;
  for (const row of nonces.rows()) {
    const fetch = nonces.fetch[row]!;
    writer.u8(fetch === last ? 0 : 1);
    if (fetch !== last) {
      writer.u32(fetches.account[fetch]!).u64(fetches.sequence[fetch]!).u64(fetches.first[fetch]!);
      writer.u16(fetches.size[fetch]!).u16(fetches.open[fetch]!).u64(fetches.rest[fetch]!);
      writer.u64(fetches.earmarked[fetch]!).u64(fetches.clock[fetch]!).u64(fetches.height[fetch]!);
    }
    last = fetch;
    writer.u16(nonces.index[row]!).u8(nonces.kind[row]!).u16(nonces.holdSeconds(row));
    writer.bytes(pledgeOf(ledger, row)).u64(nonces.amount[row]!).u16(nonces.size[row]!);
  }
  const posts = topics.undelivered();
  writer.u32(posts.length);
  for (const post of posts) writer.bytes(post.topic, 32).u64(post.nonce).u8(post.state);
}

/** 32 bytes: what rows held before must not show, so unused bytes are zero. */
function pledgeOf(ledger: Ledger, row: number): Uint8Array {
  const kind = ledger.nonces.kind[row]!;
  const size = kind === KIND.hold ? 20 : kind === KIND.validate ? 0 : 32;
  const pledge = new Uint8Array(32);
  pledge.set(ledger.nonces.pledge.subarray(row * 32, row * 32 + size));
  return pledge;
}

function readNonces(reader: ByteReader, ledger: Ledger): void {
  const { nonces, topics } = ledger;
  const { fetches } = nonces;
  let fetch = -1;
  for (let left = reader.u32(); left > 0; left--) {
    if (reader.u8() === 1) {
      fetch = fetches.add();
      fetches.account[fetch] = reader.u32();
      fetches.sequence[fetch] = reader.u64();
      fetches.first[fetch] = reader.u64Safe();
      fetches.size[fetch] = reader.u16();
      fetches.open[fetch] = reader.u16();
      fetches.rest[fetch] = reader.u64();
      fetches.earmarked[fetch] = reader.u64();
      fetches.clock[fetch] = reader.u64Safe();
      fetches.height[fetch] = reader.u64Safe();
    }
    const index = reader.u16();
    const kind = reader.u8();
    const row = nonces.open(fetches.first[fetch]! + index, fetch, index, kind, reader.u16());
    nonces.pledge.set(reader.bytes(32), row * 32);
    nonces.amount[row] = reader.u64();
    nonces.size[row] = reader.u16();
  }
  for (let left = reader.u32(); left > 0; left--) {
    const topic = reader.bytes(32);
    const nonce = reader.u64Safe();
    const delivery = topics.restore(topic, nonce, reader.u8());
    const row = nonces.find(nonce);
    if (row >= 0) nonces.delivery[row] = delivery;
  }
}
