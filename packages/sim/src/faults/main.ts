/**
 * `npm run sim`: seeds, one after the other.
 */
import { runSeed } from './run.ts';

const from = Number(process.argv[2] ?? 1);
const to = Number(process.argv[3] ?? from);
const coverage = new Map<string, number>();
let simulated = 0;
const started = performance.now();
for (let seed = from; seed <= to; seed++) {
  const t = performance.now();
  const result = await runSeed({ seed, mode: 'operator' });
  simulated += result.simulated;
  if (process.env.SLOW && performance.now() - t > 200)
    console.log('slow', seed, performance.now() - t, result.simulated, result.events, result.blocks);
  for (const [name, count] of result.coverage) coverage.set(name, (coverage.get(name) ?? 0) + count);
  if (from === to) console.log(result.diary.join('\n'));
  if (result.failure || from === to)
    console.log(
      result.seed,
      result.mode,
      result.failure,
      result.simulated,
      result.events,
      result.blocks,
      result.digest,
      result.stack,
    );
}
console.log(
  'cpu',
  process.cpuUsage().user / 1000 / (to - from + 1),
  'ms; wall',
  (performance.now() - started) / (to - from + 1),
  'ms a seed; h',
  simulated / 3600e3,
);
console.log(
  [...coverage]
    .sort()
    .map(([a, b]) => `${a}: ${b}`)
    .join('\n'),
);
