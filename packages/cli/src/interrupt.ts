/**
 * Ending what runs until it is told to stop: the first SIGINT or SIGTERM asks, the second one insists.
 */
import { exitCodes } from './exit-codes.ts';

export interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Resolves with the first signal. */
  readonly asked: Promise<void>;
  /** Gives the signals back to the process. */
  release(): void;
}

const LOOK_MS = 500;

/** `parent`: a process that this one belongs to; when it is gone, however it ended, that is a signal, too. */
export function untilInterrupted(parent?: number): Interrupt {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const ask = (): void => {
    controller.abort();
    resolve();
  };
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    ask();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const watch = parent === undefined ? undefined : setInterval(() => isOrphan(parent) && ask(), LOOK_MS);
  watch?.unref();
  const release = (): void => {
    clearInterval(watch);
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  return { signal: controller.signal, asked: promise, release };
}

function isOrphan(parent: number): boolean {
  return process.ppid !== parent;
}
