// What this node sees of the first layer, as far as it is final. DESIGN.md: "Import only finalised L1"; views
// and items of docs/protocol.md, 5 and 6.
// Invariants: no observation rests on items that do not chain to the contract's own head at that very block.
// Once an item that was given out is not the chain's any more, no observation follows: it has to close.

import type { Item } from '@upfront/core';
import {
  type Address,
  BaseError,
  bytesToHex,
  type Client,
  concat,
  createClient,
  http,
  keccak256,
} from 'viem';
import type { L1Observation } from '../engine/engine.ts';
import {
  type ContractEvent,
  type ContractState,
  createContractReader,
  type L1Block,
  type L1Tag,
} from './contract.ts';
import { backoff, type Clock, type Log, startLoop, systemClock } from './loop.ts';
import { L1InconsistentError, type Position, Scan } from './scan.ts';
import { createSettledIndex, type SettledEvent } from './settled-index.ts';

export type WatcherStatus =
  /** Nothing was read yet, or a long stretch of blocks is being read. */
  | 'starting'
  | 'following'
  /** The final block lies before one that was seen already, or does not advance. */
  | 'behind'
  /** No usable answer. */
  | 'unreachable'
  /** Another chain than the genesis names, or no contract there. */
  | 'misconfigured'
  /** Answers that contradict each other, or a change of the past that is being looked at again. */
  | 'inconsistent'
  /** For good: what was imported is no part of the chain any more. */
  | 'l1-reorganised';

export interface WatcherState {
  readonly status: WatcherStatus;
  /** What an operator should know, in one sentence; empty when following. */
  readonly reason: string;
  /** ms: when the status began. */
  readonly since: number;
  /** The newest final block that was taken in. */
  readonly tip: L1Block | undefined;
  readonly items: number;
  readonly settled: number;
  readonly validators: readonly Uint8Array[];
  /** Whether the contract has closed. */
  readonly closed: boolean;
  /** Items in memory. */
  readonly held: number;
  /** Requests to the RPC that failed in a row. */
  readonly failures: number;
}

/** Where a watcher can go on; as of a final block. */
export interface L1Cursor extends Position {
  readonly hash: string;
}

/** What the network has imported: nothing else may ever stand there. */
export interface Imported {
  readonly items: number;
  readonly head: Uint8Array;
  /** ms: the time of the view it was imported by, or 0 if that is not known. */
  readonly time: number;
}

export interface WatcherOptions {
  /** A viem client, or where to find the RPC. */
  readonly client?: Client;
  readonly rpcUrl?: string;
  readonly contract: Address;
  readonly chainId: number;
  readonly tag?: L1Tag;
  /** The block of the contract's deployment. */
  readonly fromBlock: number;
  readonly pollMs?: number;
  readonly chunkBlocks?: number;
  /** ms without a new final block that are worth a warning. */
  readonly stalledMs?: number;
  readonly heldMost?: number;
  /** What the ledger has imported at the start. */
  readonly imported?: Imported;
  /** Where to go on instead of at `fromBlock`. */
  readonly cursor?: L1Cursor;
  readonly onObservation: (observation: L1Observation) => void;
  readonly onState?: (state: WatcherState) => void;
  /** Final events other than items; after a reorganisation or restart the same one may come again. */
  readonly onEvent?: (event: Exclude<ContractEvent, { name: 'Item' }>) => void;
  readonly log?: Log;
  readonly clock?: Clock;
}

export interface Watcher {
  state(): WatcherState;
  observation(): L1Observation | undefined;
  /** The network has imported the items up to number n: they need not be held any more. */
  imported(n: number): void;
  /** Items that may not be held any more, read again; rejects if L1 is not reachable. */
  readItems(n: number, most: number): Promise<Item[]>;
  /** The transaction and block that settled this number; undefined if no final one did. */
  settlement(number: number): Promise<SettledEvent | undefined>;
  /** For a later `cursor`; undefined before the first observation. */
  cursor(): L1Cursor | undefined;
  close(): Promise<void>;
}

/** ms between looks at the tag; a slot of Ethereum is three times as long. */
const POLL_MS = 4_000;
/** Blocks a request for logs, at most: what the usual providers allow. */
const CHUNK_BLOCKS = 2_000;
/** Finality takes 13 to 19 minutes on Ethereum. */
const STALLED_MS = 30 * 60_000;
/** Items: about 6 MB. */
const HELD_MOST = 16_384;
/** ms between attempts, at most, while there is no answer. */
const BACKOFF_MOST_MS = 60_000;
/** ms until an RPC request is given up. */
const RPC_TIMEOUT_MS = 15_000;
/** Verified positions to which a reorganisation of what is not final (tag 'safe' or 'latest') can go back. */
const CURSORS_KEPT = 64;
/** Looks that must agree before a deployment is given up: one stray answer must not do that. */
const REORGANISATION_LOOKS = 3;
/** Looks that contradict each other before everything is read again from the beginning. */
const INCONSISTENT_LOOKS = 3;

type Finding = Pick<WatcherState, 'status' | 'reason'>;

const FOLLOWING: Finding = { status: 'following', reason: '' };

/** Starts to watch at once. */
export function createWatcher(options: WatcherOptions): Watcher {
  const watching = new Watching(options);
  return {
    state: () => ({ ...watching.state, held: watching.scan.held.size }),
    observation: () => watching.observation,
    imported: (n) => watching.moveTo(n + 1),
    readItems: (n, most) => watching.scan.read(n, most),
    settlement: (number) => watching.settlement(number),
    cursor: () => watching.cursors.at(-1),
    close: () => watching.close(),
  };
}

class Watching {
  readonly scan: Scan;
  readonly cursors: L1Cursor[];
  observation: L1Observation | undefined;
  state: WatcherState;
  readonly #options: WatcherOptions;
  readonly #reader: ReturnType<typeof createContractReader>;
  readonly #settled = createSettledIndex();
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  readonly #loop: ReturnType<typeof startLoop>;
  /** The newest item that was given out: from here on the past is fixed. */
  #given: Imported;
  #isDeploymentChecked = false;
  #mismatches = 0;
  #failures = 0;
  /** Goes up when items may have become others: older observations have none to give then. */
  #generation = 0;
  /** The generation of the newest observation. */
  #announced = -1;
  /** Calls to the owner, which are made behind the look: what they throw is no fault of L1. */
  #due: (() => void)[] = [];
  #advancedAt: number;

  constructor(options: WatcherOptions) {
    const { contract, fromBlock, cursor, imported, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#advancedAt = clock.now();
    this.#reader = createContractReader(clientOf(options), contract);
    const pause = async (ms: number): Promise<void> => {
      if (ms > 0) await clock.sleep(ms, this.#closing.signal);
      this.#closing.signal.throwIfAborted();
    };
    const { chunkBlocks = CHUNK_BLOCKS, heldMost = HELD_MOST } = options;
    this.scan = new Scan({ reader: this.#reader, fromBlock, chunkBlocks, heldMost, pause });
    this.cursors = cursor === undefined ? [] : [cursor];
    if (cursor !== undefined) this.scan.restore(cursor);
    this.#given = imported ?? { items: 0, head: new Uint8Array(32), time: 0 };
    this.scan.held.moveTo(this.#given.items + 1);
    this.state = {
      status: 'starting',
      reason: 'nothing was read yet',
      since: clock.now(),
      tip: undefined,
      items: 0,
      settled: 0,
      validators: [],
      closed: false,
      held: 0,
      failures: 0,
    };
    this.#loop = startLoop(clock, () => this.#step());
  }

  moveTo(n: number): void {
    this.scan.held.moveTo(n);
    if (this.scan.wantsItems) this.#loop.wake();
  }

  async settlement(number: number): Promise<SettledEvent | undefined> {
    if (number < 1 || number > this.state.settled) return undefined;
    const event = this.#settled.get(number) ?? (await this.scan.settled(number));
    return event?.name === 'Settled' ? event : undefined;
  }

  close(): Promise<void> {
    this.#closing.abort();
    return this.#loop.close();
  }

  async #step(): Promise<number | undefined> {
    const { pollMs = POLL_MS } = this.#options;
    try {
      const { status, reason } = await this.#look();
      this.#failures = 0;
      this.#become(status, reason);
    } catch (error) {
      if (this.#closing.signal.aborted) return undefined;
      this.#failures += 1;
      // Whatever answers after an outage may be another node.
      this.#isDeploymentChecked = false;
      if (error instanceof L1InconsistentError) {
        // What was verified before may itself be what is wrong: then only the beginning is left.
        if (this.#failures >= INCONSISTENT_LOOKS) this.cursors.length = 0;
        this.#rewindTo(this.cursors.at(-1));
        this.#become('inconsistent', error.message);
      } else {
        this.#become('unreachable', error instanceof BaseError ? error.shortMessage : String(error));
      }
    }
    const due = this.#due;
    this.#due = [];
    for (const call of due) call();
    if (this.state.status === 'l1-reorganised') return undefined;
    return this.#failures === 0 ? pollMs : backoff(this.#failures - 1, pollMs, BACKOFF_MOST_MS);
  }

  /** One look at the chain, in the order: right chain, newer block, same past, items, state. */
  async #look(): Promise<Finding> {
    const { tag = 'finalized', fromBlock } = this.#options;
    const fault = await this.#checkDeployment();
    if (fault !== undefined) return { status: 'misconfigured', reason: fault };
    const tip = await this.#reader.block(tag);
    const seen = this.cursors.at(-1);
    if (tip.number < fromBlock) {
      return {
        status: 'starting',
        reason: `block ${fromBlock}, the contract's deployment, is not ${tag} yet`,
      };
    }
    if (seen !== undefined && tip.number < seen.block) {
      const reason = `block ${seen.block} was ${tag} before, and now it is ${tip.number}`;
      return { status: 'behind', reason };
    }
    if (tip.hash === seen?.hash && this.#announced === this.#generation) return this.#waitFor(tag);
    await this.#rewind(tip);
    const state = await this.#reader.state(tip.number);
    const loss = await this.#lossOfPast(tip, state);
    if (loss !== undefined) return loss;
    await this.scan.readTo(tip.number);
    await this.#assertAgrees(tip, state);
    await this.scan.refill();

    // From here on it is true.
    this.#announce(tip, state);
    return FOLLOWING;
  }

  /** No newer block. Whoever asked for items that were not held is told when they are. */
  async #waitFor(tag: L1Tag): Promise<Finding> {
    const { observation } = this;
    const before = this.scan.held.next;
    await this.scan.refill();
    if (this.scan.held.next !== before && observation !== undefined) {
      this.#due.push(() => this.#options.onObservation(observation));
    }
    const still = this.#clock.now() - this.#advancedAt;
    if (still <= (this.#options.stalledMs ?? STALLED_MS)) return FOLLOWING;
    return { status: 'behind', reason: `no new ${tag} block for ${Math.round(still / 1000)} s` };
  }

  /** What is wrong with where the contract should be. */
  async #checkDeployment(): Promise<string | undefined> {
    if (this.#isDeploymentChecked) return undefined;
    const { chainId, contract } = this.#options;
    const [found, hasCode] = await Promise.all([this.#reader.chainId(), this.#reader.hasCode()]);
    if (found !== chainId) return `the RPC is of chain ${found}, not ${chainId}`;
    if (!hasCode) return `there is no contract at ${contract}`;
    this.#isDeploymentChecked = true;
    return undefined;
  }

  /** Goes back to the newest verified position that is still part of the chain. */
  async #rewind(tip: L1Block): Promise<void> {
    const newest = this.cursors.at(-1);
    let cursor = newest;
    while (cursor !== undefined) {
      const block = cursor.block === tip.number ? tip : await this.#reader.block(cursor.block);
      if (block.hash === cursor.hash) break;
      this.cursors.pop();
      cursor = this.cursors.at(-1);
    }
    if (cursor === newest) return;
    this.#options.log?.warn({ block: newest!.block, hash: newest!.hash }, 'an L1 block was replaced');
    this.#rewindTo(cursor);
  }

  #rewindTo(cursor: L1Cursor | undefined): void {
    this.scan.restore(cursor ?? this.scan.origin);
    this.#settled.truncate(this.scan.position.block);
    this.#generation += 1;
  }

  /** Whether the items that were given out are still where they were; if not, three times, it is over. */
  async #lossOfPast(tip: L1Block, state: ContractState): Promise<Finding | undefined> {
    const { items, head, time } = this.#given;
    if (state.items < items && tip.time < time) {
      return { status: 'behind', reason: `item ${items} was imported from a later block than ${tip.number}` };
    }
    const found = bytesToHex(await this.#reader.head(items, tip.number));
    if (state.items >= items && found === bytesToHex(head)) {
      this.#mismatches = 0;
      return undefined;
    }
    this.#mismatches += 1;
    this.#generation += 1;
    const was = bytesToHex(head);
    const reason = `item ${items} was imported as ${was}, and L1 has ${found} at block ${tip.number}`;
    if (this.#mismatches < REORGANISATION_LOOKS) return { status: 'inconsistent', reason };
    return {
      status: 'l1-reorganised',
      reason: `${reason}: nothing more is imported, this deployment has to close`,
    };
  }

  async #assertAgrees(tip: L1Block, state: ContractState): Promise<void> {
    const { items, head, validators } = this.scan.position;
    if (items !== state.items) {
      throw new L1InconsistentError(
        `the contract has ${state.items} items at block ${tip.number}, its events ${items}`,
      );
    }
    const own = bytesToHex(await this.#reader.head(items, tip.number));
    if (own !== bytesToHex(head)) {
      throw new L1InconsistentError(`items up to ${items} chain to ${bytesToHex(head)}, not to ${own}`);
    }
    if (validators.size !== state.validators) {
      throw new L1InconsistentError(
        `the contract has ${state.validators} validators, its events ${validators.size}`,
      );
    }
  }

  #announce(tip: L1Block, state: ContractState): void {
    const { position } = this.scan;
    if (this.cursors.at(-1)?.hash !== tip.hash) {
      this.cursors.push({ ...position, block: tip.number, hash: tip.hash });
      this.#advancedAt = this.#clock.now();
    }
    if (this.cursors.length > CURSORS_KEPT) this.cursors.shift();
    const validators = [...position.validators.keys()].sort().map((key) => position.validators.get(key)!);
    const generation = this.#generation;
    this.#announced = generation;
    const observation: L1Observation = {
      time: tip.time,
      items: position.items,
      head: position.head,
      settled: state.settled,
      validators: keccak256(concat(validators), 'bytes'),
      itemsFrom: (n, most) =>
        generation === this.#generation ? this.#give(n, most, position.items, tip.time) : [],
    };
    this.observation = observation;
    const events = this.scan.pending;
    this.scan.pending = [];
    for (const event of events) if (event.name === 'Settled') this.#settled.add(event);
    const { items } = position;
    this.state = { ...this.state, tip, items, settled: state.settled, validators, closed: state.closed };
    const { onEvent, onObservation } = this.#options;
    for (const event of events) if (event.name !== 'Item') this.#due.push(() => onEvent?.(event));
    this.#due.push(() => onObservation(observation));
  }

  #give(n: number, most: number, last: number, time: number): Item[] {
    const { held } = this.scan;
    const items = held.from(n, most, last);
    const newest = n + items.length - 1;
    if (items.length > 0 && newest > this.#given.items) {
      this.#given = { items: newest, head: held.headAt(newest)!, time };
    }
    // Dropped too early, or not reached yet: there for the next time it is asked for.
    if (items.length === 0 && n >= 1 && n <= last && most > 0) this.moveTo(n);
    return items;
  }

  #become(status: WatcherStatus, reason: string): void {
    const before = this.state;
    const isNew = before.status !== status;
    const since = isNew ? this.#clock.now() : before.since;
    this.state = { ...before, status, reason, since, held: this.scan.held.size, failures: this.#failures };
    if (isNew) {
      const { log } = this.#options;
      const fields = { status, was: before.status, reason, block: this.state.tip?.number };
      if (status === 'following') log?.info(fields, 'L1 is followed');
      else if (status === 'l1-reorganised') log?.error(fields, 'L1 was reorganised below what was imported');
      else log?.warn(fields, 'L1 is not followed');
    }
    this.#options.onState?.(this.state);
  }
}

function clientOf({ client, rpcUrl }: WatcherOptions): Client {
  if (client !== undefined) return client;
  if (rpcUrl === undefined) throw new TypeError('the watcher needs a client or an rpcUrl');
  // The loop itself repeats what failed.
  return createClient({ transport: http(rpcUrl, { timeout: RPC_TIMEOUT_MS, retryCount: 0 }) });
}
