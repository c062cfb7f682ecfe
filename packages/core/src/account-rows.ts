/**
 * The accounts' rows in memory: 224 bytes each, all fields of an account side by side, and columns that read and write
 * one field of any row.
 *
 * PERF: a fetch reads a dozen fields of one account. In typed columns of their own each was a line of memory and a page
 * in no cache; in a row they are two or three lines of one page.
 */

/** A field of every row. */
export interface Column<T> {
  get(row: number): T;
  set(row: number, value: T): void;
}

/**
 * Bytes of a row, and where its fields stand: 64 bits at multiples of 8, 32 bits at multiples of 4. The first 64 bytes are
 * what tells whether an account may fetch at all.
 */
const ROW = 224;
export const PLACE = {
  balance: 0,
  reserved: 8,
  highest: 16,
  used: 24,
  standing: 32,
  openNonces: 36,
  address: 40,
  flags: 60,
  unformed: 61,

  openPlaces: 64,
  unsettled: 72,
  debited: 80,
  authoritySequence: 88,
  authorityLimit: 96,
  payoutOwed: 104,
  l1Balance: 112,
  l1Sequence: 120,
  authority: 128,
} as const;
/** Rows that are copied together: few enough to stay near. */
const CHUNK = 128;
const WORDS = { of8: ROW / 8, of4: ROW / 4 } as const;

/** A field and its bytes. */
export interface Field {
  readonly place: number;
  readonly width: number;
}

export class AccountRows {
  bytes = new Uint8Array(0);
  u64 = new BigUint64Array(0);
  i64 = new BigInt64Array(0);
  u32 = new Uint32Array(0);

  /** Rows that there is room for. */
  get capacity(): number {
    return this.bytes.length / ROW;
  }

  /** Where a field of a row stands in `bytes`. */
  at(row: number, place: number): number {
    return row * ROW + place;
  }

  reserve(rows: number): void {
    if (rows <= this.capacity) return;
    const bytes = new Uint8Array(rows * ROW);
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.u64 = new BigUint64Array(bytes.buffer);
    this.i64 = new BigInt64Array(bytes.buffer);
    this.u32 = new Uint32Array(bytes.buffer);
  }

  /**
   * These fields of the first `count` rows: of each all rows, one after the other. PERF: some rows at a time, so that each
   * is read from memory once, not once a field.
   */
  gather(fields: readonly Field[], count: number): Uint8Array[] {
    const gathered = fields.map(({ width }) => new Uint8Array(width * count));
    const words = gathered.map(({ buffer }, i) =>
      isWords(fields[i]!) ? new Uint32Array(buffer) : undefined,
    );
    for (let from = 0; from < count; from += CHUNK) {
      const to = Math.min(count, from + CHUNK);
      fields.forEach(({ place, width }, i) => {
        const column = words[i];
        if (column === undefined) {
          copyField(this.bytes, ROW, place, gathered[i]!, width, 0, width, from, to);
        } else copyField(this.u32, WORDS.of4, place / 4, column, width / 4, 0, width / 4, from, to);
      });
    }
    return gathered;
  }

  /** Puts back what {@link gather} gave. */
  scatter(fields: readonly Field[], count: number, gathered: readonly Uint8Array[]): void {
    const words = gathered.map(({ buffer, byteOffset, length }, i) =>
      isWords(fields[i]!) ? new Uint32Array(buffer, byteOffset, length / 4) : undefined,
    );
    for (let from = 0; from < count; from += CHUNK) {
      const to = Math.min(count, from + CHUNK);
      fields.forEach(({ place, width }, i) => {
        const column = words[i];
        if (column === undefined) {
          copyField(gathered[i]!, width, 0, this.bytes, ROW, place, width, from, to);
        } else copyField(column, width / 4, 0, this.u32, WORDS.of4, place / 4, width / 4, from, to);
      });
    }
  }
}

function isWords({ width }: Field): boolean {
  return width % 4 === 0;
}

/** Copies `width` elements of the rows `from` to `to`, each side with a stride and a place of its own. */
function copyField<T extends Uint8Array | Uint32Array>(
  source: T,
  sourceStride: number,
  sourcePlace: number,
  target: T,
  targetStride: number,
  targetPlace: number,
  width: number,
  from: number,
  to: number,
): void {
  for (let row = from; row < to; row++) {
    const read = row * sourceStride + sourcePlace;
    const write = row * targetStride + targetPlace;
    for (let i = 0; i < width; i++) target[write + i] = source[read + i]!;
  }
}

export class U64Column implements Column<bigint> {
  readonly #rows: AccountRows;
  readonly #word: number;

  constructor(rows: AccountRows, place: number) {
    this.#rows = rows;
    this.#word = place / 8;
  }

  get(row: number): bigint {
    return this.#rows.u64[row * WORDS.of8 + this.#word]!;
  }

  set(row: number, value: bigint): void {
    this.#rows.u64[row * WORDS.of8 + this.#word] = value;
  }
}

export class I64Column implements Column<bigint> {
  readonly #rows: AccountRows;
  readonly #word: number;

  constructor(rows: AccountRows, place: number) {
    this.#rows = rows;
    this.#word = place / 8;
  }

  get(row: number): bigint {
    return this.#rows.i64[row * WORDS.of8 + this.#word]!;
  }

  set(row: number, value: bigint): void {
    this.#rows.i64[row * WORDS.of8 + this.#word] = value;
  }
}

export class U32Column implements Column<number> {
  readonly #rows: AccountRows;
  readonly #word: number;

  constructor(rows: AccountRows, place: number) {
    this.#rows = rows;
    this.#word = place / 4;
  }

  get(row: number): number {
    return this.#rows.u32[row * WORDS.of4 + this.#word]!;
  }

  set(row: number, value: number): void {
    this.#rows.u32[row * WORDS.of4 + this.#word] = value;
  }
}

export class U8Column implements Column<number> {
  readonly #rows: AccountRows;
  readonly #place: number;

  constructor(rows: AccountRows, place: number) {
    this.#rows = rows;
    this.#place = place;
  }

  get(row: number): number {
    return this.#rows.bytes[row * ROW + this.#place]!;
  }

  set(row: number, value: number): void {
    this.#rows.bytes[row * ROW + this.#place] = value;
  }
}
