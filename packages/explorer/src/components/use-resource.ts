/**
 * Something of the node's that a page shows: asked for when its key changes, again when the network moves or comes back.
 *
 * Invariant: an answer for an earlier key is never shown; what was shown stays until the new answer is here.
 */
import { useEffect, useState } from 'preact/hooks';
import { connection, status } from '../network.ts';

export interface Resource<T> {
  readonly value: T | undefined;
  readonly error: unknown;
  readonly again: () => void;
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
  const [found, setFound] = useState<{ key: string; value?: T; error?: unknown }>({ key });
  const [round, setRound] = useState(0);
  const moment = follow ? status.value?.height : undefined;
  const isAway = connection.value === 'away';
  useEffect(() => {
    const controller = new AbortController();
    ask(controller.signal).then(
      (value) => {
        if (!controller.signal.aborted) setFound({ key, value });
      },
      (error: unknown) => {
        // What is shown already stays: the header says that the node is away.
        if (controller.signal.aborted) return;
        setFound((before) =>
          before.key === key && before.value !== undefined && isAway ? before : { key, error },
        );
      },
    );
    return () => controller.abort();
  }, [key, round, moment, isAway]);
  const isCurrent = found.key === key;
  return {
    value: isCurrent ? found.value : undefined,
    error: isCurrent ? found.error : undefined,
    again: () => setRound((n) => n + 1),
  };
}
