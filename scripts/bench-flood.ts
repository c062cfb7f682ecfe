// The flood of `--overload`, in a process of its own: many sockets that send full frames whether or not they are answered,
// and one payer that pays. A frame is made of fetches that are signed, forged, or were sent before.
// Its own memory is bounded too: a socket whose frames the node does not read sends no more until it does.

import { WebSocket } from 'ws';
import { createHashes } from '../packages/node/src/hashes.ts';
import { createCurve } from '../packages/node/src/signatures/curve.ts';
import { drive } from './bench-driver.ts';
import { createGenesis } from './bench-network.ts';
import type { OverloadFigures } from './bench-overload.ts';
import { createPayers, createSealer } from './bench-payments.ts';

const SOCKETS = 32;
/** Messages a frame: the most that a node takes. */
const FRAME_MESSAGES = 4096;
/** Messages a second that are offered: ten times what two cores reach at one payment a signature. */
const OFFERED = 200_000;
/** Bytes that a socket may have unsent; then it waits. */
const UNSENT_MOST = 2 << 20;
const SUBMIT = 0x01;
const ANSWERS = 0x81;
const ERROR = 0x8f;
const FRAME_HEAD = 5;
const ANSWER_SIZE = 27;
const EXPIRY = 590_000;
/** Of the frame's messages that many are new each time, and validly signed. */
const FRESH = 8;

const [url, payersText, genesisTime, secondsText] = process.argv.slice(2);
const seconds = Number(secondsText);
const hashes = await createHashes();
const curve = createCurve(hashes, console.error);
const payers = createPayers(curve, hashes, Number(payersText));
const sealer = createSealer(createGenesis(curve, Number(genesisTime)), curve, hashes, payers);
const codes: Record<string, number> = {};
let [frames, messages, answered, silent] = [0, 0, 0, 0];

const honest = payers[0]!;
const rounds = Array.from({ length: 1000 * seconds }, () => sealer(honest, 1, Date.now() + EXPIRY));
const flood = createFrame();
const sockets = await Promise.all(Array.from({ length: SOCKETS }, connect));
const own = await connect();

process.once('disconnect', () => process.exit(1));
process.send!('ready');
process.once('message', () => void run());

async function run(): Promise<void> {
  const begin = performance.now();
  const end = begin + seconds * 1000;
  const flooding = Promise.all(sockets.map((socket, i) => send(socket, i, begin, end)));
  const { payments, p50, p99 } = await drive(() => (bytes) => own.submit(bytes), [rounds], seconds * 1000);
  await flooding;
  for (const { waiting } of sockets) silent += waiting.size;
  const figures: OverloadFigures = {
    seconds,
    offered: messages / seconds,
    answered: answered / seconds,
    frames,
    silent,
    codes,
    paid: payments,
    p50,
    p99,
  };
  process.send!(figures, () => process.exit());
}

/** Offers its share of the frames at even distances, and waits for what is due at the end. */
async function send(socket: Flooder, place: number, begin: number, end: number): Promise<void> {
  const distance = (1000 * SOCKETS * FRAME_MESSAGES) / OFFERED;
  let due = begin + (place / SOCKETS) * distance;
  while (performance.now() < end) {
    const now = performance.now();
    if (now < due) await new Promise((resolve) => setTimeout(resolve, due - now));
    due += distance;
    // What the node does not read counts as offered: it is what pushes back.
    messages += FRAME_MESSAGES;
    if (socket.unsent() > UNSENT_MOST) continue;
    frames++;
    refresh(place);
    socket.fire(flood);
  }
  await socket.idle();
}

/** Forged fetches of every account; the first FRESH are replaced before each frame. */
function createFrame(): Buffer {
  const size = rounds[0]!.fetch.length;
  const frame = Buffer.alloc(FRAME_HEAD + FRAME_MESSAGES * size);
  frame[0] = SUBMIT;
  for (let i = 0; i < FRAME_MESSAGES; i++) {
    const { fetch } = rounds[i % rounds.length]!;
    frame.set(fetch, FRAME_HEAD + i * size);
    // Another account's: no signature of its owner.
    frame.set(payers[1 + (i % (payers.length - 1))]!.address, FRAME_HEAD + i * size + 1);
  }
  return frame;
}

function refresh(place: number): void {
  for (let i = 0; i < FRESH; i++) {
    const { fetch } = sealer(
      payers[1 + ((place * FRESH + i) % (payers.length - 1))]!,
      1,
      Date.now() + EXPIRY,
    );
    flood.set(fetch, FRAME_HEAD + i * fetch.length);
  }
}

interface Flooder {
  readonly waiting: ReadonlySet<number>;
  unsent(): number;
  /** Sends the frame under an id of its own. */
  fire(frame: Buffer): void;
  submit(bytes: Uint8Array): Promise<Uint8Array>;
  /** Resolves when every frame is answered, or a minute has passed. */
  idle(): Promise<void>;
}

async function connect(): Promise<Flooder> {
  const socket = new WebSocket(url!, { perMessageDeflate: false });
  const waiting = new Set<number>();
  const resolves = new Map<number, (answers: Uint8Array) => void>();
  let last = 0;
  let idle: (() => void) | undefined;
  socket.on('message', (data: Buffer) => {
    const id = data.readUInt32BE(1);
    const payload = data.subarray(FRAME_HEAD);
    const resolve = resolves.get(id);
    resolves.delete(id);
    if (resolve !== undefined) resolve(payload);
    else count(data[0]!, payload);
    if (waiting.delete(id) && waiting.size === 0) idle?.();
  });
  socket.on('error', (error) => console.error(String(error)));
  await new Promise((resolve) => socket.once('open', resolve));
  const fire = (frame: Buffer): void => {
    last = (last + 1) >>> 0;
    const copy = Buffer.from(frame);
    copy.writeUInt32BE(last, 1);
    waiting.add(last);
    socket.send(copy);
  };
  return {
    waiting,
    unsent: () => socket.bufferedAmount,
    fire,
    submit: (bytes) =>
      new Promise((resolve) => {
        resolves.set((last + 1) >>> 0, resolve);
        fire(Buffer.concat([Buffer.from([SUBMIT, 0, 0, 0, 0]), bytes]));
      }),
    idle: () =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, 60_000);
        idle = () => {
          clearTimeout(timer);
          resolve();
        };
        if (waiting.size === 0) idle();
      }),
  };
}

function count(type: number, payload: Buffer): void {
  const note = (code: string): void => {
    codes[code] = (codes[code] ?? 0) + 1;
  };
  if (type === ERROR) note(`f/${payload.readUInt16BE()}`);
  if (type !== ANSWERS) return;
  answered += payload.length / ANSWER_SIZE;
  for (let at = 0; at < payload.length; at += ANSWER_SIZE) note(`m/${payload.readUInt16BE(at + 1)}`);
}
