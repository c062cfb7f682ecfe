/**
 * A committee's node: production's ABCI application, pool and engine, asked by an abstract log in CometBFT's place. Requests
 * come one after the other, as on ABCI's socket; what it answers when it crashes is never heard.
 */
import {
  Application,
  CometEngine,
  dropAboveGap,
  extensionOf,
  type GenesisKey,
  Keyring,
  openChain,
  Pool,
  SnapshotServer,
  signOnce,
} from '@upfront/node/parts';
import type { Committee } from './committee.ts';
import { checkingMs, Operator } from './operator.ts';
import type { Process } from './platform.ts';
import { createSimVerifier, signerOf } from './signatures.ts';
import { keyBytes, type World } from './world.ts';

type Request = Parameters<Application['answer']>[0];
type Answer = Awaited<ReturnType<Application['answer']>>;

/** ms between blocks at most while the committee is busy. */
const BLOCK_MS = 500;
const HEARD_MOST = 8;
const POOL = { messages: 2000, bytes: 1 << 20 };

export class Member extends Operator {
  readonly address: Uint8Array;
  readonly consensusKey: Uint8Array;
  /** The newest bundles that came from other nodes: what a liar makes its own of. */
  readonly heard: Uint8Array[] = [];
  readonly #committee: Committee;
  #application: Application | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isFollowing = false;

  constructor(world: World, name: string, key: Uint8Array, committee: Committee) {
    super(world, name, key);
    this.address = world.curve.addressOf(key);
    this.consensusKey = keyBytes(this.address);
    this.#committee = committee;
  }

  /** Committed; undefined while it is down, or busy with a decided block. */
  get height(): number | undefined {
    const { chain } = this;
    if (!this.isUp || chain === undefined || this.#isFollowing || chain.ledger.height !== chain.height)
      return undefined;
    return chain.height;
  }

  get isCutOff(): boolean {
    return this.world.network.cut.has(this.name);
  }

  /** Asks the application; never resolves if the process crashes first. */
  ask(request: object): Promise<Answer> {
    const { platform } = this.world;
    const { process } = this;
    return new Promise((resolve) => {
      platform.after(0.2, process, () => {
        const application = this.#application!;
        const answered = this.#last.then(() => application.answer(request as Request));
        this.#last = answered.catch(() => undefined);
        answered.then(resolve, (error) => this.fatal(process, error as Error));
      });
    });
  }

  /** Applies and commits what is decided beyond its own height. */
  async follow(): Promise<void> {
    const { process } = this;
    if (this.#isFollowing || !this.isUp || this.isCutOff) return;
    this.#isFollowing = true;
    try {
      for (let height = this.chain!.height + 1; height <= this.#committee.log.length; height++) {
        if (this.isCutOff) break;
        const { txs, time, hash } = this.#committee.log[height - 1]!;
        const finalized = await this.ask({
          case: 'finalizeBlock',
          value: { txs, height: BigInt(height), time, hash },
        });
        if (finalized.case !== 'finalizeBlock')
          throw new Error(`finalizeBlock is answered with ${finalized.case}`);
        this.#committee.finalized(this.name, height, finalized.value as never);
        await this.ask({ case: 'commit', value: {} });
      }
    } catch (error) {
      this.world.platform.failure ??= error;
    }
    if (this.process === process) this.#isFollowing = false;
  }

  protected override async boot(process: Process): Promise<void> {
    const { world } = this;
    const { platform, genesis, hashes, curve } = world;
    this.#last = Promise.resolve();
    this.#isFollowing = false;
    const fatal = (error: Error): void => this.fatal(process, error);
    await dropAboveGap(this.disk.environment(this.disk.blocks));
    const store = this.openStore(process, fatal);
    const signer = signerOf(curve, this.key);
    const random = world.random.fork(`verifier ${this.name}`);
    const verifier = createSimVerifier(curve, platform, () => checkingMs(random));
    const log = world.log(this.name);
    const { cells } = this.disk;
    const cell = {
      read: () => cells.get('signed'),
      write: (record: Uint8Array) => void cells.set('signed', record.slice()),
    };
    const seed = random.below(2 ** 31);
    const chain = await openChain({
      genesis,
      hashes,
      store,
      signer: signOnce(cell, signer),
      log,
      seed,
      fatal,
    });
    world.checker.reopened(this.name, chain);
    chain.subscribe((block) => world.checker.block(this.name, block, chain));
    const pool = new Pool(POOL);
    const now = (): number => platform.clock(process);
    const broadcast = (messages: readonly Uint8Array[]): void => this.#committee.broadcast(this, messages);
    const engine = new CometEngine({
      chain,
      verifier,
      pool,
      log,
      now,
      broadcast,
      comet: { blockMs: BLOCK_MS },
    });
    const wanted = () => this.wanted;
    this.#application = new Application({
      chain,
      verifier,
      pool,
      log,
      keyring: new Keyring(chain.ledger, this.#committee.keys),
      snapshots: new SnapshotServer({ parameters: genesis.parameters, store, log }),
      extension: () => extensionOf(chain, signer, engine.seen, { log, wanted }),
      seen: () => engine.seen,
      delivered: (block, applied) => engine.delivered(block, applied),
    });
    this.serve(process, chain, engine);
    await this.follow();
  }

  /** A bundle from another node. */
  receive(bundle: Uint8Array, from: Member): void {
    if (!this.isUp) return;
    this.heard.push(bundle);
    if (this.heard.length > HEARD_MOST) this.heard.shift();
    (this.engine as CometEngine).receive(bundle, from, () => undefined);
  }
}

export function genesisKeys(world: World): GenesisKey[] {
  return world.genesis.validators.map((validator) => ({ validator, consensusKey: keyBytes(validator) }));
}
