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

export interface ProgressOptions {
  /** Done before it began: no part of the rate. */
  readonly from?: number;
  readonly streams?: Pick<OutputStreams, 'stderr'>;
  readonly now?: () => number;
}

const WIDTH = 30;
const REDRAW_MS = 100;
const LINE_MS = 5000;

export function createProgress(
  total: number,
  what: string,
  { from = 0, streams: { stderr } = process, now = () => performance.now() }: ProgressOptions = {},
): Progress {
  const isTerminal = stderr.isTTY === true;
  const started = now();
  let done = from;
  let drawn = Number.NEGATIVE_INFINITY;
  const draw = (): void => {
    drawn = now();
    const rate = Math.round((done - from) / Math.max(0.001, (drawn - started) / 1000));
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
    show(reached) {
      done = reached;
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
