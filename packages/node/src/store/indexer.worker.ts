/**
 * The thread that writes the indexes: what arrived meanwhile is its next batch. It shares no memory with the
 * main thread; a transaction that fails throws, and the main thread ends the process.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { viewOf } from './bytes.ts';
import { openEnvironment } from './environment.ts';
import { IndexBatch, type IndexedBlock } from './indexing.ts';
import { INDEXED } from './keys.ts';

/**
 * ms, and bytes of events, that blocks gather before they are written, unless somebody waits. Each commit costs the disk
 * two syncs and copies every page that it touches. PERF: at 20,000 payments a second with a signature each, 7.7 us of
 * this thread a payment with 50 ms, 3.3 with 250, 2.9 with 500.
 */
const GATHER = 250;
const GATHER_BYTES = 8 << 20;
/** Bytes of events a transaction: some 200,000 payments; bounds memory and how long one takes. */
const BATCH_BYTES = 32 << 20;

const port = parentPort!;
const database = openEnvironment((workerData as { path: string }).path);
const table = {
  get: (key: Buffer) => database.getBinary(key),
  put: (key: Buffer, value: Uint8Array) =>
    database.putSync(key, Buffer.from(value.buffer, value.byteOffset, value.length)),
};
let waiting: IndexedBlock[] = [];
let waitingBytes = 0;
let timer: NodeJS.Timeout | undefined;

port.on('message', (message: IndexedBlock | 'flush' | 'close') => {
  if (message === 'flush') flush();
  else if (message === 'close') {
    flush();
    void database.close().then(() => port.close());
  } else {
    waitingBytes += message.events.length;
    if (waiting.push(message) === 1) timer = setTimeout(flush, GATHER);
    if (waitingBytes >= GATHER_BYTES) flush();
  }
});

const indexed = database.get(INDEXED);
port.postMessage(
  indexed === undefined ? 0 : viewOf(indexed).getUint32(0) * 2 ** 32 + viewOf(indexed).getUint32(4),
);

function flush(): void {
  clearTimeout(timer);
  const blocks = waiting;
  waiting = [];
  waitingBytes = 0;
  let from = 0;
  while (from < blocks.length) {
    let size = 0;
    let to = from;
    while (to < blocks.length && size < BATCH_BYTES) size += blocks[to++]!.events.length;
    const batch = new IndexBatch(table);
    database.transactionSync(() => {
      for (const block of blocks.slice(from, to)) batch.add(block);
      batch.finish();
    });
    port.postMessage(batch.height);
    from = to;
  }
}
