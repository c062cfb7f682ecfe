/**
 * A journal that forgets with the process: for tests, and for accounts that may lose what is under way.
 */
import { ClosedError } from '../errors/kinds.ts';
import type { Journal, JournalRecord } from './journal.ts';

/** What is open when the process ends cannot be fulfilled any more: it is annulled, and its money free again. */
export function memoryJournal(): Journal {
  let records: JournalRecord[] = [];
  let isClosed = false;
  const assertOpen = (): void => {
    if (isClosed) throw new ClosedError();
  };

  return {
    async append(more) {
      assertOpen();
      records.push(...more.map(copy));
    },
    async read() {
      assertOpen();
      return records.map(copy);
    },
    async compact(kept) {
      assertOpen();
      records = kept.map(copy);
    },
    async close() {
      isClosed = true;
    },
  };
}

/** What comes back is what a file would give: plain JSON, shared with nobody. */
function copy(record: JournalRecord): JournalRecord {
  return JSON.parse(JSON.stringify(record)) as JournalRecord;
}
