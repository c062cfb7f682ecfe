/**
 * Simulated time: one queue of events for everything that happens, and the platform's timers, clocks and chance put in
 * place of the real ones while a simulation runs. So production code runs as it is, and the same seed gives the same run.
 *
 * An event belongs to a process; when that crashes, nothing of it happens any more: no timer fires, no disk or network
 * answers, so every await that it stands at is where it ended. Invariant: between two events no promise is left to settle.
 */
import { hash } from 'node:crypto';
import type { Random } from './random.ts';

/** A machine's clock: how far it is off, ms. It stays so when a process ends. */
export interface Clock {
  skew: number;
}

/** What can crash. */
export class Process {
  readonly name: string;
  readonly clock: Clock;
  isAlive = true;

  constructor(name: string, clock: Clock = { skew: 0 }) {
    this.name = name;
    this.clock = clock;
  }
}

interface Happening {
  readonly at: number;
  readonly order: number;
  readonly process: Process | undefined;
  readonly repeat: number | undefined;
  isCancelled: boolean;
  work(): void;
  /** As a timer of the platform has it: nothing here keeps a process alive. */
  unref(): void;
}

/** Events of one simulation at most: a loop that makes no progress ends here. */
const EVENTS_MOST = 3_000_000;

const realImmediate = setImmediate;

export class Platform {
  /** ms since the epoch. */
  now: number;
  /** Whose event this is. */
  current: Process | undefined;
  events = 0;
  /** The first thing that was thrown in an event. */
  failure: unknown;
  readonly #random: Random;
  readonly #heap: Happening[] = [];
  #order = 0;
  #restore: (() => void)[] = [];

  constructor(start: number, random: Random) {
    this.now = start;
    this.#random = random;
  }

  /** `work` happens in `delay` ms, unless the process has crashed by then. */
  after(delay: number, process: Process | undefined, work: () => void, repeat?: number): Happening {
    const at = this.now + Math.max(0, delay);
    const happening = { at, order: this.#order++, process, repeat, isCancelled: false, work, unref() {} };
    this.#push(happening);
    return happening;
  }

  /** What the clock of this process's machine says, ms since the epoch. */
  clock(process: Process | undefined = this.current): number {
    return Math.floor(this.now + (process?.clock.skew ?? 0));
  }

  sleep(delay: number, process: Process | undefined = this.current): Promise<void> {
    return new Promise((resolve) => void this.after(delay, process, resolve));
  }

  /** The same for what belongs to no process, and outlives them all. */
  pause(delay: number): Promise<void> {
    return new Promise((resolve) => void this.after(delay, undefined, resolve));
  }

  /** Lets everything happen up to this time; false if an event threw. */
  async runUntil(time: number): Promise<boolean> {
    for (;;) {
      const next = this.#heap[0];
      if (this.failure !== undefined) return false;
      if (next === undefined || next.at > time) {
        this.now = Math.max(this.now, time);
        return true;
      }
      this.#pop();
      if (next.isCancelled || next.process?.isAlive === false) continue;
      this.now = next.at;
      this.current = next.process;
      if (++this.events > EVENTS_MOST) throw new Error('the simulation makes no progress: too many events');
      try {
        next.work();
      } catch (error) {
        this.failure ??= error;
      }
      if (next.repeat !== undefined && !next.isCancelled) {
        this.#push(Object.assign(next, { at: this.now + next.repeat, order: this.#order++ }));
      }
      // Promises settle before anything else happens.
      await new Promise<void>((resolve) => void realImmediate(resolve));
    }
  }

  /** Puts simulated timers, clocks and chance in place of the platform's, until `uninstall`. */
  install(): void {
    const later = (work: (...args: unknown[]) => void, delay = 0, ...args: unknown[]) =>
      this.after(Math.max(delay, 0.01), this.current, () => work(...args));
    const cancel = (happening: Happening | undefined): void => {
      if (happening !== undefined && happening !== null) happening.isCancelled = true;
    };
    const every = (work: () => void, period: number) => this.after(period, this.current, work, period);
    const soon = (work: (...args: unknown[]) => void, ...args: unknown[]) =>
      this.after(0, this.current, () => work(...args));
    const random = this.#random;
    const digest = async (_: string, bytes: Uint8Array): Promise<ArrayBuffer> => {
      const result = hash('sha256', bytes, 'buffer');
      await this.sleep(1);
      return result.buffer.slice(result.byteOffset, result.byteOffset + 32) as ArrayBuffer;
    };
    const fill = (bytes: Uint8Array): Uint8Array => {
      random.fill(bytes);
      return bytes;
    };
    const timeout = (delay: number): AbortSignal => {
      const controller = new AbortController();
      this.after(delay, this.current, () => controller.abort(new Error('timed out')));
      return controller.signal;
    };
    const trap = (error: unknown): void => {
      this.failure ??= error;
    };
    process.on('unhandledRejection', trap);
    this.#restore.push(() => void process.off('unhandledRejection', trap));
    this.#replace(globalThis, 'setTimeout', later);
    this.#replace(globalThis, 'clearTimeout', cancel);
    this.#replace(globalThis, 'setInterval', every);
    this.#replace(globalThis, 'clearInterval', cancel);
    this.#replace(globalThis, 'setImmediate', soon);
    this.#replace(globalThis, 'clearImmediate', cancel);
    this.#replace(performance, 'now', () => this.now);
    this.#replace(Date, 'now', () => this.clock());
    this.#replace(Math, 'random', () => random.unit());
    this.#replace(crypto, 'getRandomValues', fill);
    this.#replace(crypto.subtle, 'digest', digest);
    this.#replace(AbortSignal, 'timeout', timeout);
  }

  uninstall(): void {
    for (const restore of this.#restore.splice(0)) restore();
  }

  #replace(owner: object, name: string, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, { value, configurable: true, writable: true });
    this.#restore.push(() => {
      if (before === undefined) delete (owner as Record<string, unknown>)[name];
      else Object.defineProperty(owner, name, before);
    });
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    let at = heap.push(happening) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(happening, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = happening;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
