// Finds CometBFT, or builds it with Go, once: `node_modules/.cache/upfront/cometbft-VERSION/cometbft`, where VERSION is pinned.
//
// UPFRONT_COMETBFT names a binary instead; without Go, one of a version we know on the PATH serves. Whoever needs it
// gets a path or the reason why there is none. Run by itself, it prints the path (with --find it builds
// nothing), or says why not and ends with 1.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastLine, runTool } from './run-tool.mjs';

/** The version that is run, and the older line that is tested as well; never `latest`. */
export const COMETBFT = 'v0.40.0';
export const COMETBFT_OLDER = 'v0.38.26';

const MODULE = 'github.com/cometbft/cometbft/cmd/cometbft';
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const EXE = process.platform === 'win32' ? '.exe' : '';

/** What is there already: `{ path }` or `{ reason }`. Builds nothing. */
export function findCometbft(version = COMETBFT) {
  const setting = process.env.UPFRONT_COMETBFT;
  if (setting && version === COMETBFT) {
    return existsSync(setting) ? { path: setting } : { reason: `UPFRONT_COMETBFT names no file: ${setting}` };
  }
  const built = cached(version);
  if (existsSync(built)) return { path: built };
  const found = onPath(`cometbft${EXE}`);
  if (found !== undefined && isVersion(found, version)) return { path: found };
  return { reason: `there is no CometBFT ${version}: install Go, or set UPFRONT_COMETBFT` };
}

/** The same, built first if it is not there and Go is. */
export async function installCometbft(version = COMETBFT, say = () => {}) {
  const found = findCometbft(version);
  if (found.path !== undefined) return found;
  if (process.env.UPFRONT_COMETBFT && version === COMETBFT) return found;
  if (onPath(`go${EXE}`) === undefined) return found;
  const target = cached(version);
  const beside = `${dirname(target)}.part-${process.pid}`;
  mkdirSync(beside, { recursive: true });
  say(`building CometBFT ${version} with Go; about a minute, once`);
  const { code, output } = await runTool('go', ['install', `${MODULE}@${version}`], {
    env: { ...process.env, GOBIN: beside, CGO_ENABLED: '0' },
  });
  try {
    if (code !== 0) return { reason: `Go could not build CometBFT ${version}: ${lastLine(output)}` };
    if (!existsSync(target)) renameSync(beside, dirname(target));
    return { path: target };
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

function cached(version) {
  return join(ROOT, 'node_modules', '.cache', 'upfront', `cometbft-${version}`, `cometbft${EXE}`);
}

function onPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** v0.40.0 calls itself 0.39.0, so the module's version is what Go wrote into the binary. */
function isVersion(path, version) {
  try {
    const flat = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    const said = execFileSync(path, ['version'], flat).trim();
    if (`v${said.replace(/^v/, '').split('+')[0]}` === version) return true;
    if (onPath(`go${EXE}`) === undefined) return false;
    const lines = execFileSync('go', ['version', '-m', path], flat).split('\n');
    return lines.some((line) => line.includes('cometbft/cometbft\t') && line.includes(`\t${version}`));
  } catch {
    return false;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const argv = process.argv.slice(2);
  const isFind = argv[0] === '--find';
  const version = (isFind ? argv[1] : argv[0]) ?? COMETBFT;
  const say = (line) => console.error(`cometbft: ${line}`);
  const result = isFind ? findCometbft(version) : await installCometbft(version, say);
  if (result.path === undefined) {
    say(result.reason);
    process.exit(1);
  }
  console.log(result.path);
}
