// `npm test`: every check and every test of the repository, in the order in which a failure is cheapest to find.
// It runs all of them, then reports. `--only core,node` runs some; `--list` names them.
// Invariant: the last line is `N passed, N failed, N skipped`, and the exit code is 0 only if none failed
// and at least one test ran.

import { globSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { add, type Counts, describe, NONE, runCheck, runForge, runNodeTests } from './runners.ts';

type Outcome = { readonly counts: Counts; readonly tests: Counts };

type Step = { readonly name: string; readonly title: string; readonly run: () => Promise<Outcome> };

const ROOT = join(import.meta.dirname, '..');
const NODE = process.execPath;

const STEPS: readonly Step[] = [
  {
    name: 'tidy',
    title: "the repository's rules, and the scripts' own tests",
    run: async () => both(await check(NODE, 'scripts/tidy.ts'), await tests('scripts', 2)),
  },
  { name: 'typecheck', title: 'types of all packages', run: () => check(NODE, 'scripts/typecheck.ts') },
  {
    name: 'lint',
    title: 'Biome: lint and format',
    run: () => check(bin('biome'), 'check', '--max-diagnostics=10', '.'),
  },
  { name: 'core', title: 'the rules', run: () => tests('packages/core', 2) },
  { name: 'contracts', title: 'the contract', run: contracts },
  { name: 'node', title: 'the node', run: () => tests('packages/node', 1) },
  { name: 'client', title: 'the client', run: () => tests('packages/client', 1) },
  { name: 'cli', title: 'the command line, end to end', run: () => tests('packages/cli', 2) },
  { name: 'sim', title: 'the simulator: faults and privilege', run: () => tests('packages/sim', 2) },
  { name: 'explorer', title: 'the explorer, in a real browser', run: () => tests('packages/explorer', 1) },
];

const { values } = parseArgs({ options: { only: { type: 'string' }, list: { type: 'boolean' } } });
if (values.list) {
  for (const step of STEPS) say(`${step.name.padEnd(10)} ${step.title}`);
  process.exit(0);
}
const chosen = choose(values.only);
const lines: string[] = [];
let total = NONE;
let ran = 0;
for (const step of chosen) {
  const { line, outcome } = await runStep(step);
  lines.push(line);
  total = add(total, outcome.counts);
  ran += outcome.tests.passed + outcome.tests.failed;
}
say('');
for (const line of lines) say(line);
if (ran === 0) {
  say('✖ no test ran');
  if (total.failed === 0) total = add(total, { passed: 0, failed: 1, skipped: 0 });
}
say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);

async function runStep(step: Step): Promise<{ line: string; outcome: Outcome }> {
  say(styleText('bold', `\n── ${step.name}: ${step.title}`));
  const started = performance.now();
  let outcome: Outcome;
  try {
    outcome = await step.run();
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    outcome = { counts: { passed: 0, failed: 1, skipped: 0 }, tests: NONE };
  }
  const { counts } = outcome;
  const took = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  const mark = counts.failed > 0 ? '✖' : counts.passed > 0 ? '✔' : '∅';
  const result = counts.passed + counts.failed + counts.skipped === 0 ? 'no tests yet' : describe(counts);
  const line = `${mark} ${step.name.padEnd(10)} ${took.padStart(8)}  ${result}`;
  say(styleText(counts.failed > 0 ? 'red' : 'green', line));
  return { line, outcome };
}

async function check(...argv: string[]): Promise<Outcome> {
  return { counts: await runCheck(argv, ROOT, say), tests: NONE };
}

async function tests(folder: string, concurrency: number): Promise<Outcome> {
  const files = globSync(`${folder}/**/*.test.ts`, {
    cwd: ROOT,
    exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path),
  }).sort();
  const counts = await runNodeTests(
    files.map((file) => join(ROOT, file)),
    { cwd: ROOT, concurrency, say },
  );
  return { counts, tests: counts };
}

async function contracts(): Promise<Outcome> {
  const solidity = globSync('contracts/test/**/*.t.sol', { cwd: ROOT });
  const script = await tests('contracts', 1);
  if (solidity.length === 0) return script;
  const folder = join(ROOT, 'contracts');
  const contract = (name: string, ...args: string[]): Promise<Outcome> =>
    check(NODE, join(folder, 'scripts', name), ...args);
  const format = await contract('foundry.mjs', 'forge', 'fmt', '--check', '--root', folder);
  const counts = await runForge([NODE, join(folder, 'scripts/foundry.mjs'), 'forge'], folder, say);
  // forge has built: what is checked in must be what the source gives, no larger, and cost no more gas.
  const abi = await contract('abi.mjs', '--check');
  const sizes = await contract('sizes.mjs');
  const gas = await contract('gas.mjs', '--check');
  return [{ counts, tests: counts }, script, format, abi, sizes, gas].reduce(both);
}

function both(a: Outcome, b: Outcome): Outcome {
  return { counts: add(a.counts, b.counts), tests: add(a.tests, b.tests) };
}

function choose(only: string | undefined): readonly Step[] {
  if (only === undefined) return STEPS;
  const names = only.split(',');
  const unknown = names.filter((name) => !STEPS.some((step) => step.name === name));
  if (unknown.length > 0) {
    say(`no such step: ${unknown.join(', ')}; there are ${STEPS.map((step) => step.name).join(', ')}`);
    process.exit(2);
  }
  return STEPS.filter((step) => names.includes(step.name));
}

function bin(name: string): string {
  return join(ROOT, 'node_modules', '.bin', name);
}

function say(line: string): void {
  console.log(line);
}
