/**
 * A process that runs seeds for another one: a range at a time, told by message.
 */
import { add, type Counts } from './coverage.ts';
import type { Mode } from './plan.ts';
import { runSeed } from './run.ts';

export interface Task {
  readonly from: number;
  readonly to: number;
  readonly mode: Mode | undefined;
}

export interface Report {
  readonly seeds: number;
  readonly simulated: number;
  readonly blocks: number;
  readonly coverage: readonly (readonly [string, number])[];
  readonly failures: readonly { readonly seed: number; readonly failure: string }[];
}

process.on('message', ({ from, to, mode }: Task) => {
  work(from, to, mode).then(
    (report) => process.send!(report),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
});

async function work(from: number, to: number, mode: Mode | undefined): Promise<Report> {
  const coverage: Counts = new Map();
  const failures: { seed: number; failure: string }[] = [];
  let [simulated, blocks] = [0, 0];
  for (let seed = from; seed <= to; seed++) {
    const result = await runSeed({ seed, mode });
    simulated += result.simulated;
    blocks += result.blocks;
    add(coverage, result.coverage);
    add(coverage, [[`mode ${result.mode}`, 1]]);
    if (result.failure !== undefined) failures.push({ seed, failure: result.failure });
  }
  return { seeds: to - from + 1, simulated, blocks, coverage: [...coverage], failures };
}
