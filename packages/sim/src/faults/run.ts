/**
 * One seed from beginning to end: the plan happens, everything heals, and what was promised is looked at.
 */
import type { Genesis, Hashes } from '@upfront/core';
import { createHashes } from '@upfront/node/parts';
import { assertOwners, Liar } from './byzantine.ts';
import { assert } from './checker.ts';
import { Committee } from './committee.ts';
import type { Call } from './contract.ts';
import { Hostile } from './hostile.ts';
import { FAIR, FOUL } from './network.ts';
import { Operator } from './operator.ts';
import { Person } from './person.ts';
import { type Mode, type Plan, planOf, type Step } from './plan.ts';
import { fakeCurve } from './signatures.ts';
import { START, World, type WorldOptions } from './world.ts';

export interface RunOptions {
  readonly seed: number;
  readonly mode?: Mode | undefined;
  /** Steps of the plan that do not happen. */
  readonly without?: ReadonlySet<number>;
  /** Real signatures, for a real contract at this address. */
  readonly real?: Pick<WorldOptions, 'curve' | 'keyOf' | 'contract'>;
}

export interface RunResult {
  readonly seed: number;
  readonly mode: Mode;
  readonly steps: number;
  /** What did not hold; undefined: everything held. */
  readonly failure: string | undefined;
  readonly stack: string | undefined;
  /** ms of simulated time, events of the simulation, blocks. */
  readonly simulated: number;
  readonly events: number;
  readonly blocks: number;
  readonly coverage: ReadonlyMap<string, number>;
  readonly diary: readonly string[];
  /** Of all that happened: two runs of a seed have the same. */
  readonly digest: string;
  /** The final calls of L1, in order, with their times in s. */
  readonly calls: readonly { readonly call: Call; readonly time: number }[];
  readonly genesis: Genesis;
}

/** ms after healing until everything must be settled. */
const PATIENCE = 1_800_000;
const STEP = 5000;
/** How often the end may fall into the writing of a block; a block that is never given out is found. */
const WRITING_MOST = 20;
/** Deeds after which a nonce may be lost. */
const UNKEPT: readonly string[] = ['withhold'];
/** s that an exit may stay unanswered, where the operator stops for good. */
export const CLOSE_AGE = 90;
const FAST = { least: 0.5, most: 4 };
const SLOW = { least: 50, most: 900 };

let loaded: Promise<Hashes> | undefined;

/** Without the batches: a ledger would take megabytes for them, and a seed makes many ledgers. */
async function loadHashes(): Promise<Hashes> {
  const { sha256, keccak256 } = await createHashes();
  return { sha256, keccak256 };
}

export async function runSeed({ seed, mode, without = new Set(), real }: RunOptions): Promise<RunResult> {
  loaded ??= loadHashes();
  const hashes = await loaded;
  const plan = planOf(seed, mode);
  const isByzantine = plan.mode === 'byzantine';
  const closeAge = isByzantine ? CLOSE_AGE : 86_400;
  const world = new World({ seed, validators: plan.validators, hashes, curve: fakeCurve, closeAge, ...real });
  const run = new Run(world, plan, without);
  world.platform.install();
  let failure: unknown;
  try {
    await run.play();
  } catch (error) {
    failure = error;
  } finally {
    world.platform.uninstall();
  }
  failure = world.platform.failure ?? failure;
  if (world.l1.reorganisations > 0) world.checker.count('reorganisation');
  const { checker, platform, diary } = world;
  return {
    seed,
    mode: plan.mode,
    steps: plan.steps.length,
    failure: failure === undefined ? undefined : textOf(failure),
    stack: failure instanceof Error ? failure.stack : undefined,
    simulated: platform.now - START,
    events: platform.events,
    blocks: checker.blocks.length,
    coverage: checker.coverage,
    diary,
    digest: Buffer.from(checker.ledger.digest).toString('hex'),
    calls: world.l1.history.map(({ transaction, time }) => ({ call: transaction.call, time })),
    genesis: world.genesis,
  };
}

function textOf(failure: unknown): string {
  return failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
}

class Run {
  readonly #world: World;
  readonly #plan: Plan;
  readonly #without: ReadonlySet<number>;
  readonly #persons: Person[] = [];
  readonly #nodes: Operator[] = [];
  #hostile: Hostile | undefined;
  #committee: Committee | undefined;
  /** The lying operator is gone for good. */
  #hasStopped = false;
  /** Names of troubles that last, each with the end of the longest. */
  readonly #lasting = new Map<string, number>();

  constructor(world: World, plan: Plan, without: ReadonlySet<number>) {
    this.#world = world;
    this.#plan = plan;
    this.#without = without;
  }

  async play(): Promise<void> {
    const { platform, checker } = this.#world;
    this.#begin();
    this.#plan.steps.forEach((step, i) => {
      if (!this.#without.has(i)) platform.after(step.at, undefined, () => this.#step(step));
    });
    await this.#until(START + this.#plan.healed);
    if (this.#plan.mode === 'byzantine') return await this.#leave();
    this.#heal();
    await this.#settle();
    if (this.#plan.isCalm) this.#assertKept();
    for (let i = 0; i < this.#plan.paysAgain; i++) await this.#payOnceMore();
    await this.#settle();
    if (this.#committee !== undefined) await this.#stopCommittee(this.#committee);
    // A block that is being written is on disk by then, unless the next one has begun.
    const isWriting = (): boolean =>
      this.#nodes.some(({ chain }) => chain !== undefined && checker.isAhead(chain));
    for (let tries = 0; tries < WRITING_MOST && (tries === 0 || isWriting()); tries++)
      await this.#until(platform.now + 500);
    checker.finish(this.#nodes.map(({ name, chain }) => ({ name, chain })));
    for (const person of this.#persons) {
      assert(person.waiting === 0, `${person.name}'s books still wait for something`);
    }
  }

  /** The operator is gone for good: whoever has money leaves by two calls of L1, and needs nobody for it. */
  async #leave(): Promise<void> {
    const { platform, l1 } = this.#world;
    this.#hasStopped = true;
    for (const node of this.#nodes) node.crash();
    l1.isStalled = false;
    l1.isDown = false;
    for (const person of this.#persons) {
      person.journal.failsNext = false;
      if (!person.process.isAlive) person.start();
    }
    await this.#until(platform.now + STEP);
    for (const person of this.#persons)
      if (!l1.tip.account(person.address).exiting) person.act({ do: 'exit' });
    await this.#until(platform.now + 1000 * CLOSE_AGE + 12 * STEP);
    for (let round = 0; round < 3; round++) {
      for (const person of this.#persons) person.act({ do: 'claim' });
      await this.#until(platform.now + 12 * STEP);
    }
    assertOwners(this.#persons, this.#world);
    l1.final.assertTotal();
  }

  /** No more blocks; everybody gets to the last one. */
  async #stopCommittee(committee: Committee): Promise<void> {
    committee.isStopped = true;
    await this.#until(this.#world.platform.now + STEP);
    for (const member of committee.members) void member.follow();
    await this.#until(this.#world.platform.now + STEP);
  }

  #begin(): void {
    const world = this.#world;
    const { platform, l1, validatorKeys } = world;
    if (this.#plan.mode === 'committee') {
      this.#committee = new Committee(world);
      this.#nodes.push(...this.#committee.members);
      if (this.#plan.liar !== undefined) this.#committee.liar = this.#plan.liar;
    } else {
      const Kind = this.#plan.mode === 'byzantine' ? Liar : Operator;
      this.#nodes.push(new Kind(world, 'node 0', validatorKeys[0]!));
    }
    for (let i = 0; i < this.#plan.persons; i++) {
      const person = new Person(world, i, this.#persons, `node ${i % this.#nodes.length}`);
      this.#persons.push(person);
      const amount = BigInt(world.random.between(2, 40)) * 1_000_000n;
      l1.send({ name: 'deposit', account: person.address, amount });
    }
    if (this.#plan.steps.some((step) => step.do === 'hostile'))
      this.#hostile = new Hostile(
        world,
        this.#nodes.map(({ name }) => name),
      );
    platform.after(1, undefined, () => {
      for (const one of this.#nodes) one.start();
      for (const one of this.#persons) one.start();
    });
  }

  /** Runs on; throws what was thrown in an event. */
  async #until(time: number): Promise<void> {
    if (!(await this.#world.platform.runUntil(time))) throw this.#world.platform.failure;
  }

  #step(step: Step): void {
    const { platform, l1 } = this.#world;
    if (step.do !== 'deed' && step.do !== 'hostile') {
      this.#world.note(JSON.stringify(step));
      this.#world.checker.count(`trouble ${step.do}`);
    }
    if ('until' in step) this.#last(step);
    else if (step.do === 'hostile') this.#hostile?.act(step.kind);
    else if (step.do === 'deed') this.#persons[step.who]!.act(step.deed);
    else if (step.do === 'crash node') this.#crash(this.#nodes[step.node]!, step.back);
    else if (step.do === 'fail disk') this.#nodes[step.node]!.disk.failsNext = true;
    else if (step.do === 'fail journal') this.#failJournal(this.#persons[step.who]!);
    else if (step.do === 'reorganise') l1.reorganise();
    else if (step.do === 'clock jump') this.#nodes[step.node]!.clock.skew += step.by;
    else if (step.do === 'clock jump of a client') this.#persons[step.who]!.clock.skew += step.by;
    else if (step.do === 'crash person') {
      const person = this.#persons[step.who]!;
      person.crash();
      platform.after(step.back, undefined, () => !person.process.isAlive && person.start());
    }
  }

  /** Its next write fails; it is about to write. */
  #failJournal(person: Person): void {
    person.journal.failsNext = true;
    person.act({ do: 'pay', to: person.number + 1, amount: 1n });
  }

  /** The operators want the liar, or the last one, out of the committee, or in again. */
  #rotate(isIn: boolean): void {
    const { validators } = this.#world.genesis;
    const validator = validators[this.#plan.liar ?? validators.length - 1]!;
    if (validators.length > 1) for (const node of this.#nodes) node.wanted = { validator, isIn };
  }

  #crash(node: Operator, back: number): void {
    node.crash();
    this.#world.platform.after(back, undefined, () => {
      if (!node.process.isAlive && !this.#hasStopped) node.start();
    });
  }

  /** On now, and off when the longest of its kind ends. */
  #last(step: Extract<Step, { until: number }>): void {
    const { platform } = this.#world;
    const name = JSON.stringify({ ...step, until: 0, at: 0 });
    const end = Math.min(START + step.until, START + this.#plan.healed);
    const longest = Math.max(end, this.#lasting.get(name) ?? 0);
    this.#lasting.set(name, longest);
    this.#turn(step, true);
    platform.after(longest - platform.now, undefined, () => {
      if (this.#lasting.get(name) === longest) this.#turn(step, false);
    });
  }

  #turn(step: Extract<Step, { until: number }>, isOn: boolean): void {
    const { network, l1 } = this.#world;
    if (step.do === 'slow disk') this.#nodes[step.node]!.disk.speed = isOn ? SLOW : FAST;
    else if (step.do === 'foul weather') network.weather = isOn ? FOUL : FAIR;
    else if (step.do === 'stall finality') l1.isStalled = isOn;
    else if (step.do === 'stop L1') l1.isDown = isOn;
    else if (step.do === 'blind node') this.#nodes[step.node]!.seesL1 = !isOn;
    else if (step.do === 'rotate') this.#rotate(!isOn);
    else if (step.do === 'no relayers') for (const node of this.#nodes) node.relays = !isOn;
    else {
      const { name } = step.do === 'cut off' ? this.#persons[step.who]! : this.#nodes[step.node]!;
      if (isOn) network.cut.add(name);
      else network.cut.delete(name);
    }
  }

  /** Everything works again, from here on. */
  #heal(): void {
    const { network, l1 } = this.#world;
    network.weather = FAIR;
    network.cut.clear();
    l1.isStalled = false;
    l1.isDown = false;
    for (const node of this.#nodes) {
      node.disk.failsNext = false;
      node.disk.speed = FAST;
      node.seesL1 = true;
      node.relays = true;
      node.clock.skew = 0;
    }
    for (const person of this.#persons) {
      person.journal.failsNext = false;
      person.clock.skew = 0;
    }
    if (this.#committee !== undefined) {
      this.#committee.liar = undefined;
      if (this.#nodes.some(({ wanted }) => wanted !== undefined)) this.#rotate(true);
    }
    this.#revive();
  }

  #revive(): void {
    for (const node of this.#nodes) if (!node.process.isAlive) node.start();
    for (const person of this.#persons) if (!person.process.isAlive) person.start();
  }

  /** Until nothing is open, unsettled or unacknowledged, and nobody waits. */
  async #settle(): Promise<void> {
    const { platform, l1, checker } = this.#world;
    const end = platform.now + PATIENCE;
    while (platform.now < end) {
      await this.#until(platform.now + STEP);
      this.#revive();
      const ledger = this.#nodes[0]!.chain?.ledger;
      if (ledger === undefined || ledger.isBusy() || l1.final.items.length > ledger.imported) continue;
      if (l1.final.items.length < l1.tip.items.length || l1.final.number < ledger.settlements.formed)
        continue;
      // A clock that was ahead has taken the network's time with it: until L1's is near again, nothing is dealt.
      if (ledger.time > platform.now) continue;
      const waiting = this.#waiting();
      if (waiting === 0) return;
      for (const person of this.#persons) person.act({ do: 'resume' });
    }
    const { ledger } = this.#nodes[0]!.chain ?? checker;
    const { settlements, nonces } = ledger;
    const left = `${nonces.count} nonces open, ${settlements.unconfirmed.length} settlements unconfirmed, items ${settlements.inbox} of ${ledger.imported} acknowledged, ${this.#waiting()} fetches waited for`;
    assert(false, `liveness: not settled ${PATIENCE / 1000} s after everything healed: ${left}`);
  }

  #waiting(): number {
    let waiting = 0;
    for (const person of this.#persons) waiting += person.waiting;
    return waiting;
  }

  /** Where nothing broke, nobody lost a nonce that it meant to use, whatever liars and hostile clients did. */
  #assertKept(): void {
    const { steps } = this.#plan;
    for (const [who, person] of this.#persons.entries()) {
      const isHonest = steps.every(
        (step) => step.do !== 'deed' || step.who !== who || !UNKEPT.includes(step.deed.do),
      );
      if (!isHonest) continue;
      this.#world.checker.count('honest in calm');
      for (const [nonce, { account, state, kind }] of this.#world.checker.lives) {
        const isLost = account === person.hex && state === 'annulled' && kind !== 'hold';
        assert(!isLost, `nonce ${nonce} of ${person.name}, a ${kind}, is annulled though nothing broke`);
      }
    }
  }

  /** Who can pay, pays: it takes effect, and costs nobody standing. */
  async #payOnceMore(): Promise<void> {
    const { checker, platform } = this.#world;
    const before = checker.coverage.get('outcome done') ?? 0;
    const able = this.#persons.filter((person) => !person.hasExited && this.#free(person) > 1_100_000n);
    const standings = able.map((person) => this.#standing(person));
    for (const person of able) person.act({ do: 'pay', to: person.number + 1, amount: 1000n });
    await this.#until(platform.now + 4 * STEP);
    const done = (checker.coverage.get('outcome done') ?? 0) - before;
    assert(
      done >= able.length,
      `liveness: ${done} of ${able.length} payments were done after everything healed`,
    );
    able.forEach((person, i) => {
      assert(this.#standing(person) >= standings[i]!, `the standing of ${person.name} fell`);
    });
  }

  #free(person: Person): bigint {
    const { accounts } = this.#world.checker.ledger;
    const row = accounts.find(person.address, 0);
    return row < 0 ? 0n : accounts.free(row);
  }

  #standing(person: Person): number {
    const { accounts } = this.#world.checker.ledger;
    return accounts.standing.get(accounts.find(person.address, 0));
  }
}
