/**
 * The contract's model against the contract: histories of the simulator with hostile calls between theirs, and histories of
 * calls that are aimed at each outcome, with real signatures, on both, call by call; each ends alike, with the same error,
 * and leaves the same state. Every outcome must have been met.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { upfrontAbi } from '@upfront/contracts';
import { compareBytes, toHex } from '@upfront/core';
import { DEV_KEYS, deployUpfront, startAnvil } from '@upfront/node';
import { createCurve, createHashes } from '@upfront/node/parts';
import {
  BaseError,
  ContractFunctionRevertedError,
  createClient,
  getContractAddress,
  type Hex,
  http,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import {
  getBalance,
  readContract,
  simulateContract,
  waitForTransactionReceipt,
  writeContract,
} from 'viem/actions';
import { bytesOf, type Call, Contract, execute, Reverted } from '../src/faults/contract.ts';
import type { Mode } from '../src/faults/plan.ts';
import { Random } from '../src/faults/random.ts';
import { CLOSE_AGE, runSeed } from '../src/faults/run.ts';
import { createTypedHashes } from '../src/faults/typed-hashes.ts';
import { BOND_AGE, MIN_BOND } from '../src/faults/world.ts';
import { AIMS, type Aimed, BEFORE, type Cast, type Key, LAST, WANTED } from './contract-calls.ts';

const CHAIN_ID = 31337;
/** Wei: beyond the contract's cap, many times. */
const RICH = '0xc9f2c9cd04674edea40000000';
/** Histories of the simulator; in those of a committee the set is rotated. */
const SEEDS: readonly (readonly [Mode, readonly number[]])[] = [
  ['operator', [3, 12, 21, 30]],
  ['committee', [5, 9, 14, 23]],
  ['byzantine', [4, 8, 15, 27]],
];
/** Histories of nothing but aimed calls. */
const AIMED = 16;
/** Calls of the simulator's between two that are aimed at a revert, about. */
const BETWEEN = 3;

const hashes = await createHashes();
const curve = createCurve(hashes, () => {});
const keyAt = (letter: number, number: number): Uint8Array =>
  hashes.sha256(Uint8Array.of(letter, number, number >> 8));
const keysOf = (letter: number, count: number): Key[] =>
  Array.from({ length: count }, (_, i) => {
    const key = keyAt(letter, i + 1);
    return { key, address: curve.addressOf(key) };
  });
const deployer = privateKeyToAccount(DEV_KEYS[0]!);
const address = getContractAddress({ from: deployer.address, nonce: 0n });
const typed = createTypedHashes(hashes, CHAIN_ID, bytesOf(address));

interface History {
  readonly name: string;
  readonly seed: number;
  readonly validators: readonly Uint8Array[];
  readonly members: readonly Key[];
  readonly users: readonly Key[];
  /** s. */
  readonly closeAge: number;
  readonly calls: readonly { readonly call: Call; readonly time: number }[];
  /** It ends closed. */
  readonly closes: boolean;
}

// Before any chain is started: while a simulation runs, its timers stand in place of the platform's.
const histories: History[] = [];
for (const [mode, seeds] of SEEDS) {
  for (const [i, seed] of seeds.entries()) {
    const real = { curve, keyOf: keyAt, contract: bytesOf(address) };
    const { calls, genesis, failure } = await runSeed({ seed, mode, real });
    assert.equal(failure, undefined);
    const { validators } = genesis;
    const own = keysOf(0x0e, validators.length);
    const members = [...own.sort((a, b) => compareBytes(a.address, b.address)), ...keysOf(0x0d, 2)];
    histories.push({
      name: `seed ${seed}, ${mode}`,
      ...{ seed, validators, members, users: keysOf(0xaa, 4), calls },
      closeAge: mode === 'byzantine' ? CLOSE_AGE : 86_400,
      closes: i % 2 === 0,
    });
  }
}
for (let i = 0; i < AIMED; i++) {
  const members = keysOf(0x0d, 3 + (i % 6) + 2);
  const validators = members.slice(0, 1 + (i % 6)).map((one) => one.address);
  const users = keysOf(0xaa, 5);
  // In every other history one of the validators has no bond.
  const poor = i % 2 === 0 ? undefined : validators.at(-1);
  const bonds = members.map(
    ({ address: from, key }): Call => ({ name: 'bond', from, amount: MIN_BOND, key }),
  );
  const deposits = users.map((one): Call => ({ name: 'deposit', account: one.address, amount: 1_000_000n }));
  const made = bonds.slice(0, -2).filter((call) => call.name === 'bond' && call.from !== poor);
  const calls = [...made, ...deposits].map((call) => ({ call, time: 0 }));
  const closeAge = i % 3 === 0 ? 10_000 : CLOSE_AGE;
  histories.push({
    name: `aimed calls ${i}`,
    ...{ seed: 1000 + i, validators, members, users, calls, closeAge },
    closes: true,
  });
}

const anvil = await startAnvil({ blockTime: 'automine', chainId: CHAIN_ID });
after(() => anvil.stop());
const client = createClient({ transport: http(anvil.url, { batch: true }), pollingInterval: 1 });
await anvil.rpc('anvil_autoImpersonateAccount', [true]);
let empty = await anvil.rpc<string>('evm_snapshot');
/** s: no block is older than one before it, whatever was reverted. */
let now = Math.floor(Date.now() / 1000) + 1000;
const met = new Set<string>();

for (const history of histories) {
  test(`${history.name}: the model and the contract agree`, async (t) => {
    await anvil.rpc('evm_revert', [empty]);
    empty = await anvil.rpc<string>('evm_snapshot');
    const play = await Play.begin(history);
    const reverts = Object.keys(AIMS).filter((name) => expectedOf(name) !== 'success');
    for (const { call, time } of history.calls) {
      await play.take(call, time);
      if (play.random.below(BETWEEN) === 0) await play.aim(play.random.pick(reverts));
    }
    for (const name of play.random.shuffle(Object.keys(AIMS))) await play.aim(name);
    if (history.closes) for (const name of Object.keys(LAST)) await play.aim(name);
    t.diagnostic([...play.outcomes].map(([name, count]) => `${name}: ${count}`).join(', '));
  });
}

test('every outcome that the model has was met', () => {
  assert.deepEqual(
    WANTED.filter((name) => !met.has(name)),
    [],
  );
});

/** An aim's name is the call's, then the error's or what comes of it. */
function expectedOf(name: string): string {
  const [, error] = /^\w+ ([A-Z]\w+)/.exec(name) ?? [];
  return error ?? 'success';
}

/** One history, on the model and on the contract. */
class Play {
  readonly outcomes = new Map<string, number>();
  readonly random: Random;
  readonly #model: Contract;
  readonly #cast: Cast;
  readonly #touched: ReadonlySet<string>;
  /** Of the simulator's times to those of the chain, s. */
  readonly #shift: number;
  #paid = 0n;
  readonly #rich = new Set<Hex>();

  private constructor({ seed, validators, members, users, closeAge, calls }: History) {
    const { keccak256 } = hashes;
    const recover = curve.recover.bind(curve);
    const ages = { closeAge, bondAge: BOND_AGE, minBond: MIN_BOND };
    this.random = new Random(seed, 'calls');
    this.#model = new Contract({ hashes, typed, recover, validators, ...ages });
    const said = { random: this.random, curve, typed, keccak256, users, members, closeAge, time: 0 };
    this.#cast = { model: this.#model, ...said };
    this.#touched = new Set([...users, ...members].map((one) => toHex(one.address)));
    this.#shift = now - (calls[0]?.time ?? 0);
  }

  static async begin(history: History): Promise<Play> {
    const { closeAge } = history;
    const validators = history.validators.map((one) => toHex(one));
    const ages = { closeAge: BigInt(closeAge), bondAge: BigInt(BOND_AGE), minBond: MIN_BOND };
    const asset: Hex = `0x${'00'.repeat(20)}`;
    const deployed = await deployUpfront({ client, account: deployer, asset, unit: 1n, validators, ...ages });
    assert.equal(deployed.address.toLowerCase(), address.toLowerCase());
    return new Play(history);
  }

  /** A call of this kind, if there can be one now; it is met if it ends as it should. */
  async aim(name: string): Promise<void> {
    const before = BEFORE[name];
    if (before !== undefined) await this.aim(before);
    const aim = AIMS[name] ?? LAST[name]!;
    const aimed: Aimed | Call | undefined = aim(this.#cast);
    if (aimed === undefined) return;
    const { call, time = 0, isExact = false }: Aimed = 'call' in aimed ? aimed : { call: aimed };
    if (isExact && now >= time) return;
    const outcome = await this.#both(call, isExact ? time : Math.max(time, now + this.random.between(1, 20)));
    if (outcome === expectedOf(name)) met.add(name);
  }

  take(call: Call, time: number): Promise<string> {
    return this.#both(call, time + this.#shift);
  }

  async #both(call: Call, time: number): Promise<string> {
    now = Math.max(now + 1, time);
    this.#cast.time = now;
    const before = this.#model.copy();
    const expected = this.#attempt(call);
    const found = await this.#real(call);
    assert.equal(found, expected, `${call.name} at ${now}`);
    if (found === 'success' && 'amount' in call) this.#paid += call.amount;
    const name = `${call.name} ${found}`;
    this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + 1);
    if (found === 'success') await this.#assertSame(call);
    else assert.deepEqual(this.#model.copy(), before, 'what is reverted changes nothing');
    return found;
  }

  #attempt(call: Call): string {
    try {
      execute(this.#model, call, now);
      return 'success';
    } catch (error) {
      if (error instanceof Reverted) return error.message;
      throw error;
    }
  }

  /** The error's name, of a call that changes nothing; what does not revert is sent. Nothing reverts because of the time. */
  async #real(call: Call): Promise<string> {
    const { from, functionName, args, value } = requestOf(call);
    if (!this.#rich.has(from)) await anvil.rpc('anvil_setBalance', [from, RICH]);
    this.#rich.add(from);
    const contract = { address, abi: upfrontAbi, functionName, args };
    const request = { ...contract, value, account: from, chain: null } as never;
    try {
      await simulateContract(client, request);
    } catch (cause) {
      const revert =
        cause instanceof BaseError ? cause.walk((one) => one instanceof ContractFunctionRevertedError) : null;
      if (!(revert instanceof ContractFunctionRevertedError)) throw cause;
      return revert.data?.errorName ?? 'unknown';
    }
    await anvil.rpc('evm_setNextBlockTimestamp', [now]);
    // Without a price, it would be asked for one.
    const price = { gas: 8_000_000n, gasPrice: 2_000_000_000n };
    const hash = await writeContract(client, { ...(request as object), ...price } as never);
    const { status } = await waitForTransactionReceipt(client, { hash });
    assert.equal(status, 'success', functionName);
    return 'success';
  }

  async #assertSame(call: Call): Promise<void> {
    const model = this.#model;
    model.assertTotal();
    const names = ['total', 'items', 'acknowledged', 'number', 'pool', 'validators', 'closed'] as const;
    const touched = new Set(call.name === 'settle' ? [...this.#touched, ...model.members.keys()] : []);
    if (call.name === 'accuse') for (const one of this.#touched) touched.add(one);
    if ('account' in call) touched.add(toHex(call.account));
    if ('from' in call) touched.add(toHex(call.from));
    const items = BigInt(model.items.length);
    const [values, head, balance] = await Promise.all([
      Promise.all(
        names.map((functionName) => readContract(client, { address, abi: upfrontAbi, functionName })),
      ),
      readContract(client, { address, abi: upfrontAbi, functionName: 'heads', args: [items] }),
      getBalance(client, { address }),
      Promise.all([...touched].map((key) => assertSameAccount(model, key as Hex))),
    ]);
    const { total, acknowledged, number, pool, validators, closed } = model;
    const ours = [total, items, BigInt(acknowledged), BigInt(number), pool, validators, closed];
    assert.deepEqual(values, ours);
    assert.equal(head, toHex(model.heads.at(-1)!));
    const claimed = [...model.claimed.values()].reduce((sum, amount) => sum + amount, 0n);
    assert.equal(balance, this.#paid - claimed, 'what the contract holds');
  }
}

async function assertSameAccount(model: Contract, key: Hex): Promise<void> {
  const at = { address, abi: upfrontAbi, args: [key] } as const;
  const [account, member, exit] = await Promise.all([
    readContract(client, { ...at, functionName: 'accounts' }),
    readContract(client, { ...at, functionName: 'members' }),
    readContract(client, { ...at, functionName: 'exits' }),
  ]);
  const { balance, debited, claimable, sequence, exiting } = model.account(bytesOf(key));
  const [b, d, c, s, e] = account;
  assert.deepEqual([b, d, c, BigInt(s), e], [balance, debited, claimable, sequence, exiting], key);
  const { bond, leaving, validator } = model.members.get(key) ?? { bond: 0n, leaving: 0, validator: false };
  assert.deepEqual([member[0], Number(member[1]), member[2]], [bond, leaving, validator], key);
  const ours = model.exits.get(key) ?? { item: 0, time: 0, sequence: 0n };
  assert.deepEqual(
    [Number(exit[0]), Number(exit[1]), BigInt(exit[2])],
    [ours.item, ours.time, ours.sequence],
  );
}

function requestOf(call: Call): { from: Hex; functionName: string; args: readonly unknown[]; value: bigint } {
  const nobody = { from: deployer.address, value: 0n };
  switch (call.name) {
    case 'deposit': {
      const args = [toHex(call.account), call.amount];
      return { ...nobody, functionName: 'deposit', args, value: call.amount };
    }
    case 'exit':
      return { ...nobody, from: toHex(call.from), functionName: 'exit', args: [call.sequence] };
    case 'claim':
      return { ...nobody, functionName: 'claim', args: [toHex(call.account)] };
    case 'bond': {
      const args = [call.amount, toHex(call.key)];
      return { from: toHex(call.from), functionName: 'bond', args, value: call.amount };
    }
    case 'unbond':
      return { ...nobody, from: toHex(call.from), functionName: 'unbond', args: [] };
    case 'accuse': {
      const args = [call.a, call.b].flatMap(({ header, signature }) => {
        return [headerOf(header), toHex(signature.subarray(0, 32)), toHex(signature.subarray(32))];
      });
      return { ...nobody, functionName: 'accuse', args };
    }
    case 'settle': {
      const { header, inbox, debits, credits, payouts, rotation, signatures } = call.settle;
      const lists = [debits, credits, payouts, rotation, signatures].map((list) => toHex(list));
      return { ...nobody, functionName: 'settle', args: [headerOf(header), BigInt(inbox), ...lists] };
    }
  }
}

function headerOf({ height, parent, events, state, settlement }: (Call & { name: 'accuse' })['a']['header']) {
  const hashes = { parent: toHex(parent), events: toHex(events), state: toHex(state) };
  return { height: BigInt(height), ...hashes, settlement: toHex(settlement) };
}
