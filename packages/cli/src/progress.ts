/**
 * How far something is: a bar that is drawn over and over on a terminal, now and then a line elsewhere. On stderr.
 */
import type { OutputStreams } from './output.ts';

export interface Progress {
  /** `done` of `total`. */
  show(done: number): void;
  /** Leaves the last state standing. */
  end(): void;
}

const WIDTH = 30;
const REDRAW_MS = 100;
const LINE_MS = 5000;

export function createProgress(
  total: number,
  what: string,
  { stderr }: Pick<OutputStreams, 'stderr'> = process,
  now: () => number = () => performance.now(),
): Progress {
  const isTerminal = stderr.isTTY === true;
  const started = now();
  let first: number | undefined;
  let done = 0;
  let drawn = Number.NEGATIVE_INFINITY;
  const draw = (): void => {
    drawn = now();
    const rate = Math.round((done - (first ?? 0)) / Math.max(0.001, (drawn - started) / 1000));
    const counts = `${count(done)} of ${count(total)} ${what}, ${count(rate)}/s`;
    if (!isTerminal) {
      stderr.write(`${counts}\n`);
      return;
    }
    const filled = total === 0 ? WIDTH : Math.floor((WIDTH * done) / total);
    // Clears what a longer line left behind.
    stderr.write(`\r${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${counts}\u001b[K`);
  };
  return {
    show(now_) {
      first ??= now_;
      done = now_;
      if (now() - drawn >= (isTerminal ? REDRAW_MS : LINE_MS)) draw();
    },
    end() {
      draw();
      if (isTerminal) stderr.write('\n');
    },
  };
}

function count(value: number): string {
  return value.toLocaleString('en-GB');
}
