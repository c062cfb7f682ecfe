// A step that is repeated for as long as the process runs: what the watcher and the relayer have in common.
// Time, and what to say to the operator, come in as arguments.

export interface Clock {
  /** ms since the Unix epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal is aborted; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The part of pino that is used here. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Loop {
  /** Ends the present pause. */
  wake(): void;
  /** Resolves when the present step is done; no other begins. */
  close(): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end, { once: true });
    }),
};

/** Doubles from `least` with every failure in a row, up to `most`. */
export function backoff(failures: number, least: number, most: number): number {
  return Math.min(most, least * 2 ** Math.min(failures, 30));
}

/**
 * Repeats `step`, which returns the pause behind it in ms, or undefined to end. A step handles its own
 * failures: one that throws is a bug, and ends the process as any unhandled rejection does.
 */
export function startLoop(clock: Clock, step: () => Promise<number | undefined>): Loop {
  let isClosed = false;
  let isWoken = false;
  let pause = new AbortController();
  const run = async (): Promise<void> => {
    while (!isClosed) {
      const ms = await step();
      if (ms === undefined) return;
      // A wake-up during the step must not be lost: what it was for may have come too late for that step.
      if (!isWoken && !isClosed) await clock.sleep(ms, pause.signal);
      isWoken = false;
      if (pause.signal.aborted) pause = new AbortController();
    }
  };
  const ended = run();
  const wake = (): void => {
    isWoken = true;
    pause.abort();
  };
  return {
    wake,
    close: async () => {
      isClosed = true;
      wake();
      await ended;
    },
  };
}
