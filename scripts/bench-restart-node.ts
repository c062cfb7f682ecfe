// A whole node on a data directory that bench-restart.ts made: says when it serves, and ends when it is told to.

import { createLog, loadConfig, startNode } from '@upfront/node';
import { createHashes } from '../packages/node/src/hashes.ts';
import { createCurve } from '../packages/node/src/signatures/curve.ts';
import { OPERATOR_KEY } from './bench-network.ts';
import { genesisOf } from './bench-world.ts';

const dataDir = process.argv[2]!;
const hashes = await createHashes();
const validator = createCurve(hashes, console.error).addressOf(OPERATOR_KEY);
const config = loadConfig({ flags: { dataDir, port: 0, metrics: false } });
const node = await startNode(config, {
  genesis: genesisOf(validator),
  validatorKey: OPERATOR_KEY,
  log: createLog('error'),
  firstLayer: async () => undefined,
});
process.once('message', () => process.disconnect());
process.once('disconnect', () => void node.close());
process.send!('serving');
