/**
 * The process that crash.test.ts kills: an engine under load that prints, a line each, what it has answered.
 * Arguments: the directory, the genesis time.
 */
import { writeSync } from 'node:fs';
import { endProcess, startEmbedded } from './start-embedded.ts';
import { createTestNetwork, type Payer, silent, transfersOf, until } from './testing.ts';

const [path, time] = process.argv.slice(2);
const PAYERS = 8;
const BATCH = 4;

const started = performance.now();
const network = await createTestNetwork(PAYERS, Number(time), { snapshotMessages: 500, snapshotDelay: 4 });
const fatal = endProcess({
  fatal: (fields, message) => say({ fatal: message, why: String(Object.values(fields)) }),
});
const node = await startEmbedded({
  genesis: network.genesis,
  path: path!,
  privateKey: network.operator.key,
  workers: 1,
  log: silent,
  now: Date.now,
  fatal,
});
node.engine.observe(network.l1.observation());
await until(() => node.chain.ledger.imported === PAYERS, 'the import');
say({ ready: Math.round(performance.now() - started), height: node.chain.height });
await Promise.all(network.payers.map((payer, i) => run(payer, network.payers[(i + 1) % PAYERS]!)));

async function run(payer: Payer, payee: Payer): Promise<void> {
  const { accounts } = node.chain.ledger;
  const account = Buffer.from(payer.address).toString('hex');
  for (let sequence = accounts.highest.get(accounts.find(payer.address, 0)) + 1n; ; sequence++) {
    const transfers = transfersOf(network, payer, sequence, payee.address, BATCH);
    const [answer] = await node.engine.submit(transfers.fetch);
    // An account whose nonces a crash left open may come to its allowance; the window gives them back.
    if (answer?.status !== 'dealt') continue;
    const { first, height } = answer;
    say({ account, sequence: `${sequence}`, first, height });
    const answers = await node.engine.submit(transfers.fulfils(first));
    for (const one of answers) if (one.status === 'fulfilled') say({ nonce: one.nonce, height: one.height });
  }
}

/** Written at once: what was said before a kill has been said. A line is short, so a full pipe takes all of it or none. */
function say(line: object): void {
  for (;;) {
    try {
      writeSync(1, `${JSON.stringify(line)}\n`);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}
