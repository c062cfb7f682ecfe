// `npm run crash`: kills a node under load with SIGKILL, again and again, and shows that nothing that it answered is
// lost and nothing is paid twice. `--json` prints figures only; `--help` says the rest.

import { parseArgs } from 'node:util';
import { type DrillResult, runDrill } from './crash-drill.ts';

const HELP = `npm run crash -- [options]

A node process is under load over its WebSocket (transfers, holds, posts, withdrawals, bad fetches, fetches that are
never shown) and is killed with SIGKILL: under load, and while it opens its data. It is started again on the same
data, at times without its snapshots or with a torn one. After each start: the same messages get the same answers,
balances are the sums of what was answered, headers are what they were, streams go on without gap or repetition, and
every block, re-executed beside the node, gives the header that the node signed.

  --times N   kills (default 100)
  --seed N    of all choices: when, what, whom (default: the time)
  --json      print JSON, nothing else
`;

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '100' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000_000}` },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const [times, seed] = [whole('times', values.times), whole('seed', values.seed)];
  const say = (line: string): void => console.log(line);
  if (!values.json) say(`seed ${seed}`);
  try {
    const result = await runDrill({ times, seed, ...(!values.json && { say }) });
    if (values.json) console.log(JSON.stringify(result, undefined, 2));
    else print(result);
  } catch (error) {
    console.error(error);
    console.error(`\nFailed. Again with: npm run crash -- --times ${times} --seed ${seed}`);
    process.exitCode = 1;
  }
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`--${name} takes a whole number above 0`);
  return value;
}

function print(result: DrillResult): void {
  const { answers, kills, killsUnderLoad, killsAtStart } = result;
  console.log(`
${kills} kills: ${killsUnderLoad} under load, ${killsAtStart} while opening its data; ${result.seconds} s in all
answers again after: median ${result.median} ms, worst ${result.worst} ms (from starting the process)
load: ${count(result.payments)} payments in ${count(result.blocks)} blocks; ${count(answers.dealt)} fetches dealt, \
${count(answers.fulfilled)} nonces fulfilled,
  ${count(answers.refused)} refused on record, ${count(answers.rejected)} rejected, ${count(result.annulled)} nonces \
annulled, ${count(result.settlements)} settlements
starts: ${result.restoredFromSnapshot} from a snapshot, ${result.replayedFromGenesis} from genesis; \
${count(result.snapshotsWritten)} snapshots written
compared: ${count(result.rechecked)} answers asked for again, ${count(answers.repeated)} messages in doubt sent again,
  ${count(result.eventsStreamed)} events of streams, ${count(result.headersCompared)} headers, every block re-executed
nothing was lost, nothing was paid twice`);
}

function count(value: number): string {
  return value.toLocaleString('en');
}
