/**
 * The node's stream of events (docs/api.md, WebSocket frames) as the page follows it: read by a worker, handed over in slices.
 *
 * PERF: a burst is thousands of messages of a socket; here each would be a task between two frames, and starve them.
 * Invariant: every event from the cursor on, in order, once, also across reconnections; nothing is kept here.
 */
import type { Cursor, StreamPart } from './stream-worker.ts';

export interface StreamOptions {
  /** The first event wanted. */
  readonly from: Cursor;
  /** `event` is the core's layout; `at`: when it came, by performance.now(). */
  readonly onEvent: (event: Uint8Array, height: number, at: number) => void;
  /** Everything up to this height was given. */
  readonly onCaughtUp?: (height: number) => void;
  readonly onState?: (isOpen: boolean) => void;
}

/** ms until a worker that was not loaded, because the node is away, is tried again. */
const AGAIN_MS = 2000;
/** Offsets from one event of a slice; see StreamPart. */
const AT = { time: 0, height: 8, index: 16, length: 20, event: 22 } as const;

/** Follows until the returned function is called. */
export function followStream({ from, onEvent, onCaughtUp, onState }: StreamOptions): () => void {
  let cursor = from;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let worker: Worker | undefined;

  const takeEvents = (slice: Uint8Array): void => {
    const view = new DataView(slice.buffer, slice.byteOffset, slice.byteLength);
    for (let at = 0; at < slice.length; ) {
      const end = at + AT.event + view.getUint16(at + AT.length);
      const height = Number(view.getBigUint64(at + AT.height));
      const came = view.getFloat64(at + AT.time) - performance.timeOrigin;
      onEvent(slice.subarray(at + AT.event, end), height, came);
      cursor = { height, index: view.getUint32(at + AT.index) + 1 };
      at = end;
    }
  };
  const start = (): void => {
    const own = new Worker(new URL('./stream-worker.ts', import.meta.url), { type: 'module' });
    worker = own;
    own.addEventListener('message', ({ data }: MessageEvent<StreamPart>) => {
      if ('events' in data) takeEvents(data.events);
      else if ('caughtUp' in data) onCaughtUp?.(data.caughtUp);
      else onState?.(data.isOpen);
      own.postMessage('taken');
    });
    own.addEventListener('error', () => {
      own.terminate();
      onState?.(false);
      timer = setTimeout(start, AGAIN_MS);
    });
    own.postMessage(cursor);
  };
  start();
  return () => {
    clearTimeout(timer);
    worker?.terminate();
  };
}
