/**
 * A thread that checks signatures from the ring for as long as it lives; it is terminated, never asked to
 * stop.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createHashes } from '../hashes.ts';
import { createCurve } from './curve.ts';
import { createChecker } from './records.ts';
import { CLAIM_RECORDS, Ring } from './ring.ts';

const port = parentPort!;
const ring = new Ring((workerData as { memory: SharedArrayBuffer }).memory);
const check = createChecker(createCurve(await createHashes(), () => {}));
const report = (batch: number): void => port.postMessage(batch);

port.postMessage('ready');
for (;;) {
  if (!ring.work(CLAIM_RECORDS, check, report)) ring.sleep();
}
