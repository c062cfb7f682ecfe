/**
 * `upfront batch`: pays everybody in a CSV file; a run that was cut off goes on where it was.
 */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { RefusedError } from '@upfront/client';
import type { Command } from 'commander';
import { type Payment, readPayments } from '../batch/payments.ts';
import { BatchRecord } from '../batch/record.ts';
import { runBatch } from '../batch/run.ts';
import { act, type Call, createCommand } from '../command.ts';
import { csvField, showReference } from '../csv.ts';
import { CliError } from '../errors.ts';
import { fileToWrite, writeWhole } from '../files.ts';
import { untilInterrupted } from '../interrupt.ts';
import { rememberNonce } from '../nonces.ts';
import { createProgress } from '../progress.ts';
import { type Session, withSession } from '../session.ts';

interface Flags {
  readonly out?: string;
  readonly again?: boolean;
  readonly check?: boolean;
}

export function batchCommand(): Command {
  return createCommand('batch', ['node', 'l1', 'genesis', 'account'], {
    summary: 'pay everybody in a CSV file: address,amount[,reference] a line',
    more: 'The whole file is checked, and the funds for all of it, before the first payment. The same file is never paid twice: a run that was cut off goes on where it was, and one that was finished pays nothing. With --json one line a payment, then one for all.',
    examples: [
      ['batch salaries.csv', 'with a progress bar on a terminal'],
      ['batch salaries.csv --check', 'only checks the file and the funds'],
      ['batch salaries.csv --out paid.csv', 'what became of each, with nonces and blocks'],
    ],
  })
    .argument('<file>', 'the CSV file')
    .option('--out <file>', 'write what became of each payment as CSV', fileToWrite)
    .option('--check', 'pay nothing: check the file and the funds')
    .option('--again', 'pay a file once more that was paid before')
    .action(
      act((call, flags: Flags, file: string) =>
        withSession(call, { key: flags.check !== true, node: true }, (session) =>
          batch(call, session, flags, file),
        ),
      ),
    );
}

async function batch(call: Call, session: Session, flags: Flags, file: string): Promise<void> {
  const { client, network, folder, amounts, address } = session;
  const { parameters } = network.genesis;
  const text = readText(file);
  const payments = readPayments(text, call.settings.home, amounts);
  const digest = createHash('sha256').update(`${address?.toLowerCase()}\n${text}`).digest('hex').slice(0, 32);
  const path = join(folder, 'batches', `${digest}.jsonl`);
  if (flags.again === true) setAside(path);
  const record = new BatchRecord(path);
  try {
    const left = payments.filter((_, row) => !record.isDone(row));
    await assertFunds(session, left);
    if (flags.check === true) {
      const total = left.reduce((sum, { amount }) => sum + amount, 0n);
      call.out.result(
        { status: 'done', payments: payments.length, left: left.length, amount: amounts.plain(total) },
        `${left.length} of ${payments.length} payments are to be made, ${amounts.show(total)} together; the funds are there`,
      );
      return;
    }
    if (left.length < payments.length)
      call.out.note(`${payments.length - left.length} of ${payments.length} were paid before.`);
    const progress = createProgress(payments.length, 'payments', { from: payments.length - left.length });
    const interrupt = untilInterrupted();
    const refusal = await runBatch({
      client,
      parameters,
      payments,
      record,
      signal: interrupt.signal,
      onProgress: (done) => progress.show(done),
    });
    if (left.length > 0) progress.end();
    const last = lastNonceOf(record);
    if (left.length > 0 && last >= 0) rememberNonce(session, last, ['dealt', 'fulfilled']);
    interrupt.release();
    report(call, session, { payments, record, out: flags.out });
    if (refusal !== undefined) throw new RefusedError(refusal);
    if (interrupt.signal.aborted) throw new CliError('interrupted', 'Interrupted.', 'Run it again to go on.');
  } finally {
    record.close();
  }
}

/** -1 without any. */
function lastNonceOf({ results }: BatchRecord): number {
  const made = [...results.values()].filter(({ status }) => status === 'done');
  return made.reduce((last, { nonce = -1 }) => Math.max(last, nonce), -1);
}

/** Throws CliError if not all of it can be paid. */
async function assertFunds(
  { client, network, amounts, address }: Session,
  left: readonly Payment[],
): Promise<void> {
  if (left.length === 0 || address === undefined) return;
  const { fee, bond } = network.genesis.parameters;
  const total = left.reduce((sum, { amount }) => sum + amount, 0n);
  const needed = total + fee * BigInt(left.length) + bond;
  const { free } = await client.node.account(address);
  if (free >= needed) return;
  throw new CliError(
    'refused',
    `The ${left.length} payments need ${amounts.show(needed)} with fees and the bond, and ${amounts.show(free)} are free.`,
    'Deposit more; nothing was paid.',
  );
}

function report(
  { out }: Call,
  { amounts }: Session,
  {
    payments,
    record,
    out: path,
  }: { payments: readonly Payment[]; record: BatchRecord; out: string | undefined },
): void {
  const rows = payments.map(({ line, to, amount, reference }, row) => {
    const { status = 'not paid', nonce, height, code, name } = record.results.get(row) ?? {};
    return {
      line,
      to,
      amount: amounts.plain(amount),
      reference: showReference(reference),
      status,
      nonce,
      height,
      code,
      name,
    };
  });
  if (path !== undefined) {
    const header = 'address,amount,reference,status,nonce,height,code';
    const lines = rows.map(({ to, amount, reference, status, nonce, height, name }) =>
      [to, amount, reference, status, nonce ?? '', height ?? '', name ?? '']
        .map((field) => csvField(String(field)))
        .join(','),
    );
    writeWhole(path, `${[header, ...lines].join('\n')}\n`);
  }
  if (out.isJson) for (const row of rows) out.result(row, '');
  const done = rows.filter(({ status }) => status === 'done').length;
  const refused = rows.filter(({ status }) => status === 'refused').length;
  const paid = payments.reduce((sum, { amount }, row) => (record.isDone(row) ? sum + amount : sum), 0n);
  out.result(
    {
      status: done === rows.length ? 'done' : 'partly',
      payments: rows.length,
      done,
      refused,
      paid: amounts.plain(paid),
      file: path,
    },
    `${done} of ${rows.length} payments made, ${amounts.show(paid)} together${path === undefined ? '' : `; ${path} says what became of each`}`,
  );
}

/** The record of an earlier run stays, under another name. */
function setAside(path: string): void {
  try {
    renameSync(path, `${path}.${Date.now()}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliError(
      'usage',
      `${file} cannot be read.`,
      'Name a CSV file: address,amount[,reference] a line.',
      { cause },
    );
  }
}
