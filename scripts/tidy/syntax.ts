// Rules on one parsed file: what the core may not contain, what no file may export or call, how it opens.
// Invariant: a rule sees one file and answers from it alone.

import { type Finding, type Handlers, isTest, lineAt, type Node, type Source, walk } from './source.ts';

const OPENING_LINES = 8;

/** Clock, randomness, I/O and scheduling: the core gets what it needs as arguments. */
const IMPURE = new Set(
  'Date performance console process Buffer globalThis crypto Intl WebSocket Promise'
    .concat(' setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask')
    .split(' '),
);

/** What is exact on integers. The rest of `Math` is random or rounds, and may differ between engines. */
const EXACT_MATH = new Set(['abs', 'ceil', 'clz32', 'floor', 'imul', 'max', 'min', 'sign', 'trunc']);

const FLOAT_PARSERS = new Set(['parseInt', 'parseFloat']);

export function coreIsPure(source: Source): Finding[] {
  if (source.package !== 'core' || !source.path.startsWith('packages/core/src/') || isTest(source.path))
    return [];
  return visit(source, 'core is pure', (report) => {
    const members = memberNames();
    const checkFunction = (node: Node): void => {
      if (node.async) report(node.start, 'an async function in the core');
    };
    return {
      FunctionDeclaration: checkFunction,
      FunctionExpression: checkFunction,
      ArrowFunctionExpression: checkFunction,
      AwaitExpression: (node) => report(node.start, 'await in the core'),
      ForOfStatement: (node) => {
        if (node.await) report(node.start, 'for await in the core');
      },
      ImportExpression: (node) => report(node.start, 'a dynamic import in the core'),
      ...members.handlers,
      CallExpression: (node) => {
        // `fetch` is a word of the protocol, so only the call is suspicious.
        if (node.callee.type === 'Identifier' && node.callee.name === 'fetch')
          report(node.start, 'fetch() in the core');
      },
      Identifier: (node) => {
        if (IMPURE.has(node.name) && !members.has(node.start)) report(node.start, `${node.name} in the core`);
      },
      MemberExpression: (node) => {
        members.handlers.MemberExpression?.(node);
        if (node.object.type !== 'Identifier' || node.object.name !== 'Math') return;
        const name = !node.computed && node.property.type === 'Identifier' ? node.property.name : '[…]';
        if (!EXACT_MATH.has(name)) report(node.start, `Math.${name} in the core: not exact on integers`);
      },
      Literal: (node) => {
        if (typeof node.value === 'number' && (!Number.isInteger(node.value) || node.raw?.includes('.'))) {
          report(node.start, `the float ${node.raw} in the core`);
        }
      },
    };
  });
}

export function noExportAll(source: Source): Finding[] {
  return visit(source, 'no export *', (report) => ({
    ExportAllDeclaration: (node) => report(node.start, 'export *: list the public names by hand'),
  }));
}

export function noLooseNumbers(source: Source): Finding[] {
  return visit(source, 'no loose number parsing', (report) => ({
    CallExpression: (node) => {
      const callee: Node = node.callee;
      const name =
        callee.type === 'Identifier'
          ? callee.name
          : callee.type === 'MemberExpression' && callee.property.type === 'Identifier'
            ? callee.property.name
            : '';
      if (FLOAT_PARSERS.has(name)) report(node.start, `${name}: it takes "12abc" for 12`);
    },
  }));
}

export function parsesCleanly({ path, text, errors }: Source): Finding[] {
  return errors.map(({ message, offset }) => ({
    path,
    line: lineAt(text, offset),
    rule: 'parses',
    text: message,
  }));
}

export function opensWithComment(source: Source): Finding[] {
  const lines = source.text.split('\n');
  const first = lines[0]?.startsWith('#!') ? 1 : 0;
  const finding = (text: string): Finding[] => [
    { path: source.path, line: first + 1, rule: 'opening comment', text },
  ];
  if (source.text.trim() === '') return [];
  const opening = lines[first] ?? '';
  if (!/^\s*(\/\/|\/\*)/.test(opening)) return finding('the file does not say in a comment what it is');
  const end = opening.trimStart().startsWith('//')
    ? lines.findIndex((line, index) => index >= first && !line.startsWith('//'))
    : lines.findIndex((line, index) => index >= first && line.includes('*/')) + 1;
  const length = (end <= 0 ? lines.length : end) - first;
  if (length <= OPENING_LINES) return [];
  return finding(`the opening comment has ${length} lines; ${OPENING_LINES} are enough`);
}

export type FunctionLength = { readonly name: string; readonly line: number; readonly lines: number };

/** Every named or anonymous function with its length, the inner ones counted in the outer ones too. */
export function functionLengths(source: Source): FunctionLength[] {
  const found: FunctionLength[] = [];
  const names = new Map<number, string>();
  const measure = (node: Node): void => {
    const line = lineAt(source.text, node.start);
    const lines = lineAt(source.text, node.end) - line + 1;
    found.push({ name: node.id?.name ?? names.get(node.start) ?? 'anonymous', line, lines });
  };
  const keyed = (node: Node): void => name(node.key, node.value);
  const name = (key: Node, value: Node | null): void => {
    if (value === null) return;
    names.set(value.start, key.name ?? 'anonymous');
    // A method's value begins after its name; its text, and so its length, with it.
    names.set(key.start, key.name ?? 'anonymous');
  };
  walk(source.tree, {
    VariableDeclarator: (node) => name(node.id, node.init),
    Property: keyed,
    MethodDefinition: keyed,
    PropertyDefinition: keyed,
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: measure,
  });
  return found;
}

/** Where the names of members stand: `a.process` and `{ process: 1 }` mean no global. Parents are visited first. */
function memberNames(): { has: (offset: number) => boolean; handlers: Handlers } {
  const offsets = new Set<number>();
  const member = (name: 'key' | 'property') => (node: Node) => {
    if (!node.computed && !node.shorthand) offsets.add(node[name].start);
  };
  return {
    has: (offset) => offsets.has(offset),
    handlers: {
      MemberExpression: member('property'),
      Property: member('key'),
      MethodDefinition: member('key'),
      PropertyDefinition: member('key'),
      TSPropertySignature: member('key'),
      TSMethodSignature: member('key'),
    },
  };
}

type Report = (offset: number, text: string) => void;

function visit(source: Source, rule: string, handlers: (report: Report) => Handlers): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (offset, text) =>
    findings.push({ path: source.path, line: lineAt(source.text, offset), rule, text });
  walk(source.tree, handlers(report));
  return findings;
}
