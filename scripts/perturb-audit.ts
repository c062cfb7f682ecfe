// What must hold after every perturbation, asked of every node: one header at each height, every payment that was
// announced as final on record, none of them twice, nothing for whom nobody paid.
// Invariant: a node's answers are compared with what all nodes said before, not with what the node remembers.

import assert from 'node:assert/strict';
import { toHex } from '@upfront/core';
import { THIEF } from './perturb-deeds.ts';
import { type Final, type Load, PAYEE } from './perturb-load.ts';

/** Headers that are asked for at the same time, and events a page. */
const AHEAD = 16;
const PAGE = 1000;
/** The HTTP status of what is older than the snapshot that a node began with (docs/api.md). */
const NOT_KEPT = 410;
/** An event's index that no block has. */
const LAST_INDEX = 2 ** 31;
/** ms that an answer may take. */
const ANSWER_MOST_MS = 10_000;

// biome-ignore lint/suspicious/noExplicitAny: answers of the API, read in one place each
export type Json = Record<string, any>;

/** What was read of one node. */
interface Read {
  height: number;
  /** Events up to this height are not asked for: of what was before its snapshot, a node has the state only. */
  readonly base: number;
  cursor: string | undefined;
  readonly paid: Set<string>;
  /** Payments of the load's list that were found. */
  found: number;
  /** Announced at a height that the node did not have yet. */
  waiting: Final[];
}

export class Audit {
  /** By height: the digest of the only header, which holds the state's hash. */
  readonly #digests: string[] = [];
  readonly #nodes = new Map<string, Read>();
  /** By reference: what any node has, or had before its disk was emptied. */
  readonly #paid = new Map<string, { height: number; amount: bigint }>();
  readonly #load: Load;
  headers = 0;
  payments = 0;

  constructor(load: Load) {
    this.#load = load;
  }

  /** What was read of a node is read again: it has another disk. */
  forget(url: string): void {
    this.#nodes.delete(url);
  }

  async check(urls: readonly string[]): Promise<void> {
    await Promise.all(urls.map((url) => this.#checkNode(url)));
  }

  /** Everything again, from the first event on; every node has everything. */
  async checkAll(urls: readonly string[]): Promise<void> {
    this.#nodes.clear();
    await this.check(urls);
    for (const { waiting } of this.#nodes.values())
      assert.equal(waiting.length, 0, 'payments that are not there yet');
    for (const url of urls) {
      const { base, paid } = this.#nodes.get(url)!;
      for (const [reference, { height }] of this.#paid)
        assert.ok(height <= base || paid.has(reference), `${url} has no ${reference} of height ${height}`);
      const { balance } = await getJson(url, `/v1/accounts/${PAYEE}`);
      const sum = [...this.#paid.values()].reduce((all, { amount }) => all + amount, 0n);
      assert.equal(BigInt(balance), sum, 'who is paid has the sum of its payments');
    }
    for (const reference of this.#load.neverPaid)
      assert.ok(!this.#paid.has(reference), `${reference} was refused, and is paid`);
  }

  async #checkNode(url: string): Promise<void> {
    const read = this.#nodes.get(url) ?? (await freshRead(url));
    this.#nodes.set(url, read);
    // Announced before the height is asked for: who is behind it is told apart from who lost it.
    const announced = [...read.waiting, ...this.#load.final.slice(read.found)];
    read.found = this.#load.final.length;
    const height = Number((await getJson(url, '/v1/status')).height);
    assert.ok(height >= read.height, `${url} had height ${read.height}, and now ${height}`);
    await this.#checkHeaders(url, read, height);
    await this.#readEvents(url, read);
    read.waiting = [];
    for (const final of announced) {
      if (final.height > height) read.waiting.push(final);
      else if (final.height > read.base) this.#assertPaid(url, read, final);
    }
    this.payments += announced.length - read.waiting.length;
    const thief = await getJson(url, `/v1/accounts/${toHex(THIEF)}`);
    assert.equal(thief.balance, '0', `${url} imported an item that does not exist`);
  }

  #assertPaid(url: string, { paid }: Read, { reference, amount, nonce, height }: Final): void {
    assert.ok(paid.has(reference), `${url} lost the payment of nonce ${nonce}, final at ${height}`);
    assert.deepEqual(this.#paid.get(reference), { height, amount }, `the payment of nonce ${nonce}`);
  }

  async #checkHeaders(url: string, read: Read, height: number): Promise<void> {
    while (read.height < height) {
      const count = Math.min(AHEAD, height - read.height);
      const heights = Array.from({ length: count }, (_, i) => read.height + 1 + i);
      const headers = await Promise.all(heights.map((one) => getJson(url, `/v1/headers/${one}`)));
      headers.forEach(({ digest }, i) => {
        const at = heights[i]!;
        this.#digests[at] ??= digest;
        assert.equal(digest, this.#digests[at], `two headers of height ${at}; one is of ${url}`);
        this.headers++;
      });
      read.height += count;
    }
  }

  /** Payments that the node has on record, each once. */
  async #readEvents(url: string, read: Read): Promise<void> {
    for (;;) {
      const after = read.cursor === undefined ? '' : `after=${read.cursor}&`;
      const { events } = await getJson(url, `/v1/accounts/${PAYEE}/events?${after}limit=${PAGE}`);
      for (const { cursor, event } of events as Json[]) {
        read.cursor = cursor;
        if (event.type === 'transferred') this.#note(url, read, Number(cursor.split('.')[0]), event);
      }
      if (events.length < PAGE) return;
    }
  }

  /** Once, by somebody who was not told that it is refused, and the same on every node. */
  #note(url: string, { paid }: Read, height: number, { reference, amount: units }: Json): void {
    const amount = BigInt(units);
    assert.ok(!paid.has(reference), `${url}: ${reference} was paid twice`);
    assert.ok(this.#load.references.has(reference), `${url}: nobody made ${reference}`);
    assert.ok(!this.#load.neverPaid.has(reference), `${url}: ${reference} was refused, and is paid`);
    paid.add(reference);
    const known = this.#paid.get(reference) ?? { height, amount };
    assert.deepEqual(known, { height, amount }, `${url}: ${reference}`);
    this.#paid.set(reference, known);
  }
}

/** A node that began with a snapshot says so when it is asked for what was before. */
async function freshRead(url: string): Promise<Read> {
  const response = await fetch(`${url}/v1/headers/1`, { signal: AbortSignal.timeout(ANSWER_MOST_MS) });
  const said = await response.text();
  const height = response.status === NOT_KEPT ? Number(/snapshot of height (\d+)/.exec(said)![1]) : 0;
  if (height === 0) return { height, base: 0, cursor: undefined, paid: new Set(), found: 0, waiting: [] };
  // Nobody can ask for what is behind the last event of the snapshot: one block more is left out.
  const base = height + 1;
  return { height, base, cursor: `${base}.${LAST_INDEX}`, paid: new Set(), found: 0, waiting: [] };
}

export async function getJson(url: string, path: string, most = ANSWER_MOST_MS): Promise<Json> {
  const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(most) });
  const body = (await response.json()) as Json;
  if (!response.ok) throw new Error(`${url}${path}: ${response.status} ${JSON.stringify(body)}`);
  return body;
}
