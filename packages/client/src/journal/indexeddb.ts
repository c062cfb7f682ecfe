/**
 * A journal in IndexedDB, for browsers: a store of records in the order of their keys, written with strict durability.
 *
 * The Web Locks API keeps two tabs from signing from one journal.
 */
import { BaseError } from '../errors/base.ts';
import { ClosedError, JournalCorruptError, JournalFailedError, JournalLockedError } from '../errors/kinds.ts';
import { isJournalRecord, type Journal, type JournalRecord } from './journal.ts';

export interface IndexedDbJournalOptions {
  /** Of the database: one a network and account. */
  readonly name: string;
  /** The platform's, or a stand-in. */
  readonly indexedDB?: IDBFactory;
  /** The platform's, or a stand-in; null: no lock, when nothing else can open the database. */
  readonly locks?: LockManager | null;
}

const STORE = 'records';

/** Opens or makes the journal. Throws JournalLockedError if another tab has it open, JournalFailedError. */
export async function indexedDbJournal(options: IndexedDbJournalOptions): Promise<Journal> {
  const factory = options.indexedDB ?? globalThis.indexedDB;
  const locks = options.locks === undefined ? globalThis.navigator?.locks : options.locks;
  if (factory === undefined) throw new JournalFailedError('opened', new Error('there is no IndexedDB here'));
  if (locks === undefined) throw new JournalFailedError('locked', new Error('there are no Web Locks here'));
  const release = locks === null ? () => undefined : await takeLock(locks, options.name);
  try {
    return new IndexedDbJournal(await openDatabase(factory, options.name), release);
  } catch (error) {
    release();
    throw error instanceof BaseError ? error : new JournalFailedError('opened', error);
  }
}

class IndexedDbJournal implements Journal {
  readonly #database: IDBDatabase;
  readonly #release: () => void;
  #isClosed = false;

  constructor(database: IDBDatabase, release: () => void) {
    this.#database = database;
    this.#release = release;
  }

  append(records: readonly JournalRecord[]): Promise<void> {
    return this.#write('written', (store) => {
      for (const record of records) store.add(record);
    });
  }

  async read(): Promise<JournalRecord[]> {
    if (this.#isClosed) throw new ClosedError();
    const request = this.#database.transaction(STORE, 'readonly').objectStore(STORE).getAll();
    const values: unknown[] = await resultOf(request);
    return values.map((value, index) => {
      if (!isJournalRecord(value)) throw new JournalCorruptError(`entry ${index + 1} is no record`);
      return value;
    });
  }

  compact(records: readonly JournalRecord[]): Promise<void> {
    return this.#write('compacted', (store) => {
      store.clear();
      for (const record of records) store.add(record);
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#database.close();
    this.#release();
  }

  /** One transaction: all of it, or nothing. Durable when it has completed. */
  async #write(doing: string, change: (store: IDBObjectStore) => void): Promise<void> {
    if (this.#isClosed) throw new ClosedError();
    try {
      const transaction = this.#database.transaction(STORE, 'readwrite', { durability: 'strict' });
      const completed = new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
        transaction.onerror = () => reject(transaction.error);
      });
      try {
        change(transaction.objectStore(STORE));
      } catch (error) {
        // What was put before would be kept otherwise.
        completed.catch(() => undefined);
        transaction.abort();
        throw error;
      }
      await completed;
    } catch (error) {
      throw new JournalFailedError(doing, error);
    }
  }
}

function openDatabase(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  const request = factory.open(name, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(STORE, { autoIncrement: true });
  };
  return resultOf(request);
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Holds the lock until the returned function is called. */
function takeLock(locks: LockManager, name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      if (lock === null) {
        reject(new JournalLockedError(name, 'another tab or client'));
        return undefined;
      }
      return new Promise((release) => resolve(release));
    };
    locks.request(`upfront:${name}`, { ifAvailable: true }, hold).catch(reject);
  });
}
