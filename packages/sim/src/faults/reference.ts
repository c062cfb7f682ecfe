/**
 * The rules once more, as docs/protocol.md says them and as plainly as can be: maps, big integers, no columns, no sums kept.
 * Every block is applied here too, and codes, events and books must be the core's.
 *
 * Shared with the core are only the decoders of messages. Sections 6 to 8 are here, 9 is reference-settlement.ts.
 */
import { createHash } from 'node:crypto';
import {
  type BlockIndex,
  decodeFetch,
  decodeFulfil,
  type Event,
  type Fetch,
  type Fulfil,
  type Genesis,
  type Intent,
  type Item,
  type L1View,
  type Parameters,
} from '@upfront/core';
import { bytesOf, keyOf } from './contract.ts';
import { RefSettlement } from './reference-settlement.ts';
import type { TypedHashes } from './typed-hashes.ts';
import { words } from './typed-hashes.ts';

export interface RefAccount {
  readonly key: string;
  balance: bigint;
  reserved: bigint;
  u: bigint;
  debited: bigint;
  owed: bigint;
  readonly used: Set<bigint>;
  highest: bigint;
  standing: number;
  authority: { sequence: bigint; limit: bigint; request: Uint8Array; signature: Uint8Array } | undefined;
  exit: { item: number; sequence: bigint; isListed: boolean } | undefined;
}

export interface RefNonce {
  readonly nonce: number;
  readonly index: number;
  readonly intent: Intent;
  readonly fetch: RefFetch;
  readonly deadline: number;
}

interface RefFetch {
  readonly account: RefAccount;
  readonly sequence: bigint;
  readonly first: number;
  readonly height: number;
  rest: bigint;
}

interface Member {
  bond: bigint;
  key: Uint8Array;
}

export interface RefResult {
  readonly codes: number[];
  readonly events: Event[];
  readonly formed:
    | { debits: Uint8Array; credits: Uint8Array; payouts: Uint8Array; rotation: Uint8Array; inbox: number }
    | undefined;
}

const ZERO_KEY = `0x${'00'.repeat(20)}`;

export class Reference {
  readonly parameters: Parameters;
  readonly accounts = new Map<string, RefAccount>();
  readonly open = new Map<number, RefNonce>();
  readonly members = new Map<string, Member>();
  /** Of each topic, its undelivered posts by nonce: fulfilled, annulled, or undefined while open. */
  readonly topics = new Map<string, Map<number, boolean | undefined>>();
  readonly views = new Map<string, L1View>();
  readonly settlement: RefSettlement;
  readonly keccak256: (bytes: Uint8Array) => Uint8Array;
  validators: string[];
  height = 0;
  /** A block is being applied; `height` is its. */
  isApplying = false;
  time: number;
  clock = 0;
  next = 0;
  l1Time: number;
  imported = 0;
  heads: Uint8Array[] = [new Uint8Array(32)];
  events: Event[] = [];
  readonly #typed: TypedHashes;

  constructor(genesis: Genesis, typed: TypedHashes, keccak256: (bytes: Uint8Array) => Uint8Array) {
    this.parameters = genesis.parameters;
    this.keccak256 = keccak256;
    this.validators = genesis.validators.map(keyOf);
    this.time = genesis.time;
    this.l1Time = genesis.time;
    this.settlement = new RefSettlement(this, genesis.time);
    this.#typed = typed;
  }

  /** Section 6. */
  apply(block: BlockIndex, verdicts: Uint8Array): RefResult {
    this.events = [];
    this.isApplying = true;
    this.clock += Math.min(block.time - this.time, 1000);
    this.time = block.time;
    this.height = block.height;
    this.#evidence(block, verdicts);
    this.#annul();
    this.#items(block.items);
    const first = block.views.length + block.headerSignatures.length;
    const codes: number[] = [];
    block.fulfils.forEach((offset, i) => {
      codes.push(
        this.#fulfil(block.bytes.slice(offset, offset + block.fulfilSizes[i]!), verdicts[first + i] === 1),
      );
    });
    codes.push(...this.#fetches(block, verdicts.subarray(first + block.fulfils.length)));
    const formed = this.settlement.step();
    this.isApplying = false;
    return { codes, events: this.events, formed };
  }

  account(key: string): RefAccount {
    let account = this.accounts.get(key);
    if (account === undefined) {
      account = {
        key,
        balance: 0n,
        reserved: 0n,
        u: 0n,
        debited: 0n,
        owed: 0n,
        used: new Set(),
        highest: -1n,
        standing: this.parameters.standingStart,
        authority: undefined,
        exit: undefined,
      };
      this.accounts.set(key, account);
    }
    return account;
  }

  openOf(account: RefAccount): RefNonce[] {
    return [...this.open.values()].filter(({ fetch }) => fetch.account === account);
  }

  receive(account: RefAccount, amount: bigint): void {
    account.balance += amount;
    account.u -= amount;
    this.settlement.isTouched = true;
  }

  isQuorum(count: number): boolean {
    return 3 * count > 2 * this.validators.length;
  }

  /** The largest value that more than 2/3 have at least. */
  supported(value: (view: L1View) => number): number {
    const values = [...this.views.values()].map(value);
    const supportedBy = (x: number): boolean => this.isQuorum(values.filter((one) => one >= x).length);
    return Math.max(0, ...values.filter(supportedBy));
  }

  #evidence(block: BlockIndex, verdicts: Uint8Array): void {
    block.views.forEach((view, i) => {
      const key = keyOf(view.validator);
      const newest = this.views.get(key);
      if (!this.validators.includes(key) || verdicts[i] !== 1) return;
      if (newest && (view.time < newest.time || view.items < newest.items || view.settled < newest.settled))
        return;
      this.views.set(key, view);
    });
    this.l1Time = Math.max(
      this.l1Time,
      this.supported(({ time }) => time),
    );
    this.settlement.confirm(this.supported(({ settled }) => settled));
  }

  #annul(): void {
    const { leastAge, standingFloor } = this.parameters;
    const due = [...this.open.values()]
      .filter(({ deadline, fetch }) => this.clock > deadline && this.height - fetch.height >= leastAge)
      .sort((a, b) => a.nonce - b.nonce);
    for (const fetch of new Set(due.map((one) => one.fetch))) {
      const nonces = due.filter((one) => one.fetch === fetch);
      const bitmap = new Uint8Array(32);
      for (const { index } of nonces) bitmap[index >> 3]! |= 0x80 >> (index & 7);
      const { account, first, sequence } = fetch;
      this.events.push({ type: 'annulled', first, account: bytesOf(account.key), sequence, bitmap });
      for (const one of nonces) {
        if (one.intent.kind !== 'hold') account.standing = Math.max(standingFloor, account.standing >> 1);
        this.open.delete(one.nonce);
        if (one.intent.kind === 'post') this.#burn(fetch, one.intent.stake);
        this.#resolved(one, false);
      }
    }
  }

  #burn(fetch: RefFetch, stake: bigint): void {
    if (stake === 0n) return;
    this.#pay(fetch, stake);
    this.settlement.burnt += stake;
  }

  #pay(fetch: RefFetch, amount: bigint): void {
    fetch.account.balance -= amount;
    fetch.account.reserved -= amount;
    fetch.rest -= amount;
    fetch.account.u += amount;
    this.settlement.isTouched = true;
  }

  /** After its own event: deliveries, and the end of its fetch. */
  #resolved({ nonce, intent, fetch }: RefNonce, isFulfilled: boolean): void {
    if (intent.kind === 'post') {
      const name = keyOf(intent.topic);
      const posts = this.topics.get(name)!;
      posts.set(nonce, isFulfilled);
      for (const [post, state] of [...posts].sort(([a], [b]) => a - b)) {
        if (state === undefined) break;
        this.events.push({ type: 'delivered', topic: intent.topic, nonce: post, fulfilled: state });
        posts.delete(post);
      }
      if (posts.size === 0) this.topics.delete(name);
    }
    const isOver = ![...this.open.values()].some((one) => one.fetch === fetch);
    if (!isOver) return;
    fetch.account.reserved -= fetch.rest;
    fetch.rest = 0n;
  }

  #items(items: readonly Item[]): void {
    const heads: Uint8Array[] = [];
    for (const [i, { kind, account, amount, data }] of items.entries()) {
      const before = heads.at(-1) ?? this.heads[this.imported]!;
      heads.push(
        this.keccak256(words(before, BigInt(this.imported + 1 + i), BigInt(kind), account, amount, data)),
      );
    }
    const isSupported = (count: number): boolean => {
      const agree = [...this.views.values()].filter(({ items: n, head }) => {
        const known = heads[n - this.imported - 1];
        return n >= this.imported + count && known !== undefined && Buffer.compare(known, head) === 0;
      });
      return this.isQuorum(agree.length);
    };
    let count = items.length;
    while (count > 0 && !isSupported(count)) count--;
    for (let i = 0; i < count; i++) {
      this.heads.push(heads[i]!);
      this.#item(items[i]!);
    }
  }

  #item({ kind, account, amount, data }: Item): void {
    const number = ++this.imported;
    const key = keyOf(account);
    this.events.push({ type: 'item', nonce: this.next++, number, kind, account, amount, data });
    if (kind === 1) this.account(key).balance += amount;
    if (kind === 2) this.account(key).exit = { item: number, sequence: amount, isListed: false };
    const known = this.members.get(key);
    const isValidator = this.validators.includes(key);
    if (kind === 3) {
      const hasKey = known?.key.some((byte) => byte !== 0) === true && (known.bond > 0n || isValidator);
      this.members.set(key, { bond: (known?.bond ?? 0n) + amount, key: hasKey ? known.key : data });
    }
    if (kind === 4 && isValidator && known !== undefined) known.bond = 0n;
    else if (kind === 4) this.members.delete(key);
  }

  /** Section 8: the code that a fulfilment gets now, were it in a block. */
  fulfilCode(bytes: Uint8Array, isSigned: boolean): number {
    const fulfil = decodeFulfil(bytes, this.parameters);
    if (fulfil === undefined) throw new Error('a malformed fulfilment in a block');
    const one = this.open.get(fulfil.nonce);
    if (one === undefined) return 20;
    const { intent, fetch } = one;
    if (intent.kind !== fulfil.kind) return 21;
    if (fulfil.kind === 'transfer' || fulfil.kind === 'withdraw') {
      if (!this.#opens(one, bytes.subarray(10), bytes.subarray(26))) return 23;
      if (fulfil.kind === 'transfer' && keyOf(fulfil.to) === ZERO_KEY) return 24;
      if (fulfil.amount === 0n) return 25;
      if (fulfil.amount > fetch.rest - this.#earmarked(fetch)) return 26;
      return fulfil.kind === 'withdraw' && fulfil.amount < this.parameters.dust ? 27 : 0;
    }
    if (fulfil.kind === 'post') {
      if (intent.kind === 'post' && fulfil.data.length > intent.size) return 22;
      return this.#opens(one, bytes.subarray(10), fulfil.data) ? 0 : 23;
    }
    if (fulfil.kind === 'hold') {
      if (intent.kind === 'hold' && fulfil.amount > intent.max) return 28;
      return isSigned ? 0 : 30;
    }
    const { height } = fulfil;
    const next = this.isApplying ? this.height : this.height + 1;
    if (height < 1 || height >= next || height < next - 65536) return 29;
    return isSigned ? 0 : 31;
  }

  #fulfil(bytes: Uint8Array, isSigned: boolean): number {
    const code = this.fulfilCode(bytes, isSigned);
    if (code !== 0) return code;
    const fulfil = decodeFulfil(bytes, this.parameters)!;
    const { nonce } = fulfil;
    const one = this.open.get(nonce)!;
    const { fetch } = one;
    this.events.push(this.#performed(one, fulfil));
    this.open.delete(nonce);
    const isRelease = fulfil.kind === 'hold' && fulfil.amount === 0n;
    if (!isRelease) {
      fetch.account.standing = Math.min(65536, fetch.account.standing + this.parameters.standingGain);
    }
    this.#resolved(one, true);
    return 0;
  }

  /** What a fulfilment does, and its event. */
  #performed({ intent, fetch, nonce }: RefNonce, fulfil: Fulfil): Event {
    const account = bytesOf(fetch.account.key);
    switch (fulfil.kind) {
      case 'transfer': {
        const { to, amount, reference } = fulfil;
        this.#pay(fetch, amount);
        this.receive(this.account(keyOf(to)), amount);
        return { type: 'transferred', nonce, from: account, to, amount, reference };
      }
      case 'withdraw':
        this.#pay(fetch, fulfil.amount);
        fetch.account.owed += fulfil.amount;
        return { type: 'withdrawn', nonce, account, amount: fulfil.amount };
      case 'post': {
        const topic = intent.kind === 'post' ? intent.topic : new Uint8Array(32);
        return { type: 'posted', nonce, account, topic, size: fulfil.data.length, data: sha256(fulfil.data) };
      }
      case 'hold': {
        const payee = intent.kind === 'hold' ? intent.payee : account;
        const { amount } = fulfil;
        if (amount > 0n) {
          this.#pay(fetch, amount);
          this.receive(this.account(keyOf(payee)), amount);
        }
        return { type: 'captured', nonce, payer: account, payee, amount };
      }
      case 'validate':
        return { type: 'validated', nonce, account, height: fulfil.height };
    }
  }

  /** Maxima and stakes of its open nonces. */
  #earmarked(fetch: RefFetch): bigint {
    let sum = 0n;
    for (const one of this.open.values()) if (one.fetch === fetch) sum += earmarkOf(one.intent);
    return sum;
  }

  #opens({ intent, index, fetch }: RefNonce, salt: Uint8Array, activity: Uint8Array): boolean {
    const head = Buffer.alloc(40);
    head.write('upfront/1');
    head.set(bytesOf(fetch.account.key), 9);
    head.writeBigUInt64BE(fetch.sequence, 29);
    head.writeUInt16BE(index, 37);
    head[39] = { transfer: 1, hold: 2, withdraw: 3, post: 4, validate: 5 }[intent.kind];
    const found = sha256(Buffer.concat([head, salt.subarray(0, 16), activity]));
    return 'commitment' in intent && Buffer.compare(found, intent.commitment) === 0;
  }

  /** Section 7. */
  #fetches(block: BlockIndex, verdicts: Uint8Array): number[] {
    const fetches = [...block.fetches].map((offset, i) => {
      const bytes = block.bytes.slice(offset, offset + block.fetchSizes[i]!);
      return { bytes, fetch: decodeFetch(bytes, this.parameters)!, isSigned: verdicts[i] === 1 };
    });
    const active = new Set<RefAccount>([...this.open.values()].map((one) => one.fetch.account));
    for (const { fetch, isSigned } of fetches) {
      const account = this.accounts.get(keyOf(fetch.account));
      if (account !== undefined && isSigned && this.#standingCode(account, fetch) === 0) active.add(account);
    }
    const sum = [...active].reduce((total, { standing }) => total + standing, 0);
    return fetches.map(({ bytes, fetch, isSigned }) => {
      if (!isSigned) return 2;
      const account = this.accounts.get(keyOf(fetch.account));
      if (account === undefined) return 3;
      return this.#fetch(account, fetch, bytes, active, sum);
    });
  }

  #standingCode(account: RefAccount, { sequence, expires }: Fetch): number {
    if (account.balance - account.reserved < this.parameters.bond) return 3;
    if (this.settlement.isLagging()) return 4;
    // Its bit says so, and bits reach back 64.
    if (account.used.has(sequence) && sequence > account.highest - 64n) return 5;
    if (sequence < account.highest - 63n || sequence > account.highest + 64n) return 6;
    if (this.time > expires) return 7;
    return expires > this.time + this.parameters.expiryMost ? 8 : 0;
  }

  #fetch(account: RefAccount, fetch: Fetch, bytes: Uint8Array, active: Set<RefAccount>, sum: number): number {
    const { sequence, limit, budget, intents, signature } = fetch;
    const standing = this.#standingCode(account, fetch);
    if (standing !== 0 && standing <= 6) return standing;
    if (standing === 0 && !active.has(account)) return 6;
    const code = standing !== 0 ? standing : this.#meansCode(account, fetch, sum);
    account.used.add(sequence);
    if (sequence > account.highest) account.highest = sequence;
    const named = bytesOf(account.key);
    if (code !== 0) {
      this.events.push({ type: 'refused', account: named, sequence, code });
      return code;
    }
    const hash = sha256(bytes.subarray(119));
    if (account.authority === undefined || sequence > account.authority.sequence) {
      const request = this.#typed.request(budget, BigInt(fetch.expires), hash);
      account.authority = { sequence, limit, request, signature };
    }
    const fees = BigInt(intents.length) * this.parameters.fee;
    account.balance -= fees;
    account.u += fees;
    this.settlement.isTouched = true;
    this.settlement.feePot += fees;
    account.reserved += budget - fees;
    const first = this.next;
    const count = intents.length;
    this.events.push({
      type: 'dealt',
      account: named,
      sequence,
      first,
      count,
      limit,
      budget,
      intents: hash,
      clock: this.clock,
    });
    const row: RefFetch = { account, sequence, first, height: this.height, rest: budget - fees };
    intents.forEach((intent, index) => {
      const nonce = this.next++;
      this.open.set(nonce, { nonce, index, intent, fetch: row, deadline: this.clock + this.#window(intent) });
      if (intent.kind !== 'post') return;
      const name = keyOf(intent.topic);
      this.topics.set(name, (this.topics.get(name) ?? new Map()).set(nonce, undefined));
    });
    return 0;
  }

  #meansCode(account: RefAccount, { sequence, limit, budget, intents }: Fetch, active: number): number {
    const { fee, bond } = this.parameters;
    if (account.exit !== undefined) return 9;
    const places = [...this.openOf(account).map(({ intent }) => intent), ...intents].reduce(
      (sum, one) => sum + placesOf(one),
      0,
    );
    if (places > this.#allowance(account, active)) return 10;
    const earmarked = intents.reduce((sum, intent) => sum + earmarkOf(intent), 0n);
    if (budget < BigInt(intents.length) * fee + earmarked) return 11;
    if (account.balance - account.reserved < budget + bond) return 12;
    const { authority, debited, u, reserved } = account;
    const most = authority === undefined || sequence > authority.sequence ? limit : authority.limit;
    return most < debited + (u > 0n ? u : 0n) + reserved + budget ? 13 : 0;
  }

  #allowance({ standing }: RefAccount, active: number): number {
    const { maxPlaces, capacity } = this.parameters;
    const own = Number((BigInt(standing) * BigInt(maxPlaces)) >> 16n);
    const share = active === 0 ? own : Number((BigInt(standing) * BigInt(capacity)) / BigInt(active));
    return Math.max(1, Math.min(own, share));
  }

  #window(intent: Intent): number {
    if (intent.kind === 'hold') return 1000 * intent.window;
    return intent.kind === 'post' || intent.kind === 'validate'
      ? this.parameters.windowPost
      : this.parameters.windowTransfer;
  }
}

function earmarkOf(intent: Intent): bigint {
  if (intent.kind === 'hold') return intent.max;
  return intent.kind === 'post' ? intent.stake : 0n;
}

function placesOf(intent: Intent): number {
  return intent.kind === 'post' ? Math.max(1, Math.ceil(intent.size / 256)) : 1;
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}
