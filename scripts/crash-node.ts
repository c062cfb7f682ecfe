// The node that `npm run crash` kills: a real one on a data directory that stays, over a first layer that its
// parent keeps. Arguments: the data directory, the count of payers, the genesis time, `public` for the limits
// that strangers get. Its log goes to stdout.

import { createLog, loadConfig, startNode } from '@upfront/node';
import type { FirstLayer, FirstLayerOptions } from '../packages/node/src/first-layer.ts';
import { createCrashNetwork, type FromNode, type Observed, type ToNode } from './crash-network.ts';

const [dataDir, payers, time, access] = process.argv.slice(2);
const network = await createCrashNetwork(Number(payers), Number(time));
const config = loadConfig({ flags: { dataDir, port: 0, metrics: false, workers: 1 } });
let observe: (observed: Observed) => void = () => undefined;
let seen: Observed | undefined;

process.on('message', (message: ToNode) => {
  if (message === 'memory') say({ memory: process.memoryUsage() });
  else if (message === 'close') void node.close().then(() => process.disconnect());
  else {
    seen = message.observed;
    observe(seen);
  }
});
process.once('disconnect', () => process.exit());
say({ opening: true });
const node = await startNode(config, {
  genesis: network.genesis,
  validatorKey: network.operator.key,
  log: createLog('info'),
  // The parent asks thousands of things over a few connections from one address.
  limits: access === 'public' ? {} : { ...unlimited(), caughtUpMs: 50 },
  firstLayer: async (options) => connect(options),
});
say({ url: node.url, socketUrl: node.socketUrl });

function unlimited() {
  const most = 1_000_000_000;
  return { messageRate: most, messageBurst: most, requestRate: most, requestBurst: most };
}

function connect({ onObservation, replica }: FirstLayerOptions): FirstLayer {
  observe = ({ items, ...rest }) =>
    onObservation({
      ...rest,
      items: items.length,
      itemsFrom: (n, most) => items.slice(n - 1, n - 1 + most),
    });
  // What was formed before a kill may not have been told to the parent.
  say({ formed: replica.ledger.settlements.formed });
  if (seen !== undefined) observe(seen);
  return {
    status: () => 'following',
    facts: () => undefined,
    settlement: async () => undefined,
    faults: () => [],
    onBlock({ formed }) {
      if (formed !== undefined) say({ formed: formed.number });
    },
    close: async () => undefined,
  };
}

function say(message: FromNode): void {
  process.send!(message);
}
