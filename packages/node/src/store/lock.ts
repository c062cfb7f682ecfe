/**
 * One process a data directory. SQLite's exclusive lock of a file is held by the kernel for the process: it
 * ends with it, however it ends, so no stale lock is ever to be judged by a process number.
 */
import { DatabaseSync } from 'node:sqlite';

export interface Lock {
  release(): void;
}

/** Throws Error if another process holds the lock. */
export function acquireLock(path: string): Lock {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new Error(`another process uses this data directory (lock ${path})`, { cause: error });
  }
  return { release: () => database.close() };
}
