// Sets a fresh clone up, then hands over to the pinned Node: `npm start` and `npm test` begin here.
// Plain JavaScript without dependencies, because it runs before there is anything else: on any Node from 20.
// Invariant: it does nothing when nothing is missing, and says what it does and why when something is.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium, installChromium } from './chromium.mjs';
import { COMETBFT, COMETBFT_OLDER, findCometbft, installCometbft } from './cometbft.mjs';
import { buildExplorer } from './explorer.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const WINDOWS = process.platform === 'win32';
const MODULES = join(ROOT, 'node_modules');
const BIN = join(MODULES, '.bin');
const NODE = join(MODULES, 'node', 'bin', WINDOWS ? 'node.exe' : 'node');
const LOCK = join(ROOT, 'package-lock.json');
const INSTALLED = join(MODULES, '.package-lock.json');
const STAMP = join(MODULES, '.upfront-setup');

const OLDEST_NODE_MAJOR = 20;
const PINNED_NODE_MAJOR = 24;
const HEARTBEAT_MS = 10_000;
const LOOK_MS = 500;

// What each command runs once the machine is ready.
const COMMANDS = {
  start: ['packages/cli/bin/upfront', 'devnet'],
  test: ['--conditions=@upfront/source', 'scripts/test.ts'],
  bench: ['--conditions=@upfront/source', 'scripts/bench.ts'],
  'bench:committee': ['--conditions=@upfront/source', 'scripts/bench-committee.ts'],
  crash: ['--conditions=@upfront/source', 'scripts/crash.ts'],
  perturb: ['--conditions=@upfront/source', 'scripts/perturb.ts'],
  sim: ['--conditions=@upfront/source', 'packages/sim/src/faults/main.ts'],
};
// Of these the ones that do not go without CometBFT.
const COMMITTEES = ['test', 'bench:committee', 'perturb'];

const [command, ...args] = process.argv.slice(2);
if (command !== undefined && !Object.hasOwn(COMMANDS, command)) {
  fail(`there is no command ${command} here; there are ${Object.keys(COMMANDS).join(', ')}`);
}
if (major(process.versions.node) < OLDEST_NODE_MAJOR) {
  fail(`Node ${OLDEST_NODE_MAJOR} or newer is needed to begin with; this is ${process.versions.node}`);
}

await install();
await checkTools();
if (COMMITTEES.includes(command) || args.includes('--validators')) await prepareCometbft();
if (command === 'test' || command === 'start') await preparePage();
if (command === 'test') await prepareChromium();
if (command === undefined) say('ready');
else
  process.exit(
    await run(NODE, [...COMMANDS[command], ...args], {
      PATH: pinnedPath(),
      ...cometbftOf(),
      ...chromiumOf(),
    }),
  );

/** Runs `npm ci` if what is installed is not what the lock file says. */
async function install() {
  if (!existsSync(LOCK)) fail('package-lock.json is missing: this is not a complete checkout');
  const reason = reasonToInstall();
  if (reason === undefined) return;
  say(`installing the dependencies, because ${reason}`);
  say('  npm ci: Node 24, the TypeScript tools, Foundry and solc; about 500 MB, once');
  const started = Date.now();
  const heartbeat = setInterval(() => say(`  … ${seconds(started)}`), HEARTBEAT_MS);
  // Only errors: with Node 20 npm would warn of every package that wants a newer one, which is on its way.
  const code = await run('npm', ['ci', '--loglevel=error', '--no-progress'], { PATH: systemPath() }, true);
  clearInterval(heartbeat);
  if (code !== 0) fail(`npm ci failed with exit code ${code}; its own message is above`);
  say(`  installed in ${seconds(started)}`);
}

function reasonToInstall() {
  if (!existsSync(MODULES)) return 'there is no node_modules';
  if (!existsSync(INSTALLED) || !existsSync(NODE)) return 'the last installation was not finished';
  if (readStamp() === lockDigest()) return undefined;
  // `npm install` updates both, without a stamp of ours.
  if (statSync(INSTALLED).mtimeMs >= statSync(LOCK).mtimeMs) return undefined;
  return 'package-lock.json has changed';
}

/** Starts every tool once after an installation: a tool that is there but does not run is found here. */
async function checkTools() {
  if (readStamp() === lockDigest()) return;
  const found = [];
  const node = await version(NODE, ['--version']);
  if (major(node.replace(/^v/, '')) !== PINNED_NODE_MAJOR) {
    fail(`the pinned Node should be ${PINNED_NODE_MAJOR}, but node_modules has ${node}`);
  }
  found.push(`node ${node}`);
  for (const tool of ['forge', 'anvil', 'cast'])
    found.push(await version(join(BIN, WINDOWS ? `${tool}.cmd` : tool), ['--version']));
  const solc = join(MODULES, 'solc', 'package.json');
  if (!existsSync(solc)) fail('solc is missing from node_modules: remove that folder and try again');
  found.push(`solc ${JSON.parse(readFileSync(solc, 'utf8')).version}`);
  writeFileSync(STAMP, lockDigest());
  say(`tools: ${found.join(', ')}`);
}

/** Without it the committee's tests are skipped by name, or fail with CI=true; everything else runs. */
async function prepareCometbft() {
  const { reason } = await installCometbft(COMETBFT, say);
  const { reason: older } = reason === undefined ? await installCometbft(COMETBFT_OLDER, say) : {};
  for (const line of [reason, older]) if (line !== undefined) say(line);
}

/** The executable that was found, for commands that run a committee. */
function cometbftOf() {
  const { path } = findCometbft();
  return path === undefined ? {} : { UPFRONT_COMETBFT: path };
}

/** The page that the node serves; nothing is built when its sources are those of the last time. */
async function preparePage() {
  const reason = await buildExplorer(NODE, say);
  if (reason !== undefined) fail(reason);
}

/** Without it the tests of the page are skipped by name, or fail with CI=true; everything else runs. */
async function prepareChromium() {
  const { reason } = await installChromium(say);
  if (reason !== undefined) say(reason);
}

/** The executable that was found, for the tests of the page. */
function chromiumOf() {
  const { path } = findChromium();
  return path === undefined ? {} : { UPFRONT_CHROMIUM: path };
}

async function version(path, flags) {
  if (!existsSync(path)) fail(`${path} is missing: remove node_modules and try again`);
  const child = spawn(path, flags, { shell: WINDOWS, env: { ...process.env, PATH: pinnedPath() } });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('close', resolve);
  });
  if (code !== 0) fail(`${path} does not run on this machine:\n${output}`);
  return output
    .split('\n')[0]
    .replace(/ Version:/, '')
    .replace(/-v?stable.*$/i, '')
    .trim();
}

/**
 * Runs a program with our terminal and returns its exit code. Signals are its business until it ends; if whoever started
 * us is killed, it is told to stop, and it knows us by UPFRONT_PARENT, in case that we are.
 */
function run(program, argv, env, shell = false) {
  const child = spawn(program, argv, {
    cwd: ROOT,
    stdio: 'inherit',
    shell: shell && WINDOWS,
    env: { ...process.env, ...env, UPFRONT_PARENT: String(process.pid) },
  });
  // A terminal sends SIGINT to the whole group, so only SIGTERM has to be passed on.
  // A second signal would make it end at once, so nobody but a person sends one.
  let isAsked = false;
  const ignore = () => {
    isAsked = true;
  };
  const forward = () => {
    isAsked = true;
    child.kill('SIGTERM');
  };
  process.on('SIGINT', ignore);
  process.on('SIGTERM', forward);
  const isNeeded = watchNpm();
  const watch = setInterval(() => {
    if (!isAsked && !isNeeded()) forward();
  }, LOOK_MS);
  return new Promise((resolve) => {
    const end = (code, signal) => {
      clearInterval(watch);
      process.off('SIGINT', ignore);
      process.off('SIGTERM', forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    };
    child.on('error', (error) => {
      say(`${program} cannot be started: ${error.message}`);
      end(127);
    });
    child.on('close', end);
  });
}

/**
 * Whether the npm that runs us is still there: it hands SIGTERM to a shell, which does not hand it on, and SIGKILL to
 * nobody. Without npm nobody is watched, for who started us may go: `nohup`.
 */
function watchNpm() {
  if (process.env.npm_lifecycle_event === undefined || WINDOWS) return () => true;
  const parent = process.ppid;
  // A shell stands between, unless it has become us.
  const { ppid, isNpm } = look(parent);
  const npm = !isNpm && look(ppid).isNpm ? ppid : parent;
  return () => process.ppid === parent && isAlive(npm);
}

function look(pid) {
  const { stdout } = spawnSync('ps', ['-o', 'ppid=,args=', '-p', String(pid)], { encoding: 'utf8' });
  const [, ppid, program] = /^\s*(\d+)\s+(\S+(?:\s+\S*npm\S*)?)/.exec(stdout ?? '') ?? [];
  return { ppid: Number(ppid), isNpm: /\bnpm\b/.test(program ?? '') };
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function pinnedPath() {
  return [BIN, systemPath()].join(delimiter);
}

// npm ci removes node_modules, so it must not itself run on a Node from there.
function systemPath() {
  const entries = (process.env.PATH ?? '').split(delimiter);
  return entries.filter((entry) => !entry.includes(`node_modules${sep}.bin`)).join(delimiter);
}

function readStamp() {
  return existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : undefined;
}

function lockDigest() {
  return createHash('sha256').update(readFileSync(LOCK)).digest('hex');
}

function major(text) {
  return Number(text.split('.')[0]);
}

function seconds(since) {
  return `${Math.round((Date.now() - since) / 1000)} s`;
}

function say(line) {
  console.error(`setup: ${line}`);
}

function fail(reason) {
  say(reason);
  process.exit(1);
}
