#!/usr/bin/env node
// The contract's tests, in order: format, build, the checked-in ABI and bytecode, the snapshots of sizes and
// gas, forge's tests. With --update the snapshots and the ABI are written anew instead of compared.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const update = process.argv.includes('--update');
const forgeBin = fileURLToPath(import.meta.resolve('@foundry-rs/forge/bin.mjs'));

forge('fmt', '--check');
forge('build', '--quiet');
node('scripts/abi.mjs', ...(update ? [] : ['--check']));
sizes();
node('scripts/gas.mjs', update ? '--update' : '--check');
forge('test');

/** Bytes, exactly. */
function sizes() {
  const { bytecode, deployedBytecode } = JSON.parse(
    readFileSync(new URL('out/Upfront.sol/Upfront.json', root), 'utf8'),
  );
  const bytes = ({ object }) => (object.length - 2) / 2;
  const measured = `${JSON.stringify({ creation: bytes(bytecode), runtime: bytes(deployedBytecode) }, null, 2)}\n`;
  const url = new URL('snapshots/size.json', root);
  if (update) {
    mkdirSync(new URL('.', url), { recursive: true });
    writeFileSync(url, measured);
  } else if (readFileSync(url, 'utf8') !== measured) {
    process.stderr.write(`snapshots/size.json is stale (\`npm test -- --update\`); measured: ${measured}`);
    process.exit(1);
  }
}

function forge(...args) {
  // The packages of one publisher share a launcher that would take the caller's name for its own.
  run([forgeBin, ...args], { TARGET_TOOL: 'forge' });
}

function node(...args) {
  run(args, {});
}

function run(args, env) {
  const { status, error } = spawnSync(process.execPath, args, {
    cwd: fileURLToPath(root),
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
