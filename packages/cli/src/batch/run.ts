/**
 * Makes the payments of a batch: announces some together, performs them, writes down what became of each.
 *
 * One announcement at a time, so that the record can name it. After a crash it is looked for among the fetches that
 * were signed since: a payment counts as made if a nonce of such a fetch shows exactly it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, OutcomeUnknownError, type Refused } from '@upfront/client';
import { codes, type Parameters } from '@upfront/core';
import { CliError } from '../errors.ts';
import type { Payment } from './payments.ts';
import type { BatchRecord, Begun, Ended } from './record.ts';

export interface BatchRun {
  readonly client: Client;
  readonly parameters: Parameters;
  readonly payments: readonly Payment[];
  readonly record: BatchRecord;
  readonly signal: AbortSignal;
  onProgress(done: number): void;
}

const PAUSE_MS = 500;
/** Tries while others hold all places that the account is allowed. */
const PLACES_TRIES = 240;

/**
 * Ends when all are made, the signal comes, or the network refuses a single payment; that refusal is returned.
 *
 * @throws OutcomeUnknownError if it is not known what became of the last announcement: run it again
 */
export async function runBatch(run: BatchRun): Promise<Refused | undefined> {
  const { payments, record, signal } = run;
  if (record.open !== undefined) await takeUp(run, record.open);
  const left = payments.map((_, row) => row).filter((row) => !record.isDone(row));
  let most = run.parameters.maxIntents;
  let tries = 0;
  const isPaying = (): boolean => left.length > 0 && !signal.aborted;
  while (isPaying()) {
    const size = Math.min(most, left.length, await placesLeft(run.client));
    const rows = left.slice(0, size);
    const refusal = await payTogether(run, rows);
    if (refusal === undefined) {
      left.splice(0, size);
      tries = 0;
      continue;
    }
    const isCrowded = refusal.code === codes.overAllowance && tries < PLACES_TRIES;
    if (size === 1 && !isCrowded) {
      record.end([endOf(rows[0]!, refusal)]);
      return refusal;
    }
    // Fewer may fit: into the allowance, the funds, or what the network takes at once.
    most = Math.max(1, Math.floor(size / 2));
    tries += 1;
    if (isCrowded) await sleep(PAUSE_MS);
  }
  return undefined;
}

/** Undefined: announced and performed, each with its result on record. */
async function payTogether(run: BatchRun, rows: readonly number[]): Promise<Refused | undefined> {
  const { client, payments, record } = run;
  const activities = rows.map((row) => {
    const { to, amount, reference } = payments[row]!;
    return { kind: 'transfer', to, amount, reference } as const;
  });
  record.begin(rows, (await client.book('batch')).nextSequence());
  const outcome = await client.fetchNonces({ activities });
  client.forgetView();
  if (outcome.status === 'unknown') throw new OutcomeUnknownError(outcome);
  if (outcome.status === 'refused') {
    record.end([]);
    return outcome;
  }
  const { first } = outcome;
  const performed = await Promise.all(rows.map((_, i) => client.fulfil({ nonce: first + i })));
  const unknown = performed.find((one) => one.status === 'unknown');
  if (unknown !== undefined) throw new OutcomeUnknownError(unknown);
  record.end(
    performed.map((one, i) => {
      if (one.status === 'refused') return endOf(rows[i]!, one);
      const height = one.status === 'done' ? one.height : undefined;
      return { type: 'end', row: rows[i]!, status: 'done', nonce: first + i, ...heightOf({ height }) };
    }),
  );
  run.onProgress([...record.results.values()].filter(({ status }) => status === 'done').length);
  return undefined;
}

async function placesLeft(client: Client): Promise<number> {
  const { allowance, openPlaces } = await client.view('batch', 0);
  return Math.max(1, allowance - openPlaces);
}

/** Finds out what became of an announcement that a crash cut off, and puts it on record. */
async function takeUp(run: BatchRun, begun: Begun): Promise<void> {
  const { client, record } = run;
  const resumed = await client.resume();
  if (resumed.some(({ status }) => status === 'unknown')) {
    throw new CliError(
      'unreachable',
      'It is not known yet what became of the last announcement.',
      'Run it again a little later.',
    );
  }
  const end = (await client.book('batch')).nextSequence();
  for (let sequence = BigInt(begun.sequence); sequence < end; sequence += 1n) {
    const fetch = await client.status({ sequence });
    if (fetch.status !== 'dealt' || fetch.count !== begun.rows.length) continue;
    const made = await Promise.all(begun.rows.map((row, i) => lookAt(run, row, fetch.first + i)));
    if (made.some((one) => one === 'another')) continue;
    record.end(made.filter((one) => typeof one === 'object'));
    return;
  }
  record.end([]);
}

/** Whether this nonce paid this row. `another`: it is fulfilled, and by something else. */
async function lookAt(
  { client, payments }: BatchRun,
  row: number,
  nonce: number,
): Promise<Ended | 'another' | 'not paid'> {
  const { status, event, height } = await client.status({ nonce });
  if (status === 'open') {
    throw new CliError(
      'unreachable',
      `Nonce ${nonce} of this batch is still open.`,
      'Run it again a little later.',
    );
  }
  if (status !== 'fulfilled') return 'not paid';
  const { to, amount, reference } = payments[row]!;
  const isSame =
    event?.['type'] === 'transferred' &&
    event['to'] === to.toLowerCase() &&
    event['amount'] === String(amount) &&
    event['reference'] === reference;
  return isSame ? { type: 'end', row, status: 'done', nonce, ...heightOf({ height }) } : 'another';
}

function endOf(row: number, { code, name, nonce }: Refused): Ended {
  return { type: 'end', row, status: 'refused', code, name, ...(nonce !== undefined && { nonce }) };
}

function heightOf({ height }: { readonly height?: number | undefined }): { height?: number } {
  return height === undefined ? {} : { height };
}
