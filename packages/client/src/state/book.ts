/**
 * The client's own books: every fetch it signed and what became of it, kept in the journal before anything is sent.
 *
 * Invariants: no sequence is signed twice; a fetch is durable before it is sent; what the caller was told is refused is
 * durable before it is told, so that resuming never performs it. Answers are written lazily: they can be asked again.
 */
import { SEQUENCE_END, SEQUENCE_WINDOW } from '@upfront/core';
import type { Address, Hex } from 'viem';
import { JournalCorruptError, JournalLockedError } from '../errors/kinds.ts';
import type { Journal, JournalRecord, Json } from '../journal/journal.ts';
import type { Opening } from './activity.ts';
import {
  abandonedRecord,
  count,
  dealtRecord,
  entryOf,
  identityOf,
  integer,
  list,
  recordOf,
  recordsOf,
} from './book-records.ts';
import { type NetworkView, Spending } from './limit.ts';
import { Ranges } from './ranges.ts';

/** Whose books these are. The genesis is kept whole, so that leaving needs no node. */
export interface Identity {
  /** Its bytes (docs/protocol.md, 2). */
  readonly genesis: Hex;
  readonly account: Address;
}

/** A fetch that is not finished: it may still take money, or be dealt. */
export interface Entry {
  readonly sequence: bigint;
  readonly limit: bigint;
  readonly budget: bigint;
  /** Fees of its nonces; units. */
  readonly fees: bigint;
  /** Block time, ms. */
  readonly expires: number;
  readonly count: number;
  /** Of each nonce; empty if only the message is known (taken in by recover). */
  readonly openings: readonly Opening[];
  /** The encoded fetch; empty until it is signed. */
  message: Uint8Array;
  /** Dealt: as the node said it. */
  dealt: { readonly first: number; readonly height: number; readonly clock: number } | undefined;
  /** The caller was told that nothing comes of it: it is never fulfilled. */
  isAbandoned: boolean;
  /** It never landed and cannot be dealt any more: it counts nothing, and is kept only to use its sequence up. */
  isExpired: boolean;
  /** Indexes that are resolved. */
  readonly resolved: Set<number>;
  /** Spent by resolved nonces, without fees; units. */
  spent: bigint;
  /** Of the last resolution so far. */
  resolvedHeight: number;
}

/** Units, and what the fetch is for. */
export interface Draft {
  readonly budget: bigint;
  readonly fees: bigint;
  readonly expires: number;
  readonly openings: readonly Opening[];
}

/** Lazy records that are kept back at most. */
const LAZY_MOST = 64;
/** Journal records beyond what is live after which it is written anew: when it is opened, and while it is used. */
const COMPACT_AFTER = 2000;
const COMPACT_IN_USE_AFTER = 50_000;

/** Two books on one journal would give out one sequence twice. */
const inUse = new WeakSet<Journal>();

export class Book {
  readonly #journal: Journal;
  readonly #identity: Identity;
  readonly #entries = new Map<bigint, Entry>();
  #spending = new Spending();
  /** Sequences that are over and done with. */
  #finished = new Ranges();
  #lazy: JournalRecord[] = [];
  #flushing: Promise<void> = Promise.resolve();
  /** Records since the journal was opened or written anew. */
  #written = 0;
  /** Highest sequence that was given out, or -1. */
  highestSigned = -1n;
  /** Highest that is known to be on record, or -1. */
  highestLanded = -1n;

  private constructor(journal: Journal, identity: Identity) {
    this.#journal = journal;
    this.#identity = identity;
  }

  /**
   * Reads the journal.
   *
   * @param genesis asked only if the journal is empty
   * @throws JournalCorruptError, NetworkMismatchError if the journal is another account's, JournalLockedError if another
   * client of this process has it
   */
  static async open(journal: Journal, account: Address, genesis: () => Promise<Hex>): Promise<Book> {
    if (inUse.has(journal)) throw new JournalLockedError('that was passed', 'another client of this process');
    inUse.add(journal);
    try {
      return await Book.#read(journal, account, genesis);
    } catch (error) {
      inUse.delete(journal);
      throw error;
    }
  }

  static async #read(journal: Journal, account: Address, genesis: () => Promise<Hex>): Promise<Book> {
    const records = await journal.read();
    const first = records[0];
    const identity = first === undefined ? { genesis: await genesis(), account } : identityOf(first, account);
    const book = new Book(journal, identity);
    for (const record of records.slice(1)) book.#replay(record);
    if (first === undefined) await journal.append([book.#identityRecord()]);
    else if (records.length > COMPACT_AFTER + 4 * book.#entries.size) await book.compact();
    return book;
  }

  /** The genesis bytes that the journal was begun with. */
  get genesis(): Hex {
    return this.#identity.genesis;
  }

  /** Fetches that are not finished, in the order of their sequences. */
  entries(): readonly Entry[] {
    return this.#sorted().filter(({ isExpired }) => !isExpired);
  }

  /** Fetches that are signed and not on record, expired ones too. */
  unlanded(): readonly Entry[] {
    return this.#sorted().filter(({ dealt, message }) => dealt === undefined && message.length > 0);
  }

  #sorted(): Entry[] {
    return [...this.#entries.values()].sort((a, b) => (a.sequence < b.sequence ? -1 : 1));
  }

  entry(sequence: bigint): Entry | undefined {
    return this.#entries.get(sequence);
  }

  /** Whether these books have, or had, this sequence. */
  knows(sequence: bigint): boolean {
    return this.#entries.has(sequence) || this.#finished.has(sequence);
  }

  /** The unfinished fetch that was dealt this nonce, and its index. */
  find(nonce: number): { entry: Entry; index: number } | undefined {
    for (const entry of this.#entries.values()) {
      const index = entry.dealt === undefined ? -1 : nonce - entry.dealt.first;
      if (index >= 0 && index < entry.count) return { entry, index };
    }
    return undefined;
  }

  /** The sequence that `begin` would give out. */
  nextSequence(): bigint {
    return (this.highestSigned > this.highestLanded ? this.highestSigned : this.highestLanded) + 1n;
  }

  /** Whether the next sequence is one that the network takes. */
  get isWindowOpen(): boolean {
    const next = this.nextSequence();
    return next <= this.highestLanded + BigInt(SEQUENCE_WINDOW) && next < SEQUENCE_END;
  }

  /** The most that may ever have been taken, by these books. With `height`: what a network may count at that height. */
  own(height?: number): bigint {
    const live = this.#sumLive(() => true);
    return height === undefined ? this.#spending.own(live) : this.#spending.ownAt(height, live);
  }

  /** What a view of the network amounts to with every budget that it does not count. */
  networkBound(view: NetworkView): bigint {
    const unseen = this.#sumLive(({ dealt }) => dealt === undefined || dealt.height > view.height);
    return view.committed + unseen + this.#spending.finishedAfter(view.height);
  }

  /** Gives out the next sequence; from here on its budget counts. Synchronous: two callers never get the same one. */
  begin(draft: Draft, limit: bigint): Entry {
    const sequence = this.nextSequence();
    this.highestSigned = sequence;
    const entry: Entry = {
      ...draft,
      sequence,
      limit,
      count: draft.openings.length,
      message: new Uint8Array(0),
      dealt: undefined,
      isAbandoned: false,
      isExpired: false,
      resolved: new Set(),
      spent: 0n,
      resolvedHeight: 0,
    };
    this.#entries.set(sequence, entry);
    return entry;
  }

  /** Writes the signed fetch down. When it resolves, the message may be sent. Throws JournalFailedError. */
  async record(entry: Entry, message: Uint8Array): Promise<void> {
    entry.message = message;
    await this.#append([recordOf(entry)]);
  }

  /** Takes in a fetch of this account that another journal signed; its signature has been checked. */
  async adopt(
    entry: Omit<Entry, 'openings' | 'isAbandoned' | 'isExpired' | 'resolved' | 'spent' | 'resolvedHeight'>,
  ): Promise<void> {
    const whole = {
      ...entry,
      openings: [],
      isAbandoned: true,
      isExpired: false,
      resolved: new Set<number>(),
      spent: 0n,
      resolvedHeight: 0,
    };
    this.#entries.set(entry.sequence, whole);
    if (entry.sequence > this.highestSigned) this.highestSigned = entry.sequence;
    const { dealt } = entry;
    await this.#append([
      recordOf(whole),
      abandonedRecord(entry.sequence),
      ...(dealt ? [dealtRecord(entry.sequence, dealt)] : []),
    ]);
  }

  /** It was not signed, or not written down and so not sent: nothing of it counts. */
  drop(entry: Entry): void {
    this.#entries.delete(entry.sequence);
    if (entry.sequence === this.highestSigned) this.highestSigned -= 1n;
  }

  dealt(
    entry: Entry,
    dealt: { readonly first: number; readonly height: number; readonly clock: number },
  ): void {
    if (entry.dealt !== undefined) return;
    this.#later(dealtRecord(entry.sequence, dealt));
    this.#dealt(entry, dealt);
  }

  /** It cannot be dealt any more: refused on record (`isLanded`), or expired without a trace. */
  over(entry: Entry, isLanded: boolean): void {
    this.#later({ type: 'over', sequence: String(entry.sequence), isLanded });
    this.#over(entry.sequence, isLanded);
  }

  /** Durable when it resolves: from then on the caller may do it anew. */
  async abandon(entry: Entry): Promise<void> {
    if (entry.isAbandoned) return;
    entry.isAbandoned = true;
    await this.#append([abandonedRecord(entry.sequence)]);
  }

  /** Nonces of it are fulfilled or annulled; `spent`: what they took together, without fees. */
  resolve(entry: Entry, indexes: readonly number[], spent: bigint, height: number): void {
    const news = indexes.filter((index) => !entry.resolved.has(index));
    if (news.length === 0) return;
    const { sequence } = entry;
    this.#later({
      type: 'resolved',
      sequence: String(sequence),
      indexes: news,
      spent: String(spent),
      height,
    });
    this.#resolve(entry, news, spent, height);
  }

  /** Whether these books ever looked at L1. */
  get isBased(): boolean {
    return this.#spending.isBased;
  }

  /** A look at L1: see Spending.observe. */
  observe(debited: bigint, number: number, height: number): void {
    if (
      this.#spending.observe(
        debited,
        number,
        height,
        this.#sumLive(() => true),
      )
    ) {
      this.#later({ type: 'debited', debited: String(debited), number, height });
    }
  }

  /** Sequences up to this one are used, by the network's or L1's word. */
  landed(sequence: bigint): void {
    if (sequence <= this.highestLanded) return;
    this.highestLanded = sequence;
    for (const entry of this.#entries.values()) {
      if (entry.isExpired && entry.sequence <= sequence) this.#entries.delete(entry.sequence);
    }
  }

  /** Writes the journal anew, with what still matters. */
  async compact(): Promise<void> {
    const { base, finished, marks } = this.#spending.state();
    const summary: JournalRecord = {
      type: 'summary',
      base: String(base),
      finished: finished.map(({ height, spent, budget }) => [height, String(spent), String(budget)]),
      marks: marks.map(({ debited, number, height }) => [String(debited), number, height]),
      known: this.#finished.list().map(([from, to]) => [String(from), String(to)]),
      highestSigned: String(this.highestSigned),
      highestLanded: String(this.highestLanded),
    };
    const live = this.#sorted().filter(({ message }) => message.length > 0);
    this.#written = 0;
    // From here to the journal nothing waits: what is recorded later is appended behind this.
    this.#lazy = [];
    await this.#journal.compact([this.#identityRecord(), summary, ...live.flatMap(recordsOf)]);
  }

  /** Writes what was kept back. */
  async flush(): Promise<void> {
    if (this.#lazy.length > 0) await this.#append([]);
    await this.#flushing;
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      inUse.delete(this.#journal);
      await this.#journal.close();
    }
  }

  #sumLive(counts: (entry: Entry) => boolean): bigint {
    let sum = 0n;
    for (const entry of this.#entries.values()) if (!entry.isExpired && counts(entry)) sum += entry.budget;
    return sum;
  }

  #append(records: readonly JournalRecord[]): Promise<void> {
    const all = [...this.#lazy.splice(0), ...records];
    this.#written += all.length;
    if (this.#written > COMPACT_IN_USE_AFTER + 16 * this.#entries.size) this.#compactSoon();
    return this.#journal.append(all);
  }

  /** A failure is the journal's to repeat: the next record that has to be durable meets it. */
  #compactSoon(): void {
    this.#written = 0;
    queueMicrotask(() => {
      this.#flushing = this.#flushing.then(() => this.compact()).catch(() => undefined);
    });
  }

  #later(record: JournalRecord): void {
    this.#lazy.push(record);
    if (this.#lazy.length < LAZY_MOST) return;
    const done = this.#append([]).catch(() => undefined);
    this.#flushing = this.#flushing.then(() => done);
  }

  #dealt(
    entry: Entry,
    dealt: { readonly first: number; readonly height: number; readonly clock: number },
  ): void {
    entry.dealt = dealt;
    this.landed(entry.sequence);
  }

  #over(sequence: bigint, isLanded: boolean): void {
    const entry = this.#entries.get(sequence);
    this.#finished.add(sequence);
    if (isLanded || entry === undefined || sequence <= this.highestLanded) this.#entries.delete(sequence);
    else entry.isExpired = true;
    if (isLanded) this.landed(sequence);
  }

  #resolve(entry: Entry, indexes: readonly number[], spent: bigint, height: number): void {
    for (const index of indexes) entry.resolved.add(index);
    entry.spent += spent;
    entry.resolvedHeight = Math.max(entry.resolvedHeight, height);
    if (entry.resolved.size < entry.count) return;
    const whole = entry.spent + entry.fees;
    this.#spending.finish(entry.resolvedHeight, whole < entry.budget ? whole : entry.budget, entry.budget);
    this.#entries.delete(entry.sequence);
    this.#finished.add(entry.sequence);
  }

  #identityRecord(): JournalRecord {
    return { type: 'identity', version: 1, ...this.#identity };
  }

  #replay(record: JournalRecord): void {
    switch (record.type) {
      case 'summary':
        this.#replaySummary(record);
        return;
      case 'debited':
        this.#spending.observe(
          integer(record, 'debited'),
          count(record, 'number'),
          count(record, 'height'),
          this.#sumLive(() => true),
        );
        return;
      case 'fetch': {
        const entry = entryOf(record);
        this.#entries.set(entry.sequence, entry);
        if (entry.sequence > this.highestSigned) this.highestSigned = entry.sequence;
        return;
      }
    }
    const sequence = integer(record, 'sequence');
    const entry = this.#entries.get(sequence);
    // Said twice, or of what was finished before the journal was compacted.
    if (entry === undefined) return;
    switch (record.type) {
      case 'dealt':
        this.#dealt(entry, {
          first: count(record, 'first'),
          height: count(record, 'height'),
          clock: count(record, 'clock'),
        });
        return;
      case 'abandoned':
        entry.isAbandoned = true;
        return;
      case 'over':
        this.#over(sequence, record['isLanded'] === true);
        return;
      case 'resolved': {
        const indexes = list(record, 'indexes').map(Number);
        this.#resolve(entry, indexes, integer(record, 'spent'), count(record, 'height'));
        return;
      }
      default:
        throw new JournalCorruptError(`a record is of the unknown type ${record.type}`);
    }
  }

  #replaySummary(record: JournalRecord): void {
    const row = (json: Json): readonly string[] => (json as readonly Json[]).map(String);
    this.#spending = new Spending({
      base: integer(record, 'base'),
      finished: list(record, 'finished').map((json) => {
        const [height, spent, budget] = row(json);
        return { height: Number(height), spent: BigInt(spent!), budget: BigInt(budget!) };
      }),
      marks: list(record, 'marks').map((json) => {
        const [debited, number, height] = row(json);
        return { debited: BigInt(debited!), number: Number(number), height: Number(height) };
      }),
    });
    this.#finished = new Ranges(
      list(record, 'known').map((json) => {
        const [from, to] = row(json);
        return [BigInt(from!), BigInt(to!)];
      }),
    );
    this.highestSigned = integer(record, 'highestSigned');
    this.highestLanded = integer(record, 'highestLanded');
  }
}
