// The arrows between packages, checked on import specifiers and on package.json alike:
// core -> its hashing library; contracts -> nothing; client and node -> core, contracts; cli -> all of them.
// Invariant: what a file imports, its package declares, with an exact version.

import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { type Finding, folderOf, isTest, lineAt, type Node, packageOf, type Source, walk } from './source.ts';

const SCOPE = '@upfront/';

const ARROWS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  contracts: [],
  client: ['core', 'contracts'],
  node: ['core', 'contracts'],
  sim: ['client', 'node', 'core', 'contracts'],
  explorer: ['client', 'core', 'contracts'],
  cli: ['client', 'node', 'core', 'contracts', 'sim', 'explorer'],
};

/** What tests may use besides: the client is tested against a real node. */
const TEST_ARROWS: Readonly<Record<string, readonly string[]>> = {
  client: ['node'],
  explorer: ['node', 'cli'],
};

const CORE_LIBRARIES = ['@noble/hashes'];

export type Manifest = {
  readonly path: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

export function importsFollowArrows(source: Source, manifests: ReadonlyMap<string, Manifest>): Finding[] {
  const from = source.package;
  return specifiers(source).flatMap(({ specifier, offset }) => {
    const text =
      from === undefined ? scriptFault(specifier) : importFault(source, from, specifier, manifests);
    if (text === undefined) return [];
    return [{ path: source.path, line: lineAt(source.text, offset), rule: 'arrows', text }];
  });
}

export function manifestsFollowArrows(manifests: ReadonlyMap<string, Manifest>): Finding[] {
  const findings: Finding[] = [];
  for (const [name, { path, dependencies, devDependencies }] of manifests) {
    const add = (text: string): void => void findings.push({ path, line: 1, rule: 'arrows', text });
    for (const [dependency, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
        add(`${dependency} has the version ${version}: pin it exactly`);
    }
    const allowed = ARROWS[name];
    if (allowed === undefined) continue;
    const forTests = [...allowed, ...(TEST_ARROWS[name] ?? [])];
    const check = (declared: object, may: readonly string[]): void => {
      for (const dependency of Object.keys(declared)) {
        if (!dependency.startsWith(SCOPE) || may.includes(dependency.slice(SCOPE.length))) continue;
        add(`${name} may not depend on ${dependency}`);
      }
    };
    check(dependencies, allowed);
    check(devDependencies, forTests);
    for (const dependency of Object.keys(dependencies)) {
      if (name === 'core' && !CORE_LIBRARIES.includes(dependency))
        add(`core may not depend on ${dependency}`);
    }
  }
  return findings;
}

export function readManifest(path: string, text: string): Manifest {
  const {
    dependencies,
    optionalDependencies,
    devDependencies = {},
  } = JSON.parse(text) as Partial<Manifest> & {
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  };
  return { path, dependencies: { ...dependencies, ...optionalDependencies }, devDependencies };
}

function importFault(
  source: Source,
  from: string,
  specifier: string,
  manifests: ReadonlyMap<string, Manifest>,
): string | undefined {
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(source.path), specifier);
    const folder = folderOf(from);
    if (packageOf(target) === from) return undefined;
    // Tests may read what belongs to the repository, such as vectors/, but no other package's insides.
    if (isTest(source.path) && packageOf(target) === undefined) return undefined;
    return `${specifier} leaves ${folder}: import another package by its name`;
  }
  if (isBuiltin(specifier)) {
    if (!specifier.startsWith('node:')) return `write node:${specifier}`;
    return from === 'core' && !isTest(source.path) ? `core may not import ${specifier}` : undefined;
  }
  const name = packageName(specifier);
  if (name === SCOPE + from) return undefined;
  if (name.startsWith(SCOPE)) {
    const may = [...(ARROWS[from] ?? []), ...(isTest(source.path) ? (TEST_ARROWS[from] ?? []) : [])];
    if (!may.includes(name.slice(SCOPE.length))) return `${from} may not import ${name}`;
  }
  const own = manifests.get(from);
  if (own === undefined || name in own.dependencies) return undefined;
  const isShipped = !isTest(source.path) && /\/(src|ts)\//.test(source.path);
  if (!isShipped && (name in own.devDependencies || name in (manifests.get('root')?.devDependencies ?? {}))) {
    return undefined;
  }
  return `${name} is not among the dependencies of ${own.path}`;
}

function scriptFault(specifier: string): string | undefined {
  return isBuiltin(specifier) && !specifier.startsWith('node:') ? `write node:${specifier}` : undefined;
}

function specifiers({ tree }: Source): { specifier: string; offset: number }[] {
  const found: { specifier: string; offset: number }[] = [];
  const add = ({ source }: Node): void => {
    if (typeof source?.value === 'string') found.push({ specifier: source.value, offset: source.start });
  };
  walk(tree, {
    ImportDeclaration: add,
    ExportNamedDeclaration: add,
    ExportAllDeclaration: add,
    ImportExpression: add,
    TSImportType: (node) => add({ ...node, source: node.argument ?? node.source }),
  });
  return found;
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
