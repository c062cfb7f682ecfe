// `npm run bench -- --overload S`: for S seconds a node is offered ten times what it can take, over the limits that
// strangers get, while one payer pays. Printed: what was offered, what became of every frame, and the node's memory.
// Invariant of a good run: each frame that was sent has its answer or its code, and memory stops growing.

import { ask, next, start } from './bench-process.ts';

export interface OverloadFigures {
  readonly seconds: number;
  /** Messages a second: offered, and what the node took in and answered. */
  readonly offered: number;
  readonly answered: number;
  readonly frames: number;
  /** Frames without an answer at the end. */
  readonly silent: number;
  /** How often each code came: of messages `m/CODE` (0: dealt or fulfilled), of frames `f/CODE`. */
  readonly codes: Readonly<Record<string, number>>;
  /** The honest payer's payments, ms. */
  readonly paid: number;
  readonly p50: number;
  readonly p99: number;
}

/** MiB resident, each second: in all, and what is not mapped files, which the kernel takes back when it needs room. */
type Memory = readonly { readonly all: number; readonly own: number }[];

const PAYERS = 512;
const MIB = 1 << 20;

/** Runs node and flood; `workers` threads check signatures. */
export async function measureOverload(seconds: number, workers: string): Promise<void> {
  const time = `${Date.now()}`;
  const node = start('bench-node', [`${PAYERS}`, time, workers, '', 'strangers']);
  const { url } = await next<{ url: string }>(node);
  const load = start('bench-flood', [url, `${PAYERS}`, time, `${seconds}`]);
  await next(load);
  const memory: Memory[number][] = [];
  const watch = setInterval(async () => {
    const { resident, mapped } = await ask<{ resident: number; mapped: number }>(node, 'usage');
    const [all, own] = [resident / MIB, (resident - mapped) / MIB];
    memory.push({ all, own });
    if (memory.length % 30 > 0) return;
    console.error(
      `  … ${memory.length} s, ${all.toFixed(0)} MiB, ${own.toFixed(0)} of them not mapped files`,
    );
  }, 1000);
  const figures = await ask<OverloadFigures>(load, 'go');
  clearInterval(watch);
  const ended = new Promise((resolve) => node.once('exit', resolve));
  node.send('close');
  await ended;
  report(figures, memory);
}

function report(figures: OverloadFigures, memory: Memory): void {
  const { seconds, offered, answered, frames, silent, codes, paid, p50, p99 } = figures;
  const whole = (value: number): string => Math.round(value).toLocaleString('en-GB');
  const quarter = Math.max(1, Math.floor(memory.length / 4));
  const peaks = (of: 'all' | 'own'): string =>
    [0, 1, 2, 3]
      .map((i) => memory.slice(i * quarter, (i + 1) * quarter))
      .map((some) => whole(Math.max(...some.map((one) => one[of]))))
      .join(', ');
  console.log(
    [
      `overload for ${whole(seconds)} s: ${whole(offered)} messages/s offered, ${whole(answered)}/s taken in and answered` +
        ` (${(offered / answered).toFixed(1)} times)`,
      `${whole(frames)} frames, ${whole(silent)} of them without an answer or a code`,
      `codes: ${Object.entries(codes)
        .sort()
        .map(([code, count]) => `${code} ${whole(count)}`)
        .join(', ')}`,
      `resident memory, MiB, peak of each quarter: ${peaks('all')}; without mapped files: ${peaks('own')}`,
      `an honest payer meanwhile: ${whole(paid)} payments, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    ].join('\n'),
  );
  if (silent > 0) process.exitCode = 1;
}
