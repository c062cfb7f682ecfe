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
/** ms that an answer may take. */
const ANSWER_MOST_MS = 10_000;

// biome-ignore lint/suspicious/noExplicitAny: answers of the API, read in one place each
export type Json = Record<string, any>;

/** What was read of one node. */
interface Read {
  height: number;
  cursor: string | undefined;
  readonly paid: Map<string, bigint>;
  /** Payments of the load's list that were found. */
  found: number;
  /** Announced at a height that the node did not have yet. */
  waiting: Final[];
}

export class Audit {
  /** By height: the digest of the only header, which holds the state's hash. */
  readonly #digests: string[] = [];
  readonly #nodes = new Map<string, Read>();
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
    const paid = urls.map((url) => this.#nodes.get(url)!.paid);
    for (const one of paid) assert.deepEqual(one, paid[0], 'every node has the same payments');
    for (const reference of this.#load.neverPaid)
      assert.ok(!paid[0]!.has(reference), `${reference} was refused, and is paid`);
    for (const url of urls) {
      const { balance } = await getJson(url, `/v1/accounts/${PAYEE}`);
      const sum = [...paid[0]!.values()].reduce((a, b) => a + b, 0n);
      assert.equal(BigInt(balance), sum, 'who is paid has the sum of its payments');
    }
  }

  async #checkNode(url: string): Promise<void> {
    const read = this.#nodes.get(url) ?? freshRead();
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
      else
        assert.equal(
          read.paid.get(final.reference),
          final.amount,
          `${url} lost the payment of nonce ${final.nonce}, final at ${final.height}`,
        );
    }
    this.payments += announced.length - read.waiting.length;
    const thief = await getJson(url, `/v1/accounts/${toHex(THIEF)}`);
    assert.equal(thief.balance, '0', `${url} imported an item that does not exist`);
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
        if (event.type !== 'transferred') continue;
        assert.ok(!read.paid.has(event.reference), `${url}: ${event.reference} was paid twice`);
        assert.ok(this.#load.references.has(event.reference), `${url}: nobody made ${event.reference}`);
        assert.ok(
          !this.#load.neverPaid.has(event.reference),
          `${url}: ${event.reference} was refused, and is paid`,
        );
        read.paid.set(event.reference, BigInt(event.amount));
      }
      if (events.length < PAGE) return;
    }
  }
}

function freshRead(): Read {
  return { height: 0, cursor: undefined, paid: new Map(), found: 0, waiting: [] };
}

export async function getJson(url: string, path: string, most = ANSWER_MOST_MS): Promise<Json> {
  const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(most) });
  const body = (await response.json()) as Json;
  if (!response.ok) throw new Error(`${url}${path}: ${response.status} ${JSON.stringify(body)}`);
  return body;
}
