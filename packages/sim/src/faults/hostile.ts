/**
 * A hostile client: every message in every wrong way, from accounts with money of their own, over a connection like anybody's.
 * It knows the whole state, and speaks to one node after the other. What it is told must hold as well as what others are told.
 */
import { createSocket } from '@upfront/client/parts';
import {
  codes,
  commitment,
  encodeFetch,
  encodeFulfil,
  encodeIntents,
  type Fulfil,
  type Intent,
  KIND,
  splitMessages,
  transferActivity,
} from '@upfront/core';
import { ATTACKS } from './attacks.ts';
import { assert, Violation } from './checker.ts';
import { keyOf } from './contract.ts';
import { Process } from './platform.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

export interface Account {
  readonly key: Uint8Array;
  readonly address: Uint8Array;
  /** The next sequence that it signs, at least. */
  next: bigint;
}

type Socket = ReturnType<typeof createSocket>;

interface FetchChanges {
  readonly sequence?: bigint;
  readonly limit?: bigint;
  readonly budget?: bigint;
  readonly expires?: number;
}

const SALT = new Uint8Array(16).fill(5);
const ZERO = new Uint8Array(32);
const ACCOUNTS = 3;
const FUNDS = 60_000_000n;
const LIMIT = 2n ** 62n;

export class Hostile {
  readonly process = new Process('hostile');
  readonly #world: World;
  readonly #random: Random;
  readonly #accounts: Account[] = [];
  readonly #sockets: readonly Socket[];
  #socket: Socket;

  constructor(world: World, hosts: readonly string[]) {
    this.#world = world;
    this.#random = world.random.fork('hostile');
    const { platform, network, l1, curve } = world;
    platform.current = this.process;
    this.#sockets = hosts.map((host) =>
      createSocket({
        url: 'ws://node.test/v1/socket',
        timeout: 5000,
        pendingMost: 4096,
        frameBytes: 1 << 19,
        backoff: { first: 100, most: 2000 },
        WebSocket: network.socketFor('hostile', host),
      }),
    );
    this.#socket = this.#sockets[0]!;
    for (let i = 0; i < ACCOUNTS; i++) {
      const key = world.keyOf(0xbb, i + 1);
      const address = curve.addressOf(key);
      this.#accounts.push({ key, address, next: 0n });
      l1.send({ name: 'deposit', account: address, amount: FUNDS });
    }
  }

  act(kind: number): void {
    const { platform, checker } = this.#world;
    const [name, attack] = ATTACKS[kind % ATTACKS.length]!;
    platform.after(0, this.process, () => {
      const account = this.#random.pick(this.#accounts);
      if (this.#sockets.length > 1) this.#socket = this.#random.pick(this.#sockets);
      attack.call(this, account).then(
        () => checker.count(`attack ${name}`),
        (error: unknown) => {
          if (error instanceof Violation) platform.failure ??= error;
          // What is malformed is answered with an error, and was meant to be.
          const isRefused = (error as { code?: number }).code === 106;
          checker.count(isRefused ? `attack ${name}` : 'attack unanswered');
        },
      );
    });
  }

  /** Sends, and takes down what it is told. */
  async say(...messages: Uint8Array[]): Promise<Awaited<ReturnType<typeof this.submit>>> {
    const { checker } = this.#world;
    const before = messages.map((message) => this.#expected(message));
    const answers = await this.submit(messages);
    answers.forEach((answer, i) => {
      const message = messages[i]!;
      const account = keyOf(message.subarray(1, 21));
      if (answer.status === 'rejected' || answer.status === 'refused') checker.code(answer.code);
      // A committee's node may lie behind what others have given out.
      const isInStep = !checker.isDeaf && this.#world.validatorKeys.length === 1;
      if (answer.status === 'rejected' && isInStep) this.#judge(message, answer.code, before[i]);
      if (answer.status === 'fulfilled')
        checker.told({ of: 'fulfilled', nonce: answer.nonce, height: answer.height });
      else if (answer.status === 'dealt') {
        const sequence = new DataView(message.buffer, message.byteOffset).getBigUint64(21);
        checker.told({ of: 'dealt', account, sequence, first: answer.first, height: answer.height });
      } else if (answer.status === 'refused') {
        checker.told({ of: 'refused', account, sequence: answer.sequence, code: answer.code });
      }
    });
    return answers;
  }

  /** What is refused at the door is refused by the rules, if they said the same before and after. */
  #judge(message: Uint8Array, code: number, before: string | number | undefined): void {
    if (before === undefined || this.#expected(message) !== before) return;
    if (typeof before === 'string') {
      const ahead = this.sequenceOf(message) - BigInt(before.split(' ')[2]!);
      const isInRange = ahead > -64n && ahead <= 64n;
      assert(code !== codes.notParticipant, 'who has the bond is told that it is no participant');
      assert(
        code !== codes.sequenceOutOfRange || !isInRange,
        `a sequence ${ahead} ahead is told out of range`,
      );
    } else if (code < codes.badCaptureSignature) {
      // With a code of signatures the rest was in order; node codes are about load.
      assert(code === before, `refused with ${code}, by the rules ${before}`);
    }
  }

  /** Of a fulfilment the rules' code; of a fetch whose account has the bond its balance, reserved and highest sequence. */
  #expected(message: Uint8Array): string | number | undefined {
    const { checker, genesis } = this.#world;
    if (splitMessages(message, genesis.parameters)?.offsets.length !== 1) return undefined;
    if (message[0] === 2) return checker.fulfilCode(message);
    const { accounts } = checker.ledger;
    const row = accounts.find(message, 1);
    if (row < 0 || accounts.free(row) < genesis.parameters.bond) return undefined;
    return `${accounts.balance.get(row)} ${accounts.reserved.get(row)} ${accounts.highest.get(row)}`;
  }

  async submit(messages: Uint8Array[]) {
    try {
      return await this.#socket.submit(messages);
    } catch (error) {
      if ((error as { code?: number }).code === 106) this.#world.checker.code(1);
      throw error;
    }
  }

  fetch(account: Account, intents: Intent[], changes: FetchChanges = {}): Uint8Array {
    const { curve, typed, platform, checker } = this.#world;
    const { accounts } = checker.ledger;
    const row = accounts.find(account.address, 0);
    const after = row < 0 ? 0n : accounts.highest.get(row) + 1n;
    const sequence =
      changes.sequence ?? (account.next > after && account.next < after + 60n ? account.next : after);
    if (changes.sequence === undefined) account.next = sequence + 1n;
    const budget = changes.budget ?? 2_000_000n;
    const limit = changes.limit ?? LIMIT;
    const expires = changes.expires ?? Math.floor(platform.now) + 60_000;
    const hash = this.#world.hashes.sha256(encodeIntents(intents));
    const digest = typed.fetch(sequence, limit, typed.request(budget, BigInt(expires), hash));
    const signature = curve.sign(digest, account.key);
    return encodeFetch({ account: account.address, sequence, limit, budget, expires, signature, intents });
  }

  sealed(
    account: Account,
    sequence: bigint,
    index: number,
    kind: 'transfer' | 'withdraw' | 'post',
    activity: Uint8Array,
  ): Uint8Array {
    return commitment(this.#world.hashes, account.address, sequence, index, KIND[kind], SALT, activity);
  }

  sequenceOf(message: Uint8Array): bigint {
    return new DataView(message.buffer, message.byteOffset).getBigUint64(21);
  }

  /** One nonce for this activity, dealt; undefined if it was refused. */
  async deal(
    account: Account,
    intentAt: (sequence: bigint) => Intent,
    budget?: bigint,
  ): Promise<number | undefined> {
    const sequence = this.sequenceOf(this.fetch(account, [{ kind: 'validate' }]));
    const message = this.fetch(account, [intentAt(sequence)], { sequence, ...(budget && { budget }) });
    const [answer] = await this.say(message);
    return answer!.status === 'dealt' ? answer!.first : undefined;
  }

  async transfer(account: Account, to: Uint8Array, amount: bigint, budget?: bigint): Promise<void> {
    const activity = transferActivity(to, amount, ZERO);
    const seal = (sequence: bigint): Intent => ({
      kind: 'transfer',
      commitment: this.sealed(account, sequence, 0, 'transfer', activity),
    });
    const nonce = await this.deal(account, seal, budget);
    if (nonce !== undefined)
      await this.show({ kind: 'transfer', nonce, salt: SALT, to, amount, reference: ZERO });
  }

  async show(fulfil: Fulfil): Promise<void> {
    await this.say(encodeFulfil(fulfil));
  }

  get world(): World {
    return this.#world;
  }

  get random(): Random {
    return this.#random;
  }

  other(account: Account): Account {
    return this.#accounts.find((one) => one !== account)!;
  }
}
