// Reads the contract's events block by block and checks that the items chain: DESIGN.md, "Import only
// finalised L1". Nothing here is final by itself: the watcher compares the outcome with the contract's own
// head before it is used. Memory is bounded: items that are not held are read again, from the nearest
// checkpoint.

import { type Item, itemHead, nobleHashes } from '@upfront/core';
import { BaseError, bytesToHex, HttpRequestError } from 'viem';
import type { ContractEvent, ContractReader } from './contract.ts';
import { HeldItems } from './held-items.ts';

/** How far the chain was read, and what it came to. */
export interface Position {
  /** Number of the last block that was read. */
  readonly block: number;
  readonly items: number;
  readonly head: Uint8Array;
  /** The contract's validators by address in lower case. */
  readonly validators: ReadonlyMap<string, Uint8Array>;
}

/** The answers of the RPC contradict each other, or the contract. */
export class L1InconsistentError extends Error {
  override readonly name = 'L1InconsistentError';
}

export interface ScanOptions {
  readonly reader: Pick<ContractReader, 'events' | 'settled' | 'head'>;
  /** The block of the contract's deployment. */
  readonly fromBlock: number;
  /** Blocks a request, at most. */
  readonly chunkBlocks: number;
  readonly heldMost: number;
  /** Waits, and throws when the watcher is closed. */
  readonly pause: (ms: number) => Promise<void>;
}

/** Items between two places from which items can be read again; 1,024 items are 63 kB. */
const CHECKPOINT_ITEMS = 1024;
/** ms before a refused request for logs is repeated with half the blocks. */
const CHUNK_RETRY_MS = 200;
/** Requests that succeed before larger ones are tried again. */
const CHUNKS_UNTIL_LARGER = 64;

export class Scan {
  readonly held: HeldItems;
  readonly origin: Position;
  position: Position;
  /** Events read since they were last taken. */
  pending: ContractEvent[] = [];
  readonly #reader: ScanOptions['reader'];
  readonly #chunks: Chunks;
  readonly #heldMost: number;
  readonly #checkpoints: Position[];

  constructor({ reader, fromBlock, chunkBlocks, heldMost, pause }: ScanOptions) {
    this.origin = { block: fromBlock - 1, items: 0, head: new Uint8Array(32), validators: new Map() };
    this.position = this.origin;
    this.held = new HeldItems(heldMost);
    this.#reader = reader;
    this.#heldMost = heldMost;
    this.#chunks = new Chunks(chunkBlocks, pause);
    this.#checkpoints = [this.origin];
  }

  /** Goes back, or on, to what is known. */
  restore(position: Position): void {
    this.position = position;
    this.held.truncate(position.items);
    this.pending = [];
    while (this.#checkpoints.at(-1)!.block > position.block) this.#checkpoints.pop();
    if (position.items > this.#checkpoints.at(-1)!.items) this.#checkpoints.push(position);
  }

  /** Reads on up to block `to`. What was read stays when a later request fails. */
  async readTo(to: number): Promise<void> {
    while (this.position.block < to) {
      const { value, end } = await this.#chunks.read(this.position.block + 1, to, (a, b) =>
        this.#reader.events(a, b),
      );
      this.position = this.#advance(this.position, value, end);
      if (this.position.items - this.#checkpoints.at(-1)!.items >= CHECKPOINT_ITEMS) {
        this.#checkpoints.push(this.position);
      }
    }
  }

  /**
   * PERF: half of them must be gone before more are read again, so that a long backlog is read in few
   * requests.
   */
  get wantsItems(): boolean {
    return this.held.size * 2 <= this.#heldMost && this.held.next <= this.position.items;
  }

  /** Holds as many of the items that were read as there is room for. */
  async refill(): Promise<void> {
    const { held } = this;
    if (!this.wantsItems) return;
    const links = await this.#reread(held.next, this.#heldMost - held.size);
    for (const { number, item, head } of links) held.offer(number, item, head);
  }

  /** Items from number n on, at most `most` and no more than are ever held, read again. */
  async read(n: number, most: number): Promise<Item[]> {
    const links = n < 1 ? [] : await this.#reread(n, Math.min(most, this.#heldMost));
    return links.map(({ item }) => item);
  }

  /** The event of one settlement. PERF: one request for all blocks, if the RPC allows that. */
  async settled(number: number): Promise<ContractEvent | undefined> {
    const last = this.position.block;
    const chunks = this.#chunks.ofSize(last - this.origin.block);
    let block = this.origin.block;
    while (block < last) {
      const { value, end } = await chunks.read(block + 1, last, (a, b) => this.#reader.settled(number, a, b));
      if (value !== undefined) return value;
      block = end;
    }
    return undefined;
  }

  #advance(from: Position, events: readonly ContractEvent[], block: number): Position {
    let { items, head } = from;
    const validators = new Map(from.validators);
    for (const event of events) {
      if (event.name === 'Item') {
        head = next({ items, head }, event);
        items = event.number;
        this.held.offer(items, event.item, head);
      } else if (event.name === 'Rotated') {
        if (event.isIn) validators.set(bytesToHex(event.validator), event.validator);
        else validators.delete(bytesToHex(event.validator));
      }
      if (event.name !== 'Item') this.pending.push(event);
    }
    return { block, items, head, validators };
  }

  /** At most `most` items from number n on, which lead to a head that the contract has. */
  async #reread(n: number, most: number): Promise<Link[]> {
    const { block: last, items: count } = this.position;
    const links: Link[] = [];
    let { block, items, head } = this.#checkpoints.findLast((checkpoint) => checkpoint.items < n)!;
    while (links.length < most && items < count && block < last) {
      const { value, end } = await this.#chunks.read(block + 1, last, (a, b) => this.#reader.events(a, b));
      block = end;
      for (const event of value) {
        if (event.name !== 'Item' || links.length === most) continue;
        head = next({ items, head }, event);
        items = event.number;
        if (items >= n) links.push({ number: items, item: event.item, head });
      }
    }
    if (links.length > 0 && bytesToHex(await this.#reader.head(items, last)) !== bytesToHex(head)) {
      throw new L1InconsistentError(`item ${items}, read again, does not lead to the contract's head`);
    }
    return links;
  }
}

/** An item and its place in the chain. */
interface Link {
  readonly number: number;
  readonly item: Item;
  readonly head: Uint8Array;
}

function next(
  { items, head }: Pick<Position, 'items' | 'head'>,
  { number, item, block }: Extract<ContractEvent, { name: 'Item' }>,
): Uint8Array {
  if (number !== items + 1) {
    throw new L1InconsistentError(`item ${number} in block ${block} follows item ${items}`);
  }
  return itemHead(nobleHashes, head, number, item);
}

/** Requests for logs, of as many blocks as the RPC is willing to answer for. */
class Chunks {
  readonly #most: number;
  readonly #pause: (ms: number) => Promise<void>;
  #size: number;
  #successes = 0;

  constructor(most: number, pause: (ms: number) => Promise<void>) {
    this.#most = Math.max(1, most);
    this.#pause = pause;
    this.#size = this.#most;
  }

  ofSize(most: number): Chunks {
    return new Chunks(most, this.#pause);
  }

  /** What `request` gives for the blocks from..end, where end <= to. */
  async read<T>(
    from: number,
    to: number,
    request: (from: number, to: number) => Promise<T>,
  ): Promise<{ value: T; end: number }> {
    for (;;) {
      // Also where a scan of years is interrupted.
      await this.#pause(0);
      const end = Math.min(to, from + this.#size - 1);
      try {
        const value = await request(from, end);
        this.#succeeded();
        return { value, end };
      } catch (error) {
        if (end === from || isDisconnected(error)) throw error;
        this.#size = Math.max(1, Math.floor((end - from + 1) / 2));
        this.#successes = 0;
        await this.#pause(CHUNK_RETRY_MS);
      }
    }
  }

  #succeeded(): void {
    this.#successes += 1;
    if (this.#successes < CHUNKS_UNTIL_LARGER) return;
    this.#size = Math.min(this.#most, this.#size * 2);
    this.#successes = 0;
  }
}

/** Whether nobody answered at all: then fewer blocks would not help. */
function isDisconnected(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false;
  return error.walk((cause) => cause instanceof HttpRequestError && cause.status === undefined) !== null;
}
