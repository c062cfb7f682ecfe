/**
 * `upfront simulate`: what the privilege rule does under load and attack, beside four other rules (docs/privilege.md).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  pageOf,
  parseScenario,
  plotsOf,
  type Report,
  RULE_NAMES,
  type RuleName,
  readyNames,
  readyScenario,
  runExperiment,
  type Scenario,
  ScenarioError,
  scaled,
  tableOf,
} from '@upfront/sim/privilege';
import type { Command } from 'commander';
import { act, createCommand, parsedBy } from '../command.ts';
import { parseCount } from '../durations.ts';
import { usageError } from '../errors.ts';
import { fileToWrite, readJson, writeWhole } from '../files.ts';
import { columns, type Output } from '../output.ts';
import { createProgress, type Progress } from '../progress.ts';

interface Flags {
  readonly list?: boolean;
  readonly html?: string;
  readonly plots?: string;
  readonly seed?: number;
  readonly scale?: number;
  readonly rules?: readonly RuleName[];
}

const SEED_MOST = 2 ** 32 - 1;

export function simulateCommand(): Command {
  return createCommand('simulate', [], {
    summary: 'experiments with the privilege rule, beside four others',
    more: 'Plays a scenario block by block: who may hold how many places open, and what an attack does to others. Nothing leaves this machine. The fields of a scenario file, and what is assumed: docs/privilege.md.',
    examples: [
      ['simulate --list', 'the ready scenarios'],
      ['simulate honest-saturation', 'one of them, as a table'],
      ['simulate slow-holders --html slow.html', 'the same as a page with plots'],
      ['simulate my.json --json', 'your own scenario; a report as JSON'],
    ],
  })
    .argument('[scenario]', 'a JSON file, or the name of a ready scenario')
    .option('--list', 'name the ready scenarios')
    .option('--html <file>', 'write a page with plots, which needs nothing else', fileToWrite)
    .option('--plots <folder>', 'write each plot as an SVG file')
    .option('--seed <number>', 'another seed than the scenario has', parsedBy(parseSeed))
    .option('--scale <factor>', 'populations and capacity smaller by this factor', parsedBy(parseFactor))
    .option('--rules <names>', `only these, with commas: ${RULE_NAMES.join(',')}`, parsedBy(parseRules))
    .action(
      act<Flags, [string?]>(async ({ out }, flags, name) => {
        if (flags.list === true) return list(out);
        if (name === undefined)
          throw usageError(
            'Which scenario?',
            'Name a JSON file, or one that `upfront simulate --list` shows.',
          );
        const scenario = load(name);
        const changed = {
          ...(flags.scale === undefined ? scenario : scaled(scenario, flags.scale)),
          ...(flags.seed !== undefined && { seed: flags.seed }),
        };
        report(out, flags, runExperiment(changed, flags.rules ?? RULE_NAMES, progressOf(out)));
      }),
    );
}

function list(out: Output): void {
  const scenarios = readyNames().map((name) => readyScenario(name)!);
  out.result(
    { scenarios: scenarios.map(({ name, title, about }) => ({ name, title, about })) },
    columns(scenarios.map(({ name, title }) => [name, title])),
  );
}

/** A ready one if it has that name, else a file. */
function load(name: string): Scenario {
  const ready = readyScenario(name);
  if (ready !== undefined) return ready;
  if (!existsSync(name))
    throw usageError(
      `\`${name}\` is no ready scenario, and no file.`,
      '`upfront simulate --list` shows the ready ones.',
    );
  try {
    return parseScenario(readJson(name));
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw usageError(`${name}: ${error.message}`, 'docs/privilege.md lists the fields of a scenario.');
  }
}

function report(out: Output, { html, plots }: Flags, result: Report): void {
  if (html !== undefined) writeWhole(html, pageOf(result));
  const drawn = plots === undefined ? [] : plotsOf(result);
  for (const { name, svg } of drawn) writeWhole(join(plots!, `${result.scenario.name}-${name}.svg`), svg);
  out.result(result, [result.scenario.title, '', ...tableOf(result)]);
  if (html !== undefined) out.note(`Plots: ${html}`);
  if (plots !== undefined) out.note(`${drawn.length} plots: ${plots}`);
}

/** Nothing for who reads files; a line now and then for people. */
function progressOf(out: Output): (done: number, total: number) => void {
  let progress: Progress | undefined;
  return (done, total) => {
    if (out.isJson) return;
    progress ??= createProgress(total, 'runs');
    progress.show(done);
    if (done === total) progress.end();
  };
}

function parseRules(text: string): readonly RuleName[] {
  const names = text.split(',');
  const unknown = names.find((name) => !RULE_NAMES.some((rule) => rule === name));
  if (unknown !== undefined)
    throw usageError(`There is no rule \`${unknown}\`.`, `Use some of ${RULE_NAMES.join(',')}.`);
  return RULE_NAMES.filter((rule) => names.includes(rule));
}

function parseSeed(text: string): number {
  return parseCount(text, 'The seed', SEED_MOST);
}

function parseFactor(text: string): number {
  const factor = Number(text);
  if (!(factor >= 1 && factor <= 1e6)) throw usageError(`\`${text}\` is no factor.`, 'Use 1 to 1000000.');
  return factor;
}
