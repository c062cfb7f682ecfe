/**
 * `npm run sim`: many seeds, or one again.
 *
 *   --seeds 1000 [--from 1] [--workers 2] [--mode operator|committee|byzantine]
 *   --seed 42 [--without 3,7] [--mode ...]   one history, with its diary
 *   --mutants [--only TEXT] [--workers 2]    whether faults of one line in the core are found
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type Campaign, runCampaign } from './campaign.ts';
import { missing, table } from './coverage.ts';
import { runMutants } from './mutate.ts';
import { MODES, type Mode } from './plan.ts';
import { runSeed } from './run.ts';
import { shrink } from './shrink.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(Math.min(8, availableParallelism())) },
    mode: { type: 'string' },
    seed: { type: 'string' },
    without: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});

/** Seeds from which on everything must have been met. */
const WHOLE_FROM = 50;
const SHRUNK_MOST = 3;

const mode = MODES.find((one) => one === values.mode);
if (values.mode !== undefined && mode === undefined)
  fail(`there is no mode ${values.mode}: ${MODES.join(', ')}`);
if (values.mutants) {
  process.exitCode = (await runMutants(count(values.workers, 'workers'), values.only)) ? 0 : 1;
} else {
  process.exitCode =
    values.seed === undefined ? await many(mode) : await one(count(values.seed, 'seed'), mode);
}

async function one(seed: number, chosen: Mode | undefined): Promise<number> {
  const without = new Set(values.without === '' ? [] : values.without.split(',').map(Number));
  const result = await runSeed({ seed, mode: chosen, without });
  for (const line of result.diary) console.log(line);
  const { simulated, events, blocks, digest, stack } = result;
  console.log(
    `seed ${seed}, ${result.mode}: ${(simulated / 1000).toFixed(1)} s simulated, ${events} events, ${blocks} blocks, ${digest}`,
  );
  if (result.failure === undefined) return 0;
  console.log(stack ?? result.failure);
  return 1;
}

async function many(chosen: Mode | undefined): Promise<number> {
  const [from, seeds, workers] = [
    count(values.from, 'from'),
    count(values.seeds, 'seeds'),
    count(values.workers, 'workers'),
  ];
  const started = performance.now();
  let shown = started;
  const progress = (done: number, failed: number): void => {
    if (performance.now() - shown < 10_000) return;
    shown = performance.now();
    console.error(`${done} of ${seeds} seeds, ${failed} failed, ${Math.round((shown - started) / 1000)} s`);
  };
  const campaign = await runCampaign({ from, seeds, workers, mode: chosen, progress });
  const seconds = (performance.now() - started) / 1000;
  if (!values.json) console.log(`${table(campaign.coverage)}\n`);
  for (const failure of campaign.failures.slice(0, SHRUNK_MOST)) await show(failure, chosen);
  for (const { seed, failure } of campaign.failures.slice(SHRUNK_MOST))
    console.log(`seed ${seed}: ${failure}`);
  const absent = seeds >= WHOLE_FROM && chosen === undefined ? missing(campaign.coverage) : [];
  if (absent.length > 0) console.log(`never met: ${absent.join(', ')}`);
  console.log(summary(campaign, from, seconds));
  return campaign.failures.length === 0 && absent.length === 0 ? 0 : 1;
}

function summary({ seeds, simulated, blocks, failures }: Campaign, from: number, seconds: number): string {
  const hours = simulated / 3_600_000;
  const facts = {
    commit: commit(),
    from,
    seeds,
    failed: failures.length,
    blocks,
    hours: Number(hours.toFixed(1)),
    seconds: Math.round(seconds),
  };
  if (values.json) return JSON.stringify(facts);
  const rate = Math.round(hours / (seconds / 3600));
  return `commit ${facts.commit}: seeds ${from} to ${from + seeds - 1}, ${failures.length} failed; ${blocks} blocks, ${facts.hours} network-hours in ${facts.seconds} s (${rate} an hour)`;
}

async function show(
  { seed, failure }: Campaign['failures'][number],
  chosen: Mode | undefined,
): Promise<void> {
  const shrunk = await shrink(seed, chosen, failure);
  console.log(`seed ${seed} of commit ${commit()}: ${failure}`);
  const left =
    shrunk.without.size === 0 ? '' : ` --without ${[...shrunk.without].sort((a, b) => a - b).join(',')}`;
  console.log(
    `  again, with the ${shrunk.left} steps it takes: npm run sim -- --seed ${seed}${chosen ? ` --mode ${chosen}` : ''}${left}\n`,
  );
}

function commit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') === '' ? '' : ' and changes');
  } catch {
    return 'unknown';
  }
}

function count(text: string, name: string): number {
  return /^\d{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : fail(`--${name} is no count: ${text}`);
}

function fail(reason: string): never {
  console.error(reason);
  process.exit(2);
}
