// Checks the types of every package and of the scripts, each under its own tsconfig.
// Invariant: all of them are checked, also after the first that fails.

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const TSC = join(ROOT, 'node_modules', '.bin', 'tsc');

const projects = ['tsconfig.json', ...globSync('packages/*/tsconfig.json', { cwd: ROOT }).sort()];
const failed = projects.filter(
  (project) => spawnSync(TSC, ['--noEmit', '-p', project], { cwd: ROOT, stdio: 'inherit' }).status !== 0,
);
if (failed.length > 0) console.error(`types: errors under ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
