/**
 * Bad messages over a real socket: each with its code of docs/protocol.md, 7 and 8, and nothing happens but what section 6
 * puts on record (a refusal uses its sequence up). Frames and HTTP of docs/api.md that socket.test.ts and http.test.ts
 * do not have are in bad-frames.test.ts.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  codeName,
  codes,
  commitment,
  concatBytes,
  createDomain,
  encodeFulfil,
  fromHex,
  type Intent,
  ITEM,
  nobleHashes,
  toHex,
  transferActivity,
  withdrawActivity,
} from '@upfront/core';
import { createCurve } from '../signatures/curve.ts';
import { readAnswers, TestNode, TestSocket, type User } from './testing.ts';

const ZERO = new Uint8Array(32);
const SALT = new Uint8Array(16).fill(3);
const FEE = 10n;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const curve = createCurve(nobleHashes, () => undefined);

const VALIDATE: Intent = { kind: 'validate' };
/** Offsets in a fetch of r and of vs. */
const [R, VS] = [53, 85];

// biome-ignore lint/suspicious/noExplicitAny: answers of the API, compared as they are
type Json = Record<string, any>;

interface Row {
  readonly name: string;
  readonly code: number;
  message(world: World): Uint8Array | Promise<Uint8Array>;
}

/** A node, its accounts, and what rows make their messages of. */
class World {
  readonly node: TestNode;
  readonly client: TestSocket;
  #events = 0;
  #counted = 0;

  constructor(node: TestNode, client: TestSocket) {
    this.node = node;
    this.client = client;
  }

  user(n: number): User {
    return this.node.users[n]!;
  }

  get domain() {
    return createDomain(this.node.genesis.chainId, this.node.genesis.contract, nobleHashes);
  }

  /** The next fetch of an account without using its sequence up here. */
  fetch(user: User, changed: Partial<Parameters<TestNode['sign']>[1]> = {}): Uint8Array {
    const fields = { intents: [VALIDATE], budget: FEE, sequence: user.sequence, ...changed };
    return this.node.sign(user, fields);
  }

  /** A fetch of account 0 that is dealt; its first nonce and sequence. */
  async open(intents: Intent[], budget: bigint): Promise<{ first: number; sequence: bigint }> {
    const { sequence } = this.user(0);
    const answers = await this.client.submit(this.node.sign(this.user(0), { intents, budget }));
    const [answer] = readAnswers(answers);
    assert.equal(answer!.status, 1, `opened: ${JSON.stringify(answer)}`);
    return { first: answer!.number, sequence };
  }

  seal(kind: number, activity: Uint8Array): Uint8Array {
    const { address, sequence } = this.user(0);
    return commitment(nobleHashes, address, sequence, 0, kind, SALT, activity);
  }

  /** An open transfer, and the message that opens it with something changed. */
  async transfer(
    amount: bigint,
    changed: { to?: Uint8Array; amount?: bigint; salt?: Uint8Array } = {},
    sealedTo = this.user(1).address,
    budget = amount + FEE,
  ): Promise<Uint8Array> {
    const sealed = this.seal(1, transferActivity(sealedTo, amount, ZERO));
    const { first } = await this.open([{ kind: 'transfer', commitment: sealed }], budget);
    const shown = { nonce: first, salt: SALT, to: sealedTo, amount, reference: ZERO, ...changed };
    return encodeFulfil({ kind: 'transfer', ...shown });
  }

  async withdrawal(amount: bigint): Promise<Uint8Array> {
    const sealed = this.seal(3, withdrawActivity(amount));
    const { first } = await this.open([{ kind: 'withdraw', commitment: sealed }], amount + FEE);
    return encodeFulfil({ kind: 'withdraw', nonce: first, salt: SALT, amount });
  }

  /** A capture of `amount` of a hold for account 1, signed by `key` over `signed`. */
  async capture(amount: bigint, key: Uint8Array, signed = amount): Promise<Uint8Array> {
    const payee = this.user(1).address;
    const { first, sequence } = await this.open(
      [{ kind: 'hold', payee, max: 100n, window: 600 }],
      100n + FEE,
    );
    const digest = this.domain.captureDigest(this.user(0).address, sequence, 0, signed);
    return encodeFulfil({ kind: 'hold', nonce: first, amount, signature: curve.sign(digest, key) });
  }

  /** A validation of `height` with account 0's signature of header 1, or another's. */
  async validation(height: number, key = this.user(0).key): Promise<Uint8Array> {
    const { first } = await this.open([VALIDATE], FEE);
    const { digest } = (await this.node.get('/v1/headers/1')).body as { digest: string };
    const signature = curve.sign(fromHex(digest)!, key);
    return encodeFulfil({ kind: 'validate', nonce: first, height, signature });
  }

  /** All that bad input may not change: accounts, open nonces, nonces dealt, standing, events on record. */
  async state(): Promise<{ status: Json; accounts: Json[]; events: number }> {
    const { node } = this;
    for (; this.#counted < node.node.height(); this.#counted++) {
      const { counts } = (await node.get(`/v1/blocks/${this.#counted + 1}`)).body as Json;
      this.#events += counts.events;
    }
    const { nonces, openNonces, activeStanding, l1 } = (await node.get('/v1/status')).body as Json;
    const accounts: Json[] = [];
    for (const { address } of [...node.users, { address: node.genesis.validators[0]! }]) {
      const { height, ...account } = (await node.get(`/v1/accounts/${toHex(address)}`)).body as Json;
      assert.ok(Number(height) > 0);
      accounts.push(account);
    }
    const { imported, formed } = l1;
    return {
      status: { nonces, openNonces, activeStanding, imported, formed },
      accounts,
      events: this.#events,
    };
  }
}

/** In order of precedence; 4, lagging, needs a network that lags and has a test of its own. */
const REJECTED_FETCHES: readonly Row[] = [
  {
    name: 'another’s signature',
    code: codes.badSignature,
    message: (w) => w.fetch({ ...w.user(0), key: w.user(1).key }),
  },
  { name: 'parity flipped', code: codes.badSignature, message: (w) => changed(w.fetch(w.user(0)), VS, 0x80) },
  { name: 'a bit of r flipped', code: codes.badSignature, message: (w) => changed(w.fetch(w.user(0)), R, 1) },
  {
    name: 'the budget changed after signing',
    code: codes.badSignature,
    message: (w) => changed(w.fetch(w.user(0)), 44, 1),
  },
  { name: 'r is 0', code: codes.badSignature, message: (w) => filled(w.fetch(w.user(0)), R, VS, 0) },
  { name: 's is 0', code: codes.badSignature, message: (w) => filled(w.fetch(w.user(0)), VS, VS + 32, 0) },
  { name: 'r is above n', code: codes.badSignature, message: (w) => filled(w.fetch(w.user(0)), R, VS, 0xff) },
  {
    name: 's in the upper half',
    code: codes.badSignature,
    message: (w) => upperHalf(w.fetch(w.user(0)), VS),
  },
  {
    name: 'of an account that never appeared',
    code: codes.notParticipant,
    message: (w) => w.fetch(w.node.newUser(99)),
  },
  { name: 'of less than the bond', code: codes.notParticipant, message: (w) => w.fetch(w.user(2)) },
  {
    name: 'another under a dealt sequence',
    code: codes.sequenceUsed,
    message: (w) => w.fetch(w.user(0), { sequence: 0n, budget: 999n }),
  },
  {
    name: 'another under a refused sequence',
    code: codes.sequenceUsed,
    message: (w) => w.fetch(w.user(1), { sequence: 64n, budget: 999n }),
  },
  {
    name: 'a sequence too far ahead',
    code: codes.sequenceOutOfRange,
    message: (w) => w.fetch(w.user(1), { sequence: 129n }),
  },
  {
    name: 'the last sequence there is',
    code: codes.sequenceOutOfRange,
    message: (w) => w.fetch(w.user(1), { sequence: 2n ** 56n - 1n }),
  },
  {
    name: 'a sequence left behind',
    code: codes.sequenceOutOfRange,
    message: (w) => w.fetch(w.user(1), { sequence: 0n }),
  },
];

/** Each uses its sequence up, and nothing else. */
const REFUSED_FETCHES: readonly Row[] = [
  {
    name: 'expired',
    code: codes.expired,
    message: (w) => w.fetch(w.user(1), { expires: Date.now() - 1000 }),
  },
  {
    name: 'expires too late',
    code: codes.expiresTooLate,
    message: (w) => w.fetch(w.user(1), { expires: Date.now() + 700_000 }),
  },
  { name: 'of an account that exits', code: codes.exiting, message: (w) => w.fetch(w.user(3)) },
  {
    name: 'more places than allowed',
    code: codes.overAllowance,
    message: (w) => w.fetch(w.user(1), { intents: new Array<Intent>(65).fill(VALIDATE), budget: 650n }),
  },
  {
    name: 'a budget below its fees',
    code: codes.budgetTooSmall,
    message: (w) => w.fetch(w.user(1), { budget: 9n }),
  },
  {
    name: 'a budget below its holds',
    code: codes.budgetTooSmall,
    message: (w) =>
      w.fetch(w.user(1), { intents: [{ kind: 'hold', payee: w.user(0).address, max: 100n, window: 60 }] }),
  },
  {
    name: 'a budget of all it has, the bond included',
    code: codes.insufficientFunds,
    message: (w) => w.fetch(w.user(1), { budget: 10n ** 12n }),
  },
  {
    name: 'a limit below its budget',
    code: codes.limitTooLow,
    message: (w) => w.fetch(w.user(1), { limit: 9n }),
  },
];

const REJECTED_FULFILS: readonly Row[] = [
  {
    name: 'a nonce that was not dealt',
    code: codes.notOpen,
    message: () => encodeFulfil({ kind: 'withdraw', nonce: 1e9, salt: SALT, amount: 1n }),
  },
  {
    name: 'a nonce of L1’s',
    code: codes.notOpen,
    message: () => encodeFulfil({ kind: 'withdraw', nonce: 0, salt: SALT, amount: 1n }),
  },
  {
    name: 'a transfer shown as a withdrawal',
    code: codes.wrongKind,
    message: async (w) => {
      const nonce = Number(Buffer.from(await w.transfer(5n)).readBigUInt64BE(2));
      return encodeFulfil({ kind: 'withdraw', nonce, salt: SALT, amount: 5n });
    },
  },
  {
    name: 'a post longer than declared',
    code: codes.tooLarge,
    message: async (w) => {
      const data = Buffer.from('four');
      const post = { topic: ZERO, stake: 0n, size: 3, commitment: w.seal(4, data) };
      const { first } = await w.open([{ kind: 'post', ...post }], FEE);
      return encodeFulfil({ kind: 'post', nonce: first, salt: SALT, data });
    },
  },
  {
    name: 'another amount',
    code: codes.wrongOpening,
    message: (w) => w.transfer(5n, { amount: 4n }),
  },
  {
    name: 'another payee',
    code: codes.wrongOpening,
    message: (w) => w.transfer(5n, { to: w.user(2).address }),
  },
  {
    name: 'another salt',
    code: codes.wrongOpening,
    message: (w) => w.transfer(5n, { salt: ZERO.slice(16) }),
  },
  { name: 'to nobody', code: codes.zeroRecipient, message: (w) => w.transfer(5n, {}, ZERO.slice(12)) },
  { name: 'of nothing', code: codes.zeroAmount, message: (w) => w.transfer(0n) },
  { name: 'a withdrawal of nothing', code: codes.zeroAmount, message: (w) => w.withdrawal(0n) },
  {
    name: 'above the budget by one',
    code: codes.overBudget,
    message: (w) => w.transfer(500n, {}, w.user(1).address, 499n + FEE),
  },
  {
    name: 'above any balance',
    code: codes.overBudget,
    message: (w) => w.transfer(2n ** 63n - 1n, {}, w.user(1).address, 499n + FEE),
  },
  { name: 'below dust', code: codes.belowDust, message: (w) => w.withdrawal(99_999n) },
  { name: 'above the hold’s most', code: codes.overMax, message: (w) => w.capture(101n, w.user(1).key) },
  { name: 'a header to come', code: codes.unknownHeader, message: (w) => w.validation(1_000_000) },
  {
    name: 'the payer’s signature',
    code: codes.badCaptureSignature,
    message: (w) => w.capture(40n, w.user(0).key),
  },
  {
    name: 'a stranger’s signature',
    code: codes.badCaptureSignature,
    message: (w) => w.capture(40n, w.user(2).key),
  },
  {
    name: 'a signature of a smaller amount',
    code: codes.badCaptureSignature,
    message: (w) => w.capture(100n, w.user(1).key, 1n),
  },
  {
    name: 'a capture with s in the upper half',
    code: codes.badCaptureSignature,
    message: async (w) => upperHalf(await w.capture(40n, w.user(1).key), 50),
  },
  {
    name: 'another’s validation',
    code: codes.badValidationSignature,
    message: (w) => w.validation(1, w.user(1).key),
  },
  {
    name: 'a signature of another header',
    code: codes.badValidationSignature,
    message: (w) => w.validation(2),
  },
];

function changed(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  bytes[at] = bytes[at]! ^ mask;
  return bytes;
}

function filled(bytes: Uint8Array, from: number, to: number, value: number): Uint8Array {
  return bytes.fill(value, from, to);
}

/** The other s of the same signature, n - s, as its 32 bytes: what other chains took and EIP-2098 has no place for. */
function upperHalf(bytes: Uint8Array, at: number): Uint8Array {
  const vs = BigInt(toHex(bytes.slice(at, at + 32)));
  const s = ORDER - (vs & (2n ** 255n - 1n));
  bytes.set(fromHex(`0x${s.toString(16).padStart(64, '0')}`)!, at);
  return bytes;
}

describe('a bad message', () => {
  let world: World;
  before(async () => {
    const parameters = { maxPlaces: 64, windowPost: 600_000, windowTransfer: 600_000 };
    const node = await TestNode.start({ users: 2, parameters });
    world = new World(node, await TestSocket.open(node.node.socketUrl));
    // Account 2 has less than the bond, 3 is exiting; account 1 has used 64 up, so that 0 is behind.
    const [poor, leaver] = [node.newUser(3), node.newUser(4)];
    node.users.push(poor, leaver);
    node.item(ITEM.deposit, poor.address, 999_999n);
    node.item(ITEM.deposit, leaver.address, 10n ** 9n);
    node.item(ITEM.exit, leaver.address, 0n);
    await node.observe();
    await node.pay(world.client, world.user(0), world.user(1).address, 1000n, 2);
    for (const [sequence, budget] of [
      [1n, FEE],
      [64n, 0n],
    ] as const) {
      await world.client.submit(world.fetch(world.user(1), { sequence, budget }));
    }
    world.user(1).sequence = 65n;
  });
  after(async () => {
    await world.client.close();
    await world.node.close();
  });

  /** By the answer's status. Nothing changes; a refusal only its account's sequences, and one event says so. */
  const check = async ({ name, code, message }: Row, status: number): Promise<void> => {
    const bytes = await message(world);
    const before = await world.state();
    const answers = await world.client.submit(bytes);
    const [answer] = readAnswers(answers);
    assert.deepEqual([answer!.status, answer!.code], [status, code], `${name}: ${codeName(answer!.code)}`);
    assert.deepEqual(
      Buffer.from(await world.client.submit(bytes)),
      Buffer.from(answers),
      `${name}, sent again`,
    );
    const after = await world.state();
    if (status === 4) return assert.deepEqual(after, before, name);
    assert.equal(after.events, before.events + 1, name);
    const address = toHex(bytes.slice(1, 21));
    const withoutSequences = (accounts: Json[]): Json[] =>
      accounts.map(({ highest, used, ...rest }) =>
        rest['address'] === address ? rest : { highest, used, ...rest },
      );
    assert.deepEqual(withoutSequences(after.accounts), withoutSequences(before.accounts), name);
    assert.deepEqual(after.status, before.status, name);
    const user = world.node.users.find((one) => toHex(one.address) === address)!;
    user.sequence++;
  };

  test('a fetch that is rejected leaves no trace', async () => {
    for (const row of REJECTED_FETCHES) await check(row, 4);
  });

  test('a fetch that is refused uses its sequence up, once, and nothing else', async () => {
    for (const row of REFUSED_FETCHES) await check(row, 3);
  });

  test('a fulfilment that does not fit leaves its nonce open and moves nothing', async () => {
    for (const row of REJECTED_FULFILS) await check(row, 4);
  });

  test('a code of every kind was seen', () => {
    const rows = [...REJECTED_FETCHES, ...REFUSED_FETCHES, ...REJECTED_FULFILS];
    const seen = new Set([...rows.map(({ code }) => code), codes.malformed, codes.lagging]);
    assert.deepEqual(
      [...seen].sort((a, b) => a - b),
      Object.values(codes).filter((code) => code > 0),
    );
  });

  test('bad ones among good ones: each has its own answer, and the good ones are served', async () => {
    const [alice, bob] = [world.user(0), world.user(1)];
    const good = world.node.transfers(alice, bob.address, 7n);
    const frame = concatBytes(
      world.fetch({ ...bob, key: alice.key }),
      good.fetch,
      world.fetch(bob, { budget: 0n }),
    );
    const answers = readAnswers(await world.client.submit(frame));
    assert.deepEqual(
      answers.map(({ status, code }) => [status, code]),
      [
        [4, codes.badSignature],
        [1, 0],
        [3, codes.budgetTooSmall],
      ],
    );
    const [fulfil] = good.fulfils(answers[1]!.number);
    assert.equal(readAnswers(await world.client.submit(fulfil!))[0]!.status, 2);
  });
});

test('a network that lags deals nothing: code 4, no trace', async () => {
  const node = await TestNode.start({ parameters: { lag: 500 } });
  const world = new World(node, await TestSocket.open(node.node.socketUrl));
  await new Promise((resolve) => setTimeout(resolve, 700));
  const before = await world.state();
  const [answer] = readAnswers(await world.client.submit(world.fetch(world.user(0))));
  assert.deepEqual([answer!.status, answer!.code], [4, codes.lagging]);
  assert.deepEqual(await world.state(), before);
  await world.client.close();
  await node.close();
});
