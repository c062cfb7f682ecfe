/**
 * What a run of seeds has to have met: every reject code, every event, every kind of item, every word, every trouble, attack
 * and lie, and what they lead to. What stays at zero was not tested, and fails the run.
 */
import { codeName, codes, EVENT } from '@upfront/core';
import { ATTACKS } from './attacks.ts';
import { TROUBLES } from './plan.ts';

export type Counts = Map<string, number>;

const WORDS = ['dealt', 'fulfilled', 'refused', 'never', 'unperformed'];
const OTHERS = ['restart', 'resume', 'snapshot', 'settlement on L1', 'reorganisation', 'outcome unknown'];
const EFFECTS = ['node down', 'disk failed', 'person down', 'journal failed', 'honest in calm'];
const LIES = ['a proposal', 'a vote', 'a bundle', 'an answer'];
const COMMITTEES = ['proposal rejected', 'vote rejected', 'validators changed', 'forged settlement'];

export const WANTED: readonly string[] = [
  ...Object.values(codes).map((code) => `code ${codeName(code)}`),
  ...Object.keys(EVENT).map((name) => `event ${name}`),
  ...[1, 2, 3, 4].map((kind) => `item ${kind}`),
  ...WORDS.map((word) => `told ${word}`),
  ...OTHERS,
  ...Object.keys(TROUBLES).map((name) => `trouble ${name}`),
  ...ATTACKS.map(([name]) => `attack ${name}`),
  ...EFFECTS,
  ...LIES.map((name) => `lie in ${name}`),
  ...COMMITTEES,
];

export function add(to: Counts, more: Iterable<readonly [string, number]>): void {
  for (const [name, count] of more) to.set(name, (to.get(name) ?? 0) + count);
}

export function missing(counts: Counts): string[] {
  return WANTED.filter((name) => !counts.has(name));
}

/** In columns, what is wanted first. */
export function table(counts: Counts): string {
  const others = [...counts.keys()].filter((name) => !WANTED.includes(name)).sort();
  const cells = [...WANTED, ...others].map(
    (name) => `${String(counts.get(name) ?? 0).padStart(9)}  ${name.padEnd(34)}`,
  );
  const rows = Math.ceil(cells.length / 3);
  return Array.from({ length: rows }, (_, i) =>
    [cells[i], cells[i + rows], cells[i + 2 * rows]].join('').trimEnd(),
  ).join('\n');
}
