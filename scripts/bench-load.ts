// The load, in a process of its own: signs its payments beforehand, lets the accounts earn what they need,
// warms up, and then pays over WebSockets, each payer waiting for finality. Its parent asks over IPC; see
// bench.ts.

import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { createHashes } from '../packages/node/src/hashes.ts';
import { createCurve } from '../packages/node/src/signatures/curve.ts';
import { drive, earnAllowance, type Submit } from './bench-driver.ts';
import { createGenesis } from './bench-network.ts';
import { createPayers, createSealer, type Payer, type Round } from './bench-payments.ts';

/** Payments a second that are signed beforehand, by batch: more than a node reaches. */
const SIGNED_RATE: Record<number, number> = { 1: 45_000, 32: 250_000, 256: 450_000 };
/** Seconds' worth of signed payments that go ahead, so that both processes are compiled when it counts. */
const WARM_UP = 0.75;
const SOCKETS = 8;
const FRAME_HEAD = 5;
const SUBMIT = 0x01;
/** Any will do that is not 0: the node has to take it off. */
const MASK = Uint8Array.of(0x5a, 0xc3, 0x96, 0x0f);
const ANSWERS = 0x81;
/** Longer than a block's time allows, a fetch is not dealt (docs/protocol.md, expiryMost). */
const EXPIRY = 590_000;

// URLs of nodes, with commas between; the last one, if it is there, is what is signed a second.
const [urls, batchText, payersText, genesisTime, secondsText, signedText] = process.argv.slice(2);
const [batch, seconds] = [Number(batchText), Number(secondsText)];
const hashes = await createHashes();
const curve = createCurve(hashes, console.error);
const payers = createPayers(curve, hashes, Number(payersText));
const sealer = createSealer(createGenesis(curve, Number(genesisTime)), curve, hashes, payers);
const expires = Date.now() + EXPIRY;
const seal = (payer: Payer, count: number): Round => sealer(payer, count, expires);
let wire = 0;

const sockets = await Promise.all(
  Array.from({ length: Math.min(SOCKETS, payers.length) }, (_, i) => {
    const nodes = urls!.split(',');
    return connect(nodes[i % nodes.length]!);
  }),
);
const submitOf = (payer: number): Submit => sockets[payer % sockets.length]!;
if (batch > 128) await earnAllowance(submitOf, payers, seal);
// To the end: a payer that skips 64 sequences is out of range.
await drive(submitOf, sign(WARM_UP), Number.POSITIVE_INFINITY);
const rounds = sign(seconds);

process.once('disconnect', () => process.exit(1));
process.send!('ready');
process.once('message', async () => {
  const cpu = process.cpuUsage();
  const before = wire;
  const figures = await drive(submitOf, rounds, seconds * 1000);
  const { user, system } = process.cpuUsage(cpu);
  process.send!({ ...figures, loadCpu: (user + system) / 1e6, wire: wire - before }, () => process.exit());
});

function sign(duration: number): Round[][] {
  // One payer alone waits for two round trips a payment: it gets no further than this.
  const rate = payers.length === 1 ? 2000 : Number(signedText ?? SIGNED_RATE[batch]!);
  const each = Math.ceil((rate * duration) / batch / payers.length);
  return payers.map((payer) => Array.from({ length: each }, () => seal(payer, batch)));
}

async function connect(address: string): Promise<Submit> {
  const socket = new WebSocket(address, { perMessageDeflate: false });
  const waiting = new Map<number, (answers: Uint8Array) => void>();
  let last = 0;
  socket.on('message', (data: Buffer) => {
    wire += data.length;
    if (data[0] !== ANSWERS) throw new Error(`the node says ${data.subarray(7).toString()}`);
    const id = data.readUInt32BE(1);
    waiting.get(id)!(data.subarray(FRAME_HEAD));
    waiting.delete(id);
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  // Many payers share a socket here: what they send in one turn goes out in one write.
  const stream = (socket as unknown as { _socket: Socket })._socket;
  let turn: Buffer[] = [];
  return (messages) =>
    new Promise((resolve) => {
      last = (last + 1) >>> 0;
      waiting.set(last, resolve);
      wire += FRAME_HEAD + messages.length;
      if (turn.length === 0) {
        process.nextTick(() => {
          stream.write(turn.length === 1 ? turn[0]! : Buffer.concat(turn));
          turn = [];
        });
      }
      turn.push(maskedFrame(last, messages));
    });
}

/** A submit as one WebSocket message (RFC 6455, 5.2: binary, final, masked). PERF: ws makes two writes and a random mask of it. */
function maskedFrame(id: number, messages: Uint8Array): Buffer {
  const size = FRAME_HEAD + messages.length;
  const head = size < 126 ? 2 : size < 2 ** 16 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + MASK.length + size);
  frame[0] = 0x82;
  frame[1] = 0x80 | (head === 2 ? size : head === 4 ? 126 : 127);
  if (head === 4) frame.writeUInt16BE(size, 2);
  if (head === 10) frame.writeBigUInt64BE(BigInt(size), 2);
  frame.set(MASK, head);
  const at = head + MASK.length;
  frame[at] = SUBMIT;
  frame.writeUInt32BE(id, at + 1);
  frame.set(messages, at + FRAME_HEAD);
  for (let i = 0; i < size; i++) frame[at + i] = frame[at + i]! ^ MASK[i & 3]!;
  return frame;
}
