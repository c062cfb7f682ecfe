/**
 * A running devnet and the commands of other shells: `devnet.json` says which process it is, and an order is a file beside
 * it, which the devnet takes away when it has carried the order out.
 *
 * Files, because they work on every system, need no port, and are open to nobody but who owns the folder.
 */
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, usageError } from '../errors.ts';
import { readJson, writeWhole } from '../files.ts';
import type { Settings } from '../settings.ts';

const MARKER = 'devnet.json';
const STOP_NODE = 'stop-node';
const LOOK_MS = 200;
/** A node stops within seconds; a committee of them, too. */
const ORDER_MOST_MS = 60_000;

/** Whether there is a folder of a devnet. */
export function isDevnetFolder(folder: string): boolean {
  return existsSync(join(folder, MARKER));
}

/** The process that runs the devnet of this folder, if one does. */
export function runningIn(folder: string): number | undefined {
  const { pid } = readJson(join(folder, MARKER)) as { pid?: unknown };
  return typeof pid === 'number' && isAlive(pid) ? pid : undefined;
}

/** Whether the last devnet of this folder did not stop in order: then anvil has not saved the chain that goes with the rest. */
export function wasCutOff(folder: string): boolean {
  return 'pid' in (readJson(join(folder, MARKER)) as object);
}

/** This process runs it from now on, until the returned function says that it stopped in order. */
export function markRunning(folder: string): () => void {
  const path = join(folder, MARKER);
  writeWhole(path, `${JSON.stringify({ pid: process.pid })}\n`);
  rmSync(join(folder, STOP_NODE), { force: true });
  return () => writeWhole(path, '{}\n');
}

/** For the devnet: carries orders out, until the signal. */
export async function takeOrders(
  folder: string,
  signal: AbortSignal,
  stopNode: () => Promise<void>,
): Promise<void> {
  const order = join(folder, STOP_NODE);
  while (!signal.aborted) {
    if (existsSync(order)) {
      await stopNode();
      rmSync(order, { force: true });
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** For another shell: has the devnet of these settings stop its node. Throws CliError if none runs, or it does not obey. */
export async function orderNodeToStop({ genesis }: Pick<Settings, 'genesis'>): Promise<void> {
  const folder = genesis === undefined ? undefined : dirname(genesis);
  const pid = folder !== undefined && isDevnetFolder(folder) ? runningIn(folder) : undefined;
  if (folder === undefined || pid === undefined) {
    throw usageError(
      'No devnet runs here.',
      'Run this in the folder where `npm start` or `upfront devnet` runs, or name its folder by --home.',
    );
  }
  const order = join(folder, STOP_NODE);
  writeWhole(order, '');
  for (let waited = 0; existsSync(order); waited += LOOK_MS) {
    if (!isAlive(pid)) throw new CliError('failed', 'The devnet has ended meanwhile.', 'Start it again.');
    if (waited >= ORDER_MOST_MS) {
      throw new CliError(
        'failed',
        'The devnet has not stopped its node.',
        `Stop the devnet itself: process ${pid}.`,
      );
    }
    await sleep(LOOK_MS);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch {
    return false;
  }
}
