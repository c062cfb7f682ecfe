/** The ready scenarios: the files of packages/sim/scenarios, by name. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseScenario, type Scenario } from './scenario.ts';

const FOLDER = join(import.meta.dirname, '../../scenarios');

export function readyNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** The scenario of that name, or undefined. */
export function readyScenario(name: string): Scenario | undefined {
  if (!readyNames().includes(name)) return undefined;
  return parseScenario(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')));
}
