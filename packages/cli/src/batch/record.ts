/**
 * What is known of a batch: which payments were announced together, and what became of each.
 *
 * One JSON object a line, synced before what it says is acted on. Invariant: a payment that may have been announced
 * stands in a `begin` line, so a run that was cut off is taken up without paying twice.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { CliError } from '../errors.ts';

/** Payments, by their places in the file, that are announced by one fetch with this sequence or a later one. */
export interface Begun {
  readonly type: 'begin';
  readonly rows: readonly number[];
  readonly sequence: string;
}

/** What became of a payment; one that is not done is made at the next run. */
export interface Ended {
  readonly type: 'end';
  readonly row: number;
  readonly status: 'done' | 'refused';
  readonly nonce?: number;
  readonly height?: number;
  /** Of a refusal. */
  readonly code?: number;
  readonly name?: string;
}

/** The announcement is over: what it did not make is as if it had not been. */
interface Over {
  readonly type: 'over';
}

type Entry = Begun | Ended | Over;

export class BatchRecord {
  readonly results = new Map<number, Ended>();
  readonly #file: number;
  /** The announcement that is not known to be over. */
  open: Begun | undefined;

  /** Reads what is there. Throws CliError if it is no record of a batch. */
  constructor(path: string) {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    for (const line of whole.split('\n').slice(0, -1)) this.#take(parse(line, path));
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#file = openSync(path, 'a', 0o600);
    // A line without its newline was cut short by a crash, and nothing was done that it would have said.
    if (whole.length < text.length) ftruncateSync(this.#file, Buffer.byteLength(whole));
  }

  isDone(row: number): boolean {
    return this.results.get(row)?.status === 'done';
  }

  begin(rows: readonly number[], sequence: bigint): void {
    this.#write([{ type: 'begin', rows, sequence: String(sequence) }]);
  }

  /** What became of all payments of the open announcement; those that are not among them were not made. */
  end(ended: readonly Ended[]): void {
    this.#write([...ended, { type: 'over' }]);
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(entries: readonly Entry[]): void {
    writeSync(this.#file, `${entries.map((entry) => JSON.stringify(entry)).join('\n')}\n`);
    fsyncSync(this.#file);
    for (const entry of entries) this.#take(entry);
  }

  #take(entry: Entry): void {
    if (entry.type === 'end') this.results.set(entry.row, entry);
    else if (entry.type === 'over') this.open = undefined;
    else {
      this.open = entry;
      // Refused before, and tried again.
      for (const row of entry.rows) this.results.delete(row);
    }
  }
}

function parse(line: string, path: string): Entry {
  try {
    const entry = JSON.parse(line) as Entry;
    if (['begin', 'end', 'over'].includes(entry.type)) return entry;
  } catch {
    // Told below.
  }
  throw new CliError(
    'failed',
    `${path} is damaged.`,
    'It says what was paid: look at `upfront follow --mine` before removing it.',
  );
}
