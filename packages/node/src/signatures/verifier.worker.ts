/**
 * A thread that checks signatures from the ring until it is asked to end. It is never terminated: that would throw
 * inside native code, which takes the process with it.
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
while (!ring.isStopped) {
  if (!ring.work(CLAIM_RECORDS, check, report)) ring.sleep();
}
