// `npm run perturb`: four validators and a follower, each on a host of its own (a network namespace), real CometBFT and a
// real first layer, under load, perturbed again and again. `--json` prints figures only; `--help` says the rest.

import { parseArgs } from 'node:util';
import { type DrillResult, runDrill } from './perturb-drill.ts';
import { KINDS } from './perturb-kinds.ts';
import { findNeeds } from './perturb-needs.ts';

const HELP = `npm run perturb -- [options]

A committee made by the command line is perturbed while clients pay: a node is cut off, the committee is split in two
halves, a node is paused, killed, or loses its disk, an L1 endpoint is gone, slow, stuck or lies, a validator sends
garbage or proposes what nobody may accept. After each: one header at every height on all nodes, every payment that was
announced as final on record on all of them, none twice; and blocks come within 10 s while more than 2/3 can talk.
Linux and root; without, or without CometBFT, it is skipped, and with CI=true that is a failure.

  --times N   perturbations (default 200)
  --seed N    of all choices: which, whom, how long (default: the time)
  --only K    kinds, with commas between: ${Object.keys(KINDS).join(', ')}
  --hold N    seconds that a perturbation lasts at most (default 5)
  --pause N   seconds that a node is paused, one time in three; else a sixth of it (default 60)
  --json      print JSON, nothing else
`;

/** ms: what a committee is held to, and what a node that was away gets to be back. */
const BLOCKS_MOST = 10_000;
const BACK_MOST = 180_000;

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '200' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000_000}` },
    only: { type: 'string' },
    hold: { type: 'string', default: '5' },
    pause: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const [times, seed] = [whole('times', values.times), whole('seed', values.seed)];
  const [hold, pause] = [1000 * whole('hold', values.hold), 1000 * whole('pause', values.pause)];
  const kinds = values.only?.split(',') ?? Object.keys(KINDS);
  const unknown = kinds.filter((kind) => KINDS[kind] === undefined);
  if (unknown.length > 0) throw new RangeError(`--only: there is no ${unknown.join(', ')}; see --help`);
  const needs = findNeeds();
  if ('reason' in needs) {
    console.error(`skipped: ${needs.reason}`);
    if (process.env.CI === 'true') process.exitCode = 1;
    return;
  }
  const say = (line: string): void => {
    if (!values.json) console.log(line);
  };
  say(`seed ${seed}`);
  const again = `npm run perturb -- --times ${times} --seed ${seed} --hold ${values.hold} --pause ${values.pause}`;
  try {
    const limits = { blocksMost: BLOCKS_MOST, backMost: BACK_MOST };
    const result = await runDrill({ ...needs, times, seed, kinds, hold, pause, ...limits, say });
    if (values.json) console.log(JSON.stringify(result, undefined, 2));
    else print(result);
  } catch (error) {
    console.error(error);
    console.error(`\nFailed. Again with: ${again}${values.only ? ` --only "${values.only}"` : ''}`);
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
  const { figures, refused } = result;
  console.log(
    `\n${figures.length} perturbations in ${result.seconds} s; seconds without a block, and until all are back:\n`,
  );
  console.log(`${''.padEnd(24)}times  blocks, median  worst  back, median  worst`);
  for (const kind of [...new Set(figures.map((one) => one.kind)), 'all']) {
    const some = figures.filter((one) => kind === 'all' || one.kind === kind);
    const [blocks, back] = [spread(some.map((one) => one.blocks)), spread(some.map((one) => one.back))];
    const cells = [`${some.length}`.padStart(5), blocks[0]!.padStart(14), blocks[1]!.padStart(5)];
    console.log([kind.padEnd(22), ...cells, back[0]!.padStart(12), back[1]!.padStart(5)].join('  '));
  }
  const said = Object.entries(refused).map(([name, count]) => `${count} ${name}`);
  console.log(`
load: ${result.payments} payments announced as final in ${result.height} blocks; refused: ${said.join(', ') || 'none'};
  ${result.resumed} fetches whose outcome was not known were taken up again
L1: ${result.imported} items imported, ${result.settled} settlements
Byzantine: ${result.deeds} answers changed; ${result.rejections} proposals and votes rejected
compared: ${result.headers} headers, all equal at each height; every payment that was announced is on every node, once`);
}

/** Median and worst, in seconds. */
function spread(times: readonly number[]): string[] {
  const sorted = [...times].sort((a, b) => a - b);
  return [sorted[Math.floor((sorted.length - 1) / 2)]!, sorted.at(-1)!].map((ms) => (ms / 1000).toFixed(1));
}
