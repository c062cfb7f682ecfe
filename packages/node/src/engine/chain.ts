/**
 * The chain of final blocks: each is written and applied side by side, and announced when it is on disk. Both
 * engines drive it; whoever reads goes through it.
 *
 * Invariants: blocks become final in order of height; nothing of a block (signature, event, read) is given
 * out before it is durable; after a failed write nothing is given out at all.
 */
import {
  type Applied,
  applyBlock,
  type BlockIndex,
  concatBytes,
  type Ledger,
  sealSnapshot,
} from '@upfront/core';
import type { FinalBlock, Replica } from '../replica.ts';
import type { Store } from '../store/store.ts';

/** What the chain says while it works. */
export interface ChainLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Signs headers for a validator, each height's once. */
export interface HeaderSigner {
  readonly address: Uint8Array;
  /** Undefined: this height was signed before, and is not signed again. Throws Error if another header of it was. */
  signHeader(height: number, digest: Uint8Array): Uint8Array | undefined;
}

export interface ChainOptions {
  readonly ledger: Ledger;
  readonly store: Store;
  /** Absent on a node that is no validator. */
  readonly signer?: HeaderSigner;
  readonly log: ChainLog;
  /** A write failed, or a listener threw: the process must end. Called once. */
  fatal(error: Error): void;
}

/** A block that is applied and not yet durable. */
interface Pending {
  readonly block: BlockIndex;
  readonly verdicts: Uint8Array;
  readonly applied: Applied;
  readonly events: Uint8Array;
  readonly validators: Uint8Array;
  readonly announce: () => void;
  isDurable: boolean;
}

interface Waiter {
  readonly height: number;
  readonly resolve: () => void;
}

export class Chain implements Replica {
  readonly ledger: Ledger;
  readonly store: Store;
  height: number;
  readonly #signer: HeaderSigner | undefined;
  readonly #log: ChainLog;
  readonly #fatal: (error: Error) => void;
  readonly #pending: Pending[] = [];
  /** Applied by {@link apply} and not yet handed to the disk. */
  #decided: Pending | undefined;
  readonly #listeners = new Set<(block: FinalBlock) => void>();
  #waiters: Waiter[] = [];
  /** A write failed: nothing is announced any more. */
  isBroken = false;

  constructor({ ledger, store, signer, log, fatal }: ChainOptions) {
    this.ledger = ledger;
    this.store = store;
    this.height = ledger.height;
    this.#signer = signer;
    this.#log = log;
    this.#fatal = fatal;
  }

  /** Blocks applied and not yet durable. */
  get inFlight(): number {
    return this.#pending.length;
  }

  /**
   * Writes the next block and applies it meanwhile.
   *
   * @param openings what is known of the fulfilments' openings (the core's applyBlock)
   * @param announce called after the listeners, when the block is durable
   * @throws Error if the block is not the next one
   */
  append(
    block: BlockIndex,
    verdicts: Uint8Array,
    openings: Uint8Array | undefined,
    announce: () => void,
  ): Applied {
    const written = this.store.append(block.height, block.bytes, verdicts);
    let applied: Applied;
    try {
      applied = applyBlock(this.ledger, block, verdicts, openings);
    } catch (error) {
      // The write is under way and must not become final: this process says nothing more, and replay will
      // meet the bug.
      this.fail(error);
      throw error;
    }
    this.#pending.push(this.#pendingOf(block, verdicts, applied, announce));
    this.#await(written, this.#pending.at(-1)!);
    return applied;
  }

  /** Applies the next block; nothing of it is written before {@link write}, which has to come before the one after. */
  apply(block: BlockIndex, verdicts: Uint8Array, openings: Uint8Array | undefined): Applied {
    if (this.#decided !== undefined)
      throw new Error(`block ${this.#decided.block.height} is applied and not written`);
    const applied = applyBlock(this.ledger, block, verdicts, openings);
    this.#decided = this.#pendingOf(block, verdicts, applied, () => {});
    return applied;
  }

  /** Writes the block that was applied; resolves when it is durable and announced. */
  async write(announce: () => void): Promise<void> {
    const decided = this.#decided;
    if (decided === undefined) throw new Error('no block is applied that could be written');
    this.#decided = undefined;
    const pending = { ...decided, announce };
    const { height, bytes } = pending.block;
    this.#pending.push(pending);
    this.#await(this.store.append(height, bytes, pending.verdicts), pending);
    await this.durable(height);
  }

  #pendingOf(block: BlockIndex, verdicts: Uint8Array, applied: Applied, announce: () => void): Pending {
    const validators = concatBytes(...this.ledger.validators);
    return {
      block,
      verdicts,
      applied,
      events: applied.events.bytes(),
      validators,
      announce,
      isDurable: false,
    };
  }

  #await(written: Promise<void>, pending: Pending): void {
    written.then(
      () => {
        pending.isDurable = true;
        this.#announce();
      },
      (error) => this.fail(error),
    );
  }

  /** Makes final what is on disk already (replay). */
  replayed(block: BlockIndex, applied: Applied): void {
    this.height = block.height;
    if (block.height <= this.store.meta.indexed) return;
    const validators = concatBytes(...this.ledger.validators);
    this.store.index(this.#final(block, applied, applied.events.bytes()), validators, applied.results);
  }

  async read<T>(f: (ledger: Ledger) => T): Promise<T> {
    const value = f(this.ledger);
    await this.durable(this.ledger.height);
    return value;
  }

  /** Resolves when the height is durable; undefined if it is. */
  durable(height: number): Promise<void> | undefined {
    if (height <= this.height) return undefined;
    return new Promise((resolve) => {
      this.#waiters.push({ height, resolve });
    });
  }

  subscribe(listener: (block: FinalBlock) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends everything: nothing is announced from here on. */
  fail(error: unknown): void {
    if (this.isBroken) return;
    this.isBroken = true;
    this.#fatal(error instanceof Error ? error : new Error(String(error)));
  }

  #announce(): void {
    for (let next = this.#pending[0]; next?.isDurable && !this.isBroken; next = this.#pending[0]) {
      this.#pending.shift();
      const { block, applied, events, validators, announce } = next;
      try {
        const final = this.#final(block, applied, events);
        this.height = block.height;
        this.store.index(final, validators, applied.results);
        for (const listener of this.#listeners) listener(final);
        announce();
        this.#release();
        if (applied.snapshot !== undefined) void this.#keepSnapshot(block.height, applied.snapshot);
      } catch (error) {
        this.fail(error);
      }
    }
  }

  #final(block: BlockIndex, applied: Applied, events: Uint8Array): FinalBlock {
    const { header, digest, formed } = applied;
    const signer = this.#signer;
    const { height, time, bytes } = block;
    const signature = signer?.signHeader(height, digest);
    const signatures = signature === undefined ? [] : [{ validator: signer!.address, signature }];
    return { height, time, header, digest, signatures, bytes, events, ...(formed && { formed }) };
  }

  #release(): void {
    // Waiters ask for the height of their moment, so they stand in order.
    let count = 0;
    while (count < this.#waiters.length && this.#waiters[count]!.height <= this.height) count++;
    for (const { resolve } of this.#waiters.splice(0, count)) resolve();
  }

  /** A snapshot is an aid: if it cannot be written, the node goes on and the next one is tried. */
  async #keepSnapshot(height: number, bytes: Uint8Array): Promise<void> {
    try {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
      if (this.ledger.pendingSnapshot?.height === height) sealSnapshot(this.ledger, digest);
      await this.store.indexed(height);
      await this.store.snapshots.write(height, digest, bytes);
      this.#log.info({ height, bytes: bytes.length }, 'snapshot written');
    } catch (error) {
      this.#log.error({ err: error, height }, 'snapshot not written');
    }
  }
}
