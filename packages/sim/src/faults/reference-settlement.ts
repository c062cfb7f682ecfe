/**
 * Section 9 of docs/protocol.md once more: cuts, parts, confirmations, exits and rotations, as plainly as can be.
 */
import type { L1View } from '@upfront/core';
import { bytesOf, keyOf } from './contract.ts';
import type { RefAccount, Reference, RefResult } from './reference.ts';
import { words } from './typed-hashes.ts';

interface Entry {
  readonly kind: 'debit' | 'credit' | 'payout';
  readonly account: RefAccount;
  readonly amount: bigint;
}

interface Rotation {
  readonly validator: string;
  readonly isIn: boolean;
}

interface Unconfirmed {
  readonly number: number;
  readonly cutTime: number;
  readonly rotation: Rotation | undefined;
}

type Formed = NonNullable<RefResult['formed']>;

export class RefSettlement {
  feePot = 0n;
  burnt = 0n;
  pool = 0n;
  number = 0;
  inbox = 0;
  cuts = 0;
  lastCut: number;
  isTouched = false;
  /** Of the present cut, not yet formed; undefined: its last part is done. */
  entries: Entry[] | undefined;
  rotation: Rotation | undefined;
  unconfirmed: Unconfirmed[] = [];
  /** True until the first part of a cut that chose nothing is looked at. */
  readonly #state: Reference;

  constructor(state: Reference, genesisTime: number) {
    this.#state = state;
    this.lastCut = genesisTime;
  }

  isLagging(): boolean {
    const { time, l1Time, parameters } = this.#state;
    const { lag } = parameters;
    const isOld = (since: number): boolean => time - since > lag;
    const hasDebit = this.entries?.some(({ kind }) => kind === 'debit') === true;
    const oldest = this.unconfirmed[0];
    return (
      (hasDebit && isOld(this.lastCut)) || (oldest !== undefined && isOld(oldest.cutTime)) || isOld(l1Time)
    );
  }

  confirm(settled: number): void {
    const state = this.#state;
    for (
      let oldest = this.unconfirmed[0];
      oldest !== undefined && oldest.number <= settled;
      oldest = this.unconfirmed[0]
    ) {
      if (oldest.rotation !== undefined) {
        const set = this.#named([rotated(state.validators, oldest.rotation), state.validators]);
        if (set === undefined) break;
        this.#replace(set);
      }
      this.unconfirmed.shift();
      state.events.push({ type: 'settled', number: oldest.number });
    }
    const set = this.#named([state.validators]);
    if (set !== undefined) this.#replace(set);
  }

  /** Step 6 of a block. */
  step(): Formed | undefined {
    if (this.#isDue()) this.#cut();
    return this.#form();
  }

  #isDue(): boolean {
    const { time, parameters, imported } = this.#state;
    if (this.entries !== undefined || time - this.lastCut < parameters.interval) return false;
    if (this.unconfirmed.some(({ rotation }) => rotation !== undefined)) return false;
    return this.isTouched || imported > this.inbox || this.#wanted() !== undefined;
  }

  #cut(): void {
    const state = this.#state;
    const { dust, maxEntries } = state.parameters;
    this.lastCut = state.time;
    const fee = this.#shareFees();
    const all = [...state.accounts.values()];
    const isLeaver = (one: RefAccount): boolean => one.exit !== undefined && state.openOf(one).length === 0;
    const leaverDebits = all.filter((one) => isLeaver(one) && one.u > 0n);
    const debits = all.filter((one) => !isLeaver(one) && one.u >= dust);
    const leaverCredits = all.filter((one) => isLeaver(one) && one.u < 0n);
    const payouts = all.filter((one) => one.owed > 0n);
    const plain = all
      .filter((one) => !isLeaver(one) && -one.u >= dust)
      .sort((a, b) => largest(-a.u, -b.u) || byKey(a, b));
    const credits = plain.slice(0, 64 * maxEntries);
    const needed =
      [...leaverCredits, ...credits].reduce((sum, { u }) => sum + this.#listed(-u), 0n) +
      payouts.reduce((sum, { owed }) => sum + this.#listed(owed), 0n);
    let covered = this.pool + [...leaverDebits, ...debits].reduce((sum, { u }) => sum + u, 0n);
    const small = all.filter((one) => !isLeaver(one) && one.u > 0n && one.u < dust);
    for (const one of small.sort((a, b) => largest(a.u, b.u) || byKey(a, b))) {
      if (covered >= needed) break;
      debits.push(one);
      covered += one.u;
    }
    for (const one of all) if (one.exit !== undefined && isLeaver(one)) one.exit.isListed = true;
    this.entries = [];
    for (const one of [...leaverDebits.sort(byKey), ...debits.sort(byKey)]) this.#bookDebit(one);
    for (const one of leaverCredits.sort(byKey)) this.#bookCredit(one);
    for (const one of payouts.sort(byKey)) this.#bookPayout(one);
    for (const one of credits.sort(byKey)) this.#bookCredit(one);
    this.isTouched = plain.length > credits.length;
    this.rotation = this.#wanted();
    if (this.entries.length === 0) return;
    const sum = (kind: Entry['kind']): bigint =>
      this.entries!.reduce((total, one) => (one.kind === kind ? total + one.amount : total), 0n);
    const sums = { debits: sum('debit'), credits: sum('credit'), payouts: sum('payout') };
    state.events.push({ type: 'cut', cut: ++this.cuts, ...sums, fee, entries: this.entries.length });
  }

  #shareFees(): bigint {
    const { validators } = this.#state;
    const share = this.feePot / BigInt(validators.length);
    if (share > 0n)
      for (const validator of validators) this.#state.receive(this.#state.account(validator), share);
    this.feePot -= share * BigInt(validators.length);
    return share;
  }

  #bookDebit(account: RefAccount): void {
    this.#add('debit', account, account.u);
    account.debited += account.u;
    this.pool += account.u;
    account.u = 0n;
  }

  #bookCredit(account: RefAccount): void {
    const whole = -account.u;
    const listed = this.#listed(whole);
    this.#add('credit', account, listed);
    account.balance -= whole - listed;
    this.feePot += whole - listed;
    this.pool -= listed;
    account.u = 0n;
  }

  #bookPayout(account: RefAccount): void {
    const listed = this.#listed(account.owed);
    this.#add('payout', account, listed);
    this.feePot += account.owed - listed;
    this.pool -= listed;
    account.owed = 0n;
  }

  #add(kind: Entry['kind'], account: RefAccount, amount: bigint): void {
    if (amount > 0n) this.entries!.push({ kind, account, amount });
  }

  #listed(amount: bigint): bigint {
    const { entryFee } = this.#state.parameters;
    return amount > entryFee ? amount - entryFee : 0n;
  }

  #form(): Formed | undefined {
    const { maxEntries, maxUnconfirmed } = this.#state.parameters;
    if (this.entries === undefined || this.unconfirmed.length >= maxUnconfirmed) return undefined;
    if (this.unconfirmed.some(({ rotation }) => rotation !== undefined)) return undefined;
    const part = this.entries.splice(0, maxEntries);
    const isLast = this.entries.length === 0;
    const rotation = isLast ? this.rotation : undefined;
    const inbox = this.#acknowledgeable();
    const isEmpty = part.length === 0 && rotation === undefined && inbox === this.inbox;
    const formed = isEmpty ? undefined : this.#part(part, rotation, inbox);
    if (isLast) {
      this.entries = undefined;
      this.rotation = undefined;
    }
    return formed;
  }

  #part(part: Entry[], rotation: Rotation | undefined, inbox: number): Formed {
    const state = this.#state;
    const linesOf = (kind: Entry['kind']): Uint8Array[] =>
      part
        .filter((one) => one.kind === kind)
        .map((one) => (kind === 'debit' ? debitLine(one) : creditLine(one)));
    const [debits, credits, payouts] = [linesOf('debit'), linesOf('credit'), linesOf('payout')];
    const lists = {
      debits: joined(debits),
      credits: joined(credits),
      payouts: joined(payouts),
      rotation:
        rotation === undefined
          ? new Uint8Array(0)
          : joined([bytesOf(rotation.validator), Uint8Array.of(rotation.isIn ? 1 : 0)]),
    };
    const number = ++this.number;
    const hashes = [lists.debits, lists.credits, lists.payouts, lists.rotation].map((list) =>
      state.keccak256(list),
    );
    const settlement = state.keccak256(words(BigInt(number), BigInt(inbox), state.heads[inbox]!, ...hashes));
    const counts = { debits: debits.length, credits: credits.length, payouts: payouts.length };
    state.events.push({ type: 'formed', number, inbox, settlement, ...counts });
    this.unconfirmed.push({ number, cutTime: this.lastCut, rotation });
    for (const account of state.accounts.values()) {
      if (account.exit === undefined || account.exit.item > inbox) continue;
      const { sequence } = account.exit;
      if (account.authority !== undefined && account.authority.sequence < sequence)
        account.authority = undefined;
      for (let below = account.highest - 63n; below < sequence && below <= account.highest; below++)
        account.used.add(below);
      if (sequence - 1n > account.highest) {
        account.highest = sequence - 1n;
        for (let age = 0n; age < 64n; age++) account.used.add(account.highest - age);
      }
      account.balance = -account.u;
      account.exit = undefined;
    }
    this.inbox = inbox;
    return { ...lists, inbox };
  }

  /** The highest item up to which every exit is listed, with all its entries formed. */
  #acknowledgeable(): number {
    const { accounts, imported } = this.#state;
    const waiting = [...accounts.values()].filter(
      (one) =>
        one.exit !== undefined &&
        (!one.exit.isListed || this.entries!.some(({ account }) => account === one)),
    );
    return Math.min(imported, ...waiting.map((one) => one.exit!.item - 1));
  }

  /** What more than 2/3 of the newest views want, if it changes the set and leaves somebody. */
  #wanted(): Rotation | undefined {
    const { views, validators } = this.#state;
    for (const view of this.#inOrder()) {
      if (view.change === 0) continue;
      const same = [...views.values()].filter(
        (other) => other.change === view.change && Buffer.compare(other.rotation, view.rotation) === 0,
      );
      if (!this.#state.isQuorum(same.length)) continue;
      const rotation = { validator: keyOf(view.rotation), isIn: view.change === 1 };
      const after = rotated(validators, rotation);
      return after.length > 0 && after.length !== validators.length ? rotation : undefined;
    }
    return undefined;
  }

  /** The first of these sets, whole or less one or two, whose hash more than 2/3 of the newest views name. */
  #named(sets: readonly string[][]): string[] | undefined {
    const { views, keccak256 } = this.#state;
    const counts = new Map<string, number>();
    for (const { validators } of views.values())
      counts.set(keyOf(validators), (counts.get(keyOf(validators)) ?? 0) + 1);
    const name = [...counts].find(([, count]) => this.#state.isQuorum(count))?.[0];
    if (name === undefined) return undefined;
    for (const left of [0, 1, 2]) {
      for (const set of sets) {
        const found = without(set, left).find(
          (one) => one.length > 0 && keyOf(keccak256(joined(one.map(bytesOf)))) === name,
        );
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  #replace(after: string[]): void {
    const state = this.#state;
    const before = state.validators;
    for (const one of before) {
      if (after.includes(one)) continue;
      state.events.push({ type: 'rotated', validator: bytesOf(one), in: false });
      state.views.delete(one);
    }
    for (const one of after)
      if (!before.includes(one)) state.events.push({ type: 'rotated', validator: bytesOf(one), in: true });
    state.validators = after;
  }

  #inOrder(): L1View[] {
    return this.#state.validators.flatMap((one) => this.#state.views.get(one) ?? []);
  }
}

function debitLine({ account, amount }: Entry): Uint8Array {
  const { sequence, limit, request, signature } = account.authority!;
  const head = Buffer.alloc(24);
  [amount, sequence, limit].forEach((value, i) => void head.writeBigUInt64BE(value, 8 * i));
  return joined([head, request, signature]);
}

function creditLine({ account, amount }: Entry): Uint8Array {
  const tail = Buffer.alloc(8);
  tail.writeBigUInt64BE(amount);
  return joined([bytesOf(account.key), tail]);
}

function rotated(validators: string[], { validator, isIn }: Rotation): string[] {
  const others = validators.filter((one) => one !== validator);
  return isIn ? [...others, validator].sort() : others;
}

function without(set: string[], count: number): string[][] {
  if (count === 0) return [set];
  return set.flatMap((_, i) => without(set.toSpliced(i, 1), count - 1));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function byKey(a: RefAccount, b: RefAccount): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

function largest(a: bigint, b: bigint): number {
  return a > b ? -1 : a < b ? 1 : 0;
}
