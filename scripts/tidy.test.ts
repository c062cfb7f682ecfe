// Each rule of scripts/tidy.ts is shown a sample that breaks it and one that does not.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { shrink } from './tidy/length.ts';
import { check, measure } from './tidy.ts';

const EMPTY = { files: {}, functions: {} };

const MANIFESTS = [
  manifest('package.json', { typescript: '7.0.2' }),
  manifest('packages/core/package.json', { '@noble/hashes': '2.4.0' }),
  manifest('packages/client/package.json', {
    '@upfront/core': '0.0.0',
    '@upfront/contracts': '0.0.0',
    viem: '2.0.0',
  }),
  manifest('packages/node/package.json', { '@upfront/core': '0.0.0', lmdb: '3.0.0' }),
];

type Row = readonly [name: string, rule: string, path: string, text: string, isGood?: boolean];

const CORE = 'packages/core/src/a.ts';
const NODE = 'packages/node/src/a.ts';
const LONG_FUNCTION = `export function long() {\n${'  // line\n'.repeat(70)}}`;

// Words that may stand nowhere are put together here, or this file would break the rule.
const MACHINE = ['', 'work', 'main', 'x'].join('/');
const HOST = ['registry', 'npmjs', 'org'].join('.');
const TODO = ['TO', 'DO'].join('');
const TOOL = ['Co', 'pilot'].join('');
const OUTSIDE = ['..', 'shared', 'DESIGN'].join('/');

const ROWS: readonly Row[] = [
  ['core imports the node', 'arrows', CORE, "import { a } from '@upfront/node';"],
  ['core imports a builtin', 'arrows', CORE, "import { a } from 'node:fs';"],
  ['core imports another library', 'arrows', CORE, "import { a } from 'viem';"],
  ['core imports its hashing library', 'arrows', CORE, "import { a } from '@noble/hashes/sha2.js';", true],
  [
    'a test of the core imports a builtin',
    'arrows',
    'packages/core/src/a.test.ts',
    "import 'node:test';",
    true,
  ],
  ['client imports the node', 'arrows', 'packages/client/src/a.ts', "import { a } from '@upfront/node';"],
  ['a core test imports the node', 'arrows', 'packages/core/test/a.ts', "import { a } from '@upfront/node';"],
  [
    'a client test imports the cli',
    'arrows',
    'packages/client/test/a.ts',
    "import { a } from '@upfront/cli';",
  ],
  [
    'client imports the core',
    'arrows',
    'packages/client/src/a.ts',
    "import { a } from '@upfront/core';",
    true,
  ],
  ['contracts import the core', 'arrows', 'contracts/ts/a.ts', "import { a } from '@upfront/core';"],
  ['a re-export crosses', 'arrows', NODE, "export { a } from '@upfront/client';"],
  ['a dynamic import crosses', 'arrows', NODE, "await import('@upfront/cli');"],
  ['a relative import crosses', 'arrows', NODE, "import { a } from '../../core/src/a.ts';"],
  ['a dependency is not declared', 'arrows', NODE, "import { a } from 'fastify';"],
  ['a declared dependency', 'arrows', NODE, "import { open } from 'lmdb';", true],
  ['a builtin without its prefix', 'arrows', NODE, "import { a } from 'fs';"],
  [
    'a package.json against the arrows',
    'arrows',
    ...dependencies('packages/node', { '@upfront/client': '0.0.0' }),
  ],
  ['core depends on more', 'arrows', ...dependencies('packages/core', { viem: '2.0.0' })],
  ['a version range', 'arrows', ...dependencies('packages/cli', { commander: '^15.0.0' })],
  ['an exact version', 'arrows', ...dependencies('packages/cli', { commander: '15.0.0' }), true],

  ['async', 'core is pure', CORE, 'export const a = async () => 1;'],
  ['await', 'core is pure', CORE, 'await a;'],
  ['for await', 'core is pure', CORE, 'for await (const a of b) c(a);'],
  ['a dynamic import', 'core is pure', CORE, "export const a = import('./b.ts');"],
  ['Promise', 'core is pure', CORE, 'export const a = Promise.resolve(1);'],
  ['a clock', 'core is pure', CORE, 'export const a = Date.now();'],
  ['another clock', 'core is pure', CORE, 'export const a = performance.now();'],
  ['randomness', 'core is pure', CORE, 'export const a = Math.random();'],
  ['a rounding function', 'core is pure', CORE, 'export const a = Math.sqrt(2);'],
  ['Math by a computed name', 'core is pure', CORE, "export const a = Math['random']();"],
  ['an exact function', 'core is pure', CORE, 'export const a = Math.imul(2, 3);', true],
  ['console', 'core is pure', CORE, "console.log('a');"],
  ['a timer', 'core is pure', CORE, 'setTimeout(a, 1);'],
  ['the network', 'core is pure', CORE, "fetch('a');"],
  ['the word fetch', 'core is pure', CORE, 'export const fetch = a.process;', true],
  ['a float', 'core is pure', CORE, 'export const a = 0.5;'],
  ['a float in exponents', 'core is pure', CORE, 'export const a = 1e-3;'],
  ['an integer', 'core is pure', CORE, 'export const a = 1_000;', true],
  ['a clock outside the core', 'core is pure', NODE, 'export const a = Date.now();', true],

  ['export all', 'no export *', NODE, "export * from './b.ts';"],
  ['export by name', 'no export *', NODE, "export { b } from './b.ts';", true],
  ['parseInt', 'no loose number parsing', NODE, "parseInt('12abc', 10);"],
  ['Number.parseFloat', 'no loose number parsing', NODE, "Number.parseFloat('1x');"],
  ['Number', 'no loose number parsing', NODE, "Number('1');", true],
  ['a syntax error', 'parses', NODE, 'const = 1;'],

  ['a long file', 'length', NODE, 'a;\n'.repeat(501)],
  ['a long contract', 'length', 'contracts/src/A.sol', 'a;\n'.repeat(501)],
  ['a long generated file', 'length', 'contracts/ts/generated/abi.ts', 'a;\n'.repeat(501), true],
  ['a long function', 'length', NODE, LONG_FUNCTION],
  [
    'a long arrow function',
    'length',
    NODE,
    LONG_FUNCTION.replace('export function long()', 'const long = () =>'),
  ],
  ['a long table in a test', 'length', 'packages/node/src/a.test.ts', LONG_FUNCTION, true],

  ['a word about the machine', 'no machine paths', 'docs/a.md', `see ${MACHINE}`],
  ['a home folder', 'no machine paths', 'docs/a.md', ['', 'home', 'ann', 'x'].join('/')],
  ['a registry', 'no registry hosts', '.npmrc', HOST],
  [
    'a registry in the lock file',
    'no registry hosts',
    'package-lock.json',
    `"resolved": "https://${HOST}/a"`,
  ],
  [
    'a workspace in the lock file',
    'no registry hosts',
    'package-lock.json',
    '"resolved": "packages/core"',
    true,
  ],
  ['an empty reminder', 'no empty TODO', NODE, `// ${TODO}:`],
  ['a reminder that says what', 'no empty TODO', NODE, `// ${TODO}: fsync`, true],
  ['a tool', 'no tools of ours', 'docs/a.md', TOOL],
  ['a path outside', 'no tools of ours', 'docs/a.md', OUTSIDE],

  ['a dead link', 'links resolve', 'docs/a.md', '[b](b.md)'],
  ['a dead anchor', 'links resolve', 'docs/a.md', '# A b\n[c](#c)'],
  [
    'a link and an anchor',
    'links resolve',
    'docs/a.md',
    '# A `b`, c\n[c](#a-b-c) [d](../package.json)',
    true,
  ],
  ['a link in a code block', 'links resolve', 'docs/a.md', '```\n[b](b.md)\n```', true],
  ['a link to elsewhere', 'links resolve', 'docs/a.md', '[b](https://example.com/b.md)', true],
];

describe('each rule', () => {
  for (const [name, rule, path, text, isGood = false] of ROWS) {
    test(`${rule}: ${name} ${isGood ? 'is fine' : 'is found'}`, () => {
      const found = findings(path, text).filter((finding) => finding.rule === rule);
      assert.equal(found.length > 0, !isGood, JSON.stringify(found));
    });
  }

  test('opening comment: none, too long, and just right', () => {
    const opening = (text: string) =>
      findings(NODE, text, '').filter(({ rule }) => rule === 'opening comment').length;
    assert.equal(opening('export const a = 1;\n'), 1);
    assert.equal(opening(`${'// a\n'.repeat(9)}export const a = 1;\n`), 1);
    assert.equal(opening(`/*\n${' * a\n'.repeat(8)} */\nexport const a = 1;\n`), 1);
    assert.equal(opening(`#!/usr/bin/env node\n${'// a\n'.repeat(8)}export const a = 1;\n`), 0);
    assert.equal(opening('/** A. */\nexport const a = 1;\n'), 0);
  });

  test('a finding names its line', () => {
    assert.equal(findings(CORE, 'a;\nconsole.log(1);')[0]?.line, 3);
  });
});

describe('the ratchet', () => {
  const files = [{ path: NODE, text: `// A.\n${'a;\n'.repeat(599)}` }];
  const lengths = (size: number) =>
    check(files, { files: { [NODE]: size }, functions: {} }, () => false).filter(
      ({ rule }) => rule === 'length',
    );

  test('an entry allows its size, and no line more', () => {
    assert.deepEqual(lengths(600), []);
    assert.equal(lengths(599)[0]?.path, NODE);
  });

  test('an entry that could be lower must be lowered', () => {
    assert.match(lengths(601)[0]?.text ?? '', /600 lines, not 601/);
    assert.equal(lengths(500).length, 2);
  });

  test('shrinking lowers, removes, and never raises', () => {
    const shrunk = (size: number) =>
      shrink(measure(files), { files: { [NODE]: size, gone: 700 }, functions: {} });
    assert.deepEqual(shrunk(900), { files: { [NODE]: 600 }, functions: {} });
    assert.deepEqual(shrunk(550), { files: { [NODE]: 550 }, functions: {} });
  });
});

function findings(path: string, text: string, opening = '// What it is.\n') {
  const isCode = /\.(ts|mjs)$/.test(path);
  const file = { path, text: isCode ? opening + text : text };
  const others = MANIFESTS.filter((other) => other.path !== path);
  return check([...others, file], EMPTY, () => false);
}

function manifest(path: string, dependencies: Record<string, string>) {
  return { path, text: JSON.stringify({ dependencies }) };
}

function dependencies(folder: string, versions: Record<string, string>): readonly [string, string] {
  const { path, text } = manifest(`${folder}/package.json`, versions);
  return [path, text];
}
