/**
 * The one operator as a liar: it answers what it likes, leaves out whom it likes, sends L1 settlements of its own making, and
 * stops. What must hold then is the owners' money: no more than an owner ever signed for is gone, and everybody gets out.
 */
import { decodeFetch, encodeIntents, type Header, scanBlock } from '@upfront/core';
import { type Chain, type Engine, encodeAnswers, FRAME } from '@upfront/node/parts';
import { assert } from './checker.ts';
import { keyOf } from './contract.ts';
import type { Host } from './network.ts';
import { Operator } from './operator.ts';
import type { Person } from './person.ts';
import type { Process } from './platform.ts';
import type { Random } from './random.ts';
import { createServer } from './server.ts';
import { words } from './typed-hashes.ts';
import type { World } from './world.ts';

/** ms between its own settlements. */
const FORGING = 4000;

export class Liar extends Operator {
  readonly #random: Random;

  constructor(world: World, name: string, key: Uint8Array) {
    super(world, name, key);
    this.#random = world.random.fork('liar');
  }

  protected override serve(process: Process, chain: Chain, engine: Engine): void {
    const { platform, network, genesis, hashes, checker } = this.world;
    super.serve(process, chain, engine);
    const honest = createServer({ process, chain, engine, genesis, hashes });
    network.listen(this.name, this.#lying(honest));
    platform.after(2 * FORGING, process, () => this.#forge(), FORGING);
    checker.isDeaf = true;
  }

  /** What its own forged settlements do to it is its own affair. */
  protected override fatal(process: Process): void {
    if (process.isAlive) this.crash();
  }

  #lying(honest: Host): Host {
    const random = this.#random;
    return {
      process: honest.process,
      frame: (bytes, reply, close) => {
        const fate = random.below(10);
        if (fate < 6) return honest.frame(bytes, reply, close);
        if (fate === 6) return close();
        if (fate > 7) return reply(this.#inventedAnswers(bytes));
        // Else nothing is said.
      },
      request: async (path) => {
        const answer = await honest.request(path);
        if (random.chance(0.5)) return answer;
        this.world.checker.count('lie in an answer');
        return typeof answer === 'object' ? this.#twisted(answer as object) : answer;
      },
    };
  }

  #inventedAnswers(bytes: Uint8Array): Uint8Array {
    const random = this.#random;
    this.world.checker.count('lie in an answer');
    const id = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
    const answers = new Uint8Array(27 * random.between(1, 2));
    const view = new DataView(answers.buffer);
    for (let at = 0; at < answers.length; at += 27) {
      answers[at] = random.between(1, 5);
      view.setUint16(at + 1, random.between(0, 31));
      view.setUint32(at + 7, random.below(500));
      view.setUint32(at + 15, random.below(100));
    }
    const whole = encodeAnswers(id, answers);
    if (random.chance(0.1)) whole[0] = FRAME.event;
    return whole;
  }

  /** Some numbers are others, some words too. */
  #twisted(answer: object): object {
    const random = this.#random;
    const twist = (value: unknown): unknown => {
      if (value !== null && typeof value === 'object') return this.#twisted(value);
      if (random.chance(0.7)) return value;
      if (typeof value === 'number') return random.pick([value + 1, 0, value * 1000]);
      if (typeof value !== 'string') return random.pick([value, null, 'x']);
      if (/^-?\d+$/.test(value))
        return String(random.pick([BigInt(value) + 1n, 0n, BigInt(value) * 1_000_000n, -1n]));
      return random.pick([value, 'dealt', 'unknown', 'fulfilled', 'annulled', 'refused']);
    };
    return Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, twist(value)]));
  }

  /** A settlement that takes what it can from whoever signed anything, signed with its own key. */
  #forge(): void {
    const { l1, hashes, curve, typed, checker, genesis } = this.world;
    const random = this.#random;
    if (random.chance(0.4)) return;
    const debits: Uint8Array[] = [];
    let sum = 0n;
    for (let i = 0; i < random.between(1, 3) && checker.blocks.length > 0; i++) {
      const block = scanBlock(random.pick(checker.blocks).bytes, genesis.parameters)!;
      if (block.fetches.length === 0) continue;
      const at = block.fetches[0]!;
      const fetch = decodeFetch(block.bytes.slice(at, at + block.fetchSizes[0]!), genesis.parameters)!;
      const { debited, balance } = l1.tip.account(fetch.account);
      const rest = fetch.limit > debited ? fetch.limit - debited : 0n;
      const amount = random.pick([rest, rest + 1n, balance, 1n]);
      const request = typed.request(
        fetch.budget,
        BigInt(fetch.expires),
        hashes.sha256(encodeIntents(fetch.intents)),
      );
      const head = Buffer.alloc(24);
      const limit = random.chance(0.8) ? fetch.limit : fetch.limit + 1_000_000n;
      [amount, fetch.sequence, limit].forEach(
        (value, j) => void head.writeBigUInt64BE(BigInt.asUintN(64, value), 8 * j),
      );
      debits.push(Buffer.concat([head, request, fetch.signature]));
      sum += amount;
    }
    const tail = Buffer.alloc(8);
    tail.writeBigUInt64BE(random.pick([sum, sum + 1n, sum / 2n]));
    const lists = [
      Buffer.concat(debits),
      new Uint8Array(0),
      Buffer.concat([this.world.genesis.validators[0]!, tail]),
      new Uint8Array(0),
    ];
    const inbox = random.pick([l1.tip.acknowledged, l1.tip.items.length]);
    const hashed = lists.map((list) => hashes.keccak256(list));
    const settlement = hashes.keccak256(
      words(BigInt(l1.tip.number + 1), BigInt(inbox), l1.tip.heads[inbox]!, ...hashed),
    );
    const header: Header = {
      height: 1_000_000,
      parent: settlement,
      events: settlement,
      state: settlement,
      settlement,
    };
    const signatures = curve.sign(typed.header(header), this.key);
    const [list, credits, payouts, rotation] = lists as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const settle = { header, inbox, debits: list, credits, payouts, rotation, signatures };
    l1.send({ name: 'settle', settle });
    checker.count('forged settlement');
  }
}

/** What everybody has in the end: at least what they put in, less the most that they ever signed away. */
export function assertOwners(persons: readonly Person[], { l1 }: World): void {
  for (const { name, address, limits, deposited } of persons) {
    const { debited, balance, claimable } = l1.final.account(address);
    const most = limits.reduce((highest, { limit }) => (limit > highest ? limit : highest), 0n);
    assert(debited <= most, `${name} signed for ${most}, and ${debited} was taken`);
    const claimed = l1.final.claimed.get(keyOf(address)) ?? 0n;
    const left = balance + claimable;
    assert(left === 0n, `${name} has left, and ${left} is still in the contract`);
    assert(
      claimed >= deposited(l1.final) - debited,
      `${name} got ${claimed} of ${deposited(l1.final)}, ${debited} was taken`,
    );
  }
}
