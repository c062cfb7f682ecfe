/**
 * Calls of the contract, each aimed at one outcome: every revert that its model has, and every success. Each is made from
 * what the model says now, so that nothing but what it is aimed at stands in its way; whether it got there, the test counts.
 */
import type { Header } from '@upfront/core';
import type { Curve } from '@upfront/node/parts';
import { type Call, type Contract, keyOf, type Signed } from '../src/faults/contract.ts';
import type { Random } from '../src/faults/random.ts';
import { type TypedHashes, words } from '../src/faults/typed-hashes.ts';
import { BOND_AGE, MIN_BOND } from '../src/faults/world.ts';

export interface Key {
  readonly key: Uint8Array;
  readonly address: Uint8Array;
}

export interface Cast {
  readonly model: Contract;
  readonly random: Random;
  readonly curve: Curve;
  readonly typed: TypedHashes;
  readonly keccak256: (bytes: Uint8Array) => Uint8Array;
  readonly users: readonly Key[];
  /** Who is a validator, was one, or may become one. */
  readonly members: readonly Key[];
  /** s. */
  readonly closeAge: number;
  /** Of the last call, s. */
  time: number;
}

/** A call; `time` if it has to be made then, s: just then, or later as well. */
export interface Aimed {
  readonly call: Call;
  readonly time?: number;
  readonly isExact?: boolean;
}

/** Undefined: it cannot be made of what there is now. */
type Aim = (cast: Cast) => Call | Aimed | undefined;

interface Debit {
  readonly from: Key;
  readonly amount: bigint;
  readonly sequence?: bigint;
  readonly limit?: bigint;
}

interface Changes {
  readonly debits?: readonly Debit[];
  readonly credits?: readonly (readonly [Uint8Array, bigint])[];
  readonly payouts?: readonly (readonly [Uint8Array, bigint])[];
  readonly rotation?: readonly (readonly [Uint8Array, number])[];
  readonly inbox?: number;
  readonly number?: number;
  /** How many sign; more than 2/3, if it is not said. */
  readonly signers?: readonly Key[];
  /** A list, or the signatures, with a byte too many. */
  readonly longer?: 'debits' | 'credits' | 'payouts' | 'rotation' | 'signatures';
  readonly signatures?: (good: Uint8Array) => Uint8Array;
  readonly debitBytes?: (good: Uint8Array) => Uint8Array;
}

const CAP = 2n ** 63n;
const SEQUENCE_END = 2n ** 56n;

const key = ({ address }: Key): string => keyOf(address);

function free({ users, model }: Cast, least = 1n): Key[] {
  return users.filter((user) => {
    const { balance, exiting } = model.account(user.address);
    return !exiting && balance >= least;
  });
}

/** Who may sign, ascending. */
function able({ model, members }: Cast): Key[] {
  const may = members.filter((one) => {
    const member = model.members.get(key(one));
    return member?.validator === true && member.bond > 0n;
  });
  return may.sort((a, b) => Buffer.compare(a.address, b.address));
}

function quorum(cast: Cast): Key[] | undefined {
  const list = able(cast);
  const least = Math.floor((2 * cast.model.validators) / 3) + 1;
  const from = cast.random.below(list.length - least + 1);
  return list.length < least ? undefined : list.slice(from, from + least);
}

function lineOf({ curve, typed, model }: Cast, { from, amount, sequence, limit }: Debit): Uint8Array {
  const stored = model.account(from.address);
  const said = sequence ?? stored.sequence;
  const most = limit ?? stored.debited + amount;
  const head = Buffer.alloc(24);
  [amount, said, most].forEach((value, i) => void head.writeBigUInt64BE(BigInt.asUintN(64, value), 8 * i));
  const request = typed.request(amount, 1n, from.address);
  const signature = curve.sign(typed.fetch(said, most, request), from.key);
  return Buffer.concat([head, request, signature]);
}

function entries(list: readonly (readonly [Uint8Array, bigint])[]): Uint8Array {
  const lines = list.map(([account, amount]) => {
    const line = Buffer.alloc(28);
    line.set(account);
    line.writeBigUInt64BE(amount, 20);
    return line;
  });
  return new Uint8Array(Buffer.concat(lines));
}

/** The next settlement, as more than 2/3 sign it, but for what is changed. */
function settle(cast: Cast, changes: Changes): Call | undefined {
  const { model, random, keccak256, typed, curve } = cast;
  const signers = changes.signers ?? quorum(cast);
  if (signers === undefined) return undefined;
  const longer = (name: Changes['longer'], list: Uint8Array): Uint8Array =>
    changes.longer === name ? new Uint8Array(Buffer.concat([list, Uint8Array.of(1)])) : list;
  const debitLines = Buffer.concat((changes.debits ?? []).map((one) => lineOf(cast, one)));
  const debits = longer('debits', changes.debitBytes?.(debitLines) ?? new Uint8Array(debitLines));
  const credits = longer('credits', entries(changes.credits ?? []));
  const payouts = longer('payouts', entries(changes.payouts ?? []));
  const turns = (changes.rotation ?? []).map(([who, flag]) => Buffer.from([...who, flag]));
  const rotation = longer('rotation', new Uint8Array(Buffer.concat(turns)));
  const inbox = changes.inbox ?? model.acknowledged;
  const head = model.heads[inbox] ?? new Uint8Array(32);
  const lists = [debits, credits, payouts, rotation].map((list) => keccak256(list));
  const number = changes.number ?? model.number + 1;
  const settlement = keccak256(words(BigInt(number), BigInt(inbox), head, ...lists));
  const [parent, events, state] = [random.bytes(32), random.bytes(32), random.bytes(32)] as const;
  const header: Header = { height: random.between(1, 1000), parent, events, state, settlement };
  const digest = typed.header(header);
  const good = Buffer.concat(signers.map((one) => curve.sign(digest, one.key)));
  const signatures = longer('signatures', changes.signatures?.(good) ?? new Uint8Array(good));
  const call = { header, inbox, debits, credits, payouts, rotation, signatures };
  return { name: 'settle', settle: call };
}

/** A debit of some of a balance, with what is made of it. */
function taking(
  cast: Cast,
  change: (debit: Debit, balance: bigint, cast: Cast) => Partial<Debit> = () => ({}),
  more: Changes = {},
): Call | undefined {
  const from = free(cast, 10n)[0];
  if (from === undefined) return undefined;
  const { balance } = cast.model.account(from.address);
  const debit = { from, amount: balance / 2n };
  return settle(cast, { debits: [{ ...debit, ...change(debit, balance, cast) }], ...more });
}

function damaged(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy.fill(0xff, at, at + 32);
  return copy;
}

function signed({ random, curve, typed }: Cast, by: Key, header: Partial<Header> = {}): Signed {
  const hash = random.bytes(32);
  const whole = { height: 7, parent: hash, events: hash, state: hash, settlement: hash, ...header };
  return { header: whole, signature: curve.sign(typed.header(whole), by.key) };
}

/** Two headers of one height, both by one member. */
function accuse(cast: Cast, by: Key | undefined, other: Key | undefined = by, height = 7): Call | undefined {
  if (by === undefined || other === undefined) return undefined;
  return { name: 'accuse', a: signed(cast, by), b: signed(cast, other, { height }) };
}

/** Who has a bond, and of those who are leaving or who are not. */
function bonded({ model, members }: Cast, isLeaving: boolean): Key[] {
  return members.filter((one) => {
    const member = model.members.get(key(one));
    return member !== undefined && member.bond > 0n && member.leaving > 0 === isLeaving;
  });
}

/** Who has called `unbond` last. */
function lastLeaving(cast: Cast): Key | undefined {
  const { members } = cast.model;
  const leaving = (one: Key): number => members.get(key(one))!.leaving;
  return bonded(cast, true)
    .sort((a, b) => leaving(a) - leaving(b))
    .at(-1);
}

function unbonded({ model, members }: Cast): Key[] {
  return members.filter((one) => (model.members.get(key(one))?.bond ?? 0n) === 0n);
}

function exiting({ model, users }: Cast): Key[] {
  return users.filter(({ address }) => {
    const exit = model.exits.get(keyOf(address));
    return model.account(address).exiting && exit!.item > model.acknowledged;
  });
}

function lastExiting(cast: Cast): Key | undefined {
  const { exits } = cast.model;
  return exiting(cast)
    .sort((a, b) => exits.get(key(a))!.time - exits.get(key(b))!.time)
    .at(-1);
}

const bondOf = (from: Key | undefined, amount: bigint): Call | undefined =>
  from && { name: 'bond', from: from.address, amount, key: from.key };
const claimOf = (one: Key): Call => ({ name: 'claim', account: one.address });

export const AIMS: Readonly<Record<string, Aim>> = {
  'deposit success': ({ random, users }) => {
    const amount = BigInt(random.between(1, 1_000_000));
    return { name: 'deposit', account: random.pick(users).address, amount };
  },
  'deposit ZeroAccount': () => ({ name: 'deposit', account: new Uint8Array(20), amount: 1n }),
  'deposit ZeroAmount': ({ users }) => ({ name: 'deposit', account: users[0]!.address, amount: 0n }),
  'deposit OverCap': ({ users, model, random }) => {
    const amount = CAP - model.total + BigInt(random.below(2));
    return { name: 'deposit', account: random.pick(users).address, amount };
  },
  'deposit AlreadyExiting': (cast) => {
    const [one] = exiting(cast);
    return one && { name: 'deposit', account: one.address, amount: 5n };
  },
  'exit success': (cast) => {
    const one = free(cast).at(-1);
    if (one === undefined) return undefined;
    const { sequence } = cast.model.account(one.address);
    const above = BigInt(cast.random.between(1, 40));
    return { name: 'exit', from: one.address, sequence: cast.random.chance(0.7) ? sequence + above : 0n };
  },
  'exit AlreadyExiting': (cast) => {
    const [one] = exiting(cast);
    return one && { name: 'exit', from: one.address, sequence: 1n };
  },
  'claim of anybody': ({ random, users, members }) => claimOf(random.pick([...users, ...members])),
  'claim of a bond just too early': (cast) => {
    const one = lastLeaving(cast);
    if (one === undefined) return undefined;
    const time = cast.model.members.get(key(one))!.leaving + BOND_AGE;
    return { call: claimOf(one), time, isExact: true };
  },
  'claim of a bond': (cast) => {
    const [one] = bonded(cast, true);
    return one && { call: claimOf(one), time: cast.model.members.get(key(one))!.leaving + BOND_AGE + 1 };
  },
  'claim of a bond that nobody takes home': (cast) => {
    const [one] = bonded(cast, false);
    return one && { call: claimOf(one), time: cast.time + BOND_AGE + 1 };
  },
  'claim of an exit just before it closes': (cast) => {
    const one = lastExiting(cast);
    if (one === undefined) return undefined;
    const time = cast.model.exits.get(key(one))!.time + cast.closeAge;
    return { call: claimOf(one), time, isExact: true };
  },
  'claim of an acknowledged exit': (cast) => {
    const { model, users } = cast;
    const one = users.find(({ address }) => {
      return model.account(address).exiting && model.exits.get(keyOf(address))!.item <= model.acknowledged;
    });
    return one && claimOf(one);
  },
  'bond success': (cast) => bondOf(cast.random.pick(cast.members), MIN_BOND),
  'bond BelowMinBond': (cast) => bondOf(unbonded(cast)[0], MIN_BOND - 1n),
  'bond ZeroAmount': (cast) => bondOf(bonded(cast, false)[0], 0n),
  'bond OverCap': (cast) => bondOf(bonded(cast, false)[0], CAP - cast.model.total),
  'bond AlreadyLeaving': (cast) => bondOf(bonded(cast, true)[0], MIN_BOND),
  'unbond success': (cast) => {
    // The last in the list are no validators at first; a quorum stays.
    const one = bonded(cast, false).at(-1);
    return one && { name: 'unbond', from: one.address };
  },
  'unbond NoBond': (cast) => ({ name: 'unbond', from: (unbonded(cast)[0] ?? cast.users[0]!).address }),
  'unbond AlreadyLeaving': (cast) => {
    const [one] = bonded(cast, true);
    return one && { name: 'unbond', from: one.address };
  },

  'settle success': (cast) => settle(cast, {}),
  'settle acknowledges': (cast) => settle(cast, { inbox: cast.model.items.length }),
  'settle moves': (cast) => {
    const [from, to = from] = free(cast, 10n);
    if (from === undefined) return undefined;
    const { balance, sequence, debited } = cast.model.account(from.address);
    const amount = cast.random.pick([balance, balance / 2n, 1n]);
    const part = cast.random.pick([0n, amount / 3n]);
    const debit = { from, amount, sequence: sequence + BigInt(cast.random.below(3)) };
    const limit = debited + amount + BigInt(cast.random.below(2));
    const credits = [[to!.address, amount - part] as const];
    const isPooled = cast.random.chance(0.3);
    const payouts = part === 0n || isPooled ? [] : [[to!.address, part] as const];
    return settle(cast, { debits: [{ ...debit, limit }], credits, payouts });
  },
  'settle out of the pool': (cast) =>
    cast.model.pool === 0n
      ? undefined
      : settle(cast, { payouts: [[cast.random.pick(cast.users).address, cast.model.pool]] }),
  'settle rotates': (cast) => {
    const line = (one: Key): readonly [Uint8Array, number] => [one.address, cast.random.below(2)];
    return settle(cast, {
      rotation: cast.random
        .shuffle([...cast.members])
        .slice(0, 3)
        .map(line),
    });
  },
  'settle rotates somebody in': (cast) => {
    const out = bonded(cast, false).find((one) => !cast.model.members.get(key(one))!.validator);
    return out && settle(cast, { rotation: [[out.address, 1]] });
  },
  'settle rotates somebody out': (cast) => {
    const [one] = able(cast);
    return one && settle(cast, { rotation: [[one.address, 0]] });
  },
  'settle rotates all out': (cast) =>
    settle(cast, { rotation: cast.members.map((one) => [one.address, 0] as const) }),
  'settle rotates those in that may not': (cast) => {
    const list = [...bonded(cast, true), ...unbonded(cast)];
    return settle(cast, { rotation: list.map((one) => [one.address, 1] as const) });
  },
  'settle InboxOutOfRange': ({ model, ...cast }) => {
    const below = model.acknowledged > 0 && cast.random.chance(0.5);
    return settle({ model, ...cast }, { inbox: below ? model.acknowledged - 1 : model.items.length + 1 });
  },
  'settle WrongSettlement': (cast) => settle(cast, { number: cast.model.number + cast.random.pick([0, 2]) }),
  'settle InvalidLength': (cast) => {
    const longer = cast.random.pick(['debits', 'credits', 'payouts', 'rotation', 'signatures'] as const);
    return settle(cast, { longer });
  },
  'settle InvalidSignature': (cast) => settle(cast, { signatures: () => new Uint8Array(64) }),
  'settle InvalidSignature, s in the upper half': (cast) =>
    settle(cast, { signatures: (good) => damaged(good, 32) }),
  'settle SignersNotAscending': (cast) => {
    const list = able(cast);
    const signers = cast.random.chance(0.5) ? list.toReversed() : [list[0]!, ...list];
    return list.length < 2 ? undefined : settle(cast, { signers });
  },
  'settle NotValidator': (cast) => {
    const others = cast.members.filter((one) => !able(cast).includes(one));
    const stranger = cast.random.pick(others.length > 0 ? others : cast.users);
    const signers = [...able(cast), stranger].sort((a, b) => Buffer.compare(a.address, b.address));
    return settle(cast, { signers });
  },
  'settle NotValidator, for want of a bond': (cast) => {
    const poor = unbonded(cast).find((one) => cast.model.members.get(key(one))?.validator === true);
    const signers = [...able(cast), ...(poor === undefined ? [] : [poor])];
    signers.sort((a, b) => Buffer.compare(a.address, b.address));
    return poor && settle(cast, { signers });
  },
  'settle NoQuorum': (cast) => {
    const most = Math.floor((2 * cast.model.validators) / 3);
    return settle(cast, { signers: able(cast).slice(0, cast.random.chance(0.8) ? most : 0) });
  },
  'settle InvalidSignature of a debit': (cast) =>
    taking(cast, undefined, { debitBytes: (good) => damaged(good, 88) }),
  'settle SequenceOutOfRange': (cast) =>
    taking(cast, ({ from }) => {
      const { sequence } = cast.model.account(from.address);
      return { sequence: sequence > 0n && cast.random.chance(0.7) ? sequence - 1n : SEQUENCE_END };
    }),
  'settle OverLimit': (cast) =>
    taking(cast, ({ from, amount }) => ({ limit: cast.model.account(from.address).debited + amount - 1n })),
  'settle OverBalance': (cast) =>
    taking(cast, ({ from }, balance) => {
      const { debited } = cast.model.account(from.address);
      return { amount: balance + 1n, limit: debited + balance + 1n };
    }),
  'settle Uncovered': (cast) => {
    const owed = [[cast.users[0]!.address, cast.model.pool + 1n]] as const;
    return settle(cast, cast.random.chance(0.5) ? { credits: owed } : { payouts: owed });
  },
  'settle InvalidRotation': (cast) => settle(cast, { rotation: [[cast.members[0]!.address, 2]] }),

  'accuse success': (cast) => accuse(cast, bonded(cast, cast.random.chance(0.5)).at(-1)),
  'accuse HeightsDiffer': (cast) => {
    const [one] = bonded(cast, false);
    return accuse(cast, one, one, 8);
  },
  'accuse SameHeader': (cast) => {
    const [one] = bonded(cast, false);
    const a = one && signed(cast, one);
    return a && { name: 'accuse', a, b: a };
  },
  'accuse SignersDiffer': (cast) => {
    const [one, other] = bonded(cast, false);
    return accuse(cast, one, other);
  },
  'accuse NoBond': (cast) => accuse(cast, unbonded(cast)[0] ?? cast.users[0]),
  'accuse InvalidSignature': (cast) => {
    const [one] = bonded(cast, false);
    if (one === undefined) return undefined;
    const broken = (by: Signed): Signed => ({ ...by, signature: new Uint8Array(64) });
    const [a, b] = [signed(cast, one), signed(cast, one)];
    return cast.random.chance(0.5)
      ? { name: 'accuse', a: broken(a), b }
      : { name: 'accuse', a, b: broken(b) };
  },
};

/** What has to happen just before, or it would be too late. */
export const BEFORE: Readonly<Record<string, string>> = {
  'settle acknowledges': 'exit success',
  'claim of an acknowledged exit': 'settle acknowledges',
  'claim of a bond just too early': 'unbond success',
  'claim of an exit just before it closes': 'exit success',
  'claim closes': 'claim of an exit just before it closes',
};

/** What only happens once: a history ends with these. */
export const LAST: Readonly<Record<string, Aim>> = {
  'deposit up to the cap': ({ users, model }) => {
    const to = users.find(({ address }) => !model.account(address).exiting);
    return to && { name: 'deposit', account: to.address, amount: CAP - model.total - 1n };
  },
  'claim closes': (cast) => {
    const one = lastExiting(cast);
    if (one === undefined) return undefined;
    const time = cast.model.exits.get(key(one))!.time + cast.closeAge + 1;
    return { call: claimOf(one), time, isExact: true };
  },
  'claim of a balance': ({ users, model }) => {
    const one = users.find(({ address }) => model.account(address).balance > 0n);
    return one && claimOf(one);
  },
  'deposit AlreadyClosed': AIMS['deposit success']!,
  'exit AlreadyClosed': ({ users }) => ({ name: 'exit', from: users[0]!.address, sequence: 0n }),
  'bond AlreadyClosed': AIMS['bond success']!,
  'settle AlreadyClosed': AIMS['settle success']!,
  'unbond when it is closed': AIMS['unbond success']!,
  'accuse when it is closed': AIMS['accuse success']!,
  'claim of a bond when it is closed': AIMS['claim of a bond']!,
};

/** What the histories together must have met: call and how it ended, or the aim that a success was. */
export const WANTED: readonly string[] = [...Object.keys(AIMS), ...Object.keys(LAST)];
