/**
 * A participant that takes places away from others: it withholds, pulses, fulfils at the last moment, lets holds for
 * itself lapse, or changes its name.
 * It knows the rule, its own record and the blocks; it acts in the best block that its behaviour allows.
 */
import { postPlaces } from '@upfront/core';
import type { Account, Blocks, Plan } from './account.ts';
import type { Lot } from './lots.ts';
import type { Tally } from './measure.ts';
import type { Rule } from './rules/rule.ts';
import type { AttackerGroup, Scenario, Stake } from './scenario.ts';

export class AttackerAccount implements Account {
  readonly row: number;
  readonly tally: Tally;
  readonly post: Stake | undefined;
  readonly places: number;
  funds: number;
  open = 0;
  readonly #group: AttackerGroup;
  readonly #rule: Rule;
  readonly #enters: number;
  readonly #window: number;
  readonly #holdWindow: number;
  readonly #standingStart: number;
  readonly #newFunds: number;
  /** Of a pulse: transfers to itself, withholding in bulk, waiting until all of it is annulled. */
  #phase: 'rebuild' | 'strike' | 'drain' = 'rebuild';
  #since = 0;
  readonly #rebuild: number;

  constructor(
    scenario: Scenario,
    group: AttackerGroup,
    index: number,
    row: number,
    rule: Rule,
    blocks: Blocks,
    tally: Tally,
    standingStart: number,
  ) {
    const { network, money } = scenario;
    this.row = row;
    this.tally = tally;
    this.post = group.post;
    this.places = group.post === undefined ? 1 : postPlaces(group.post.size);
    this.funds = money.funds;
    this.#newFunds = money.funds;
    this.#group = group;
    this.#rule = rule;
    this.#standingStart = standingStart;
    this.#enters = Math.max(1, blocks.at(group.start + index * group.stagger));
    this.#holdWindow = blocks.annulAfter(group.window * 1000);
    this.#rebuild = blocks.of(group.rebuild);
    this.#window = blocks.annulAfter(group.post === undefined ? network.windowTransfer : network.windowPost);
  }

  want(block: number): number {
    if (block < this.#enters) return 0;
    if (this.#group.behaviour === 'pulse') this.#turn(block);
    if (this.#phase === 'drain') return 0;
    return Math.max(0, Math.floor((this.#group.most - this.open * this.places) / this.places));
  }

  dealt(nonces: number): Plan[] {
    const plan = { nonces, annulAfter: this.#window, lapse: -1 } as const;
    const { behaviour } = this.#group;
    if (behaviour === 'lapse')
      return [{ nonces, fulfilAfter: Number.POSITIVE_INFINITY, annulAfter: this.#holdWindow, lapse: 0 }];
    if (behaviour === 'slow') return [{ ...plan, fulfilAfter: this.#window - 1 }];
    if (behaviour === 'pulse' && this.#phase === 'rebuild') return [{ ...plan, fulfilAfter: 1 }];
    return [{ ...plan, fulfilAfter: Number.POSITIVE_INFINITY }];
  }

  resolved(lot: Lot): void {
    if (lot.state !== 'annulled') return;
    if (this.#phase === 'strike' && this.#rule.standing(this.row) < this.#group.target) this.#phase = 'drain';
    if (this.#group.behaviour === 'sybil' && this.open === 0) this.#changeName();
  }

  backAt(block: number): number {
    return block;
  }

  #turn(block: number): void {
    if (this.#phase === 'drain' && this.open === 0) {
      this.#phase = 'rebuild';
      this.#since = block;
    }
    if (this.#since === 0) this.#since = block;
    const isReady =
      this.#rule.standing(this.row) >= this.#group.target || block - this.#since >= this.#rebuild;
    if (this.#phase === 'rebuild' && isReady) this.#phase = 'strike';
  }

  /** A sybil leaves a spoilt account, and its bond in it, and comes back as a new one. */
  #changeName(): void {
    this.#rule.enter(this.row, this.#standingStart);
    this.funds = this.#newFunds;
    this.tally.identities++;
  }
}
