/**
 * Reads the node's stream in a thread of its own, and hands it to the page in slices: the next when the last was taken.
 *
 * Invariant: what waits is bounded; a page that does not take it has the socket closed, and is read on from the cursor later.
 */

/** Height and index of the next event. */
export interface Cursor {
  readonly height: number;
  readonly index: number;
}

/** `events`: one after the other, when it came (ms since the epoch, f64), height 8, index 4, length 2, event. */
export type StreamPart =
  | { readonly events: Uint8Array<ArrayBuffer> }
  | { readonly caughtUp: number }
  | { readonly isOpen: boolean };

/** ms; the pause between two attempts doubles up to the most. */
const PAUSE_MS = 500;
const PAUSE_MOST_MS = 8000;
/** ms between two slices, about two frames; of those that are full none waits. */
const SLICE_MS = 33;
/** Some 600 events, which are applied within a few ms; more than one event has. */
const SLICE_BYTES = 1 << 16;
/** Slices that wait, and other parts: at most 4 MiB. */
const WAITING_MOST = 64;
const TIME_BYTES = 8;
/** Offsets in a frame; an event frame's payload is height 8, index 4, length 2, event. */
const FRAME = { type: 0, payload: 5, index: 13, length: 17, event: 19 } as const;
const TYPE = { subscribe: 0x02, event: 0x82, caughtUp: 0x83 } as const;
const SUBSCRIBE_BYTES = 18;

/** A slice that grows at its end. */
class Slice {
  readonly bytes = new Uint8Array(SLICE_BYTES);
  readonly #view = new DataView(this.bytes.buffer);
  end = 0;

  hasRoomFor(payload: Uint8Array): boolean {
    return this.end + TIME_BYTES + payload.length <= SLICE_BYTES;
  }

  add(payload: Uint8Array): void {
    this.#view.setFloat64(this.end, performance.timeOrigin + performance.now());
    this.bytes.set(payload, this.end + TIME_BYTES);
    this.end += TIME_BYTES + payload.length;
  }
}

const waiting: (Slice | Exclude<StreamPart, { events: unknown }>)[] = [];
let isTaken = true;
let timer: ReturnType<typeof setTimeout> | undefined;

addEventListener('message', ({ data }: MessageEvent<'taken' | Cursor>) => {
  if (data !== 'taken') return follow(data);
  isTaken = true;
  if (waiting.length > 1) handOver();
  else if (waiting.length > 0) timer ??= setTimeout(handOver, SLICE_MS);
});

/** Reads from the cursor on, for as long as the worker lives. */
function follow(from: Cursor): void {
  let { height, index } = from;
  let pause = PAUSE_MS;

  const read = (data: ArrayBuffer): void => {
    const view = new DataView(data);
    const type = view.getUint8(FRAME.type);
    if (type !== TYPE.event && type !== TYPE.caughtUp) return;
    const at = Number(view.getBigUint64(FRAME.payload));
    if (type === TYPE.caughtUp) {
      [height, index] = [at + 1, 0];
      addCaughtUp(at);
      return;
    }
    [height, index] = [at, view.getUint32(FRAME.index) + 1];
    addEvent(new Uint8Array(data, FRAME.payload, FRAME.event - FRAME.payload + view.getUint16(FRAME.length)));
  };
  const connect = (): void => {
    if (isFull()) {
      setTimeout(connect, pause);
      return;
    }
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/v1/socket`);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      pause = PAUSE_MS;
      socket.send(subscribeFrame(height, index));
      add({ isOpen: true });
    });
    socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
      // What was on its way when it was closed comes again.
      if (socket.readyState !== WebSocket.OPEN) return;
      read(data);
      if (isFull()) socket.close();
    });
    socket.addEventListener('close', () => {
      add({ isOpen: false });
      setTimeout(connect, pause);
      pause = Math.min(PAUSE_MOST_MS, 2 * pause);
    });
  };
  connect();
}

function isFull(): boolean {
  return waiting.length >= WAITING_MOST;
}

function addEvent(payload: Uint8Array): void {
  const last = waiting.at(-1);
  const isRoom = last instanceof Slice && last.hasRoomFor(payload);
  const slice = isRoom ? last : new Slice();
  slice.add(payload);
  if (!isRoom) add(slice);
}

function addCaughtUp(height: number): void {
  const last = waiting.at(-1);
  // The newest counts.
  if (last !== undefined && 'caughtUp' in last) waiting.pop();
  add({ caughtUp: height });
}

function add(part: (typeof waiting)[number]): void {
  waiting.push(part);
  if (isTaken) timer ??= setTimeout(handOver, SLICE_MS);
}

function handOver(): void {
  clearTimeout(timer);
  timer = undefined;
  const part = waiting.shift();
  if (part === undefined) return;
  isTaken = false;
  if (part instanceof Slice) {
    const events = part.bytes.subarray(0, part.end);
    postMessage({ events } satisfies StreamPart, { transfer: [events.buffer] });
  } else postMessage(part satisfies StreamPart);
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
