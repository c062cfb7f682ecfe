/**
 * Many seeds in several processes, and what came of them.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { add, type Counts } from './coverage.ts';
import type { Mode } from './plan.ts';
import type { Report, Task } from './worker.ts';

export interface CampaignOptions {
  readonly from: number;
  readonly seeds: number;
  readonly workers: number;
  readonly mode: Mode | undefined;
  /** Told now and then. */
  progress(done: number, failed: number): void;
}

export interface Campaign {
  seeds: number;
  simulated: number;
  blocks: number;
  readonly coverage: Counts;
  readonly failures: { readonly seed: number; readonly failure: string }[];
}

/** Seeds a task. */
const TASK = 20;
/** Failures after which it ends. */
const FAILURES_MOST = 20;

export async function runCampaign({
  from,
  seeds,
  workers,
  mode,
  progress,
}: CampaignOptions): Promise<Campaign> {
  const campaign: Campaign = { seeds: 0, simulated: 0, blocks: 0, coverage: new Map(), failures: [] };
  let next = from;
  const end = from + seeds;
  const take = (): Task | undefined => {
    if (next >= end || campaign.failures.length >= FAILURES_MOST) return undefined;
    const task = { from: next, to: Math.min(end, next + TASK) - 1, mode };
    next = task.to + 1;
    return task;
  };
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(join(import.meta.dirname, 'worker.ts'), {
        execArgv: [...process.execArgv, '--max-semi-space-size=32'],
      });
      const give = (): void => {
        const task = take();
        if (task === undefined) child.disconnect();
        else child.send(task);
      };
      child.on('message', (report: Report) => {
        campaign.seeds += report.seeds;
        campaign.simulated += report.simulated;
        campaign.blocks += report.blocks;
        add(campaign.coverage, report.coverage);
        campaign.failures.push(...report.failures);
        progress(campaign.seeds, campaign.failures.length);
        give();
      });
      child.on('error', reject);
      child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
      give();
    });
  await Promise.all(Array.from({ length: workers }, one));
  return campaign;
}
