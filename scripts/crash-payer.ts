// One account of `npm run crash`: fetches and shows one activity after the other, and keeps what it was told.
// Invariant: a step that the node's end cut short is taken again with the same bytes; what is noted here rests on
// answers alone, never on what the node says of its state.

import assert from 'node:assert/strict';
import {
  codes,
  commitment,
  concatBytes,
  encodeFulfil,
  type Fulfil,
  type Intent,
  transferActivity,
  withdrawActivity,
} from '@upfront/core';
import { fetchOf, type Payer, type TestNetwork, ZERO } from '../packages/node/src/engine/testing.ts';
import type { Link } from './crash-link.ts';
import { PARAMETERS, type Random, TOPIC } from './crash-network.ts';

const ANSWER_SIZE = 27;
const STATUS = { dealt: 1, fulfilled: 2, refused: 3 } as const;
const FEE = 10n;

/** A frame and its answers, which have to be the same for ever. */
export interface Said {
  readonly messages: Uint8Array;
  readonly answers: Buffer;
  readonly count: number;
}

/** A thing to show under a nonce, and what it moves when it is shown. */
interface Activity {
  readonly intent: Intent;
  fulfil(nonce: number): Fulfil;
  readonly to?: Payer | undefined;
  readonly amount: bigint;
}

interface Plan {
  readonly fetch: Uint8Array;
  readonly activities: readonly Activity[];
  /** How many are shown; the rest is left to be annulled. */
  readonly shown: number;
  /** Refused with this code, on record. */
  readonly refusal?: number;
  /** Rejected with this code, without a trace. */
  readonly rejection?: number;
  first?: number;
}

/** What all payers share: who they are, their book, and what they were told. */
export class Book {
  readonly network: TestNetwork;
  readonly random: Random;
  /** Units by address in hex: deposits, fees and payments, to the unit. */
  readonly balances = new Map<string, bigint>();
  /** What was answered since the last audit, and before. */
  fresh: Said[] = [];
  readonly old: Said[] = [];
  payments = 0;
  readonly counts = { dealt: 0, fulfilled: 0, refused: 0, rejected: 0, repeated: 0 };
  /** Nonces whose window had ended when their activity was shown. */
  readonly annulled = new Set<number>();

  constructor(network: TestNetwork, random: Random) {
    this.network = network;
    this.random = random;
  }

  move(account: Payer, amount: bigint): void {
    const key = Buffer.from(account.address).toString('hex');
    this.balances.set(key, (this.balances.get(key) ?? 0n) + amount);
  }

  note(messages: Uint8Array, answers: Buffer): void {
    this.fresh.push({ messages, answers: Buffer.from(answers), count: answers.length / ANSWER_SIZE });
  }
}

export class PayingAccount {
  readonly #book: Book;
  readonly #self: Payer;
  #sequence = 0n;
  #plan: Plan | undefined;
  /** A message may have arrived although no answer came. */
  #isInDoubt = false;

  constructor(book: Book, self: Payer) {
    this.#book = book;
    this.#self = self;
  }

  /** Until `isOver`, or the node is lost (LostError). Ends between two activities. */
  async run(link: Link, isOver: () => boolean): Promise<void> {
    while (this.#plan !== undefined || !isOver()) {
      if (this.#isInDoubt) this.#book.counts.repeated++;
      this.#plan ??= this.#choose();
      await this.#perform(link, this.#plan);
      this.#plan = undefined;
    }
  }

  async #perform(link: Link, plan: Plan): Promise<void> {
    const { counts } = this.#book;
    if (plan.first === undefined) {
      const answers = await this.#submit(link, plan.fetch);
      const code = answers.readUInt16BE(1);
      if (plan.rejection !== undefined) {
        assert.deepEqual([answers[0], code], [4, plan.rejection], 'a forged fetch is rejected');
        counts.rejected++;
        return;
      }
      this.#book.note(plan.fetch, answers);
      this.#sequence++;
      // Who left too much open is over its allowance, whatever else is wrong.
      if (plan.refusal !== undefined || code === codes.overAllowance) {
        const expected = code === codes.overAllowance ? code : plan.refusal;
        assert.deepEqual([answers[0], code], [STATUS.refused, expected], 'a bad fetch is refused');
        counts.refused++;
        return;
      }
      assert.equal(answers[0], STATUS.dealt, `a fetch is dealt, not answered ${answers.toString('hex')}`);
      counts.dealt++;
      plan.first = Number(answers.readBigUInt64BE(11));
      this.#book.move(this.#self, -FEE * BigInt(plan.activities.length));
    }
    await this.#show(link, plan, plan.first);
  }

  async #show(link: Link, { activities, shown }: Plan, first: number): Promise<void> {
    const messages = activities.slice(0, shown).map(({ fulfil }, i) => encodeFulfil(fulfil(first + i)));
    if (messages.length === 0) return;
    const joined = concatBytes(...messages);
    const answers = await this.#submit(link, joined);
    let isWhole = true;
    for (let i = 0; i < shown; i++) {
      const { to, amount } = activities[i]!;
      if (answers[i * ANSWER_SIZE] !== STATUS.fulfilled) {
        assert.equal(answers.readUInt16BE(i * ANSWER_SIZE + 1), codes.notOpen);
        this.#book.annulled.add(first + i);
        isWhole = false;
        continue;
      }
      assert.equal(Number(answers.readBigUInt64BE(i * ANSWER_SIZE + 11)), first + i);
      this.#book.counts.fulfilled++;
      this.#book.payments += amount > 0n ? 1 : 0;
      this.#book.move(this.#self, -amount);
      if (to !== undefined) this.#book.move(to, amount);
    }
    if (isWhole) this.#book.note(joined, answers);
  }

  async #submit(link: Link, messages: Uint8Array): Promise<Buffer> {
    this.#isInDoubt = true;
    const answers = await link.submit(messages);
    this.#isInDoubt = false;
    return answers;
  }

  #choose(): Plan {
    const { random, network } = this.#book;
    const dice = random.below(100);
    const kind =
      dice < 72 ? this.#transfer : dice < 82 ? this.#hold : dice < 94 ? this.#post : this.#withdrawal;
    const activities = Array.from({ length: random.from(1, dice < 72 ? 24 : 2) }, (_, i) =>
      kind.call(this, i),
    );
    const intents = activities.map(({ intent }) => intent);
    const fetch = (options: Parameters<typeof fetchOf>[4] = {}): Uint8Array =>
      fetchOf(network, this.#self, this.#sequence, intents, {
        budget: BigInt(intents.length) * 5000n,
        limit: 2n ** 62n,
        ...options,
      });
    const fault = random.below(100);
    const whole = { activities, shown: activities.length };
    if (fault < 2) return { ...whole, fetch: fetch({ budget: 1n }), refusal: codes.budgetTooSmall };
    if (fault < 4) return { ...whole, fetch: fetch({ expires: 1 }), refusal: codes.expired };
    if (fault < 6)
      return { ...whole, fetch: fetch({ signer: network.operator }), rejection: codes.badSignature };
    if (fault < 8) return { activities, fetch: fetch(), shown: activities.length - 1 };
    return { ...whole, fetch: fetch() };
  }

  #transfer(index: number): Activity {
    const { network, random } = this.#book;
    const others = network.payers.filter((payer) => payer !== this.#self);
    const to = random.pick(others);
    const amount = BigInt(random.from(1, 4000));
    const salt = this.#salt(index);
    const activity = transferActivity(to.address, amount, ZERO);
    return {
      to,
      amount,
      intent: { kind: 'transfer', commitment: this.#seal(index, 1, salt, activity) },
      fulfil: (nonce) => ({ kind: 'transfer', nonce, salt, to: to.address, amount, reference: ZERO }),
    };
  }

  #hold(index: number): Activity {
    const { network, random } = this.#book;
    const to = random.pick(network.payers);
    const amount = BigInt(random.below(3) * 1000);
    const digest = network.domain.captureDigest(this.#self.address, this.#sequence, index, amount);
    const signature = network.curve.sign(digest, to.key);
    return {
      to,
      amount,
      intent: { kind: 'hold', payee: to.address, max: 3000n, window: 30 },
      fulfil: (nonce) => ({ kind: 'hold', nonce, amount, signature }),
    };
  }

  #post(index: number): Activity {
    const data = Buffer.alloc(this.#book.random.below(600), `${this.#sequence}`);
    const salt = this.#salt(index);
    const sealed = this.#seal(index, 4, salt, data);
    return {
      amount: 0n,
      intent: { kind: 'post', topic: TOPIC, stake: 0n, size: data.length, commitment: sealed },
      fulfil: (nonce) => ({ kind: 'post', nonce, salt, data }),
    };
  }

  #withdrawal(index: number): Activity {
    const amount = PARAMETERS.dust! + BigInt(this.#book.random.below(1000));
    const salt = this.#salt(index);
    return {
      amount,
      intent: { kind: 'withdraw', commitment: this.#seal(index, 3, salt, withdrawActivity(amount)) },
      fulfil: (nonce) => ({ kind: 'withdraw', nonce, salt, amount }),
    };
  }

  #salt(index: number): Uint8Array {
    return this.#book.network.hashes.sha256(Buffer.from(`${this.#sequence} ${index}`)).slice(0, 16);
  }

  #seal(index: number, kind: number, salt: Uint8Array, activity: Uint8Array): Uint8Array {
    const { hashes } = this.#book.network;
    return commitment(hashes, this.#self.address, this.#sequence, index, kind, salt, activity);
  }
}
