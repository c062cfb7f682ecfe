// Length as a ratchet: a limit for files and functions, and a list of those that are longer, with their size today.
// Invariant: an entry may only shrink; what is within the limit has no entry.

import type { Finding } from './source.ts';
import type { FunctionLength } from './syntax.ts';

export const FILE_LINES = 500;
export const FUNCTION_LINES = 70;

/** Sizes of what is over its limit: a path, or `path name` for a function. */
export type Ratchet = {
  readonly files: Readonly<Record<string, number>>;
  readonly functions: Readonly<Record<string, number>>;
};

export type Lengths = {
  readonly files: ReadonlyMap<string, number>;
  readonly functions: ReadonlyMap<string, number>;
};

const PATH = 'scripts/tidy/ratchet.json';

export function lengthsHold(lengths: Lengths, ratchet: Ratchet): Finding[] {
  return [
    ...hold(lengths.files, ratchet.files, FILE_LINES),
    ...hold(lengths.functions, ratchet.functions, FUNCTION_LINES),
  ];
}

/** The entries lowered to what they are today. None is raised and none is added: that is done by hand, and reviewed. */
export function shrink(lengths: Lengths, ratchet: Ratchet): Ratchet {
  return {
    files: shrinkOne(lengths.files, ratchet.files, FILE_LINES),
    functions: shrinkOne(lengths.functions, ratchet.functions, FUNCTION_LINES),
  };
}

/** The longest of each name, since a file may have two functions of one name. */
export function longest(path: string, found: readonly FunctionLength[]): Map<string, number> {
  const lengths = new Map<string, number>();
  for (const { name, lines } of found) {
    const key = `${path} ${name}`;
    lengths.set(key, Math.max(lines, lengths.get(key) ?? 0));
  }
  return lengths;
}

function hold(
  sizes: ReadonlyMap<string, number>,
  allowed: Readonly<Record<string, number>>,
  limit: number,
): Finding[] {
  const findings: Finding[] = [];
  const add = (path: string, text: string): void =>
    void findings.push({ path, line: 1, rule: 'length', text });
  for (const [key, lines] of sizes) {
    const [path = key] = key.split(' ');
    const most = allowed[key] ?? limit;
    if (lines > most) add(path, `${key} has ${lines} lines; at most ${most}`);
  }
  for (const [key, size] of Object.entries(allowed)) {
    const lines = sizes.get(key) ?? 0;
    if (lines < size || size <= limit)
      add(PATH, `${key} has ${lines} lines, not ${size}: lower it (tidy.ts --shrink)`);
  }
  return findings;
}

function shrinkOne(
  sizes: ReadonlyMap<string, number>,
  allowed: Readonly<Record<string, number>>,
  limit: number,
) {
  const lowered = Object.entries(allowed).map(([key, size]): [string, number] => [
    key,
    Math.min(size, sizes.get(key) ?? 0),
  ]);
  return Object.fromEntries(lowered.filter(([, size]) => size > limit));
}
