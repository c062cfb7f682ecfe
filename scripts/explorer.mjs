// Builds the page that a node serves, when what it is made of has changed: packages/explorer/dist.
//
// A stamp in the folder holds the digest of the sources that it was built from. Run by itself, it builds if need be; with
// `--check` it only says, by its exit code, whether the page is new.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool } from './run-tool.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PAGE = join(ROOT, 'packages', 'explorer');
const STAMP = join(PAGE, 'dist', '.stamp');
/** The page's own sources, and those of the packages that it is bundled with. */
const SOURCES = [
  ...['src', 'public', 'index.html', 'package.json', 'vite.config.ts'].map((name) => join(PAGE, name)),
  ...['core', 'client'].map((name) => join(ROOT, 'packages', name, 'src')),
  ...['ts', 'package.json'].map((name) => join(ROOT, 'contracts', name)),
  join(ROOT, 'package-lock.json'),
];

/** Undefined if the page is there and new; else the reason why it could not be built. */
export async function buildExplorer(node, say = () => {}) {
  const digest = digestOf(SOURCES);
  if (isBuiltOf(digest)) return undefined;
  say(`building the page, because ${existsSync(STAMP) ? 'its sources have changed' : 'it is not built yet'}`);
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const { code, output } = await runTool(node, [vite, 'build', '--logLevel', 'warn'], { cwd: PAGE });
  if (code !== 0) return `the page could not be built:\n${output.trim()}`;
  writeFileSync(STAMP, digest);
  return undefined;
}

function isBuiltOf(digest) {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest;
}

function digestOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths.filter((one) => existsSync(one)).flatMap(filesOf)) {
    hash
      .update(`${relative(ROOT, path)}\0`)
      .update(readFileSync(path))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesOf(path) {
  if (statSync(path).isFile()) return [path];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.includes('.test.'));
  return files.map(({ parentPath, name }) => join(parentPath, name)).sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === '--check') process.exit(isBuiltOf(digestOf(SOURCES)) ? 0 : 1);
  const reason = await buildExplorer(process.execPath, (line) => console.error(`explorer: ${line}`));
  if (reason !== undefined) {
    console.error(`explorer: ${reason}`);
    process.exit(1);
  }
}
