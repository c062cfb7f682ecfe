/**
 * A node process with the embedded engine: production's store, chain, engine and answers on a simulated disk and network.
 * It can crash at any event; whoever restarts it finds what was on its disk.
 */
import { genesisHash } from '@upfront/core';
import {
  type Chain,
  dropAboveGap,
  EmbeddedEngine,
  type Engine,
  EnvironmentStore,
  openChain,
  type Store,
  type WantedRotation,
} from '@upfront/node/parts';
import { Disk, SimIndexer } from './disk.ts';
import { type Clock, Process } from './platform.ts';
import type { Random } from './random.ts';
import { createServer } from './server.ts';
import { createSimVerifier, signerOf } from './signatures.ts';
import type { World } from './world.ts';

/** ms between looks at the first layer. */
const POLL = 1000;

export class Operator {
  readonly name: string;
  readonly disk: Disk;
  readonly clock: Clock = { skew: 0 };
  process: Process;
  chain: Chain | undefined;
  engine: Engine | undefined;
  isStarting = false;
  /** It looks at the first layer, and relays. */
  seesL1 = true;
  relays = true;
  wanted: WantedRotation | undefined;
  protected readonly world: World;
  protected readonly key: Uint8Array;

  constructor(world: World, name: string, key: Uint8Array) {
    this.world = world;
    this.name = name;
    this.key = key;
    this.disk = new Disk(world.platform, world.random.fork(`disk ${name}`));
    this.process = new Process(name, this.clock);
  }

  get isUp(): boolean {
    return this.process.isAlive && this.engine !== undefined;
  }

  /** Starts a process on what the disk has. */
  start(): void {
    const process = new Process(this.name, this.clock);
    this.process = process;
    this.isStarting = true;
    this.world.platform.after(0, process, () => {
      this.boot(process).then(
        () => {
          this.isStarting = false;
        },
        (error) => {
          this.world.platform.failure ??= error;
        },
      );
    });
  }

  crash(): void {
    if (!this.process.isAlive) return;
    this.world.note(`${this.name} crashes`);
    this.world.checker.count('node down');
    this.process.isAlive = false;
    this.isStarting = false;
    this.engine = undefined;
    this.chain = undefined;
    this.disk.crash();
  }

  protected async boot(process: Process): Promise<void> {
    const { world } = this;
    const { platform, genesis, hashes, curve } = world;
    const fatal = (error: Error): void => this.fatal(process, error);
    await dropAboveGap(this.disk.environment(this.disk.blocks));
    const store = this.openStore(process, fatal);
    const signer = signerOf(curve, this.key);
    const random = world.random.fork(`verifier ${this.name}`);
    const verifier = createSimVerifier(curve, platform, () => checkingMs(random));
    const log = world.log(this.name);
    const headerSigner = {
      address: signer.address,
      signHeader: (_: number, digest: Uint8Array) => signer.sign(digest),
    };
    const seed = random.below(2 ** 31);
    const chain = await openChain({ genesis, hashes, store, signer: headerSigner, log, seed, fatal });
    world.checker.reopened(this.name, chain);
    chain.subscribe((block) => world.checker.block(this.name, block, chain));
    const engine = new EmbeddedEngine({
      chain,
      verifier,
      signer,
      log,
      now: () => platform.clock(process),
      wanted: () => this.wanted,
    });
    this.serve(process, chain, engine);
  }

  protected serve(process: Process, chain: Chain, engine: Engine): void {
    const { platform, network, genesis, hashes, l1 } = this.world;
    this.chain = chain;
    this.engine = engine;
    network.listen(this.name, createServer({ process, chain, engine, genesis, hashes }));
    platform.after(1, process, () => this.seesL1 && engine.observe(l1.observation()), POLL);
    platform.after(POLL, process, () => this.relays && relay(this.world, chain), 2 * POLL);
  }

  protected openStore(process: Process, fatal: (error: Error) => void): Store {
    const { world, disk } = this;
    const { platform, genesis, hashes, domain } = world;
    const identity = { genesisHash: genesisHash(genesis, hashes), parameters: genesis.parameters, domain };
    let store: EnvironmentStore | undefined;
    const indexer = new SimIndexer(disk, platform, process, (height) => store?.forget(height), fatal);
    const [blocks, index] = [disk.environment(disk.blocks), disk.environment(disk.index)];
    const ground = { blocks, index, indexer, snapshots: disk.files(), release() {} };
    store = new EnvironmentStore({ path: this.name, ...identity, fatal }, ground);
    return store;
  }

  /** What production does then: the process ends. Anything but a failing disk is a bug. */
  protected fatal(process: Process, error: Error): void {
    if (!process.isAlive) return;
    this.world.note(`${this.name} ends: ${error.message}`);
    if (error.message.includes('simulated')) this.world.checker.count('disk failed');
    else this.world.platform.failure ??= error;
    this.crash();
  }
}

/** ms that a batch of signatures takes; now and then others have the processors. */
export function checkingMs(random: Random): number {
  return random.unit() * (random.chance(0.15) ? 500 : 3);
}

/** Sends the next settlement, if it is formed and signed, and nobody's is under way. */
export function relay({ l1 }: World, chain: Chain): void {
  const number = l1.tip.number + 1;
  const stored = chain.store.settlement(number);
  if (stored === undefined) return;
  const header = chain.store.header(stored.height);
  if (header === undefined) return;
  const { members } = l1.tip;
  const able = header.signatures.filter(({ validator }) => {
    const member = members.get(`0x${Buffer.from(validator).toString('hex')}`);
    return member?.validator === true && member.bond > 0n;
  });
  if (3 * able.length <= 2 * l1.tip.validators) return;
  const sorted = [...able].sort((a, b) => Buffer.compare(a.validator, b.validator));
  const signatures = Buffer.concat(sorted.map(({ signature }) => signature));
  const { inbox, debits, credits, payouts, rotation } = stored.formed;
  const settle = { header: header.header, inbox, debits, credits, payouts, rotation, signatures };
  l1.send({ name: 'settle', settle }, number);
}
