/**
 * A journal in a file, for Node: one JSON record a line, appended and synced; a lock file beside it.
 *
 * A line without its newline was torn by a crash, was never durable, and is cut off. Appends that meet share one sync.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, link, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BaseError } from '../errors/base.ts';
import { ClosedError, JournalCorruptError, JournalFailedError, JournalLockedError } from '../errors/kinds.ts';
import { isJournalRecord, type Journal, type JournalRecord } from './journal.ts';

/** Locks that this process holds: the process id alone does not tell two journals of one process apart. */
const held = new Set<string>();

interface Waiting {
  readonly text: string;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Opens or makes the journal at `path`; readable by its owner only.
 *
 * @throws JournalLockedError if another process, or this one, has it open
 */
export async function fileJournal(path: string): Promise<Journal> {
  const lock = `${path}.lock`;
  await takeLock(path, lock);
  try {
    const file = await open(path, 'a+', 0o600);
    await cutTornLine(path, file);
    await syncFolder(path);
    return new FileJournal(path, lock, file);
  } catch (error) {
    await releaseLock(lock);
    throw error instanceof BaseError ? error : new JournalFailedError('opened', error);
  }
}

class FileJournal implements Journal {
  readonly #path: string;
  readonly #lock: string;
  #file: FileHandle;
  /** Appends that the next write takes along; undefined: none is due. */
  #batch: Waiting[] | undefined;
  /** Everything that touches the file, one after the other. */
  #tail: Promise<void> = Promise.resolve();
  #failure: unknown;
  #isClosed = false;

  constructor(path: string, lock: string, file: FileHandle) {
    this.#path = path;
    this.#lock = lock;
    this.#file = file;
  }

  append(records: readonly JournalRecord[]): Promise<void> {
    if (this.#isClosed) return Promise.reject(new ClosedError());
    const text = linesOf(records);
    return new Promise((resolve, reject) => {
      this.#batch ??= this.#beginBatch();
      this.#batch.push({ text, resolve, reject });
    });
  }

  async read(): Promise<JournalRecord[]> {
    if (this.#isClosed) throw new ClosedError();
    let text = '';
    await this.#next(async () => {
      text = await readFile(this.#path, 'utf8');
    });
    const lines = text.split('\n');
    // Behind the last newline there is nothing, or a torn line.
    return lines.slice(0, -1).map((line, index) => parseLine(line, index + 1));
  }

  compact(records: readonly JournalRecord[]): Promise<void> {
    if (this.#isClosed) return Promise.reject(new ClosedError());
    // What is appended from now on belongs behind these records, so it must not join a write before them.
    this.#batch = undefined;
    return this.#next(async () => {
      const next = `${this.#path}.next`;
      try {
        const file = await open(next, 'w', 0o600);
        await file.writeFile(linesOf(records));
        await file.sync();
        await file.close();
        await rename(next, this.#path);
        await syncFolder(this.#path);
        const old = this.#file;
        this.#file = await open(this.#path, 'a', 0o600);
        await old.close();
      } catch (error) {
        this.#failure = error;
        throw new JournalFailedError('compacted', error);
      }
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#next(async () => {
      await this.#file.close();
      await releaseLock(this.#lock);
    });
  }

  #beginBatch(): Waiting[] {
    const batch: Waiting[] = [];
    void this.#next(async () => {
      if (this.#batch === batch) this.#batch = undefined;
      await this.#write(batch);
    });
    return batch;
  }

  /** After a failed write nobody knows what is on disk: nothing more is written by this process. */
  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#file.appendFile(batch.map(({ text }) => text).join(''));
      await this.#file.datasync();
    } catch (error) {
      this.#failure = error;
      for (const { reject } of batch) reject(new JournalFailedError('written', error));
      return;
    }
    for (const { resolve } of batch) resolve();
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => undefined);
    return done;
  }
}

function linesOf(records: readonly JournalRecord[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}

function parseLine(line: string, number: number): JournalRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new JournalCorruptError(`line ${number} is no JSON`, { cause });
  }
  if (!isJournalRecord(value)) throw new JournalCorruptError(`line ${number} is no record`);
  return value;
}

/** What is appended later must not end up on a torn line. */
async function cutTornLine(path: string, file: FileHandle): Promise<void> {
  const bytes = await readFile(path);
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end === bytes.length) return;
  await file.truncate(end);
  await file.sync();
}

/** Takes the lock, from a dead process if need be. */
async function takeLock(path: string, lock: string): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (held.has(lock)) throw new JournalLockedError(path, 'this process');
    try {
      const file = await open(lock, 'wx', 0o600);
      held.add(lock);
      await file.writeFile(String(process.pid));
      await file.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new JournalFailedError('locked', error);
    }
    const holder = await readFile(lock, 'utf8').catch(() => '');
    if (isAlive(holder)) throw new JournalLockedError(path, `process ${holder} (its lock: ${lock})`);
    await removeStale(lock, holder);
  }
  throw new JournalLockedError(path, `somebody who keeps taking ${lock}`);
}

/** Moves the lock aside first: if another process has replaced it meanwhile, it gets it back. */
async function removeStale(lock: string, holder: string): Promise<void> {
  const aside = `${lock}.${randomUUID()}`;
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8').catch(() => '')) !== holder)
    await link(aside, lock).catch(() => undefined);
  await rm(aside, { force: true });
}

/** A lock with our own id that we do not hold is left from an earlier process with that id. An empty one is just being made. */
function isAlive(holder: string): boolean {
  if (holder === '') return true;
  const pid = Number(holder);
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function releaseLock(lock: string): Promise<void> {
  await rm(lock, { force: true });
  held.delete(lock);
}

/** A new or renamed file is durable when its folder is. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
