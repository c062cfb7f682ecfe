// What a source file is to the rules: its text, its syntax tree, and what a rule finds in it.

import { extname } from 'node:path';
import { parse as parseModule } from '@babel/parser';

export type Finding = {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly text: string;
};

export type File = { readonly path: string; readonly text: string };

export type Source = File & {
  readonly tree: Node;
  readonly errors: readonly SyntaxFault[];
  readonly package: string | undefined;
};

// biome-ignore lint/suspicious/noExplicitAny: two hundred node types, of which the rules name a dozen
type Fields = Readonly<Record<string, any>>;

/** A node of the syntax tree as ESTree names it; a rule that reads a field knows its type from the node's. */
export type Node = { readonly type: string; readonly start: number; readonly end: number } & Fields;

export type Handlers = Readonly<Record<string, (node: Node) => void>>;

export type SyntaxFault = { readonly message: string; readonly offset: number };

const PARSED = new Set(['.ts', '.tsx', '.mts', '.js', '.mjs']);

const PACKAGE_FOLDERS: ReadonlyArray<readonly [string, string]> = [
  ['packages/core/', 'core'],
  ['packages/node/', 'node'],
  ['packages/client/', 'client'],
  ['packages/cli/', 'cli'],
  ['packages/sim/', 'sim'],
  ['packages/explorer/', 'explorer'],
  ['contracts/', 'contracts'],
];

export function isParsed(path: string): boolean {
  return PARSED.has(extname(path));
}

export function isTest(path: string): boolean {
  return /\.test\.m?[jt]sx?$/.test(path) || /(^|\/)test\//.test(path);
}

export function parse(file: File): Source {
  const { program, errors } = parseFile(file);
  return { ...file, tree: program, errors, package: packageOf(file.path) };
}

/** Calls the handler of each node's type, parents before their children. */
export function walk(node: Node, handlers: Handlers): void {
  handlers[node.type]?.(node);
  for (const child of Object.values(node)) {
    if (Array.isArray(child)) for (const one of child) walkChild(one, handlers);
    else walkChild(child, handlers);
  }
}

function walkChild(value: unknown, handlers: Handlers): void {
  if (typeof value === 'object' && value !== null && 'type' in value && 'start' in value)
    walk(value as Node, handlers);
}

function parseFile(file: File): { program: Node; errors: readonly SyntaxFault[] } {
  try {
    const { program, errors } = parseModule(file.text, {
      sourceType: 'module',
      plugins: file.path.endsWith('.tsx') ? ['typescript', 'jsx', 'estree'] : ['typescript', 'estree'],
      errorRecovery: true,
      attachComment: false,
    });
    const faults = (errors ?? []).map((error) => ({ message: String(error), offset: 0 }));
    return { program: program as unknown as Node, errors: faults };
  } catch (error) {
    const { message, pos } = error as { message: string; pos?: number };
    const nothing: Node = { type: 'Program', start: 0, end: 0 };
    return { program: nothing, errors: [{ message, offset: pos ?? 0 }] };
  }
}

export function packageOf(path: string): string | undefined {
  return PACKAGE_FOLDERS.find(([folder]) => path.startsWith(folder))?.[1];
}

export function folderOf(name: string): string | undefined {
  return PACKAGE_FOLDERS.find(([, candidate]) => candidate === name)?.[0];
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

export function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
