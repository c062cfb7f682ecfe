#!/usr/bin/env node
// Where npm put a tool of Foundry's. Its own launcher (@foundry-rs/forge/bin.mjs) ends with 0 also when the tool fails, and
// outlives a signal's sender; so the platform's binary is started directly. As a program: `node foundry.mjs forge build`.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The path of `forge`, `cast` or `anvil` for this machine; throws if npm has none for it. */
export function foundry(tool) {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const name = `@foundry-rs/${tool}-${process.platform}-${architecture}`;
  const file = process.platform === 'win32' ? `${tool}.exe` : tool;
  try {
    // The platform's package is a dependency of the launcher's, not of ours: it is looked up from there.
    const launcher = fileURLToPath(import.meta.resolve(`@foundry-rs/${tool}/bin.mjs`));
    return createRequire(launcher).resolve(`${name}/bin/${file}`);
  } catch (error) {
    throw new Error(`${name} is not installed: run \`npm ci\` in the checkout`, { cause: error });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [tool, ...args] = process.argv.slice(2);
  const { status, error } = spawnSync(foundry(tool), args, { stdio: 'inherit' });
  if (error) throw error;
  process.exitCode = status ?? 1;
}
