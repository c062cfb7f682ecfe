#!/usr/bin/env node
// The contract's tests, in order: format, build, the checked-in ABI and bytecode, the snapshots of sizes and
// gas, forge's tests. With --update the snapshots and the ABI are written anew instead of compared.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { foundry } from './foundry.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const update = process.argv.includes('--update');
const forge = foundry('forge');

run(forge, 'fmt', '--check');
run(forge, 'build', '--quiet');
run(process.execPath, 'scripts/abi.mjs', ...(update ? [] : ['--check']));
run(process.execPath, 'scripts/sizes.mjs', ...(update ? ['--update'] : []));
run(process.execPath, 'scripts/gas.mjs', update ? '--update' : '--check');
run(forge, 'test');

function run(program, ...args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
