/**
 * What production's client stands on in a simulation: signatures of the fake curve, a journal on a simulated disk, and the
 * contract's model as first layer.
 */

import {
  type Journal,
  JournalFailedError,
  type JournalRecord,
  L1RevertedError,
  L1UnreachableError,
} from '@upfront/client';
import type { L1, Signer } from '@upfront/client/parts';
import { upfrontAbi } from '@upfront/contracts';
import { fromHex, type Genesis } from '@upfront/core';
import { type Abi, encodeAbiParameters, encodeEventTopics, type Hex } from 'viem';
import { bytesOf, type Call, keyOf } from './contract.ts';
import type { L1 as SimL1 } from './l1.ts';
import type { Process } from './platform.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** What was signed, oldest first. */
export interface SignedLimit {
  readonly sequence: bigint;
  readonly limit: bigint;
  readonly budget: bigint;
}

/** `signed` is told before anything is signed. */
export function clientSigner(
  { curve, typed }: World,
  key: Uint8Array,
  signed: (limit: SignedLimit) => void = () => {},
): Signer {
  const sign = async (digest: Uint8Array): Promise<Uint8Array> => curve.sign(digest, key);
  return {
    address: keyOf(curve.addressOf(key)) as Hex,
    fetch: (_: Genesis, { sequence, limit, budget, expires, intents }) => {
      signed({ sequence, limit, budget });
      return sign(typed.fetch(sequence, limit, typed.request(budget, BigInt(expires), intents)));
    },
    capture: (_, { payer, sequence, index, amount }) =>
      sign(typed.capture(fromHex(payer)!, sequence, index, amount)),
    header: (_, header) => sign(typed.header(header)),
  };
}

/** A journal's disk: records, as far as they are synced. */
export class JournalDisk {
  records: readonly string[] = [];
  failsNext = false;
  #underWay: string[][] = [];
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  /** Some of what was being appended is there, a record cut in two is not. */
  crash(): void {
    const pending = this.#underWay.flat();
    this.records = [...this.records, ...pending.slice(0, this.#random.below(pending.length + 1))];
    this.#underWay = [];
    this.failsNext = false;
  }

  open(process: Process): Journal {
    let isBroken = false;
    let last: Promise<void> = Promise.resolve();
    const { platform } = this.#world;
    const append = async (texts: string[]): Promise<void> => {
      await platform.sleep(0.3 + this.#random.unit() * 4, process);
      if (this.failsNext || isBroken) {
        this.failsNext = false;
        isBroken = true;
        this.#world.checker.count('journal failed');
        this.#underWay = this.#underWay.filter((one) => one !== texts);
        throw new JournalFailedError('written', new Error('EIO (simulated)'));
      }
      this.#underWay = this.#underWay.filter((one) => one !== texts);
      this.records = [...this.records, ...texts];
    };
    return {
      append: (records) => {
        const texts = records.map((record) => JSON.stringify(record));
        this.#underWay.push(texts);
        const done = last.then(() => append(texts));
        last = done.catch(() => undefined);
        return done;
      },
      read: async () => this.records.map((text) => JSON.parse(text) as JournalRecord),
      compact: (records) => {
        const texts = records.map((record) => JSON.stringify(record));
        const done = last.then(async () => {
          await platform.sleep(1 + this.#random.unit() * 10, process);
          this.records = texts;
        });
        last = done.catch(() => undefined);
        return done;
      },
      close: async () => {},
    };
  }
}

const ITEM: Abi = upfrontAbi;

/** The contract's model, at its newest block; calls wait until a block has them. */
export function clientL1({ l1, platform, genesis }: World, address: Uint8Array): L1 {
  const ask = async <T>(value: () => T): Promise<T> => {
    await platform.sleep(5);
    if (l1.isDown) throw new L1UnreachableError('Reading', {});
    return value();
  };
  const getters = {
    asset: () => `0x${'00'.repeat(20)}` as Hex,
    unit: () => 1n,
    closeAge: () => 86_400n,
    bondAge: () => 86_400n,
    number: () => BigInt(l1.tip.number),
    acknowledged: () => BigInt(l1.tip.acknowledged),
    items: () => BigInt(l1.tip.items.length),
    validators: () => l1.tip.validators,
    closed: () => l1.tip.closed,
  };
  return {
    sender: keyOf(address) as Hex,
    chainId: async () => genesis.chainId,
    time: () => ask(() => BigInt(l1.tipTime)),
    // The model numbers no blocks: their times serve.
    finalized: () => ask(() => BigInt(l1.finalTime)),
    account: (_, account) => ask(() => ({ ...l1.tip.account(bytesOf(account)) })),
    exit: (_, account) =>
      ask(() => {
        const { item = 0, time = 0, sequence = 0n } = l1.tip.exits.get(account.toLowerCase()) ?? {};
        return { item: BigInt(item), time: BigInt(time), sequence };
      }),
    member: () => ask(() => ({ bond: 0n, leaving: 0n, validator: false })),
    value: (_, name) => ask(() => getters[name]() as never),
    allowance: async () => 0n,
    decimals: async () => 0,
    async call(what, { functionName, args }) {
      const item = await sent(l1, platform, what, functionName, args, address);
      const topics = encodeEventTopics({
        abi: ITEM,
        eventName: 'Item',
        args: { number: BigInt(item), account: keyOf(address) },
      });
      const log = { address: keyOf(genesis.contract), topics, data: itemData() };
      return {
        hash: `0x${'11'.repeat(32)}`,
        receipt: { logs: functionName === 'claim' ? [] : [log] } as never,
      };
    },
  };
}

async function sent(
  l1: SimL1,
  platform: World['platform'],
  what: string,
  functionName: string,
  args: readonly unknown[],
  address: Uint8Array,
): Promise<number> {
  const call: Call =
    functionName === 'exit'
      ? { name: 'exit', from: address, sequence: args[0] as bigint }
      : { name: 'claim', account: bytesOf(args[0] as string) };
  const transaction = l1.send(call);
  while (transaction.outcome === undefined) await platform.sleep(500);
  if (transaction.outcome !== 'success') throw new L1RevertedError(what, {});
  return l1.tip.items.length;
}

function itemData(): Hex {
  const event = ITEM.find((entry) => entry.type === 'event' && entry.name === 'Item');
  const inputs = event?.type === 'event' ? event.inputs.filter((input) => input.indexed !== true) : [];
  const values = inputs.map(({ type }) =>
    type === 'bytes32' ? `0x${'00'.repeat(32)}` : type === 'uint8' ? 2 : 0n,
  );
  return encodeAbiParameters(inputs, values);
}
