/**
 * An honest participant: it fetches what it wants to do, and does it after `hold`; it may crash and come back.
 * Its journal survives (docs/protocol.md, 3): what is still open when it is back, it fulfils.
 */
import { postPlaces } from '@upfront/core';
import type { Account, Blocks, Plan } from './account.ts';
import { Demand } from './demand.ts';
import type { Lot } from './lots.ts';
import type { Recovery, Tally } from './measure.ts';
import type { Rule } from './rules/rule.ts';
import type { HonestGroup, Scenario, Stake } from './scenario.ts';

export class HonestAccount implements Account {
  readonly row: number;
  readonly tally: Tally;
  readonly post: Stake | undefined;
  readonly places: number;
  readonly recovery: Recovery | undefined;
  funds: number;
  open = 0;
  readonly #group: HonestGroup;
  readonly #index: number;
  readonly #demand: Demand;
  readonly #rule: Rule;
  readonly #blocks: Blocks;
  readonly #warm: number;
  readonly #enters: number;
  readonly #hold: number;
  readonly #window: number;
  readonly #crashAt: number;
  readonly #backAt: number;
  #griefed = 0;
  #sinceBack = 0;

  constructor(
    scenario: Scenario,
    group: HonestGroup,
    index: number,
    row: number,
    rule: Rule,
    blocks: Blocks,
    tally: Tally,
  ) {
    const { network } = scenario;
    this.row = row;
    this.tally = tally;
    this.post = group.post;
    this.places = group.post === undefined ? 1 : postPlaces(group.post.size);
    this.funds = scenario.money.funds;
    this.#group = group;
    this.#index = index;
    this.#rule = rule;
    this.#blocks = blocks;
    this.#demand = new Demand(group, scenario.seed, row);
    this.#warm = blocks.at(scenario.warmup);
    this.#enters = Math.max(1, blocks.at(group.start + index * group.stagger));
    this.#hold = blocks.of(group.hold);
    this.#window = blocks.annulAfter(group.post === undefined ? network.windowTransfer : network.windowPost);
    const { crash } = group;
    this.#crashAt = crash === undefined ? Number.POSITIVE_INFINITY : blocks.at(crash.at);
    this.#backAt = crash === undefined ? 0 : this.#crashAt + blocks.of(crash.for);
    if (crash !== undefined)
      this.recovery = { annulled: 0, before: 0, after: 0, fulfilments: null, seconds: null, served: null };
  }

  want(block: number): number {
    if (block < this.#enters || this.backAt(block) > block) return 0;
    const isMeasured = block > this.#warm;
    const { recovery } = this;
    // Nothing was left over by the block before.
    if (recovery?.served === null && block > this.#backAt && this.#demand.waiting === 0)
      recovery.served = this.#secondsBack(block - 1);
    const arrived = this.#demand.arrive(block, this.#blocks.seconds);
    const late = this.#demand.giveUp(block - this.#blocks.of(this.#group.patience));
    if (isMeasured) {
      this.tally.arrived += arrived;
      this.tally.givenUp += late;
      this.tally.wanted[this.#index] = this.tally.wanted[this.#index]! + arrived;
    }
    return this.#beforeCrash(block) ?? this.#demand.waiting;
  }

  dealt(nonces: number, block: number): Plan[] {
    const queued = Math.min(nonces, this.#demand.waiting);
    this.#demand.take(queued, block, (blocks, count) => {
      if (block > this.#warm) this.tally.waits.add(blocks, count);
    });
    if (block === this.#crashAt && this.recovery !== undefined)
      this.recovery.before = this.#rule.standing(this.row);
    const plan = { fulfilAfter: this.#hold, annulAfter: this.#window, lapse: -1 } as const;
    const { griefed } = this.#group;
    if (griefed === undefined) return [{ ...plan, nonces }];
    this.#griefed += nonces * griefed.share;
    const lost = Math.min(nonces, Math.floor(this.#griefed));
    this.#griefed -= lost;
    return [
      { ...plan, nonces: nonces - lost },
      {
        nonces: lost,
        fulfilAfter: Number.POSITIVE_INFINITY,
        annulAfter: this.#blocks.annulAfter(griefed.window * 1000),
        lapse: 0,
      },
    ];
  }

  resolved(lot: Lot, block: number): void {
    if (lot.state === 'fulfilled' && block > this.#warm)
      this.tally.served[this.#index] = this.tally.served[this.#index]! + lot.nonces;
    const { recovery } = this;
    if (recovery === undefined || block <= this.#crashAt) return;
    if (lot.state === 'annulled') recovery.annulled += lot.nonces;
    if (block < this.#backAt || lot.state === 'annulled') {
      recovery.after = this.#rule.standing(this.row);
      return;
    }
    this.#sinceBack += lot.nonces;
    if (recovery.fulfilments !== null || this.#rule.standing(this.row) < recovery.before) return;
    recovery.fulfilments = this.#sinceBack;
    recovery.seconds = this.#secondsBack(block);
  }

  backAt(block: number): number {
    return block > this.#crashAt && block < this.#backAt ? this.#backAt : block;
  }

  /** Before a crash with a given number of open nonces: it lets everything end, then fetches just these. */
  #beforeCrash(block: number): number | undefined {
    const open = this.#group.crash?.open;
    if (open === undefined || block > this.#crashAt || block < this.#crashAt - this.#hold) return undefined;
    return block === this.#crashAt ? open : 0;
  }

  #secondsBack(block: number): number {
    return (block - this.#backAt) * this.#blocks.seconds;
  }
}
