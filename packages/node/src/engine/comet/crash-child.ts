/**
 * One validator in a process that ends itself with SIGKILL at a named moment; the test's other half is crash.test.ts.
 *
 * Arguments: directory, CometBFT, peer-to-peer port, genesis time, sequences to begin with, request, moment, how often it
 * has to come. Each announced block is a line `height digest` in the file `announced`.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTestNetwork, silent, transfersOf, until } from '../testing.ts';
import { ensureKeys } from './home.ts';
import { startComet } from './start-comet.ts';

const [path = '', binary = '', port, time, from, request, moment, count] = process.argv.slice(2);
const network = await createTestNetwork(4, Number(time));
const { consensusKey } = ensureKeys(join(path, 'comet'));
let left = Number(count);
const comet = await startComet({
  genesis: network.genesis,
  keys: [{ validator: network.operator.address, consensusKey }],
  path,
  binary,
  comet: { host: '127.0.0.1', port: Number(port), peers: [], blockMs: 10 },
  listen: { host: '127.0.0.1', port: 0 },
  links: [],
  privateKey: network.operator.key,
  workers: 0,
  log: silent,
  now: Date.now,
  fatal(error) {
    console.error(error);
    process.exit(1);
  },
  async between({ case: name }, answer) {
    const kill = (when: string): void => {
      if (name === request && when === moment && --left === 0) process.kill(process.pid, 'SIGKILL');
    };
    kill('before');
    const response = await answer();
    kill('after');
    return response;
  },
});
comet.chain.subscribe(({ height, digest }) => {
  appendFileSync(join(path, 'announced'), `${height} ${Buffer.from(digest).toString('hex')}\n`);
});
comet.engine.observe(network.l1.observation());
await until(() => comet.chain.ledger.imported === 4, 'the import');
for (let i = 0; i < 6; i++) {
  const sequence = BigInt(from!) + BigInt(i);
  const expires = Number(time) + 300_000;
  const transfers = transfersOf(network, network.payers[0]!, sequence, network.payers[1]!.address, 2, 5n, {
    expires,
  });
  const [answer] = await comet.engine.submit(transfers.fetch);
  // A fetch that was dealt before the crash is answered again.
  if (answer?.status !== 'dealt') throw new Error(`not dealt: ${answer?.status}`);
  for (const one of await comet.engine.submit(transfers.fulfils(answer.first))) {
    if (one.status !== 'fulfilled') throw new Error(`not fulfilled: ${one.status}`);
  }
}
await comet.close();
process.exit(0);
