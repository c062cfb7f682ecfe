/**
 * The contract once more, line by line after contracts/src/Upfront.sol: what a simulated first layer executes. A call
 * that the contract would revert throws Reverted and changes nothing. test/contract.test.ts holds it against the real one.
 */
import type { Hashes, Header, Item } from '@upfront/core';
import type { TypedHashes } from './typed-hashes.ts';
import { words } from './typed-hashes.ts';

export class Reverted extends Error {
  override readonly name = 'Reverted';
}

export interface ContractAccount {
  balance: bigint;
  debited: bigint;
  claimable: bigint;
  sequence: bigint;
  exiting: boolean;
}

export interface ContractMember {
  bond: bigint;
  leaving: number;
  validator: boolean;
}

/** `settle`'s arguments. */
export interface Settle {
  readonly header: Header;
  readonly inbox: number;
  readonly debits: Uint8Array;
  readonly credits: Uint8Array;
  readonly payouts: Uint8Array;
  readonly rotation: Uint8Array;
  /** 64 bytes each. */
  readonly signatures: Uint8Array;
}

/** A call, as a transaction of `from` makes it. */
export type Call =
  | { readonly name: 'deposit'; readonly account: Uint8Array; readonly amount: bigint }
  | { readonly name: 'exit'; readonly from: Uint8Array; readonly sequence: bigint }
  | { readonly name: 'claim'; readonly account: Uint8Array }
  | { readonly name: 'bond'; readonly from: Uint8Array; readonly amount: bigint; readonly key: Uint8Array }
  | { readonly name: 'unbond'; readonly from: Uint8Array }
  | { readonly name: 'settle'; readonly settle: Settle }
  | { readonly name: 'accuse'; readonly a: Signed; readonly b: Signed };

/** A header and somebody's signature of it. */
export interface Signed {
  readonly header: Header;
  readonly signature: Uint8Array;
}

/** At this time, s. Throws Reverted. */
export function execute(contract: Contract, call: Call, time: number): void {
  if (call.name === 'deposit') contract.deposit(call.account, call.amount);
  else if (call.name === 'exit') contract.exit(call.from, call.sequence, time);
  else if (call.name === 'claim') contract.claim(call.account, time);
  else if (call.name === 'bond') contract.bond(call.from, call.amount, call.key);
  else if (call.name === 'unbond') contract.unbond(call.from, time);
  else if (call.name === 'accuse') contract.accuse(call.a, call.b);
  else contract.settle(call.settle);
}

export interface ContractOptions {
  readonly hashes: Hashes;
  readonly typed: TypedHashes;
  recover(digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined;
  readonly validators: readonly Uint8Array[];
  /** s. */
  readonly closeAge: number;
  readonly bondAge: number;
  readonly minBond: bigint;
}

const CAP = 2n ** 63n;
const SEQUENCE_END = 2n ** 56n;
const ZERO = new Uint8Array(32);
const DEBIT = 120;
const ENTRY = 28;
const LINE = 21;

type Undo = () => void;

export class Contract {
  readonly accounts = new Map<string, ContractAccount>();
  readonly exits = new Map<string, { item: number; time: number; sequence: bigint }>();
  readonly members = new Map<string, ContractMember>();
  readonly heads: Uint8Array[] = [ZERO];
  readonly items: Item[] = [];
  /** Paid out, by account. */
  readonly claimed = new Map<string, bigint>();
  total = 0n;
  acknowledged = 0;
  number = 0;
  pool = 0n;
  validators: number;
  closed = false;
  readonly #options: ContractOptions;
  #undo: Undo[] = [];

  constructor(options: ContractOptions) {
    this.#options = options;
    for (const one of options.validators)
      this.members.set(keyOf(one), { bond: 0n, leaving: 0, validator: true });
    this.validators = options.validators.length;
  }

  account(address: Uint8Array): ContractAccount {
    return (
      this.accounts.get(keyOf(address)) ?? {
        balance: 0n,
        debited: 0n,
        claimable: 0n,
        sequence: 0n,
        exiting: false,
      }
    );
  }

  /** Of the validators with a place, ascending. */
  validatorSet(): Uint8Array[] {
    return [...this.members]
      .filter(([, { validator }]) => validator)
      .map(([key]) => bytesOf(key))
      .sort(Buffer.compare);
  }

  deposit(account: Uint8Array, amount: bigint): void {
    this.#whole(() => {
      require(!this.closed, 'AlreadyClosed');
      require(account.some((byte) => byte !== 0), 'ZeroAccount');
      const stored = this.#ripe(account);
      require(!stored.exiting, 'AlreadyExiting');
      this.#admit(amount);
      stored.balance += amount;
      this.#item(1, account, amount, ZERO);
    });
  }

  exit(sender: Uint8Array, sequence: bigint, time: number): void {
    this.#whole(() => {
      require(!this.closed, 'AlreadyClosed');
      const stored = this.#ripe(sender);
      require(!stored.exiting, 'AlreadyExiting');
      stored.exiting = true;
      this.#item(2, sender, sequence, ZERO);
      this.#set(this.exits, keyOf(sender), { item: this.items.length, time, sequence });
    });
  }

  claim(account: Uint8Array, time: number): bigint {
    let amount = 0n;
    this.#whole(() => {
      const stored = this.#ripe(account);
      const key = keyOf(account);
      const { closeAge, bondAge } = this.#options;
      if (!this.closed && stored.exiting && time > this.exits.get(key)!.time + closeAge)
        this.#put('closed', true);
      amount = stored.claimable;
      stored.claimable = 0n;
      if (this.closed) {
        amount += stored.balance;
        stored.balance = 0n;
      }
      const member = this.members.get(key);
      if (member !== undefined && member.leaving > 0 && time > member.leaving + bondAge) {
        amount += member.bond;
        this.#remove(key, member);
      }
      this.#put('total', this.total - amount);
      this.#set(this.claimed, key, (this.claimed.get(key) ?? 0n) + amount);
    });
    return amount;
  }

  bond(sender: Uint8Array, amount: bigint, consensusKey: Uint8Array): void {
    this.#whole(() => {
      require(!this.closed, 'AlreadyClosed');
      const key = keyOf(sender);
      const member = { ...(this.members.get(key) ?? { bond: 0n, leaving: 0, validator: false }) };
      require(member.leaving === 0, 'AlreadyLeaving');
      this.#admit(amount);
      member.bond += amount;
      require(member.bond >= this.#options.minBond, 'BelowMinBond');
      this.#set(this.members, key, member);
      this.#item(3, sender, amount, consensusKey);
    });
  }

  unbond(sender: Uint8Array, time: number): void {
    this.#whole(() => {
      const key = keyOf(sender);
      const member = this.members.get(key);
      require(member !== undefined && member.bond > 0n, 'NoBond');
      require(member!.leaving === 0, 'AlreadyLeaving');
      this.#set(this.members, key, { ...member!, leaving: time });
      this.#item(4, sender, member!.bond, ZERO);
    });
  }

  settle(call: Settle): void {
    this.#whole(() => {
      const { header, inbox, debits, credits, payouts, rotation } = call;
      const { keccak256 } = this.#options.hashes;
      require(!this.closed, 'AlreadyClosed');
      require(this.acknowledged <= inbox && inbox <= this.items.length, 'InboxOutOfRange');
      const lists = [debits, credits, payouts, rotation].map((list) => keccak256(list));
      const hash = keccak256(words(BigInt(this.number + 1), BigInt(inbox), this.heads[inbox]!, ...lists));
      require(Buffer.compare(hash, header.settlement) === 0, 'WrongSettlement');
      this.#requireQuorum(header, call.signatures);
      const available = this.pool + this.#debit(debits);
      const owed = this.#credit(credits, 'balance') + this.#credit(payouts, 'claimable');
      require(available >= owed, 'Uncovered');
      this.#put('pool', available - owed);
      this.#rotate(rotation, true);
      this.#rotate(rotation, false);
      this.#put('acknowledged', inbox);
      this.#put('number', this.number + 1);
    });
  }

  accuse(a: Signed, b: Signed): void {
    this.#whole(() => {
      const { typed, recover } = this.#options;
      require(a.header.height === b.header.height, 'HeightsDiffer');
      const [digestA, digestB] = [typed.header(a.header), typed.header(b.header)];
      require(Buffer.compare(digestA, digestB) !== 0, 'SameHeader');
      const signer = recover(digestA, a.signature);
      const other = recover(digestB, b.signature);
      require(signer !== undefined && other !== undefined, 'InvalidSignature');
      require(keyOf(signer!) === keyOf(other!), 'SignersDiffer');
      const member = this.members.get(keyOf(signer!));
      require(member !== undefined && member.bond > 0n, 'NoBond');
      this.#put('total', this.total - member!.bond);
      this.#remove(keyOf(signer!), member!);
    });
  }

  /** I1: what is owed to users, to validators and to the pool is there. */
  assertTotal(): void {
    let sum = this.pool;
    for (const { balance, claimable } of this.accounts.values()) sum += balance + claimable;
    for (const { bond } of this.members.values()) sum += bond;
    if (sum !== this.total) throw new Error(`I1: total ${this.total} is not the sum ${sum} of what is owed`);
  }

  copy(): Contract {
    const other = new Contract({ ...this.#options, validators: [] });
    for (const [key, one] of this.accounts) other.accounts.set(key, { ...one });
    for (const [key, one] of this.exits) other.exits.set(key, { ...one });
    for (const [key, one] of this.members) other.members.set(key, { ...one });
    for (const [key, one] of this.claimed) other.claimed.set(key, one);
    other.heads.push(...this.heads.slice(1));
    other.items.push(...this.items);
    const { total, acknowledged, number, pool, validators, closed } = this;
    return Object.assign(other, { total, acknowledged, number, pool, validators, closed });
  }

  #requireQuorum(header: Header, signatures: Uint8Array): void {
    require(signatures.length % 64 === 0, 'InvalidLength');
    const digest = this.#options.typed.header(header);
    let last = '0x';
    for (let at = 0; at < signatures.length; at += 64) {
      const signer = this.#options.recover(digest, signatures.subarray(at, at + 64));
      require(signer !== undefined, 'InvalidSignature');
      const key = keyOf(signer!);
      require(key > last, 'SignersNotAscending');
      const member = this.members.get(key);
      require(member?.validator === true && member.bond > 0n, 'NotValidator');
      last = key;
    }
    require(3 * (signatures.length / 64) > 2 * this.validators, 'NoQuorum');
  }

  #debit(list: Uint8Array): bigint {
    require(list.length % DEBIT === 0, 'InvalidLength');
    let sum = 0n;
    for (let at = 0; at < list.length; at += DEBIT) {
      const line = list.subarray(at, at + DEBIT);
      const view = new DataView(line.buffer, line.byteOffset);
      const [amount, sequence, limit] = [view.getBigUint64(0), view.getBigUint64(8), view.getBigUint64(16)];
      const digest = this.#options.typed.fetch(sequence, limit, line.subarray(24, 56));
      const address = this.#options.recover(digest, line.subarray(56, 120));
      require(address !== undefined, 'InvalidSignature');
      const stored = this.#ripe(address!);
      require(stored.sequence <= sequence && sequence < SEQUENCE_END, 'SequenceOutOfRange');
      require(stored.debited + amount <= limit, 'OverLimit');
      require(amount <= stored.balance, 'OverBalance');
      stored.balance -= amount;
      stored.debited += amount;
      stored.sequence = sequence;
      sum += amount;
    }
    return sum;
  }

  #credit(list: Uint8Array, field: 'balance' | 'claimable'): bigint {
    require(list.length % ENTRY === 0, 'InvalidLength');
    let sum = 0n;
    for (let at = 0; at < list.length; at += ENTRY) {
      const amount = new DataView(list.buffer, list.byteOffset + at).getBigUint64(20);
      this.#ripe(list.subarray(at, at + 20))[field] += amount;
      sum += amount;
    }
    return sum;
  }

  #rotate(list: Uint8Array, isIn: boolean): void {
    require(list.length % LINE === 0, 'InvalidLength');
    for (let at = 0; at < list.length; at += LINE) {
      const key = keyOf(list.subarray(at, at + 20));
      const flag = list[at + 20]!;
      require(flag <= 1, 'InvalidRotation');
      const member = this.members.get(key);
      const applies = isIn
        ? flag === 1 && member !== undefined && !member.validator && member.bond > 0n && member.leaving === 0
        : flag === 0 && member?.validator === true && this.validators > 1;
      if (!applies) continue;
      this.#set(this.members, key, { ...member!, validator: isIn });
      this.#put('validators', this.validators + (isIn ? 1 : -1));
    }
  }

  /** The account as this call may change it; its exit is over if it is acknowledged. */
  #ripe(address: Uint8Array): ContractAccount {
    const key = keyOf(address);
    const before = this.accounts.get(key);
    const stored = { ...this.account(address) };
    this.accounts.set(key, stored);
    this.#undo.push(() =>
      before === undefined ? this.accounts.delete(key) : this.accounts.set(key, before),
    );
    const exit = this.exits.get(key);
    if (stored.exiting && exit!.item <= this.acknowledged) {
      stored.claimable += stored.balance;
      stored.balance = 0n;
      if (stored.sequence < exit!.sequence) stored.sequence = exit!.sequence;
      stored.exiting = false;
    }
    return stored;
  }

  #admit(amount: bigint): void {
    require(amount > 0n, 'ZeroAmount');
    require(amount < CAP - this.total, 'OverCap');
    this.#put('total', this.total + amount);
  }

  #item(kind: number, account: Uint8Array, amount: bigint, data: Uint8Array): void {
    const number = this.items.length + 1;
    const head = words(this.heads.at(-1)!, BigInt(number), BigInt(kind), account, amount, data);
    this.items.push({ kind, account: account.slice(), amount, data: data.slice() });
    this.heads.push(this.#options.hashes.keccak256(head));
    this.#undo.push(() => {
      this.items.pop();
      this.heads.pop();
    });
  }

  #remove(key: string, { validator }: ContractMember): void {
    const before = this.members.get(key)!;
    this.members.delete(key);
    this.#undo.push(() => this.members.set(key, before));
    if (validator) this.#put('validators', this.validators - 1);
  }

  #set<T>(map: Map<string, T>, key: string, value: T): void {
    const before = map.get(key);
    map.set(key, value);
    this.#undo.push(() => (before === undefined ? map.delete(key) : map.set(key, before)));
  }

  #put<N extends 'total' | 'acknowledged' | 'number' | 'pool' | 'validators' | 'closed'>(
    name: N,
    value: this[N],
  ): void {
    const before = this[name];
    this[name] = value;
    this.#undo.push(() => {
      this[name] = before;
    });
  }

  /** All of it or nothing. */
  #whole(work: () => void): void {
    this.#undo = [];
    try {
      work();
    } catch (error) {
      for (const undo of this.#undo.reverse()) undo();
      throw error;
    }
  }
}

export function keyOf(address: Uint8Array): string {
  return `0x${Buffer.from(address.buffer, address.byteOffset, address.length).toString('hex')}`;
}

export function bytesOf(key: string): Uint8Array {
  return new Uint8Array(Buffer.from(key.slice(2), 'hex'));
}

function require(condition: boolean, error: string): void {
  if (!condition) throw new Reverted(error);
}
