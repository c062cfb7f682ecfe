/**
 * The hostile client's messages: each is aimed at a reject code, or at a rule that has none.
 */
import { type Intent, scanBlock, transferActivity, withdrawActivity } from '@upfront/core';
import { Violation } from './checker.ts';
import type { Account, Hostile } from './hostile.ts';

type Attack = (this: Hostile, account: Account) => Promise<void>;

const SALT = new Uint8Array(16).fill(5);
const ZERO = new Uint8Array(32);
const ZERO64 = new Uint8Array(64);
const validate: Intent = { kind: 'validate' };

function damaged(message: Uint8Array, at: number, bit = 1): Uint8Array {
  const copy = message.slice();
  copy[at]! ^= bit;
  return copy;
}

export const ATTACKS: readonly (readonly [name: string, attack: Attack])[] = [
  [
    'cut short',
    async function (account) {
      await this.say(this.fetch(account, [validate]).slice(0, -1));
    },
  ],
  [
    'no intents',
    async function (account) {
      await this.say(damaged(this.fetch(account, [validate]), 118));
    },
  ],
  [
    'limit out of bounds',
    async function (account) {
      await this.say(damaged(this.fetch(account, [validate]), 29, 0x80));
    },
  ],
  [
    'parity flipped',
    async function (account) {
      await this.say(damaged(this.fetch(account, [validate]), 85, 0x80));
    },
  ],
  [
    'another budget',
    async function (account) {
      await this.say(damaged(this.fetch(account, [validate]), 44));
    },
  ],
  [
    'another account',
    async function (account) {
      const message = this.fetch(account, [validate]);
      message.set(this.other(account).address, 1);
      await this.say(message);
    },
  ],
  [
    'nobody',
    async function () {
      const key = this.world.keyOf(0xbd, 1 + this.random.below(1000));
      await this.say(this.fetch({ key, address: this.world.curve.addressOf(key), next: 0n }, [validate]));
    },
  ],
  [
    'sequence twice',
    async function (account) {
      const first = this.fetch(account, [validate], { budget: 50n });
      const sequence = this.sequenceOf(first);
      await this.say(first, this.fetch(account, [validate], { budget: 51n, sequence }));
      await this.say(this.fetch(account, [validate], { budget: 52n, sequence }));
    },
  ],
  [
    'the same again',
    async function (account) {
      const message = this.fetch(account, [validate]);
      const [a] = await this.say(message);
      const [b] = await this.say(message);
      const isSame =
        a!.status === b!.status && (a!.status !== 'dealt' || b!.status !== 'dealt' || a!.first === b!.first);
      // Whoever lies says what it likes; and a node may put off what it has answered before (codes from 100).
      const isPutOff = b!.status === 'rejected' && b!.code >= 100;
      if (isSame || isPutOff || a!.status === 'rejected' || this.world.checker.isDeaf) return;
      throw new Violation('the same message gets another answer');
    },
  ],
  [
    'out of range',
    async function (account) {
      const next = this.sequenceOf(this.fetch(account, [validate]));
      await this.say(this.fetch(account, [validate], { sequence: next + 200n }));
      // The second comes into range by the first.
      await this.say(
        this.fetch(account, [validate], { sequence: next + 60n }),
        this.fetch(account, [validate], { sequence: next + 120n }),
      );
    },
  ],
  [
    'the edges of the window',
    async function (account) {
      const { accounts } = this.world.checker.ledger;
      const row = accounts.find(account.address, 0);
      if (row < 0) return;
      const highest = accounts.highest.get(row);
      for (const ahead of [64n, 65n, -63n, -64n]) {
        if (highest + ahead < 0n) continue;
        await this.say(this.fetch(account, [validate], { sequence: highest + ahead }));
      }
      account.next = highest + 65n;
    },
  ],
  [
    'expired',
    async function (account) {
      const now = Math.floor(this.world.platform.now);
      await this.say(this.fetch(account, [validate], { expires: now - 1 }));
      await this.say(this.fetch(account, [validate], { expires: now + 1 }));
    },
  ],
  [
    'expires too late',
    async function (account) {
      const most = this.world.genesis.parameters.expiryMost;
      await this.say(
        this.fetch(account, [validate], { expires: Math.floor(this.world.platform.now) + most + 60_000 }),
      );
    },
  ],
  [
    'over the allowance',
    async function (account) {
      const { maxIntents } = this.world.genesis.parameters;
      const intents = new Array<Intent>(maxIntents).fill(validate);
      for (let i = 0; i < 5; i++) await this.say(this.fetch(account, intents, { budget: 20_000n }));
    },
  ],
  [
    'budget too small',
    async function (account) {
      const hold: Intent = { kind: 'hold', payee: account.address, max: 1000n, window: 5 };
      await this.say(
        this.fetch(account, [hold], { budget: 1009n }),
        this.fetch(account, [hold], { budget: 1010n }),
      );
      const post: Intent = { kind: 'post', topic: ZERO, stake: 7n, size: 0, commitment: ZERO };
      await this.say(this.fetch(account, [post, validate], { budget: 26n }));
    },
  ],
  [
    'not that much money',
    async function (account) {
      const { accounts } = this.world.checker.ledger;
      const row = accounts.find(account.address, 0);
      if (row < 0) return;
      const most = accounts.free(row) - this.world.genesis.parameters.bond;
      if (most < 100n) return;
      await this.say(this.fetch(account, [validate], { budget: most + 1n }));
      await this.say(this.fetch(account, [validate], { budget: most }));
      // Just the bond is free now: a participant, without money for more.
      await this.say(this.fetch(account, [validate], { budget: 10n }));
    },
  ],
  [
    'limit too low',
    async function (account) {
      const { accounts } = this.world.checker.ledger;
      const row = accounts.find(account.address, 0);
      if (row < 0) return;
      const u = accounts.unsettled.get(row);
      const taken = accounts.debited.get(row) + (u > 0n ? u : 0n) + accounts.reserved.get(row) + 500n;
      await this.say(this.fetch(account, [validate], { budget: 500n, limit: taken - 1n }));
    },
  ],
  [
    'an older authority',
    async function (account) {
      const next = this.sequenceOf(this.fetch(account, [validate]));
      await this.say(this.fetch(account, [validate], { sequence: next + 1n, budget: 100n }));
      await this.say(this.fetch(account, [validate], { sequence: next, budget: 100n, limit: 0n }));
      account.next = next + 2n;
    },
  ],
  [
    'nothing open',
    async function () {
      const { nextNonce } = this.world.checker.ledger;
      await this.show({ kind: 'withdraw', nonce: nextNonce + 1000, salt: SALT, amount: 1n });
      if (nextNonce > 0) await this.show({ kind: 'withdraw', nonce: 0, salt: SALT, amount: 1n });
    },
  ],
  [
    'another kind',
    async function (account) {
      const nonce = await this.deal(account, () => validate);
      if (nonce !== undefined) await this.show({ kind: 'withdraw', nonce, salt: SALT, amount: 200_000n });
    },
  ],
  [
    'too much data',
    async function (account) {
      const data = new Uint8Array(20);
      const seal = (sequence: bigint): Intent => ({
        kind: 'post',
        topic: ZERO,
        stake: 3000n,
        size: 19,
        commitment: this.sealed(account, sequence, 0, 'post', data),
      });
      const nonce = await this.deal(account, seal);
      if (nonce !== undefined) await this.show({ kind: 'post', nonce, salt: SALT, data });
    },
  ],
  [
    'another opening',
    async function (account) {
      const to = this.other(account).address;
      const activity = transferActivity(to, 1000n, ZERO);
      const seal = (sequence: bigint): Intent => ({
        kind: 'transfer',
        commitment: this.sealed(account, sequence, 0, 'transfer', activity),
      });
      const nonce = await this.deal(account, seal);
      if (nonce === undefined) return;
      await this.show({ kind: 'transfer', nonce, salt: SALT, to, amount: 1001n, reference: ZERO });
      await this.show({ kind: 'transfer', nonce, salt: SALT, to, amount: 1000n, reference: ZERO });
      await this.show({ kind: 'transfer', nonce, salt: SALT, to, amount: 1000n, reference: ZERO });
    },
  ],
  [
    'a copied commitment',
    async function (account) {
      const open = [...this.world.checker.openCommitments()];
      if (open.length === 0) return;
      await this.deal(account, () => ({ kind: 'transfer', commitment: this.random.pick(open) }));
    },
  ],
  [
    'to nobody',
    async function (account) {
      await this.transfer(account, new Uint8Array(20), 1000n);
    },
  ],
  [
    'nothing at all',
    async function (account) {
      await this.transfer(account, this.other(account).address, 0n);
    },
  ],
  [
    'beyond the budget',
    async function (account) {
      await this.transfer(account, this.other(account).address, 991n, 1000n);
      await this.transfer(account, this.other(account).address, 990n, 1000n);
    },
  ],
  [
    'below dust',
    async function (account) {
      const { dust } = this.world.genesis.parameters;
      for (const amount of [dust - 1n, dust]) {
        const seal = (sequence: bigint): Intent => ({
          kind: 'withdraw',
          commitment: this.sealed(account, sequence, 0, 'withdraw', withdrawActivity(amount)),
        });
        const nonce = await this.deal(account, seal);
        if (nonce !== undefined) await this.show({ kind: 'withdraw', nonce, salt: SALT, amount });
      }
    },
  ],
  [
    'a hold, captured in every way',
    async function (account) {
      const { curve, typed } = this.world;
      const payee = this.other(account);
      const sequence = this.sequenceOf(this.fetch(account, [validate]));
      const hold: Intent = { kind: 'hold', payee: payee.address, max: 5000n, window: 6 };
      const [dealt] = await this.say(this.fetch(account, [validate, hold, hold], { sequence }));
      if (dealt!.status !== 'dealt') return;
      const sign = (key: Uint8Array, index: number, amount: bigint): Uint8Array =>
        curve.sign(typed.capture(account.address, sequence, index, amount), key);
      const nonce = dealt!.first + 1;
      await this.show({ kind: 'hold', nonce, amount: 5001n, signature: sign(payee.key, 1, 5001n) });
      await this.show({ kind: 'hold', nonce, amount: 5000n, signature: sign(account.key, 1, 5000n) });
      await this.show({ kind: 'hold', nonce, amount: 5000n, signature: sign(payee.key, 2, 5000n) });
      await this.show({ kind: 'hold', nonce, amount: this.random.pick([0n, 5000n]), signature: ZERO64 });
      const amount = this.random.pick([0n, 1n, 5000n]);
      await this.show({ kind: 'hold', nonce, amount, signature: sign(payee.key, 1, amount) });
    },
  ],
  [
    'a validation of what is not',
    async function (account) {
      const { curve, checker } = this.world;
      const nonce = await this.deal(account, () => validate);
      if (nonce === undefined) return;
      const { height } = checker.ledger;
      await this.show({ kind: 'validate', nonce, height: height + 1000, signature: ZERO64 });
      await this.show({ kind: 'validate', nonce, height: 0, signature: ZERO64 });
      const known = checker.blocks[this.random.below(height)]!;
      const signature = curve.sign(known.digest, account.key);
      await this.show({
        kind: 'validate',
        nonce,
        height: known.height,
        signature: curve.sign(known.digest, this.other(account).key),
      });
      await this.show({ kind: 'validate', nonce, height: known.height, signature: damaged(signature, 3) });
      if (this.random.chance(0.7))
        await this.show({ kind: 'validate', nonce, height: known.height, signature });
    },
  ],
  [
    'many kinds in one budget',
    async function (account) {
      const to = this.other(account).address;
      const sequence = this.sequenceOf(this.fetch(account, [validate]));
      const activity = transferActivity(to, 400n, ZERO);
      const seal = (index: number): Uint8Array => this.sealed(account, sequence, index, 'transfer', activity);
      const data = new Uint8Array(300).fill(1);
      const intents: Intent[] = [
        { kind: 'transfer', commitment: seal(0) },
        { kind: 'hold', payee: to, max: 500n, window: 5 },
        {
          kind: 'post',
          topic: ZERO,
          stake: 100n,
          size: 300,
          commitment: this.sealed(account, sequence, 2, 'post', data),
        },
        { kind: 'transfer', commitment: seal(3) },
      ];
      const [dealt] = await this.say(this.fetch(account, intents, { sequence, budget: 1340n }));
      if (dealt!.status !== 'dealt') return;
      const show = (index: number): Promise<void> =>
        this.show({
          kind: 'transfer',
          nonce: dealt!.first + index,
          salt: SALT,
          to,
          amount: 400n,
          reference: ZERO,
        });
      await show(0);
      await show(3);
      if (this.random.chance(0.5))
        await this.show({ kind: 'post', nonce: dealt!.first + 2, salt: SALT, data });
      // With the stake free again, or the hold lapsed, there may be enough.
      await show(3);
      await this.world.platform.sleep(9000);
      await show(3);
    },
  ],
  [
    'posts that hold up a topic',
    async function (account) {
      const data = this.random.bytes(40);
      const sequence = this.sequenceOf(this.fetch(account, [validate]));
      const stake = 1000n;
      const post = (index: number): Intent => ({
        kind: 'post',
        topic: ZERO,
        stake,
        size: 40,
        commitment: this.sealed(account, sequence, index, 'post', data),
      });
      const [dealt] = await this.say(
        this.fetch(account, [post(0), post(1), post(2)], { sequence, budget: 3030n }),
      );
      if (dealt!.status !== 'dealt') return;
      await this.show({ kind: 'post', nonce: dealt!.first + 1, salt: SALT, data });
      if (this.random.chance(0.5))
        await this.show({ kind: 'post', nonce: dealt!.first + 2, salt: SALT, data });
    },
  ],
  [
    'leaving, and staying',
    async function (account) {
      const { l1 } = this.world;
      const { accounts } = this.world.checker.ledger;
      const authority = accounts.authoritySequence.get(accounts.find(account.address, 0)) ?? 0n;
      const exact = authority < 0n ? 0n : authority;
      const sequence = this.random.chance(0.5) ? exact : BigInt(this.random.between(0, 40));
      l1.send({ name: 'exit', from: account.address, sequence });
      for (let i = 0; i < 6; i++) {
        await this.world.platform.sleep(4000);
        await this.say(this.fetch(account, [validate], { budget: 100n }));
      }
      l1.send({ name: 'deposit', account: account.address, amount: 3_000_000n });
    },
  ],
  [
    'a bond for nothing',
    async function (account) {
      const { l1, platform } = this.world;
      const key = this.random.bytes(32);
      const amount = BigInt(this.random.between(500, 5000));
      l1.send({ name: 'bond', from: account.address, amount, key });
      await platform.sleep(3000);
      l1.send({ name: 'unbond', from: account.address });
      await platform.sleep(60_000);
      l1.send({ name: 'claim', account: account.address });
    },
  ],
  [
    'old messages again',
    async function () {
      const { checker, genesis } = this.world;
      if (checker.blocks.length === 0) return;
      for (let i = 0; i < 4; i++) {
        const block = scanBlock(this.random.pick(checker.blocks).bytes, genesis.parameters)!;
        const messages: Uint8Array[] = [];
        for (const [j, at] of block.fulfils.entries())
          messages.push(block.bytes.slice(at, at + block.fulfilSizes[j]!));
        for (const [j, at] of block.fetches.entries())
          messages.push(block.bytes.slice(at, at + block.fetchSizes[j]!));
        if (messages.length > 0) await this.say(...this.random.shuffle(messages));
      }
    },
  ],
];
