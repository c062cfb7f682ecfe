/**
 * Where words go: results to stdout, everything else to stderr.
 *
 * With --json a result is one JSON object on one line; integers too large for JSON are decimal strings, amounts are
 * decimal strings in the asset, as people write them. Invariant: stdout carries results only.
 */
import { styleText } from 'node:util';
import { toHex } from '@upfront/core';

export interface Output {
  readonly isJson: boolean;
  /** Whether a person looks at stderr, so that a progress bar may be drawn there. */
  readonly isInteractive: boolean;
  /** A result: `json` with --json, else the text. */
  result(json: object, text: string | readonly string[]): void;
  /** What is going on, for people. */
  note(text: string): void;
  /** What people should not overlook. */
  warn(text: string): void;
}

export interface OutputStreams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
}

export function createOutput(isJson: boolean, streams: OutputStreams = process): Output {
  const { stdout, stderr } = streams;
  return {
    isJson,
    isInteractive: stderr.isTTY === true,
    result: (json, text) => {
      const lines = isJson ? toJson(json) : typeof text === 'string' ? text : text.join('\n');
      stdout.write(`${lines}\n`);
    },
    note: (text) => stderr.write(`${dim(text, stderr.isTTY === true)}\n`),
    warn: (text) => stderr.write(`warning: ${text}\n`),
  };
}

/** JSON on one line; bigint as decimal text, bytes as 0x hex. */
export function toJson(value: object): string {
  return JSON.stringify(value, (_, field: unknown) => {
    if (typeof field === 'bigint') return field.toString();
    return field instanceof Uint8Array ? toHex(field) : field;
  });
}

/** Names and values in two columns. */
export function columns(rows: readonly (readonly [name: string, value: string])[]): string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd());
}

function dim(text: string, isTerminal: boolean): string {
  return isTerminal ? styleText('dim', text, { stream: process.stderr }) : text;
}
