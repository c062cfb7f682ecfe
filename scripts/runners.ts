// Runs one kind of test each and counts through the runner's own interface, never from its text:
// node:test by its events, forge by its JSON, and a check (a program without tests inside) by its exit code.
// Invariant: a runner that cannot run, or that ends without an answer, is a failure and never a silence.

import { spawn } from 'node:child_process';
import { relative } from 'node:path';
import { run } from 'node:test';
import { inspect, stripVTControlCharacters, styleText } from 'node:util';

export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

export type Say = (line: string) => void;

/** A test file that has not ended by then is hung. */
const FILE_TIMEOUT_MS = 10 * 60_000;
const OUTPUT_LINES_SHOWN_OF_A_FAILURE = 60;
const OUTPUT_LINES_SHOWN_OF_A_CHECK = 150;

export const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };

export function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** Passed or failed as one, by its exit code; its output is shown only when it fails. */
export async function runCheck(argv: readonly string[], cwd: string, say: Say): Promise<Counts> {
  const { code, output } = await capture(argv, cwd);
  if (code === 0) return { passed: 1, failed: 0, skipped: 0 };
  const lines = output.trimEnd().split('\n');
  say(lines.slice(0, OUTPUT_LINES_SHOWN_OF_A_CHECK).join('\n'));
  const hidden = lines.length - OUTPUT_LINES_SHOWN_OF_A_CHECK;
  if (hidden > 0) say(`  … ${hidden} more lines`);
  say(styleText('red', `✖ ${argv.join(' ').replaceAll(`${cwd}/`, '')}: exit code ${code}`));
  return { passed: 0, failed: 1, skipped: 0 };
}

/** Runs test files with node:test, each in a process of its own. */
export async function runNodeTests(
  files: readonly string[],
  options: { readonly cwd: string; readonly concurrency: number; readonly say: Say },
): Promise<Counts> {
  if (files.length === 0) return NONE;
  const { cwd, concurrency, say } = options;
  const printed = new Map<string, string[]>();
  const failedFiles = new Set<string>();
  const emptyFiles = new Set<string>();
  let total: Counts | undefined;
  const stream = run({
    files: [...files],
    cwd,
    concurrency,
    timeout: FILE_TIMEOUT_MS,
    execArgv: ['--conditions=@upfront/source'],
  });
  const keep = (event: { file?: string; message: string }): void => {
    const file = event.file ?? '';
    printed.set(file, [...(printed.get(file) ?? []), event.message]);
  };
  stream.on('test:stdout', keep);
  stream.on('test:stderr', keep);
  stream.on('test:diagnostic', (event) => {
    // What a test measured or found; what the runner says of its own counts has no file.
    if (event.file !== undefined) say(`  · ${event.message}`);
  });
  stream.on('test:pass', (event) => {
    // The runner counts a file in which nothing is declared as one passed test; here it is a mistake.
    if (!isFileItself(event, cwd)) return;
    emptyFiles.add(event.name);
    say(styleText('red', `✖ ${relative(cwd, event.name)}: no tests in it, or it ended before them`));
  });
  stream.on('test:fail', (event) => {
    const failure = event.details.error as Error & { failureType?: string; cause?: unknown };
    failedFiles.add(event.file ?? '');
    if (failure.failureType === 'subtestsFailed') return;
    if (isFileItself(event, cwd)) {
      say(styleText('red', `✖ ${relative(cwd, event.name)} ended by itself; what it printed is below`));
      return;
    }
    const place = `${relative(cwd, event.file ?? '')}:${event.line ?? 1}`;
    say(styleText('red', `✖ ${event.name} (${place})`));
    say(indent(inspect(failure.cause ?? failure, { colors: false })));
  });
  stream.on('test:summary', (event) => {
    const { tests, passed, skipped, todo } = event.counts;
    // What is neither passed nor skipped failed or was cancelled.
    const counts = { passed, failed: tests - passed - skipped - todo, skipped: skipped + todo };
    if (event.file === undefined) {
      total = { ...counts, passed: passed - emptyFiles.size, failed: counts.failed + emptyFiles.size };
      return;
    }
    const took = `${(event.duration_ms / 1000).toFixed(1)} s`;
    say(`  ${relative(cwd, event.file)}: ${describe(counts)}, ${took}`);
  });
  for await (const _ of stream); // drained: the handlers above do the work
  for (const file of failedFiles) showOutput(relative(cwd, file), printed.get(file), say);
  if (total === undefined) throw new Error('node:test ended without a summary');
  return total;
}

/** Runs `forge test --json` in the folder of the contracts. */
export async function runForge(forge: readonly string[], cwd: string, say: Say): Promise<Counts> {
  const { code, output, stdout } = await capture([...forge, 'test', '--json'], cwd);
  const report = parseForge(stdout);
  if (report === undefined) {
    say(output.trimEnd());
    say(styleText('red', `✖ forge test ended with exit code ${code} and no report`));
    return { passed: 0, failed: 1, skipped: 0 };
  }
  for (const { suite, counts, failures } of report) {
    say(`  ${suite}: ${describe(counts)}`);
    for (const failure of failures) say(styleText('red', `✖ ${failure}`));
  }
  const total = report.reduce((sum, { counts }) => add(sum, counts), NONE);
  if (code === 0 || total.failed > 0) return total;
  say(output.trimEnd());
  return add(total, { passed: 0, failed: 1, skipped: 0 });
}

type ForgeSuite = { suite: string; counts: Counts; failures: string[] };
type ForgeTest = { status: string; reason?: string | null; counterexample?: unknown };

/** Reads the JSON report of `forge test`; undefined if there is none (it did not compile, say). */
export function parseForge(stdout: string): ForgeSuite[] | undefined {
  const line = stdout.split('\n').find((candidate) => candidate.startsWith('{'));
  if (line === undefined) return undefined;
  let report: Record<string, { test_results?: Record<string, ForgeTest> }>;
  try {
    report = JSON.parse(line);
  } catch {
    return undefined;
  }
  return Object.entries(report).map(([suite, { test_results = {} }]) => {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const failures: string[] = [];
    for (const [name, test] of Object.entries(test_results)) {
      if (test.status === 'Success') counts.passed += 1;
      else if (test.status === 'Skipped') counts.skipped += 1;
      else {
        counts.failed += 1;
        const example = test.counterexample == null ? '' : ` ${JSON.stringify(test.counterexample)}`;
        failures.push(`${suite} ${name}: ${test.reason ?? 'no reason given'}${example}`);
      }
    }
    return { suite, counts, failures };
  });
}

export function describe({ passed, failed, skipped }: Counts): string {
  return [`${passed} passed`, failed > 0 ? `${failed} failed` : '', skipped > 0 ? `${skipped} skipped` : '']
    .filter((part) => part !== '')
    .join(', ');
}

type Captured = { code: number; output: string; stdout: string };

async function capture(argv: readonly string[], cwd: string): Promise<Captured> {
  const [program, ...rest] = argv;
  if (program === undefined) throw new Error('no program given');
  const child = spawn(program, rest, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: string[] = [];
  const out: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out.push(chunk);
    chunks.push(chunk);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: 127, output: error.message, stdout: '' }));
    child.on('close', (code) =>
      resolve({ code: code ?? 1, output: stripVTControlCharacters(chunks.join('')), stdout: out.join('') }),
    );
  });
}

type Located = { readonly name: string; readonly nesting: number; readonly file?: string };

// A file that declares no test, or ends before its tests do, is reported as a test named after the file.
function isFileItself({ name, nesting, file }: Located, cwd: string): boolean {
  return nesting === 0 && file !== undefined && (name === file || name === relative(cwd, file));
}

function showOutput(file: string, messages: readonly string[] | undefined, say: Say): void {
  const lines = (messages ?? []).join('').trimEnd().split('\n');
  if (lines.length === 1 && lines[0] === '') return;
  const hidden = lines.length - OUTPUT_LINES_SHOWN_OF_A_FAILURE;
  say(`  what ${file} printed${hidden > 0 ? `, without ${hidden} earlier lines` : ''}:`);
  say(indent(lines.slice(-OUTPUT_LINES_SHOWN_OF_A_FAILURE).join('\n')));
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}
