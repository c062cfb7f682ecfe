// What `npm run perturb` needs of the machine: CometBFT, and hosts (network namespaces).

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { lanMissing } from './perturb-lan.ts';

/** CometBFT's executable, or why the committee cannot be perturbed here. */
export function findNeeds(): { cometbft: string } | { reason: string } {
  const found = findCometbft();
  if ('reason' in found) return found;
  const reason = lanMissing();
  return reason === undefined ? found : { reason };
}

/** Of the version that the node is made for. */
export function findCometbft(): { cometbft: string } | { reason: string } {
  const argv = [join(import.meta.dirname, 'cometbft.mjs'), '--find'];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  return status === 0 ? { cometbft: stdout.trim() } : { reason: stderr.trim() };
}
