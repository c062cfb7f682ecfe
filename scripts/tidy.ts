// The repository's rules as a test: package arrows, a pure core, short files and functions, honest documents.
// `node scripts/tidy.ts` prints what breaks them; `--shrink` lowers the entries of the ratchet to today's sizes.
// Invariant: it looks at every file that git would commit, tracked or not.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importsFollowArrows, type Manifest, manifestsFollowArrows, readManifest } from './tidy/arrows.ts';
import { type Lengths, lengthsHold, longest, type Ratchet, shrink } from './tidy/length.ts';
import { type File, type Finding, isParsed, isTest, lineCount, packageOf, parse } from './tidy/source.ts';
import {
  coreIsPure,
  functionLengths,
  noExportAll,
  noLooseNumbers,
  opensWithComment,
  parsesCleanly,
} from './tidy/syntax.ts';
import { linksResolve, lockHasNoHosts, wordsAreFree } from './tidy/words.ts';

const BINARY = /\.(png|jpg|gif|ico|woff2?|wasm|bin|dat|zst)$/;

/** Every finding in these files, in the order of the files. */
export function check(
  files: readonly File[],
  ratchet: Ratchet,
  exists: (path: string) => boolean,
): Finding[] {
  const manifests = readManifests(files);
  const byPath = new Map(files.map((file) => [file.path, file.text]));
  const read = (path: string): string | undefined => byPath.get(path) ?? (exists(path) ? '' : undefined);
  const findings = manifestsFollowArrows(manifests);
  for (const file of files) {
    if (file.path.endsWith('package-lock.json')) {
      findings.push(...lockHasNoHosts(file));
      continue;
    }
    findings.push(...wordsAreFree(file));
    if (file.path.endsWith('.md')) findings.push(...linksResolve(file, read));
    if (!isParsed(file.path)) continue;
    const source = parse(file);
    findings.push(...parsesCleanly(source), ...importsFollowArrows(source, manifests), ...coreIsPure(source));
    findings.push(...noExportAll(source), ...noLooseNumbers(source), ...opensWithComment(source));
  }
  return [...findings, ...lengthsHold(measure(files), ratchet)];
}

/** Sizes of code; generated files are nobody's to shorten, and the body of a test is as long as its table. */
export function measure(files: readonly File[]): Lengths {
  const code = files.filter(({ path }) => (isParsed(path) || path.endsWith('.sol')) && !isGenerated(path));
  const functions = code
    .filter(({ path }) => isParsed(path) && !isTest(path))
    .flatMap((file) => [...longest(file.path, functionLengths(parse(file)))]);
  return {
    files: new Map(code.map(({ path, text }) => [path, lineCount(text)])),
    functions: new Map(functions),
  };
}

function isGenerated(path: string): boolean {
  return path.includes('/generated/') || path.includes('.generated.');
}

function readManifests(files: readonly File[]): Map<string, Manifest> {
  const manifests = new Map<string, Manifest>();
  for (const { path, text } of files) {
    const name = path === 'package.json' ? 'root' : packageOf(path);
    if (name === undefined || !/^(\w+\/){0,2}package\.json$/.test(path)) continue;
    manifests.set(name, readManifest(path, text));
  }
  return manifests;
}

function main(root: string): void {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  const files = listed
    .toString()
    .split('\0')
    .filter((path) => path !== '' && !BINARY.test(path) && isRegular(join(root, path)))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
  const ratchetPath = join(root, 'scripts/tidy/ratchet.json');
  const ratchet = JSON.parse(readFileSync(ratchetPath, 'utf8')) as Ratchet;
  if (process.argv.includes('--shrink')) {
    writeFileSync(ratchetPath, `${JSON.stringify(shrink(measure(files), ratchet), undefined, 2)}\n`);
    return;
  }
  const findings = check(files, ratchet, (path) => existsSync(join(root, path)));
  for (const { path, line, rule, text } of findings) console.log(`${path}:${line} ${rule}: ${text}`);
  console.log(`tidy: ${findings.length} findings in ${files.length} files`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}

function isRegular(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

if (import.meta.main) main(join(import.meta.dirname, '..'));
