/**
 * How long to wait before the next try: doubling, capped, with jitter so that clients do not come back as one.
 */

export interface Backoff {
  /** ms before the second try. */
  readonly first: number;
  /** ms at most. */
  readonly most: number;
}

/** ms to wait before try `attempt` + 1, counted from 0: half of it is certain, half is chance. */
export function backoffDelay(
  attempt: number,
  { first, most }: Backoff,
  random: () => number = Math.random,
): number {
  const whole = Math.min(most, first * 2 ** Math.min(attempt, 30));
  return whole / 2 + (whole / 2) * random();
}

/** Resolves after `milliseconds`, or rejects with the signal's reason when it fires. */
export function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal!.reason instanceof Error ? signal!.reason : new Error('aborted'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
