/**
 * An honest client: production's actions, books and journal on a simulated network, first layer and disk. It does what a
 * plan says, crashes when told, and resumes. Every word that it is told goes to the checker.
 */
import { BaseError, type Done, LimitDiscrepancyError, type Outcome } from '@upfront/client';
import {
  type Actions,
  actionsOf,
  type BaseClient,
  type Book,
  createBaseClient,
  createHttp,
  createNodeApi,
  createSocket,
  type Socket,
} from '@upfront/client/parts';
import { encodeFulfil } from '@upfront/core';
import type { Hex } from 'viem';
import { assert } from './checker.ts';
import { type Contract, keyOf } from './contract.ts';
import { clientL1, clientSigner, JournalDisk, type SignedLimit } from './person-ground.ts';
import { type Clock, Process } from './platform.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

const TIMEOUT = 6000;
const BACKOFF = { first: 100, most: 2000 };

export type Deed =
  | { readonly do: 'pay'; readonly to: number; readonly amount: bigint }
  | { readonly do: 'payMany'; readonly to: number; readonly amount: bigint; readonly count: number }
  | {
      readonly do: 'hold';
      readonly to: number;
      readonly max: bigint;
      readonly window: number;
      readonly captured: bigint | undefined;
    }
  | { readonly do: 'withdraw'; readonly amount: bigint }
  | { readonly do: 'post'; readonly topic: number; readonly size: number; readonly stake: bigint }
  | { readonly do: 'validate' }
  /** Fetches, and shows nothing. */
  | { readonly do: 'withhold'; readonly to: number; readonly amount: bigint }
  | { readonly do: 'resume' }
  | { readonly do: 'deposit'; readonly amount: bigint }
  | { readonly do: 'exit' }
  | { readonly do: 'claim' };

export class Person {
  readonly number: number;
  readonly name: string;
  readonly key: Uint8Array;
  readonly address: Uint8Array;
  readonly hex: Hex;
  readonly journal: JournalDisk;
  readonly clock: Clock = { skew: 0 };
  process: Process;
  client: BaseClient | undefined;
  /** The node that it speaks to. */
  host: string;
  /** It left, or is about to. */
  hasExited = false;
  /** Every limit that it ever signed. */
  readonly limits: SignedLimit[] = [];
  #actions: Actions | undefined;
  #book: Book | undefined;
  /** Deeds of this process under way. */
  #running = 0;
  readonly #sent = new Map<bigint, Uint8Array>();
  readonly #world: World;
  readonly #random: Random;
  readonly #others: readonly Person[];

  constructor(world: World, number: number, others: readonly Person[], host: string) {
    this.#world = world;
    this.number = number;
    this.#others = others;
    this.name = `person ${number}`;
    this.key = world.keyOf(0xaa, number + 1);
    this.address = world.curve.addressOf(this.key);
    this.hex = keyOf(this.address) as Hex;
    this.#random = world.random.fork(this.name);
    this.journal = new JournalDisk(world, this.#random.fork('journal'));
    this.process = new Process(this.name, this.clock);
    this.host = host;
  }

  /** A process on what the journal has; it resumes. */
  start(): void {
    const { platform, genesis, network } = this.#world;
    const process = new Process(this.name, this.clock);
    this.process = process;
    this.#running = 0;
    platform.after(0, process, () => {
      const fetch = network.fetchFor(this.name, this.host);
      const http = createHttp({
        url: 'http://node.test',
        timeout: TIMEOUT,
        tries: 3,
        backoff: BACKOFF,
        fetch,
      });
      const socket = createSocket({
        url: 'ws://node.test/v1/socket',
        timeout: TIMEOUT,
        pendingMost: 4096,
        frameBytes: 1 << 19,
        backoff: BACKOFF,
        WebSocket: network.socketFor(this.name, this.host),
      });
      const ground = {
        node: createNodeApi(http),
        socket: {
          ...socket,
          submit: (messages: readonly Uint8Array[]) => this.#send(socket, messages),
          close: () => socket.close(),
        },
        l1: clientL1(this.#world, this.address),
        signer: clientSigner(this.#world, this.key, (one) => this.#sign(one)),
      };
      const options = { genesis, journal: this.journal.open(process), timeout: TIMEOUT, expiry: 30_000 };
      this.client = createBaseClient({ ...options, now: () => platform.clock(process) }, ground);
      this.#actions = actionsOf(this.client);
      this.client.book('open').then(
        (book) => {
          this.#book = book;
        },
        (error) => this.#failed({ do: 'resume' }, error),
      );
      if (this.journal.records.length > 0) this.act({ do: 'resume' });
    });
  }

  /** One sequence is one message: no other one with it ever leaves. */
  #send(socket: Socket, messages: readonly Uint8Array[]): ReturnType<Socket['submit']> {
    for (const message of messages) {
      if (message[0] !== 1) continue;
      const sequence = new DataView(message.buffer, message.byteOffset).getBigUint64(21);
      const before = this.#sent.get(sequence);
      const isSame = before === undefined || Buffer.compare(before, message) === 0;
      assert(isSame, `${this.name} sends two fetches of sequence ${sequence}`);
      this.#sent.set(sequence, message);
    }
    return socket.submit(messages);
  }

  /** Never more than L1 took and every budget that was signed since, whatever a node says. */
  #sign(one: SignedLimit): void {
    this.limits.push(one);
    const budgets = this.limits.reduce((sum, { budget }) => sum + budget, 0n);
    assert(
      one.limit <= budgets,
      `${this.name} signs a limit of ${one.limit}, all its budgets are ${budgets}`,
    );
  }

  /** What it put into the contract. */
  readonly deposited = ({ items }: Contract): bigint =>
    items.reduce(
      (sum, { kind, account, amount }) => (kind === 1 && keyOf(account) === this.hex ? sum + amount : sum),
      0n,
    );

  crash(): void {
    if (!this.process.isAlive) return;
    this.#world.note(`${this.name} crashes`);
    this.#world.checker.count('person down');
    this.process.isAlive = false;
    this.client = undefined;
    this.#actions = undefined;
    this.#book = undefined;
    this.#running = 0;
    this.journal.crash();
  }

  /** In its own process, at its own pace; nothing if it is down. */
  act(deed: Deed): void {
    const { platform } = this.#world;
    if (!this.process.isAlive) return;
    platform.after(0, this.process, () => {
      const { process } = this;
      this.#running++;
      const done = this.#perform(deed).catch((error: unknown) => this.#failed(deed, error));
      void done.then(() => {
        if (this.process === process) this.#running--;
      });
    });
  }

  /** Deeds that are under way, and fetches that its books still wait for; one, if it is down. */
  get waiting(): number {
    return this.#running + (this.#book?.entries().length ?? 1);
  }

  #failed(deed: Deed, error: unknown): void {
    const { platform, checker } = this.#world;
    if (error instanceof BaseError && (checker.isDeaf || !(error instanceof LimitDiscrepancyError))) {
      this.#world.note(`${this.name} ${deed.do}: ${error.shortMessage}`);
      checker.count(`client error ${error.codeName}`);
      // What production would do: a journal that failed is opened anew.
      if (error.codeName === 'journal-failed') this.restart();
      return;
    }
    platform.failure ??= error;
  }

  restart(): void {
    this.crash();
    this.#world.platform.after(this.#random.between(10, 3000), undefined, () => {
      if (!this.process.isAlive) this.start();
    });
  }

  async #perform(deed: Deed): Promise<void> {
    const actions = this.#actions!;
    switch (deed.do) {
      case 'pay':
        return this.#hear(await actions.pay({ to: this.#other(deed.to), amount: deed.amount }));
      case 'withdraw':
        return this.#hear(await actions.withdraw({ amount: deed.amount }));
      case 'post': {
        const topic = `0x${String(deed.topic).padStart(64, '0')}` as Hex;
        return this.#hear(
          await actions.post({ topic, stake: deed.stake, data: this.#random.bytes(deed.size) }),
        );
      }
      case 'payMany':
        return await this.#payMany(deed);
      case 'hold':
        return await this.#hold(deed);
      case 'validate':
        return await this.#validate();
      case 'withhold':
        return await this.#withhold(deed);
      case 'resume':
        return await this.#resume();
      case 'deposit':
        this.#world.l1.send({ name: 'deposit', account: this.address, amount: deed.amount });
        return;
      case 'exit':
        this.hasExited = true;
        await actions.exit();
        return;
      case 'claim':
        await actions.claim();
        return;
    }
  }

  async #payMany({ to, amount, count }: Deed & { do: 'payMany' }): Promise<void> {
    const activity = {
      kind: 'transfer',
      to: this.#other(to),
      amount,
      reference: `0x${'07'.repeat(32)}`,
    } as const;
    const outcome = await this.#actions!.fetchNonces({
      activities: Array.from({ length: count }, () => activity),
    });
    this.#hear(outcome);
    if (outcome.status !== 'done') return;
    const { first } = outcome;
    const shown = await Promise.all(
      Array.from({ length: count }, (_, i) => this.#actions!.fulfil({ nonce: first + i })),
    );
    for (const one of shown) this.#hear(one);
  }

  async #hold({ to, max, window, captured }: Deed & { do: 'hold' }): Promise<void> {
    const payee = this.#others[to % this.#others.length]!;
    const outcome = await this.#actions!.hold({ payee: payee.hex, max, window });
    this.#hear(outcome);
    if (outcome.status !== 'done' || captured === undefined) return;
    const { hold } = outcome;
    // Handed over outside of the network.
    const { platform } = this.#world;
    platform.after(this.#random.between(1, 1000 * window), undefined, () => payee.#capture(hold, captured));
  }

  #capture(
    hold: Done<{ hold: { nonce: number; payer: Hex; sequence: bigint; index: number } }>['hold'],
    amount: bigint,
  ): void {
    if (!this.process.isAlive) return;
    const { platform } = this.#world;
    platform.after(0, this.process, () => {
      this.#actions!.capture({ ...hold, amount }).then(
        (outcome) => this.#hear(outcome),
        (error) => this.#failed({ do: 'resume' }, error),
      );
    });
  }

  /** A header of the checker's follower, as somebody who re-executed has it. */
  async #validate(): Promise<void> {
    const outcome = await this.#actions!.fetchNonces({ activities: [{ kind: 'validate' }] });
    this.#hear(outcome);
    const { checker } = this.#world;
    const known = checker.blocks[Math.max(0, checker.blocks.length - 1 - this.#random.below(10))];
    if (outcome.status !== 'done' || known === undefined) return;
    const signature = await clientSigner(this.#world, this.key).header(this.#world.genesis, known.header);
    const message = encodeFulfil({ kind: 'validate', nonce: outcome.first, height: known.height, signature });
    const [answer] = await this.client!.socket.submit([message]);
    if (answer!.status === 'fulfilled')
      checker.told({ of: 'fulfilled', nonce: outcome.first, height: answer!.height });
  }

  /** Half of the time it tries after all, beyond the budget that it gave itself. */
  async #withhold({ to, amount }: Deed & { do: 'withhold' }): Promise<void> {
    const activity = {
      kind: 'transfer',
      to: this.#other(to),
      amount,
      reference: `0x${'09'.repeat(32)}`,
    } as const;
    const { fee } = this.#world.genesis.parameters;
    const isTrying = amount % 2n === 1n;
    const outcome = await this.#actions!.fetchNonces({
      activities: [activity],
      ...(isTrying && { budget: fee }),
    });
    this.#hear(outcome);
    if (outcome.status === 'done' && isTrying)
      this.#hear(await this.#actions!.fulfil({ nonce: outcome.first }));
  }

  async #resume(): Promise<void> {
    for (const { outcomes, annulled } of await this.#actions!.resume()) {
      for (const outcome of outcomes) this.#hear(outcome);
      for (const nonce of annulled) {
        const life = this.#world.checker.lives.get(nonce);
        assert(
          life?.state === 'annulled' || this.#world.checker.isDeaf,
          `a lost word: resume said that ${nonce} is annulled, it is ${life?.state}`,
        );
      }
    }
    this.#world.checker.count('resume');
  }

  /** What an outcome says holds ever after. */
  #hear(outcome: Outcome<object>): void {
    const { checker } = this.#world;
    const account = this.hex;
    if (outcome.status === 'refused') {
      checker.count(`outcome refused ${outcome.name}`);
      if (outcome.on === 'fetch') checker.told({ of: 'never', account, sequence: outcome.sequence });
      else checker.told({ of: 'unperformed', nonce: outcome.nonce!, account });
      return;
    }
    checker.count(`outcome ${outcome.status}`);
    if (outcome.status !== 'done') return;
    const said = outcome as { first?: number; nonce?: number; height?: number; sequence?: bigint };
    if (said.first !== undefined) {
      checker.told({
        of: 'dealt',
        account,
        sequence: said.sequence!,
        first: said.first,
        height: said.height!,
      });
    } else if (said.nonce !== undefined)
      checker.told({ of: 'fulfilled', nonce: said.nonce, height: said.height! });
  }

  #other(number: number): Hex {
    return this.#others[number % this.#others.length]!.hex;
  }
}
