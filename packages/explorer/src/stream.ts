/**
 * The node's stream of events, read over its WebSocket (docs/api.md, WebSocket frames).
 *
 * Invariant: every event from the cursor on, in order, once, also across reconnections; nothing is kept here.
 */
import { nodeUrl } from './api.ts';

export interface StreamOptions {
  /** The first event wanted: height and index. */
  readonly from: { readonly height: number; readonly index: number };
  /** `event` is the core's layout, a view that is good until it returns. */
  readonly onEvent: (event: Uint8Array, height: number) => void;
  /** Everything up to this height was given. */
  readonly onCaughtUp?: (height: number) => void;
  readonly onState?: (isOpen: boolean) => void;
}

/** ms; the pause between two attempts doubles up to the most. */
const PAUSE_MS = 500;
const PAUSE_MOST_MS = 8000;
/** Offsets in a frame; an event frame's payload is height 8, index 4, length 2, event. */
const FRAME = { type: 0, payload: 5, index: 13, length: 17, event: 19 } as const;
const TYPE = { subscribe: 0x02, event: 0x82, caughtUp: 0x83 } as const;
const SUBSCRIBE_BYTES = 18;

/** Follows until the returned function is called. */
export function followStream(options: StreamOptions): () => void {
  let { height, index } = options.from;
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = PAUSE_MS;
  let isClosed = false;

  const read = ({ data }: MessageEvent): void => {
    const view = new DataView(data as ArrayBuffer);
    const type = view.getUint8(FRAME.type);
    if (type !== TYPE.event && type !== TYPE.caughtUp) return;
    const at = Number(view.getBigUint64(FRAME.payload));
    if (type === TYPE.caughtUp) {
      [height, index] = [at + 1, 0];
      options.onCaughtUp?.(at);
      return;
    }
    [height, index] = [at, view.getUint32(FRAME.index) + 1];
    options.onEvent(new Uint8Array(view.buffer, FRAME.event, view.getUint16(FRAME.length)), at);
  };

  const connect = (): void => {
    socket = new WebSocket(`${nodeUrl().replace(/^http/, 'ws')}/v1/socket`);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      pause = PAUSE_MS;
      socket?.send(subscribeFrame(height, index));
      options.onState?.(true);
    });
    socket.addEventListener('message', read);
    socket.addEventListener('close', () => {
      options.onState?.(false);
      if (isClosed) return;
      timer = setTimeout(connect, pause);
      pause = Math.min(PAUSE_MOST_MS, 2 * pause);
    });
  };
  connect();
  return () => {
    isClosed = true;
    clearTimeout(timer);
    socket?.close();
  };
}

/** Of all events, from a cursor on. */
function subscribeFrame(height: number, index: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(SUBSCRIBE_BYTES);
  const view = new DataView(frame.buffer);
  frame[FRAME.type] = TYPE.subscribe;
  view.setUint32(1, 1);
  view.setBigUint64(FRAME.payload, BigInt(height));
  view.setUint32(FRAME.index, index);
  return frame;
}
