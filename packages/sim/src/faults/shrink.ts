/**
 * Makes a failing history shorter: leaves out steps of its plan, many at a time and then one by one, as long as it fails alike.
 */
import { type Mode, planOf } from './plan.ts';
import { runSeed } from './run.ts';

export interface Shrunk {
  readonly without: ReadonlySet<number>;
  readonly left: number;
  readonly failure: string;
}

/** Runs that are tried. */
const TRIES_MOST = 300;

export async function shrink(seed: number, mode: Mode | undefined, failure: string): Promise<Shrunk> {
  const count = planOf(seed, mode).steps.length;
  const all = Array.from({ length: count }, (_, i) => i);
  let without = new Set<number>();
  let found = failure;
  let tries = 0;
  for (let size = Math.ceil(count / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < count && tries < TRIES_MOST; at += size) {
      const more = all.slice(at, at + size).filter((i) => !without.has(i));
      if (more.length === 0) continue;
      tries++;
      const fewer = new Set([...without, ...more]);
      const result = await runSeed({ seed, mode, without: fewer });
      if (result.failure === undefined || kindOf(result.failure) !== kindOf(failure)) continue;
      without = fewer;
      found = result.failure;
    }
  }
  return { without, left: count - without.size, failure: found };
}

/** Failures that differ in numbers and addresses only are alike. */
export function kindOf(failure: string): string {
  return failure.replace(/0x[0-9a-f]+|[0-9]+/g, '#').slice(0, 60);
}
