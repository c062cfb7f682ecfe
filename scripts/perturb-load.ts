/// <reference lib="dom" />
// The users of `npm run perturb`: one client a node, as a wallet or a shop would use it, that pays all the time and takes
// up again what it was not told. Each payment has a reference of its own.
// Invariant: what is noted as final was announced as final by the node that the client uses.

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BaseError, type Client, createClient, memoryJournal } from '@upfront/client';
import { type Genesis, toHex } from '@upfront/core';
import { DEV_KEYS } from '@upfront/node';
import type { Address, Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

export interface Final {
  readonly reference: Hex;
  readonly amount: bigint;
  readonly nonce: number;
  readonly height: number;
}

/** Who is paid: somebody that pays nobody. */
export const PAYEE: Address = '0x00000000000000000000000000000000000a11ce';
/** Units: 5 ETH, counted in gwei. */
const FUNDS = 5n * 10n ** 9n;
const BATCH = 8;
/** ms between two tries of a client that is told nothing. */
const PAUSE_MS = 250;
const TIMEOUT_MS = 4000;
/** What a network under perturbation may well refuse: it came too late, or L1 is not seen. */
const USUAL = ['expired', 'not-open', 'lagging', 'over-allowance'];

export class Load {
  readonly final: Final[] = [];
  /** Refusals by name. */
  readonly refused: Record<string, number> = {};
  readonly references = new Set<string>();
  /** Refused, which is certain. */
  readonly neverPaid = new Set<string>();
  /** Times that an outcome was unknown and taken up again. */
  resumed = 0;
  deposits = 0;
  readonly #clients: Client[];
  #isOver = false;
  #isAbandoned = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(urls: readonly string[], l1: string, genesis: Genesis) {
    this.#clients = urls.map((node, i) =>
      createClient({
        node,
        l1,
        genesis,
        account: privateKeyToAccount(DEV_KEYS[i + 1]!),
        journal: memoryJournal(),
        timeout: TIMEOUT_MS,
      }),
    );
  }

  /** Everybody deposits; resolves when the network has imported it. */
  async fund(): Promise<void> {
    await Promise.all(
      this.#clients.map(async (client) => {
        const { item } = await client.deposit({ amount: FUNDS });
        this.deposits++;
        await client.waitFor({ item, timeout: 60_000 });
      }),
    );
  }

  /** Another deposit, which the network imports when it sees it. */
  async deposit(i: number): Promise<void> {
    await this.#clients[i % this.#clients.length]!.deposit({ amount: 1000n });
    this.deposits++;
  }

  /** Pays until it is stopped; `failed` is told what no perturbation explains. */
  start(failed: (error: unknown) => void): void {
    this.#running = Promise.all(this.#clients.map((client, i) => this.#run(client, i).catch(failed)));
  }

  /** Stops paying; resolves when every payment that was begun has an end. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /** Stops, whatever is under way. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.#running;
  }

  async #run(client: Client, number: number): Promise<void> {
    let isInDoubt = false;
    for (let round = 0; !this.#isAbandoned && (!this.#isOver || isInDoubt); ) {
      try {
        isInDoubt = isInDoubt ? await this.#takeUp(client) : await this.#pay(client, number, round++);
      } catch (error) {
        // The node is away, or another one than yesterday: a client tries again.
        if (!(error instanceof BaseError)) throw error;
        isInDoubt = true;
      }
      if (isInDoubt) await sleep(PAUSE_MS);
    }
  }

  /** Gives whether anything is not known. */
  async #pay(client: Client, number: number, round: number): Promise<boolean> {
    const payments = Array.from({ length: BATCH }, (_, i) => {
      const reference = toHex(createHash('sha256').update(`${number} ${round} ${i}`).digest());
      this.references.add(reference);
      return { to: PAYEE, amount: BigInt(1 + ((round * BATCH + i) % 50)), reference };
    });
    const { outcomes, stopped } = await client.payMany({ payments });
    outcomes.forEach((outcome, i) => {
      const { reference, amount } = payments[i]!;
      if (outcome?.status === 'done') {
        this.final.push({ reference, amount, nonce: outcome.nonce, height: outcome.height });
      } else if (outcome?.status === 'refused') this.#refuse(outcome.name, reference);
    });
    return stopped !== undefined || outcomes.some((outcome) => outcome?.status === 'unknown');
  }

  async #takeUp(client: Client): Promise<boolean> {
    const results = await client.resume();
    this.resumed += results.length;
    return results.some(({ status }) => status === 'unknown' || status === 'open');
  }

  #refuse(name: string, reference: Hex): void {
    this.neverPaid.add(reference);
    this.refused[name] = (this.refused[name] ?? 0) + 1;
    if (!USUAL.includes(name)) throw new Error(`a payment was refused: ${name}`);
  }
}
