// CPU that processes and their children have used, from /proc: what a benchmark cost, whatever else ran on the machine.

import { readFileSync } from 'node:fs';

/** Linux counts it so, whatever the kernel's own rate. */
const TICKS_A_SECOND = 100;

/** Seconds of CPU of these processes and their children that run; NaN where there is no /proc. */
export function cpuOf(pids: readonly number[]): number {
  try {
    return pids.reduce((sum, pid) => sum + ticksOf(pid), 0) / TICKS_A_SECOND;
  } catch {
    return Number.NaN;
  }
}

function ticksOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // Behind the name, which may hold anything: state is field 3, user and system time 14 and 15.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  const below =
    children === '' ? 0 : children.split(' ').reduce((sum, child) => sum + ticksOf(Number(child)), 0);
  return Number(fields[11]) + Number(fields[12]) + below;
}
