// The benchmark's processes: node and load run apart, and are asked over IPC.

import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** Starts a script of this folder as a process of its own; it talks over IPC. */
export function start(name: string, args: readonly string[]): ChildProcess {
  const child = fork(join(import.meta.dirname, `${name}.ts`), args, { stdio: ['ignore', 2, 2, 'ipc'] });
  child.once('exit', (code) => {
    if (code !== 0) throw new Error(`${name} ended with ${code}`);
  });
  return child;
}

/** Its next word. */
export function next<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve) => child.once('message', (message) => resolve(message as T)));
}

/** Its answer to a question. */
export function ask<T>(child: ChildProcess, question: string): Promise<T> {
  const answer = next<T>(child);
  child.send(question);
  return answer;
}
