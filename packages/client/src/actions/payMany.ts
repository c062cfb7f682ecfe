/**
 * Paying many: batches of one fetch each, several under way at once, within what the network allows the account.
 *
 * An allowance counts places; half of it is one batch, so that one is announced while another is performed. When the
 * network says that it was too much, what was refused is announced again, in smaller batches, a little later.
 */
import { codes } from '@upfront/core';
import type { BaseClient } from '../client.ts';
import { BaseError } from '../errors/base.ts';
import { type Outcome, refused } from '../outcome.ts';
import type { Activity } from '../state/activity.ts';
import { backoffDelay, delay } from '../transport/backoff.ts';
import { deal } from './fetchNonces.ts';
import { perform } from './fulfil.ts';
import { type PayParameters, type Performed, transferOf } from './pay.ts';

export interface PayManyParameters {
  readonly payments: readonly PayParameters[];
  /** Intents a fetch at most. Default and most: the network's maxIntents. */
  readonly batch?: number | undefined;
  /** Called after each batch. */
  readonly onProgress?: ((progress: PayManyProgress) => void) | undefined;
  /** Stops announcing; what is announced is performed. */
  readonly signal?: AbortSignal | undefined;
}

export interface PayManyProgress {
  readonly total: number;
  readonly done: number;
  readonly refused: number;
  readonly unknown: number;
  /** Places that the network allows now. */
  readonly allowance: number;
}

export interface PayManyResult {
  /** One a payment, in their order; undefined: not announced, because of `stopped` or the signal. */
  readonly outcomes: readonly (Outcome<Performed> | undefined)[];
  /** Why the rest was not announced. */
  readonly stopped: BaseError | undefined;
}

/** Batches under way; far below the 64 sequences of the window. */
const UNDER_WAY_MOST = 8;
/** ms that an allowance is believed. */
const ALLOWANCE_AGE_MS = 1000;
const PAUSE = { first: 100, most: 5000 };

/**
 * Pays all, each on its own: one that is refused stops no other. A batch that the network refuses for another reason than
 * its size (funds, say) is refused as one.
 *
 * @throws ParameterError for the first payment that is malformed, before anything is sent
 */
export async function payMany(client: BaseClient, parameters: PayManyParameters): Promise<PayManyResult> {
  const { payments, onProgress, signal } = parameters;
  const run = new Run(client, payments.map(transferOf), onProgress);
  const { genesis } = await client.network();
  const most = Math.min(parameters.batch ?? genesis.parameters.maxIntents, genesis.parameters.maxIntents);
  await run.all(Math.max(1, most), signal);
  return { outcomes: run.outcomes, stopped: run.stopped };
}

class Run {
  readonly outcomes: (Outcome<Performed> | undefined)[];
  stopped: BaseError | undefined;
  readonly #client: BaseClient;
  readonly #activities: readonly Activity[];
  readonly #report: ((progress: PayManyProgress) => void) | undefined;
  /** Indexes of payments to be announced; those to be announced again come first. */
  readonly #queue: number[];
  readonly #underWay = new Set<Promise<void>>();
  #places = 0;
  /** Of the network, lowered when it refuses. */
  #allowance = 1;
  #ceiling = Number.POSITIVE_INFINITY;
  #refusals = 0;
  readonly #counts = { done: 0, refused: 0, unknown: 0 };

  constructor(
    client: BaseClient,
    activities: readonly Activity[],
    report: ((progress: PayManyProgress) => void) | undefined,
  ) {
    this.#client = client;
    this.#activities = activities;
    this.#report = report;
    this.#queue = activities.map((_, index) => index).reverse();
    this.outcomes = activities.map(() => undefined);
  }

  async all(batchMost: number, signal: AbortSignal | undefined): Promise<void> {
    // Places that others of this account hold: they are not ours to use.
    const foreign = (await this.#lookAtAllowance()).openPlaces;
    while (
      (this.#queue.length > 0 && this.stopped === undefined && !signal?.aborted) ||
      this.#underWay.size > 0
    ) {
      const mayStart = this.#queue.length > 0 && this.stopped === undefined && !signal?.aborted;
      const room = this.#allowance - foreign - this.#places;
      const half = Math.max(1, Math.floor(this.#allowance / 2));
      const size = Math.min(batchMost, half, this.#queue.length, Math.max(room, this.#places === 0 ? 1 : 0));
      if (mayStart && size > 0 && this.#underWay.size < UNDER_WAY_MOST) this.#start(size);
      else await Promise.race(this.#underWay);
    }
  }

  #start(size: number): void {
    const batch = Array.from({ length: size }, () => this.#queue.pop()!);
    this.#places += size;
    const work = this.#payBatch(batch)
      .catch((error: unknown) => this.#stop(error, batch))
      .finally(() => {
        this.#places -= size;
        this.#underWay.delete(work);
        this.#report?.({ total: this.#activities.length, ...this.#counts, allowance: this.#allowance });
      });
    this.#underWay.add(work);
  }

  async #payBatch(batch: readonly number[]): Promise<void> {
    const { outcome, entry } = await deal(
      this.#client,
      'payMany',
      batch.map((index) => this.#activities[index]!),
    );
    if (outcome.status === 'refused' && outcome.code === codes.overAllowance)
      return await this.#shrink(batch);
    if (outcome.status === 'refused') {
      for (const index of batch) this.#note(index, refused(outcome.code, outcome.sequence));
      return;
    }
    if (outcome.status === 'unknown') {
      for (const index of batch) this.#note(index, outcome);
      return;
    }
    const book = await this.#client.book('payMany');
    const fulfilled = await perform(
      this.#client,
      book,
      entry,
      batch.map((_, i) => i),
    );
    fulfilled.forEach((one, i) => {
      this.#note(batch[i]!, one.status === 'done' ? { ...one, sequence: outcome.sequence } : one);
    });
    this.#refusals = 0;
    this.#ceiling *= 2;
    await this.#lookAgain();
  }

  /** It used a sequence up and reserved nothing: the payments are announced again. */
  async #shrink(batch: readonly number[]): Promise<void> {
    this.#ceiling = Math.max(1, Math.floor(Math.min(this.#allowance, this.#ceiling) / 2));
    this.#client.forgetView();
    await delay(backoffDelay(this.#refusals++, PAUSE));
    this.#queue.push(...batch.toReversed());
    await this.#lookAgain();
  }

  #note(index: number, outcome: Outcome<Performed>): void {
    this.outcomes[index] = outcome;
    this.#counts[outcome.status]++;
  }

  /** Nothing of this batch was sent; what follows would fail in the same way. */
  #stop(error: unknown, batch: readonly number[]): void {
    if (!(error instanceof BaseError)) throw error;
    this.stopped ??= error;
    this.#queue.push(...batch.toReversed());
  }

  /** What was known goes on being good enough. */
  async #lookAgain(): Promise<void> {
    try {
      await this.#lookAtAllowance();
    } catch (error) {
      if (!(error instanceof BaseError)) throw error;
      this.#allowance = Math.max(1, Math.min(this.#allowance, this.#ceiling));
    }
  }

  async #lookAtAllowance(): Promise<{ openPlaces: number }> {
    const view = await this.#client.view('payMany', ALLOWANCE_AGE_MS);
    this.#allowance = Math.max(1, Math.min(view.allowance, this.#ceiling));
    return view;
  }
}
