/**
 * A simulated first layer: blocks with calls of the contract's model, a part of them final. What is not final can be
 * replaced; finality can stall; a call waits in a pool until a block takes it, and comes back to it when its block goes.
 *
 * Invariant: what is final stays, and every node sees the same of it.
 */
import type { Hashes } from '@upfront/core';
import type { L1Observation } from '@upfront/node/parts';
import { type Call, type Contract, execute, Reverted } from './contract.ts';
import type { Platform } from './platform.ts';
import type { Random } from './random.ts';

export interface Transaction {
  readonly call: Call;
  /** The number of the settlement that it brings, if it is one that the network formed. */
  readonly settles?: number;
  /** Whether it went through, each time a block takes it; undefined while none has. */
  outcome: 'success' | string | undefined;
}

interface Block {
  readonly time: number;
  transactions: Transaction[];
}

export interface L1Options {
  /** ms between blocks. */
  readonly interval: number;
  /** Blocks behind the newest that are final. */
  readonly depth: number;
}

/** Transactions a block. */
const BLOCK_MOST = 40;

export class L1 {
  /** As of the newest block, and as of the newest final one. */
  tip: Contract;
  readonly final: Contract;
  /** s. */
  tipTime: number;
  finalTime: number;
  /** No block becomes final. */
  isStalled = false;
  /** No block is made. */
  isDown = false;
  /** Told of every settlement that a block takes, before: its outcome, and whether its number is the next. */
  settling: (number: number, outcome: string, isItsTurn: boolean) => void = () => {};
  /** Final transactions, in order, with their times: a history that can be played elsewhere. */
  readonly history: { transaction: Transaction; time: number; outcome: string }[] = [];
  reorganisations = 0;
  readonly #options: L1Options;
  readonly #hashes: Hashes;
  readonly #random: Random;
  readonly #pool: Transaction[] = [];
  readonly #blocks: Block[] = [];

  constructor(platform: Platform, contract: Contract, hashes: Hashes, random: Random, options: L1Options) {
    this.final = contract;
    this.tip = contract.copy();
    this.#hashes = hashes;
    this.#random = random;
    this.#options = options;
    this.tipTime = Math.floor(platform.now / 1000);
    this.finalTime = this.tipTime;
    platform.after(
      options.interval,
      undefined,
      () => this.#make(Math.floor(platform.now / 1000)),
      options.interval,
    );
  }

  /** A call that was made before the simulation began. */
  begun(call: Call, time: number): void {
    this.history.push({ transaction: { call, outcome: 'success' }, time, outcome: 'success' });
  }

  send(call: Call, settles?: number): Transaction {
    const transaction: Transaction = { call, outcome: undefined, ...(settles && { settles }) };
    this.#pool.push(transaction);
    return transaction;
  }

  /** The newest blocks that are not final are made again, with their calls in another order, some of them lost for now. */
  reorganise(): void {
    if (this.#blocks.length === 0) return;
    const depth = this.#random.between(1, this.#blocks.length);
    const replaced = this.#blocks.splice(-depth);
    this.reorganisations++;
    const calls = replaced.flatMap(({ transactions }) => transactions);
    for (const call of calls) call.outcome = undefined;
    this.#pool.unshift(...this.#random.shuffle(calls));
    this.tip = this.final.copy();
    for (const { transactions, time } of this.#blocks)
      for (const one of transactions) this.#execute(this.tip, one, time);
    for (const { time } of replaced) this.#make(time, false);
  }

  /** What a watcher of this moment sees of final blocks. */
  observation(): L1Observation {
    const { final } = this;
    const items = final.items.length;
    return {
      time: this.finalTime * 1000,
      items,
      head: final.heads[items]!,
      settled: final.number,
      validators: this.#hashes.keccak256(Buffer.concat(final.validatorSet())),
      itemsFrom: (n, most) => final.items.slice(n - 1, Math.min(items, n - 1 + most)),
    };
  }

  #make(time: number, mayFinalise = true): void {
    if (this.isDown && mayFinalise) return;
    const block: Block = { time, transactions: this.#pool.splice(0, BLOCK_MOST) };
    this.tipTime = Math.max(this.tipTime, time);
    for (const one of block.transactions) one.outcome = this.#execute(this.tip, one, time);
    this.tip.assertTotal();
    this.#blocks.push(block);
    while (mayFinalise && !this.isStalled && this.#blocks.length > this.#options.depth) this.#finalise();
  }

  #finalise(): void {
    const { time, transactions } = this.#blocks.shift()!;
    this.finalTime = time;
    for (const transaction of transactions) {
      const outcome = this.#execute(this.final, transaction, time);
      this.history.push({ transaction, time, outcome });
    }
    this.final.assertTotal();
  }

  #execute(contract: Contract, transaction: Transaction, time: number): string {
    const isItsTurn = transaction.settles === contract.number + 1;
    const outcome = this.#attempt(contract, transaction, time);
    if (transaction.settles !== undefined)
      this.settling(transaction.settles, outcome, isItsTurn && !contract.closed);
    return outcome;
  }

  #attempt(contract: Contract, { call }: Transaction, time: number): string {
    try {
      execute(contract, call, time);
      return 'success';
    } catch (error) {
      if (!(error instanceof Reverted)) throw error;
      return error.message;
    }
  }
}
