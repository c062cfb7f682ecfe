/** Each kind of trouble ends with its exit code, and says so as text and as JSON. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  AmountError,
  BadReceiptError,
  DisconnectedError,
  DivergenceError,
  JournalCorruptError,
  L1Error,
  L1PendingError,
  L1RevertedError,
  L1UnreachableError,
  NoAccountError,
  NodeError,
  NoNodeError,
  OutcomeUnknownError,
  RefusedError,
  TimeoutError,
} from '@upfront/client';
import { ConfigError } from '@upfront/node';
import { CommanderError } from 'commander';
import { CliError, usageError } from './errors.ts';
import { exitCodeOf, exitCodes, exitCodesHelp } from './exit-codes.ts';
import { reportError } from './report.ts';

const refusal = {
  status: 'refused',
  code: 12,
  name: 'insufficient-funds',
  on: 'fetch',
  sequence: 7n,
  hint: 'Deposit more.',
} as const;
const unknown = {
  status: 'unknown',
  sequence: 7n,
  ask: 'Do not do it over. Resume.',
  reason: new TimeoutError('pay', 1),
} as const;

it('ends with the code of its kind', () => {
  const rows: [unknown, number][] = [
    [new Error('?'), 1],
    [new JournalCorruptError('it is torn'), 1],
    [new NodeError(111, '/v1/status', ''), 1],
    [new L1Error('The claim', { cause: new Error('?') }), 1],
    [usageError('no'), 2],
    [new AmountError('no'), 2],
    [new NoAccountError('pay'), 2],
    [new NoNodeError('Sending'), 2],
    [new ConfigError('port', 'no'), 2],
    [new CommanderError(1, 'commander.unknownOption', 'no'), 2],
    [new CommanderError(0, 'commander.help', ''), 0],
    [new RefusedError(refusal), 3],
    [new RefusedError({ ...refusal, code: 107, name: 'not-found' }), 3],
    [new L1RevertedError('The exit', { reason: 'AlreadyExiting' }), 3],
    [new L1PendingError('The exit', '0x'), 4],
    [new OutcomeUnknownError(unknown), 4],
    [new DisconnectedError('http://127.0.0.1:8640', '/v1/status'), 5],
    [new NodeError(100, '/v1/messages', ''), 5],
    [new RefusedError({ ...refusal, code: 100, name: 'overloaded' }), 5],
    [new L1UnreachableError('The claim'), 5],
    [new CliError('unreachable', 'no'), 5],
    [new BadReceiptError('no'), 6],
    [new DivergenceError(3, 'no'), 6],
    [new CliError('interrupted', 'no'), 130],
  ];
  for (const [error, code] of rows) assert.equal(exitCodeOf(error), code, String(error));
});

it('documents every code', () => {
  for (const code of Object.values(exitCodes))
    assert.match(exitCodesHelp, new RegExp(`^ {2}${code} {2,}\\w`, 'm'));
});

it('says what to do next, and with --json one object', () => {
  const written = { out: '', error: '' };
  const streams = {
    stdout: { write: (text: string) => (written.out += text) },
    stderr: { write: (text: string) => (written.error += text) },
  };
  assert.equal(reportError(new RefusedError(refusal), true, streams), 3);
  assert.match(written.error, /refused: insufficient-funds\. \(code 12\)\n {2}Deposit more\./);
  const { status, exitCode, code, name, sequence } = JSON.parse(written.out);
  assert.deepEqual([status, exitCode, code, name, sequence], ['refused', 3, 12, 'insufficient-funds', '7']);
  assert.equal(written.out.trim().split('\n').length, 1);

  written.out = '';
  written.error = '';
  assert.equal(reportError(new OutcomeUnknownError(unknown), false, streams), 4);
  assert.equal(written.out, '');
  assert.match(written.error, /Do not do it over\. Resume\. Next: `upfront resume`\./);

  written.out = '';
  reportError(new L1RevertedError('The exit', { reason: 'AlreadyExiting' }), true, streams);
  assert.equal(JSON.parse(written.out).reason, 'AlreadyExiting');
});
