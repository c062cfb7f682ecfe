/**
 * Random histories, valid and hostile, and what must hold of every one: the books (I1 to I6), each nonce's life,
 * nothing open past its deadline plus a block, and the same state by replay and from a snapshot.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  accountView,
  applyBlock,
  createLedger,
  decodeEventList,
  type Event,
  encodeState,
  type Intent,
  ITEM,
  nobleHashes,
  restoreLedger,
  scanBlock,
} from '../src/index.ts';
import { ContractModel } from './contract-model.ts';
import { address, fulfilOf, sealPost, sealTransfer, sealWithdraw, TestNetwork } from './network.ts';

const ACCOUNTS = [2, 3, 4, 5].map(address);
const TOPICS = [1, 2].map((n) => new Uint8Array(32).fill(n));
const PARAMETERS = {
  interval: 20_000,
  windowTransfer: 12_000,
  windowPost: 4000,
  maxEntries: 2,
  maxUnconfirmed: 3,
  snapshotInterval: 15_000,
  snapshotDelay: 5,
};

type Step =
  | { do: 'deposit'; who: number; amount: number }
  | { do: 'fetch'; who: number; to: number; kinds: number[]; amount: number; ahead: number; tight: boolean }
  | { do: 'fulfil'; pick: number; amount: number; bad: boolean }
  | { do: 'pass'; seconds: number }
  | { do: 'confirm' }
  | { do: 'exit'; who: number; sequence: number };

const who = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('deposit' as const),
      who,
      amount: fc.integer({ min: 1, max: 9_000_000 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('fetch' as const),
      who,
      to: fc.nat(4),
      kinds: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }),
      amount: fc.integer({ min: 0, max: 900_000 }),
      ahead: fc.integer({ min: 0, max: 3 }),
      tight: fc.boolean(),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('fulfil' as const),
      pick: fc.nat(),
      amount: fc.nat(900_000),
      bad: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 15 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('confirm' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('exit' as const), who, sequence: fc.nat(20) }) },
);

/** Plays steps on a network, and keeps what a user of each account would keep. */
class History {
  readonly network = new TestNetwork(PARAMETERS);
  readonly contract = new ContractModel();
  readonly openings = new Map<
    number,
    { kind: number; fulfil: (amount: number) => Uint8Array; signed: boolean }
  >();
  readonly lives = new Map<number, 'open' | 'fulfilled' | 'annulled'>();
  readonly signers = new Map<string, Uint8Array>();

  play(step: Step): void {
    const { network } = this;
    if (step.do === 'pass') for (let i = 0; i < step.seconds; i++) this.block([], [], 1000);
    else if (step.do === 'confirm') {
      network.settled = network.ledger.settlements.formed;
      this.block([], []);
    } else if (step.do === 'deposit') {
      const account = ACCOUNTS[step.who]!;
      if (this.contract.account(account).exit !== undefined) return;
      this.contract.deposit(account, BigInt(step.amount));
      network.item(ITEM.deposit, account, BigInt(step.amount));
      this.block([], []);
    } else if (step.do === 'exit') {
      const account = ACCOUNTS[step.who]!;
      if (this.contract.account(account).exit !== undefined) return;
      this.contract.exit(account, BigInt(step.sequence));
      network.item(ITEM.exit, account, BigInt(step.sequence));
      this.block([], []);
    } else if (step.do === 'fetch') this.fetch(step);
    else this.fulfil(step);
  }

  fetch(step: Step & { do: 'fetch' }): void {
    const { network } = this;
    const account = ACCOUNTS[step.who]!;
    const to = step.to === 4 ? address(99) : ACCOUNTS[step.to]!;
    const view = accountView(network.ledger, account);
    const sequence = BigInt(Math.max(0, Number(view?.highest ?? -1n) + 1 + step.ahead - 1));
    const amount = BigInt(step.amount);
    const sealed = step.kinds.map((kind, index) => this.seal(kind, account, sequence, index, to, amount));
    const budget = BigInt(step.kinds.length) * (amount + 20n);
    const least =
      (view?.debited ?? 0n) +
      budget +
      (view?.reserved ?? 0n) +
      (view && view.unsettled > 0n ? view.unsettled : 0n);
    const limit = step.tight ? least : least + 5_000_000n;
    const intents = sealed.map((one) => one.intent);
    const message = network.fetch(account, intents, { sequence, budget, limit });
    const { results, firstNonces } = this.block([], [message]);
    if (results[0] !== 0) return;
    this.signers.set(`${sequence}/${limit}`, account);
    sealed.forEach(({ fulfil, signed }, i) => {
      const nonce = firstNonces[0]! + i;
      this.openings.set(nonce, { kind: step.kinds[i]!, signed, fulfil: (n) => fulfil(nonce, n) });
    });
  }

  seal(
    kind: number,
    account: Uint8Array,
    sequence: bigint,
    index: number,
    to: Uint8Array,
    amount: bigint,
  ): { intent: Intent; signed: boolean; fulfil: (nonce: number, amount: number) => Uint8Array } {
    const signature = new Uint8Array(64).fill(1);
    if (kind === 1) return { ...sealTransfer(account, sequence, index, to, amount), signed: false };
    if (kind === 3) return { ...sealWithdraw(account, sequence, index, amount), signed: false };
    if (kind === 4) {
      const data = new Uint8Array(Number(amount % 600n));
      return {
        ...sealPost(account, sequence, index, TOPICS[Number(amount) % 2]!, data, amount / 3n),
        signed: false,
      };
    }
    if (kind === 2) {
      const intent: Intent = { kind: 'hold', payee: to, max: amount + 1n, window: 5 + Number(amount % 7n) };
      return {
        intent,
        signed: true,
        fulfil: (nonce, captured) => fulfilOf({ kind: 'hold', nonce, amount: BigInt(captured), signature }),
      };
    }
    return {
      intent: { kind: 'validate' },
      signed: true,
      fulfil: (nonce, height) => fulfilOf({ kind: 'validate', nonce, height: 1 + (height % 40), signature }),
    };
  }

  fulfil(step: Step & { do: 'fulfil' }): void {
    const nonces = [...this.openings.keys()];
    if (nonces.length === 0) return;
    const opening = this.openings.get(nonces[step.pick % nonces.length]!)!;
    const isForged = step.bad && opening.signed;
    this.block([opening.fulfil(step.amount)], [], 10, [isForged ? 0 : 1]);
  }

  block(
    fulfils: Uint8Array[],
    fetches: Uint8Array[],
    step = 10,
    verdicts?: number[],
  ): ReturnType<TestNetwork['block']> {
    const { network } = this;
    const applied = network.block(fulfils, fetches, step, verdicts);
    for (const event of decodeEventList(applied.events.bytes())!) this.live(event);
    if (applied.formed !== undefined) {
      this.contract.settle(applied.formed, (line) => this.signerOf(line));
    }
    this.assertLife();
    this.assertContract();
    return applied;
  }

  /** A debit repeats sequence and limit of a fetch that really was signed. */
  signerOf(line: Uint8Array): Uint8Array {
    const view = new DataView(line.buffer, line.byteOffset);
    const signer = this.signers.get(`${view.getBigUint64(8)}/${view.getBigUint64(16)}`);
    const { accounts } = this.network.ledger;
    const own = ACCOUNTS.find((account) => {
      const row = accounts.find(account, 0);
      return (
        row >= 0 &&
        accounts.authoritySequence.get(row) === view.getBigUint64(8) &&
        accounts.authorityLimit.get(row) === view.getBigUint64(16)
      );
    });
    assert.ok(signer ?? own, 'nobody signed this debit');
    return own ?? signer!;
  }

  live(event: Event): void {
    if (event.type === 'dealt') {
      for (let i = 0; i < event.count; i++) this.deal(event.first + i, 'open');
    } else if (event.type === 'item') {
      this.deal(event.nonce, 'fulfilled');
    } else if (event.type === 'annulled') {
      for (let i = 0; i < 256; i++) {
        if ((event.bitmap[i >> 3]! & (0x80 >> (i & 7))) !== 0) this.resolve(event.first + i, 'annulled');
      }
    } else if (['transferred', 'captured', 'withdrawn', 'posted', 'validated'].includes(event.type)) {
      this.resolve((event as { nonce: number }).nonce, 'fulfilled');
    }
  }

  deal(nonce: number, state: 'open' | 'fulfilled'): void {
    assert.equal(nonce, this.lives.size, 'nonces are gapless and dealt once');
    this.lives.set(nonce, state);
  }

  resolve(nonce: number, state: 'fulfilled' | 'annulled'): void {
    assert.equal(this.lives.get(nonce), 'open', 'a nonce is resolved once');
    this.lives.set(nonce, state);
    this.openings.delete(nonce);
  }

  assertLife(): void {
    const { ledger } = this.network;
    assert.equal(this.lives.size, ledger.nextNonce);
    for (const row of ledger.nonces.rows()) {
      const isOverdue = ledger.clock > ledger.nonces.deadline(row) + 1000;
      const dealt = ledger.nonces.fetches.height[ledger.nonces.fetch[row]!]!;
      assert.ok(!isOverdue || ledger.height - dealt < 8, 'open past its deadline');
    }
  }

  /** The ledger's model and the independent one agree after every formed settlement and imported item. */
  assertContract(): void {
    const { ledger } = this.network;
    for (const account of [...ACCOUNTS, address(99)]) {
      const row = ledger.accounts.find(account, 0);
      if (row < 0) continue;
      const model = this.contract.account(account);
      assert.equal(ledger.accounts.l1Balance.get(row), model.balance, 'L1 balance');
      assert.equal(ledger.accounts.l1Sequence.get(row), model.sequence, 'L1 sequence');
    }
    assert.equal(ledger.settlements.l1Pool, this.contract.pool, 'L1 pool');
  }
}

/** The same blocks, applied again from genesis and from the last snapshot on, give the same state. */
function assertReplay({ network }: History): void {
  const { genesis, ledger, blocks } = network;
  let other = createLedger(genesis, nobleHashes, 12345);
  for (const { bytes, verdicts } of blocks) {
    const { snapshot } = applyBlock(other, scanBlock(bytes, genesis.parameters)!, verdicts);
    if (snapshot === undefined) continue;
    other = restoreLedger(genesis, snapshot, nobleHashes.sha256(snapshot), nobleHashes, 7);
    assert.deepEqual(encodeState(other), snapshot);
  }
  assert.deepEqual(other.digest, ledger.digest);
  assert.deepEqual(encodeState(other), encodeState(ledger));
}

test('random histories', () => {
  const property = fc.property(fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }), (steps) => {
    const history = new History();
    for (const account of ACCOUNTS.slice(0, 3)) {
      history.contract.deposit(account, 20_000_000n);
      history.network.item(ITEM.deposit, account, 20_000_000n);
    }
    history.block([], []);
    for (const one of steps) history.play(one);
    // Everything ends: windows, then cuts and their parts, each confirmed.
    for (let i = 0; i < 8; i++) {
      history.play({ do: 'pass', seconds: 12 });
      history.play({ do: 'confirm' });
    }
    assert.equal(history.network.ledger.nonces.count, 0);
    assert.equal(
      history.network.ledger.settlements.inbox,
      history.contract.items,
      'every exit is acknowledged',
    );
    assertReplay(history);
  });
  fc.assert(property, { numRuns: 60 });
});
