/**
 * Who watches: a follower that applies every block from genesis on, the rules once more beside it, the life of every nonce,
 * what L1 took, and every word that a client was told. What does not hold throws Violation, and ends the run.
 */
import {
  applyBlock,
  assertInvariants,
  blockChecks,
  codeName,
  createLedger,
  decodeEventList,
  type Event,
  encodeState,
  type Header,
  type Ledger,
  restoreLedger,
  scanBlock,
} from '@upfront/core';
import type { Chain } from '@upfront/node/parts';
import { type Contract, keyOf } from './contract.ts';
import { Reference } from './reference.ts';
import type { World } from './world.ts';

export class Violation extends Error {
  override readonly name = 'Violation';
}

/** The slice of a node's final block that is checked. */
interface Final {
  readonly height: number;
  readonly bytes: Uint8Array;
  readonly digest: Uint8Array;
  readonly header: Header;
}

type Life = {
  state: 'open' | 'fulfilled' | 'annulled';
  height: number;
  account: string;
  sequence: bigint;
  kind: string;
  dealt: number;
};

/** What somebody was told: it holds from then on. */
export type Word =
  | {
      readonly of: 'dealt';
      readonly account: string;
      readonly sequence: bigint;
      readonly first: number;
      readonly height: number;
    }
  | { readonly of: 'fulfilled'; readonly nonce: number; readonly height: number }
  | { readonly of: 'refused'; readonly account: string; readonly sequence: bigint; readonly code: number }
  /** A fulfilment was refused: whatever became of the nonce, it was not done by then, and not by this one. */
  | { readonly of: 'unperformed'; readonly nonce: number; readonly account: string }
  /** Nothing of this fetch is ever performed. */
  | { readonly of: 'never'; readonly account: string; readonly sequence: bigint };

export class Checker {
  readonly coverage = new Map<string, number>();
  readonly lives = new Map<number, Life>();
  /** Of every fetch on record: its first nonce, or the code of its refusal. */
  readonly fetches = new Map<string, { first: number; height: number } | { code: number; height: number }>();
  /** Every block that any node gave out as final. */
  readonly blocks: Final[] = [];
  readonly words: Word[] = [];
  /** The highest block that each node ever gave out. */
  readonly #given = new Map<string, number>();
  readonly #world: World;
  #follower: Ledger;
  #reference: Reference;
  /** The operator lies: what is told, and what its chain says of L1, is nobody's promise. */
  isDeaf = false;
  /** Checks run. */
  checks = 0;

  constructor(world: World) {
    this.#world = world;
    this.#follower = createLedger(world.genesis, world.hashes, 1);
    this.#reference = new Reference(world.genesis, world.typed, world.hashes.keccak256);
  }

  get ledger(): Ledger {
    return this.#follower;
  }

  /** What a message was refused with, in a block or at the door. */
  code(code: number): void {
    this.count(`code ${codeName(code)}`);
  }

  /** The code of section 8 that this fulfilment would get now, were its signature good. */
  fulfilCode(message: Uint8Array): number {
    return this.#reference.fulfilCode(message, true);
  }

  /** Commitments of what is open, for whoever copies them. */
  *openCommitments(): Generator<Uint8Array> {
    for (const { intent } of this.#reference.open.values())
      if ('commitment' in intent) yield intent.commitment;
  }

  count(name: string): void {
    this.coverage.set(name, (this.coverage.get(name) ?? 0) + 1);
  }

  /** A node has a block on disk, and gives it out. */
  block(node: string, final: Final, chain: Chain): void {
    const { height, digest } = final;
    this.#given.set(node, Math.max(this.#given.get(node) ?? 0, height));
    const known = this.blocks[height - 1];
    if (known !== undefined) {
      assert(Buffer.compare(known.digest, digest) === 0, `agreement: ${node} has another block ${height}`);
      return;
    }
    assert(
      height === this.blocks.length + 1,
      `${node} gives out block ${height} after ${this.blocks.length}`,
    );
    this.blocks.push(final);
    const verdicts = chain.store.verdicts(height);
    assert(verdicts !== undefined, `block ${height} is given out and not on disk`);
    this.#follow(final, verdicts!);
  }

  /** A node came back: nothing that it gave out is gone, and its state is everybody's. */
  reopened(node: string, chain: Chain): void {
    const { ledger, store } = chain;
    // What was durable when it crashed, and not yet given out, counts from now on.
    for (let height = this.blocks.length + 1; height <= chain.height; height++) {
      const stored = store.header(height)!;
      this.block(
        node,
        { height, bytes: store.block(height)!, digest: stored.digest, header: stored.header },
        chain,
      );
    }
    const given = this.#given.get(node) ?? 0;
    assert(ledger.height >= given, `${node} gave out block ${given} and came back with ${ledger.height}`);
    const known = this.blocks[ledger.height - 1];
    if (known !== undefined)
      assert(
        Buffer.compare(known.digest, ledger.digest) === 0,
        `agreement: ${node} replayed another ${ledger.height}`,
      );
    if (ledger.height === this.#follower.height) this.#sameState(node, ledger);
    this.count('restart');
  }

  /** A settlement that the network formed: whoever relays it, L1 takes it when its turn comes. */
  settling(number: number, outcome: string, isItsTurn: boolean): void {
    if (isItsTurn && !this.isDeaf)
      assert(outcome === 'success', `I6: L1 refuses settlement ${number}: ${outcome}`);
    if (outcome === 'success') this.count('settlement on L1');
  }

  told(word: Word): void {
    if (!this.isDeaf) this.words.push(word);
    this.count(`told ${word.of}`);
  }

  /** Whether a node is in a block that it has not given out yet. */
  isAhead({ ledger }: Chain): boolean {
    return ledger.height > this.#follower.height;
  }

  /** At the end: every word, every nonce, every node. */
  finish(nodes: readonly { readonly name: string; readonly chain: Chain | undefined }[]): void {
    for (const word of this.words) this.#holds(word);
    for (const { name, chain } of nodes) {
      if (chain === undefined) continue;
      assert(
        chain.ledger.height === this.#follower.height,
        `${name} is at ${chain.ledger.height}, not ${this.#follower.height}`,
      );
      this.#sameState(name, chain.ledger);
    }
  }

  assertBooks(): void {
    const { tip, final } = this.#world.l1;
    if (this.isDeaf) return;
    tip.assertTotal();
    const formed = this.#reference.settlement.number;
    if (final.number !== formed) return;
    this.#sameModel(final);
    for (const [key, { balance, debited, sequence, exiting }] of final.accounts) {
      const mine = this.#reference.accounts.get(key);
      // An exit that L1 has, and a settlement acknowledged, is applied there when the account is next touched.
      if (mine === undefined || exiting) continue;
      assert(
        mine.debited - this.#unformed(key, 'debit') === debited,
        `D of ${key}: L1 has ${debited}, L2 ${mine.debited}`,
      );
      assert(sequence <= 2n ** 56n && balance >= 0n, 'L1 account');
    }
  }

  /** The core's own model of the contract, once L1 has all that it formed and it has all that L1 has. */
  #sameModel(final: Contract): void {
    const { accounts, imported, settlements } = this.#follower;
    if (final.items.length !== imported) return;
    assert(
      settlements.l1Pool === final.pool,
      `the pool is ${final.pool} on L1, ${settlements.l1Pool} in the model`,
    );
    for (let row = 0; row < accounts.count; row++) {
      const { balance, sequence, exiting } = final.account(accounts.address(row));
      if (exiting) continue;
      const name = keyOf(accounts.address(row));
      assert(
        accounts.l1Balance.get(row) === balance,
        `I2: ${name} has ${balance} on L1, ${accounts.l1Balance.get(row)} in the model`,
      );
      assert(
        accounts.l1Sequence.get(row) === sequence,
        `the stored sequence of ${name} is another one in the model`,
      );
    }
  }

  #unformed(key: string, kind: string): bigint {
    const entries = this.#reference.settlement.entries ?? [];
    return entries.reduce(
      (sum, one) => (one.account.key === key && one.kind === kind ? sum + one.amount : sum),
      0n,
    );
  }

  #follow({ height, bytes, digest }: Final, verdicts: Uint8Array): void {
    this.checks++;
    const { genesis, curve } = this.#world;
    const block = scanBlock(bytes, genesis.parameters);
    assert(block !== undefined, `block ${height} is malformed`);
    const checks = blockChecks(this.#follower, block!);
    checks.forEach((check, i) => {
      const signer = check && curve.recover(check.digest, check.signature);
      const isGood =
        check === undefined || (signer !== undefined && Buffer.compare(signer, check.signer) === 0);
      assert((verdicts[i] === 1) === isGood, `verdict ${i} of block ${height} is ${verdicts[i]}`);
    });
    const applied = applyBlock(this.#follower, block!, verdicts);
    assert(
      Buffer.compare(applied.digest, digest) === 0,
      `agreement: the follower's block ${height} is another`,
    );
    assertInvariants(this.#follower);
    const events = decodeEventList(applied.events.bytes())!;
    const said = this.#reference.apply(block!, verdicts);
    this.#compare(height, [...applied.results], events, said, applied.formed);
    for (const code of applied.results) if (code !== 0) this.code(code);
    for (const event of events) this.#live(event, height);
    this.#assertOpen(height);
    this.assertBooks();
    if (applied.snapshot !== undefined) this.#restore(applied.snapshot);
  }

  /** Every other snapshot is restored, and goes on in the follower's place. */
  #restore(snapshot: Uint8Array): void {
    const { genesis, hashes } = this.#world;
    this.count('snapshot');
    if (this.coverage.get('snapshot')! % 2 === 0) return;
    this.#follower = restoreLedger(genesis, snapshot, hashes.sha256(snapshot), hashes, this.checks);
    assert(Buffer.compare(encodeState(this.#follower), snapshot) === 0, 'a restored state is another');
  }

  #compare(
    height: number,
    results: number[],
    events: Event[],
    said: ReturnType<Reference['apply']>,
    formed:
      | { debits: Uint8Array; credits: Uint8Array; payouts: Uint8Array; rotation: Uint8Array }
      | undefined,
  ): void {
    assert(
      String(results) === String(said.codes),
      `codes of block ${height}: ${results}, by the rules ${said.codes}`,
    );
    const [theirs, ours] = [events.map(textOf), said.events.map(textOf)];
    for (let i = 0; i < Math.max(theirs.length, ours.length); i++) {
      assert(theirs[i] === ours[i], `event ${i} of block ${height}: ${theirs[i]}, by the rules ${ours[i]}`);
    }
    for (const list of ['debits', 'credits', 'payouts', 'rotation'] as const) {
      const [a, b] = [formed?.[list] ?? new Uint8Array(0), said.formed?.[list] ?? new Uint8Array(0)];
      assert(Buffer.compare(a, b) === 0, `${list} formed in block ${height} are others by the rules`);
    }
    const { accounts, privilege, nonces } = this.#follower;
    assert(nonces.count === this.#reference.open.size, `open nonces after block ${height}`);
    assert(accounts.count === this.#reference.accounts.size, `accounts after block ${height}`);
    for (let row = 0; row < accounts.count; row++) {
      const mine = this.#reference.accounts.get(keyOf(accounts.address(row)));
      const same =
        mine !== undefined &&
        mine.balance === accounts.balance.get(row) &&
        mine.reserved === accounts.reserved.get(row) &&
        mine.u === accounts.unsettled.get(row) &&
        mine.debited === accounts.debited.get(row) &&
        mine.owed === accounts.payoutOwed.get(row) &&
        mine.standing === accounts.standing.get(row) &&
        mine.highest === accounts.highest.get(row) &&
        (mine.authority?.sequence ?? -1n) === accounts.authoritySequence.get(row) &&
        (mine.authority?.limit ?? 0n) === accounts.authorityLimit.get(row);
      assert(same, `account ${keyOf(accounts.address(row))} after block ${height} is another by the rules`);
    }
    assert(privilege.active >= 0, 'active standing');
    this.#follower.validators.forEach((validator, i) => {
      const [theirs, ours] = [this.#follower.views[i], this.#reference.views.get(keyOf(validator))];
      const isSame =
        theirs?.time === ours?.time && theirs?.items === ours?.items && theirs?.settled === ours?.settled;
      assert(isSame, `the newest view of ${keyOf(validator)} after block ${height} is another by the rules`);
    });
  }

  /** Gapless, dealt once, resolved once. */
  #live(event: Event, height: number): void {
    this.count(`event ${event.type}`);
    switch (event.type) {
      case 'dealt': {
        const account = keyOf(event.account);
        this.#record(`${account}/${event.sequence}`, { first: event.first, height });
        for (let i = 0; i < event.count; i++) {
          const kind = this.#reference.open.get(event.first + i)?.intent.kind ?? '';
          this.#deal(event.first + i, {
            state: 'open',
            height,
            account,
            sequence: event.sequence,
            kind,
            dealt: height,
          });
        }
        return;
      }
      case 'refused':
        this.#record(`${keyOf(event.account)}/${event.sequence}`, { code: event.code, height });
        return;
      case 'item':
        this.count(`item ${event.kind}`);
        this.#deal(event.nonce, {
          state: 'fulfilled',
          height,
          account: keyOf(event.account),
          sequence: -1n,
          kind: 'item',
          dealt: height,
        });
        return;
      case 'annulled':
        for (let i = 0; i < 256; i++) {
          if ((event.bitmap[i >> 3]! & (0x80 >> (i & 7))) !== 0)
            this.#resolve(event.first + i, 'annulled', height);
        }
        return;
      case 'transferred':
      case 'captured':
      case 'withdrawn':
      case 'posted':
      case 'validated':
        this.#resolve(event.nonce, 'fulfilled', height);
        return;
      default:
        return;
    }
  }

  #record(key: string, fate: { first: number; height: number } | { code: number; height: number }): void {
    assert(!this.fetches.has(key), `fetch ${key} is on record twice`);
    this.fetches.set(key, fate);
  }

  #deal(nonce: number, life: Life): void {
    assert(nonce === this.lives.size, `nonce ${nonce} is dealt after ${this.lives.size - 1}`);
    this.lives.set(nonce, life);
  }

  #resolve(nonce: number, state: 'fulfilled' | 'annulled', height: number): void {
    const life = this.lives.get(nonce);
    assert(life?.state === 'open', `nonce ${nonce} is ${state} and was ${life?.state}`);
    assert(life!.dealt < height, `nonce ${nonce} is resolved in the block that dealt it`);
    life!.state = state;
    life!.height = height;
  }

  /** Nothing is open past its deadline, longer than a block's step and the least age allow. */
  #assertOpen(height: number): void {
    const { clock, parameters, open } = this.#reference;
    for (const { deadline, fetch, nonce } of open.values()) {
      assert(
        clock <= deadline || height - fetch.height < parameters.leastAge,
        `nonce ${nonce} is open past its deadline`,
      );
    }
  }

  #holds(word: Word): void {
    if (word.of === 'fulfilled') {
      const life = this.lives.get(word.nonce);
      const isSo = life?.state === 'fulfilled' && life.height === word.height;
      assert(
        isSo,
        `a lost word: nonce ${word.nonce} was told fulfilled at ${word.height}, it is ${life?.state} at ${life?.height}`,
      );
      return;
    }
    if (word.of === 'unperformed') {
      const life = this.lives.get(word.nonce);
      // A hold is its payee's to capture; anything else only its owner performs here, with one content.
      const isOwn = life?.account === word.account && life.kind !== 'hold' && life.kind !== 'validate';
      assert(
        !isOwn || life.state !== 'fulfilled',
        `a lost word: nonce ${word.nonce} was told refused, and is fulfilled`,
      );
      return;
    }
    const fate = this.fetches.get(`${word.account}/${word.sequence}`);
    const name = `fetch ${word.sequence} of ${word.account}`;
    if (word.of === 'dealt') {
      const isSo =
        fate !== undefined && 'first' in fate && fate.first === word.first && fate.height === word.height;
      assert(isSo, `a lost word: ${name} was told dealt`);
    } else if (word.of === 'refused') {
      assert(
        fate !== undefined && 'code' in fate && fate.code === word.code,
        `a lost word: ${name} was told refused with ${word.code}`,
      );
    } else if (fate !== undefined && 'first' in fate) {
      for (const life of this.lives.values()) {
        const isIts = life.account === word.account && life.sequence === word.sequence;
        assert(!isIts || life.state !== 'fulfilled', `a lost word: ${name} was told over, and was performed`);
      }
    }
  }

  #sameState(name: string, ledger: Ledger): void {
    assert(
      Buffer.compare(encodeState(ledger), encodeState(this.#follower)) === 0,
      `the state of ${name} is another`,
    );
  }
}

export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Violation(what);
}

function textOf(event: Event): string {
  return Object.entries(event)
    .map(([name, value]) => `${name}=${value instanceof Uint8Array ? keyOf(value) : String(value)}`)
    .sort()
    .join(' ');
}
