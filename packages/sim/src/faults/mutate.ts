/**
 * `npm run sim -- --mutants`: puts each mutant into a copy of the sources, runs seeds on it until one fails, and prints a table.
 * The copy is thrown away; the sources stay as they are.
 */
import { execFile, execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MUTANTS, type Mutant } from './mutants.ts';

export interface Caught {
  readonly mutant: Mutant;
  /** Seeds until it was caught; undefined: it was not. */
  readonly tried: number | undefined;
  readonly failure: string | undefined;
}

const ROOT = join(import.meta.dirname, '../../../..');
const PACKAGES = ['core', 'node', 'client', 'sim', 'cli', 'explorer'];
/** Seeds that a mutant may survive. */
const SEEDS_MOST = 300;

export async function runMutants(workers: number, only?: string): Promise<boolean> {
  const parts = only?.split(',') ?? [''];
  const chosen = MUTANTS.filter(({ what }) => parts.some((part) => what.includes(part)));
  const results: Caught[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    const copy = makeCopy();
    try {
      for (let mutant = chosen[next++]; mutant !== undefined; mutant = chosen[next++]) {
        const caught = await hunt(copy, mutant);
        results.push(caught);
        console.error(
          `${results.length} of ${chosen.length}: ${caught.tried ?? 'NOT CAUGHT'}  ${mutant.what}`,
        );
      }
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, chosen.length) }, work));
  const rows = chosen.map((mutant) => results.find((one) => one.mutant === mutant)!);
  console.log('| file | fault | seeds | what was seen |\n|---|---|---|---|');
  for (const { mutant, tried, failure } of rows) {
    console.log(
      `| ${mutant.file} | ${mutant.what} | ${tried ?? '**not caught**'} | ${shortened(failure ?? '')} |`,
    );
  }
  const caught = rows.filter(({ tried }) => tried !== undefined).length;
  console.log(`\n${caught} of ${rows.length} caught`);
  return caught === rows.length;
}

async function hunt(copy: string, mutant: Mutant): Promise<Caught> {
  const path = join(copy, 'packages/core/src', mutant.file);
  const text = readFileSync(path, 'utf8');
  if (text.split(mutant.find).length !== 2) throw new Error(`${mutant.file}: not once: ${mutant.find}`);
  writeFileSync(
    path,
    text.replace(mutant.find, () => mutant.put),
  );
  try {
    const argv = [
      '--conditions=@upfront/source',
      join(copy, 'packages/sim/src/faults/hunt.ts'),
      String(SEEDS_MOST),
    ];
    const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: copy, maxBuffer: 1 << 24 });
    const { tried, failure } = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
      tried: number;
      failure?: string;
    };
    return { mutant, tried: failure === undefined ? undefined : tried, failure };
  } finally {
    writeFileSync(path, text);
  }
}

/** The sources, with links to what is installed. */
function makeCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), 'upfront-mutants-'));
  const files = execFileSync(
    'git',
    [
      'ls-files',
      '-z',
      '--cached',
      '--others',
      '--exclude-standard',
      'packages',
      'contracts/ts',
      'contracts/package.json',
    ],
    { cwd: ROOT },
  );
  for (const path of files.toString().split('\0'))
    if (path !== '') cpSync(join(ROOT, path), join(copy, path));
  mkdirSync(join(copy, 'node_modules/@upfront'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== '@upfront') symlinkSync(join(ROOT, 'node_modules', name), join(copy, 'node_modules', name));
  }
  for (const name of PACKAGES)
    symlinkSync(join(copy, 'packages', name), join(copy, 'node_modules/@upfront', name));
  symlinkSync(join(copy, 'contracts'), join(copy, 'node_modules/@upfront/contracts'));
  return copy;
}

function shortened(failure: string): string {
  const line = failure
    .replace(/^\w+: /, '')
    .split('\n')[0]!
    .replace(/0x[0-9a-f]{12,}/g, '0x…')
    .replaceAll('|', '/');
  return line.length > 110 ? `${line.slice(0, 109)}…` : line;
}
