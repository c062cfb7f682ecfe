/**
 * Something of the node's that a page shows: asked for when its key changes, again when the network moves or comes back.
 *
 * Invariant: an answer for an earlier key is never shown; one request at a time; what was shown stays while the node is away.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api.ts';
import { connection, status } from '../network.ts';

export interface Resource<T> {
  readonly value: T | undefined;
  readonly error: unknown;
  readonly again: () => void;
}

interface Found<T> {
  readonly key: string;
  readonly value?: T;
  readonly error?: unknown;
}

/**
 * @param key what is asked for; another one starts over
 * @param follow asked again with each new block, at most once a second, as the status is
 */
export function useResource<T>(
  key: string,
  ask: (signal: AbortSignal) => Promise<T>,
  follow = false,
): Resource<T> {
  const [found, setFound] = useState<Found<T>>({ key });
  const [round, setRound] = useState(0);
  const asking = useRef<AbortController>(undefined);
  const isAway = connection.value === 'away';
  const moment = follow ? status.value?.height : undefined;

  const start = (): void => {
    const controller = new AbortController();
    asking.current = controller;
    ask(controller.signal)
      .then(
        (value) => {
          if (!controller.signal.aborted) setFound({ key, value });
        },
        (error: unknown) => {
          if (!controller.signal.aborted) setFound((before) => failed(before, key, error));
        },
      )
      .finally(() => {
        if (asking.current === controller) asking.current = undefined;
      });
  };
  useEffect(() => {
    start();
    return () => {
      asking.current?.abort();
      asking.current = undefined;
    };
  }, [key, round, isAway]);
  // A slow answer is waited for, not asked for again.
  useEffect(() => {
    if (moment !== undefined && asking.current === undefined) start();
  }, [moment]);

  const isCurrent = found.key === key;
  return {
    value: isCurrent ? found.value : undefined,
    error: isCurrent ? found.error : undefined,
    again: () => setRound((n) => n + 1),
  };
}

function failed<T>(before: Found<T>, key: string, error: unknown): Found<T> {
  const isPassing = error instanceof ApiError && error.isAway;
  return isPassing && before.key === key && before.value !== undefined ? before : { key, error };
}
