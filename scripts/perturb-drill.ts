// The rounds of `npm run perturb`: a real committee on hosts of its own, under load, is perturbed again and again; after
// each perturbation blocks come again and everything that was ever announced is checked (perturb-audit.ts).
// Invariant: one seed makes all choices; whatever fails names it, and the logs of the nodes stay.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readGenesisFile, startAnvil } from '@upfront/node';
import { Random } from './crash-network.ts';
import { Audit, getJson } from './perturb-audit.ts';
import { Committee, NODES, VALIDATORS } from './perturb-committee.ts';
import { KINDS, type Perturbation } from './perturb-kinds.ts';
import { Lan } from './perturb-lan.ts';
import { Load } from './perturb-load.ts';

export interface DrillOptions {
  readonly cometbft: string;
  readonly times: number;
  readonly seed: number;
  /** Of which kinds; each equally often, in an order that the seed gives. */
  readonly kinds: readonly string[];
  /** ms: a perturbation's most and a pause's length. */
  readonly hold: number;
  readonly pause: number;
  /** ms within which blocks have to come when more than 2/3 can talk; and a node has to be back. */
  readonly blocksMost: number;
  readonly backMost: number;
  say(line: string): void;
}

/** Of one perturbation, in ms. */
export interface Figures {
  readonly kind: string;
  /** Longest time without a block while more than 2/3 could talk, the first block after the healing included. */
  readonly blocks: number;
  /** From the healing until every node has what the others had at that moment. */
  readonly back: number;
}

export interface DrillResult {
  readonly seed: number;
  readonly figures: readonly Figures[];
  readonly height: number;
  readonly payments: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly resumed: number;
  readonly headers: number;
  readonly imported: number;
  readonly settled: number;
  readonly deeds: number;
  readonly rejections: number;
  readonly seconds: number;
}

/** ms between two looks at the heights, and that a look may take. */
const LOOK_MS = 100;
const LOOK_MOST_MS = 1000;
const HOLD_LEAST_MS = 1500;
/** ms for items and settlements that are under way to arrive at the end. */
const SETTLE_MOST_MS = 120_000;

/** Throws what failed first; the logs stay then, and the message names them and the seed. */
export async function runDrill(options: DrillOptions): Promise<DrillResult> {
  const folder = mkdtempSync(join(tmpdir(), 'upfront-perturb-'));
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (let one = closers.pop(); one !== undefined; one = closers.pop()) await one();
  };
  const end = (): void => void close().finally(() => process.exit(130));
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    const result = await new Drill(options, folder).run(closers);
    await close();
    rmSync(folder, { recursive: true, force: true });
    return result;
  } catch (error) {
    throw new Error(`seed ${options.seed}; the nodes' logs and data are in ${folder}`, { cause: error });
  } finally {
    await close();
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}

class Drill {
  readonly #options: DrillOptions;
  readonly #folder: string;
  readonly #random: Random;
  readonly #figures: Figures[] = [];
  readonly #heights = new Array<number>(NODES).fill(0);
  #failed: unknown;
  #committee!: Committee;
  #lan!: Lan;
  #load!: Load;
  #audit!: Audit;

  constructor(options: DrillOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
    this.#random = new Random(options.seed);
  }

  async run(closers: (() => Promise<void> | void)[]): Promise<DrillResult> {
    const started = performance.now();
    const { times, kinds, say } = this.#options;
    await this.#start(closers);
    say(`${VALIDATORS} validators and a follower run; ${Math.round((performance.now() - started) / 1000)} s`);
    let order: string[] = [];
    for (let i = 0; i < times; i++) {
      if (order.length === 0) order = shuffled(kinds, this.#random);
      const figures = await this.#perturb(order.pop()!, i + 1);
      this.#figures.push(figures);
    }
    await this.#load.stop();
    return await this.#finish(started);
  }

  async #start(closers: (() => Promise<void> | void)[]): Promise<void> {
    const { cometbft } = this.#options;
    this.#lan = new Lan(NODES);
    closers.push(() => this.#lan.remove());
    const anvil = await startAnvil({ blockTime: 1 });
    closers.push(() => anvil.stop());
    const options = { folder: this.#folder, lan: this.#lan, anvil, cometbft, random: this.#random };
    this.#committee = await Committee.start(options);
    closers.push(() => this.#committee.close());
    this.#load = new Load(this.#urls, anvil.url, readGenesisFile(this.#committee.genesisPath));
    this.#audit = new Audit(this.#load);
    await this.#load.fund();
    this.#load.start((error) => {
      this.#failed ??= error;
    });
    closers.push(() => this.#load.abandon());
  }

  async #perturb(kind: string, number: number): Promise<Figures> {
    const { hold, pause, say } = this.#options;
    const random = this.#random;
    const scene = {
      committee: this.#committee,
      lan: this.#lan,
      random,
      hold: random.from(Math.min(HOLD_LEAST_MS, hold), hold),
      pause,
    };
    const perturbation = await KINDS[kind]!(scene);
    const meanwhile = await this.#watch(perturbation);
    if (random.below(4) === 0) await this.#load.deposit(number);
    await perturbation.undo();
    if (perturbation.isWiped) this.#audit.forget(this.#urls[perturbation.out[0]!]!);
    const { blocks, back } = await this.#heal();
    await this.#audit.check(this.#urls);
    this.#assertSound();
    const figures = { kind, blocks: Math.max(meanwhile, blocks), back };
    const { final } = this.#load;
    say(
      `${number}: ${perturbation.what}; blocks after ${seconds(figures.blocks)} s, all back after ${seconds(back)} s; ` +
        `height ${Math.max(...this.#heights)}, ${final.length} payments`,
    );
    return figures;
  }

  /** The longest time without a block while it lasts, if more than 2/3 can talk. */
  async #watch({ out, last }: Perturbation): Promise<number> {
    const isQuorum = out.filter((i) => i < VALIDATORS).length < VALIDATORS / 3;
    const others = Array.from({ length: NODES }, (_, i) => i).filter((i) => !out.includes(i));
    let isOver = false;
    const lasting = last().finally(() => {
      isOver = true;
    });
    lasting.catch(() => undefined);
    const longest = isQuorum ? await this.#longestStill(others, () => isOver) : 0;
    await lasting;
    return longest;
  }

  /** Ends with the first block after `isOver`. */
  async #longestStill(nodes: readonly number[], isOver: () => boolean): Promise<number> {
    let longest = 0;
    let since = performance.now();
    let newest = await this.#look(nodes);
    for (;;) {
      const isLast = isOver();
      const height = await this.#look(nodes);
      const still = performance.now() - since;
      longest = Math.max(longest, still);
      if (height > newest) {
        [newest, since] = [height, performance.now()];
        if (isLast) return longest;
      }
      this.#assertBlocks(still);
      await sleep(LOOK_MS);
    }
  }

  /** Everybody can talk: a block comes, and then everybody has what was there when they began to. */
  async #heal(): Promise<{ blocks: number; back: number }> {
    const healed = performance.now();
    const everybody = Array.from({ length: NODES }, (_, i) => i);
    const before = await this.#look(everybody);
    let blocks: number | undefined;
    for (;;) {
      const height = await this.#look(everybody);
      const passed = performance.now() - healed;
      if (height > before) blocks ??= passed;
      else this.#assertBlocks(passed);
      if (blocks !== undefined && this.#heights.every((one) => one >= before))
        return { blocks, back: passed };
      if (passed > this.#options.backMost) {
        throw new Error(
          `after ${seconds(passed)} s not everybody is at ${before}: ${this.#heights.join(', ')}`,
        );
      }
      this.#assertSound();
      await sleep(LOOK_MS);
    }
  }

  /** The highest height of these nodes, as far as they answer. */
  async #look(nodes: readonly number[]): Promise<number> {
    await Promise.all(
      nodes.map(async (i) => {
        const status = await getJson(this.#urls[i]!, '/v1/status', LOOK_MOST_MS).catch(() => undefined);
        if (status !== undefined) this.#heights[i] = Number(status.height);
      }),
    );
    return Math.max(...nodes.map((i) => this.#heights[i]!));
  }

  #assertBlocks(still: number): void {
    if (still <= this.#options.blocksMost) return;
    throw new Error(
      `no block for ${seconds(still)} s, and more than 2/3 can talk; heights ${this.#heights.join(', ')}`,
    );
  }

  /** No node ended by itself, and no user was told what cannot be. */
  #assertSound(): void {
    if (this.#failed !== undefined) throw this.#failed;
    for (const { ended } of this.#committee.nodes) if (ended !== undefined) throw ended;
  }

  /** The load is over: all nodes get to the same, and to what L1 has. */
  async #finish(started: number): Promise<DrillResult> {
    const urls = this.#urls;
    const { final, refused, resumed } = this.#load;
    this.#assertSound();
    const bonds = VALIDATORS;
    const end = performance.now() + SETTLE_MOST_MS;
    let status = await getJson(urls[0]!, '/v1/status');
    const isThere = (): boolean =>
      Number(status.l1.imported) === this.#load.deposits + bonds && status.openNonces === 0;
    while (!isThere()) {
      if (performance.now() > end) throw new Error(`not imported or still open: ${JSON.stringify(status)}`);
      await sleep(LOOK_MS);
      status = await getJson(urls[0]!, '/v1/status');
    }
    await this.#heal();
    await this.#audit.checkAll(urls);
    const { nodes } = this.#committee;
    const sum = (count: (i: number) => number): number => nodes.reduce((a, _, i) => a + count(i), 0);
    return {
      seed: this.#options.seed,
      figures: this.#figures,
      height: Math.max(...this.#heights),
      payments: final.length,
      refused,
      resumed,
      headers: this.#audit.headers,
      imported: Number(status.l1.imported),
      settled: Number(status.l1.settled),
      deeds: sum((i) => nodes[i]!.countDeeds()),
      rejections: sum((i) => nodes[i]!.countRejections()),
      seconds: Math.round((performance.now() - started) / 1000),
    };
  }

  get #urls(): string[] {
    return this.#committee.nodes.map(({ url }) => url);
  }
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const left = [...list];
  return list.map(() => left.splice(random.below(left.length), 1)[0]!);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
