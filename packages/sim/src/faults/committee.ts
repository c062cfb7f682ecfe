/**
 * An abstract BFT log in CometBFT's place (the real one has its own tests): rounds with changing proposers, proposals that
 * more than 2/3 accept, votes with extensions that all verify, one list of decided blocks that every node applies.
 *
 * One of the validators may lie, in its proposals, in its votes and in what it hands to the others' pools. Invariant: what is decided was accepted by more than 2/3,
 * liars included, and all that finalise a block get one app hash.
 */
import { encodeBlock, type SignedView, scanBlock } from '@upfront/core';
import { cometAddress, encodeExtension, type GenesisKey } from '@upfront/node/parts';
import { assert } from './checker.ts';
import { keyOf } from './contract.ts';
import { lyingBundle } from './lying-bundles.ts';
import { genesisKeys, Member } from './member.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

interface Time {
  readonly seconds: bigint;
  readonly nanos: number;
}

interface Decided {
  readonly txs: readonly Uint8Array[];
  readonly time: Time;
  readonly hash: Uint8Array;
}

interface Vote {
  readonly validator: { readonly address: Uint8Array; readonly power: bigint };
  readonly voteExtension: Uint8Array;
}

interface Finalized {
  readonly appHash: Uint8Array;
  readonly validatorUpdates: readonly {
    readonly pubKey: { readonly sum: { readonly value: Uint8Array } };
    readonly power: bigint;
  }[];
}

/** ms between bundles of a liar to all others. */
const MISLEADING = 250;
/** ms that a round waits for an answer. */
const PATIENCE = 400;

export class Committee {
  readonly members: Member[];
  readonly keys: readonly GenesisKey[];
  readonly log: Decided[] = [];
  /** The validator that lies, by its place; undefined: nobody. */
  liar: number | undefined;
  isStopped = false;
  readonly #world: World;
  readonly #random: Random;
  readonly #bundles: Random;
  /** The set (consensus keys as hex) that votes at a height, where it is another one than before. */
  readonly #sets = new Map<number, readonly string[]>();
  readonly #hashes = new Map<number, string>();
  #votes: Vote[] = [];
  #round = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('committee');
    this.#bundles = world.random.fork('lying bundles');
    this.keys = genesisKeys(world);
    this.members = world.validatorKeys.map((key, i) => new Member(world, `node ${i}`, key, this));
    this.#sets.set(
      1,
      this.members.map(({ consensusKey }) => keyOf(consensusKey)),
    );
    world.platform.after(1500, undefined, () => void this.#run());
    world.platform.after(MISLEADING, undefined, () => this.#mislead(), MISLEADING);
  }

  /** Hands messages to the other nodes, each by itself. */
  broadcast(from: Member, messages: readonly Uint8Array[]): void {
    const bundle = new Uint8Array(Buffer.concat(messages));
    for (const member of this.members) {
      if (member === from) continue;
      this.#world.network.send(from.name, member.name, member.process, () =>
        member.receive(bundle.slice(), from),
      );
    }
  }

  /** The liar hands what it likes to all others, to each its own. */
  #mislead(): void {
    const { network, checker } = this.#world;
    const liar = this.liar === undefined ? undefined : this.members[this.liar]!;
    if (liar === undefined || this.#bundles.chance(0.3)) return;
    for (const member of this.members) {
      const bundle = member === liar ? undefined : lyingBundle(this.#world, this.#bundles, liar);
      if (bundle === undefined) continue;
      checker.count('lie in a bundle');
      network.send(liar.name, member.name, member.process, () => member.receive(bundle, liar));
    }
  }

  /** What a node made of a decided block: the same as everybody. */
  finalized(name: string, height: number, { appHash, validatorUpdates }: Finalized): void {
    const known = this.#hashes.get(height);
    assert(
      known === undefined || known === keyOf(appHash),
      `agreement: ${name} has another app hash at ${height}`,
    );
    this.#hashes.set(height, keyOf(appHash));
    if (known !== undefined || validatorUpdates.length === 0) return;
    const set = new Set(this.#setAt(height + 1));
    for (const { pubKey, power } of validatorUpdates) {
      if (power === 0n) set.delete(keyOf(pubKey.sum.value));
      else set.add(keyOf(pubKey.sum.value));
    }
    this.#sets.set(height + 2, [...set]);
    this.#world.checker.count('validators changed');
  }

  /** The set that votes at a height: the newest change at or below it. */
  #setAt(height: number): readonly string[] {
    const newest = Math.max(...[...this.#sets.keys()].filter((from) => from <= height));
    return this.#sets.get(newest)!;
  }

  async #run(): Promise<void> {
    const { platform } = this.#world;
    try {
      while (!this.isStopped) {
        const isBusy = await this.#tryHeight(this.log.length + 1);
        for (const member of this.members) void member.follow();
        await platform.pause(isBusy ? this.#random.between(100, 500) : 1500);
      }
    } catch (error) {
      platform.failure ??= error;
    }
  }

  /** One round; whether there is more to do soon. */
  async #tryHeight(height: number): Promise<boolean> {
    const set = this.#setAt(height);
    const voters = this.members.filter(({ consensusKey }) => set.includes(keyOf(consensusKey)));
    const able = voters.filter((member) => member.height === height - 1 && !member.isCutOff);
    const isQuorum = (count: number): boolean => 3 * count > 2 * voters.length;
    if (!isQuorum(able.length)) return false;
    const proposer = able[this.#round++ % able.length]!;
    const ms = this.#median(able);
    const time: Time = { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 };
    const proposed = await this.#propose(proposer, height, time);
    if (proposed === undefined) return true;
    const hash = this.#world.hashes.sha256(proposed[0] ?? new Uint8Array(0));
    const decided = { txs: proposed, time, hash };
    const accepted = await Promise.all(able.map((member) => this.#accepts(member, height, decided)));
    if (!isQuorum(accepted.filter((one) => one).length)) {
      this.#world.checker.count('proposal rejected');
      return true;
    }
    const votes = await this.#vote(able, height);
    if (!isQuorum(votes.length)) return true;
    this.#votes = votes;
    this.log.push(decided);
    const block = scanBlock(proposed[0]!, this.#world.genesis.parameters);
    return block !== undefined && block.fulfils.length + block.fetches.length > 0;
  }

  /** The time of a block, ms: the middle one of what the validators' clocks say. */
  #median(able: readonly Member[]): number {
    const times = able.map(({ process }) => this.#world.platform.clock(process)).sort((a, b) => a - b);
    return times[times.length >> 1]!;
  }

  async #propose(proposer: Member, height: number, time: Time): Promise<readonly Uint8Array[] | undefined> {
    const localLastCommit = { votes: this.#votes };
    const value = { maxTxBytes: 6_000_000n, localLastCommit, height: BigInt(height), time };
    const answer = await this.#within(proposer.ask({ case: 'prepareProposal', value }));
    if (answer === undefined) return undefined;
    const { txs } = answer.value as { txs: Uint8Array[] };
    return this.#isLiar(proposer) ? this.#garble(txs) : txs;
  }

  async #accepts(member: Member, height: number, { txs, time, hash }: Decided): Promise<boolean> {
    if (this.#isLiar(member)) return true;
    const value = { txs, height: BigInt(height), time, hash };
    const answer = await this.#within(member.ask({ case: 'processProposal', value }));
    return (answer?.value as { status: number } | undefined)?.status === 1;
  }

  /** Votes whose extensions are verified by all who are there. */
  async #vote(able: readonly Member[], height: number): Promise<Vote[]> {
    const votes: Vote[] = [];
    for (const member of able) {
      const voteExtension = this.#isLiar(member)
        ? this.#lyingExtension(member, height)
        : await this.#extension(member, height);
      if (voteExtension === undefined) continue;
      const validator = { address: cometAddress(member.consensusKey), power: 1n };
      const value = { validatorAddress: validator.address, height: BigInt(height), voteExtension };
      const judges = able.filter((one) => one !== member && !this.#isLiar(one));
      const verdicts = await Promise.all(
        judges.map((one) => this.#within(one.ask({ case: 'verifyVoteExtension', value }))),
      );
      const statuses = verdicts.map((one) => (one?.value as { status: number } | undefined)?.status);
      const isGood = statuses.every((status) => status === undefined || status === 1);
      if (!this.#isLiar(member)) assert(isGood, `an honest vote of ${member.name} is rejected`);
      if (isGood) votes.push({ validator, voteExtension });
      else this.#world.checker.count('vote rejected');
    }
    return votes;
  }

  async #extension(member: Member, height: number): Promise<Uint8Array | undefined> {
    const answer = await this.#within(member.ask({ case: 'extendVote', value: { height: BigInt(height) } }));
    return (answer?.value as { voteExtension: Uint8Array } | undefined)?.voteExtension;
  }

  async #within<T>(answer: Promise<T>): Promise<T | undefined> {
    return await Promise.race([answer, this.#world.platform.pause(PATIENCE).then(() => undefined)]);
  }

  #isLiar(member: Member): boolean {
    return this.liar !== undefined && this.members[this.liar] === member;
  }

  /** A proposal in one of the ways in which a validator can break it, or put what it likes into it. */
  #garble(txs: Uint8Array[]): Uint8Array[] {
    const bytes = txs[0]!.slice();
    const random = this.#random;
    this.#world.checker.count('lie in a proposal');
    switch (random.below(12)) {
      case 0:
        return [];
      case 1:
        return [...txs, ...txs];
      case 2:
        return [bytes.slice(0, random.below(bytes.length))];
      case 3:
        bytes[random.below(48)]! ^= 1;
        return [bytes];
      case 4:
        if (bytes.length > 64) bytes[64 + random.below(bytes.length - 64)]! ^= 1 << random.below(8);
        return [bytes];
      case 5:
        return [random.bytes(random.below(400))];
      default:
        return [this.#stuffed(bytes)];
    }
  }

  /** A valid block with messages that are not: old ones, doubled ones, and some with another signature. */
  #stuffed(bytes: Uint8Array): Uint8Array {
    const { genesis, checker } = this.#world;
    const block = scanBlock(bytes, genesis.parameters);
    if (block === undefined) return bytes;
    const fulfils: Uint8Array[] = [];
    const fetches: Uint8Array[] = [];
    const take = (from: typeof block): void => {
      for (const [i, at] of from.fulfils.entries())
        fulfils.push(from.bytes.slice(at, at + from.fulfilSizes[i]!));
      for (const [i, at] of from.fetches.entries())
        fetches.push(from.bytes.slice(at, at + from.fetchSizes[i]!));
    };
    take(block);
    for (let i = 0; i < 4 && checker.blocks.length > 0; i++) {
      take(scanBlock(this.#random.pick(checker.blocks).bytes, genesis.parameters)!);
    }
    // Captures and validations that somebody else signed come before the true ones.
    const signed = fulfils.filter((one) => one.length === 82 && (one[1] === 2 || one[1] === 5));
    const forged = signed.map((one) => one.map((byte, i) => (i === 20 ? byte ^ 1 : byte)));
    for (const fetch of fetches) if (this.#random.chance(0.3)) fetch[53 + this.#random.below(64)]! ^= 1;
    const { height, time, parent, views, headerSignatures, items } = block;
    const head = {
      height,
      time,
      parent,
      views: this.#withView(views),
      headerSignatures: [...headerSignatures],
      items: [...items],
    };
    return encodeBlock({
      ...head,
      fulfils: [...forged, ...this.#random.shuffle(fulfils)],
      fetches: this.#random.shuffle(fetches),
    });
  }

  /** With a view of the liar's own that goes back in its items: its other fields are the newest that it said. */
  #withView(views: readonly SignedView[]): SignedView[] {
    const liar = this.members[this.liar!]!;
    const at = liar.chain!.ledger.validators.findIndex((one) => Buffer.compare(one, liar.address) === 0);
    const newest = liar.chain!.ledger.views[at];
    const others = views.filter(({ validator }) => Buffer.compare(validator, liar.address) !== 0);
    if (newest === undefined) return [...views];
    const said = { ...newest, items: Math.max(0, newest.items - 1) };
    const signature = this.#world.curve.sign(
      this.#world.domain.viewDigest(said),
      this.#world.validatorKeys[this.liar!]!,
    );
    return [...others, { ...said, validator: liar.address, signature }];
  }

  /** Garbage, somebody else's, or a view that is well signed and not true. */
  #lyingExtension(member: Member, height: number): Uint8Array | undefined {
    const { curve, domain, l1, hashes } = this.#world;
    const random = this.#random;
    this.#world.checker.count('lie in a vote');
    // Who has crashed since it proposed says nothing.
    if (random.chance(0.2) || member.chain === undefined) return undefined;
    if (random.chance(0.2)) return random.bytes(random.below(300));
    const { ledger } = member.chain;
    const key = this.#world.validatorKeys[this.liar!]!;
    const seen = l1.observation();
    const said = {
      // What it once said of the future makes all that follows older: seldom.
      time: random.chance(0.03) ? seen.time + 10_000_000 : random.pick([seen.time, seen.time, 0]),
      items: random.chance(0.03) ? seen.items + 5 : random.pick([seen.items, seen.items, 0, 2]),
      head: random.chance(0.5) ? random.bytes(32) : seen.head,
      settled: random.chance(0.03) ? seen.settled + 3 : random.pick([seen.settled, seen.settled, 0]),
      validators: random.chance(0.5) ? hashes.keccak256(member.address) : seen.validators,
      rotation: random.chance(0.5) ? this.members[0]!.address : new Uint8Array(20),
      change: random.pick([0, 1, 2] as const),
    };
    const signature = curve.sign(domain.viewDigest(said), key);
    const view: SignedView = { ...said, validator: member.address, signature };
    const digest = height === 1 ? ledger.digest : ledger.digestAt(height - 1)!.slice();
    const header = { validator: member.address, signature: curve.sign(digest, key) };
    if (random.chance(0.2)) header.signature[0]! ^= 1;
    return encodeExtension(height, digest, { view, signature: height === 1 ? undefined : header });
  }
}
