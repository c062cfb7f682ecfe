// Runs a program for the set-up, without a word of its own; what it said last is kept for when it fails.

import { spawn } from 'node:child_process';

/** Bytes of output that are kept. */
const KEPT = 8192;

/** Its exit code and the end of what it printed; a program that cannot be started has code 1 and the reason. */
export function runTool(program, argv, options = {}) {
  const child = spawn(program, argv, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk) => {
    output = (output + chunk).slice(-KEPT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code, output }));
  });
}

export function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? '';
}
