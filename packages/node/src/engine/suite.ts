/**
 * What every engine must do, whatever orders its blocks. Each implementation runs this suite (STYLE, 13).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertInvariants,
  codes,
  concatBytes,
  encodeFulfil,
  type Intent,
  merkleRoot,
  readU64,
  viewOf,
} from '@upfront/core';
import type { FinalBlock, Replica } from '../replica.ts';
import type { StoreReader } from '../store/store.ts';
import type { Answer, Engine } from './engine.ts';
import {
  createTestNetwork,
  FEE,
  FUNDS,
  fetchOf,
  type TestNetwork,
  transfersOf,
  until,
  ZERO,
} from './testing.ts';

export interface RunningEngine {
  readonly engine: Engine;
  readonly replica: Replica;
  readonly store: StoreReader;
  close(): Promise<void>;
}

/** What the tests of one run share: a network, the engine under test, and the blocks that it announced. */
class Context {
  readonly blocks: FinalBlock[] = [];
  network!: TestNetwork;
  running!: RunningEngine;

  async open(start: (network: TestNetwork) => Promise<RunningEngine>): Promise<void> {
    this.network = await createTestNetwork(8, Date.now());
    this.running = await start(this.network);
    this.running.replica.subscribe((block) => this.blocks.push(block));
    this.running.engine.observe(this.network.l1.observation());
    await until(() => this.running.replica.ledger.imported === 8, 'the import of all items');
  }

  balance(payer: number): bigint {
    const { accounts } = this.running.replica.ledger;
    return accounts.balance.get(accounts.find(this.network.payers[payer]!.address, 0));
  }

  async submit(...messages: Uint8Array[]): Promise<Answer[]> {
    const answers = await this.running.engine.submit(concatBytes(...messages));
    const heights = answers.map((answer) => ('height' in answer ? answer.height : 0));
    assert.ok(Math.max(...heights) <= this.running.replica.height, 'an answer is durable when it comes');
    return answers;
  }
}

/** Runs the suite on an engine that `start` starts on an empty directory. The tests build on each other. */
export function engineSuite(name: string, start: (network: TestNetwork) => Promise<RunningEngine>): void {
  describe(name, () => {
    const context = new Context();
    before(() => context.open(start));
    after(() => context.running.close());
    testPayments(context);
    testRejections(context);
    testHolds(context);
    testRecords(context);
  });
}

function testPayments(context: Context): void {
  test('deposits are balances', async () => {
    assert.equal(await context.running.replica.read(() => context.balance(0)), FUNDS);
  });

  test('a fetch is dealt consecutive nonces and fulfilled; both answers are final', async () => {
    const [payer, payee] = [context.network.payers[0]!, context.network.payers[1]!];
    const before = context.balance(1);
    const pay = transfersOf(context.network, payer, 0n, payee.address, 3);
    const [answer] = await context.submit(pay.fetch);
    const first = dealt(answer);
    assert.equal(answer!.status === 'dealt' && answer!.count, 3);
    const answers = await context.submit(pay.fulfils(first));
    assert.deepEqual(
      answers.map((one) => one.status === 'fulfilled' && one.nonce),
      [first, first + 1, first + 2],
    );
    assert.equal(context.balance(1), before + 15n);
    assert.equal(context.balance(0), FUNDS - 15n - 3n * FEE);
  });

  test('what is sent again gets the same answer, one after the other or at once', async () => {
    const payer = context.network.payers[2]!;
    const pay = transfersOf(context.network, payer, 0n, context.network.payers[1]!.address, 2);
    const [[one], [two, three]] = await Promise.all([
      context.submit(pay.fetch),
      context.submit(pay.fetch, pay.fetch),
    ]);
    assert.deepEqual(two, one);
    assert.deepEqual(three, one);
    assert.deepEqual(await context.submit(pay.fetch), [one]);
    const first = dealt(one);
    const [fulfil, other] = [pay.fulfil(first, 0), pay.fulfil(first, 1)];
    const answers = await Promise.all([
      context.submit(fulfil, fulfil),
      context.submit(fulfil),
      context.submit(other),
    ]);
    assert.equal(answers[0]![0]!.status, 'fulfilled');
    assert.deepEqual(answers[0]![1], answers[0]![0]);
    assert.deepEqual(answers[1], [answers[0]![0]]);
    assert.deepEqual(await context.submit(other), answers[2]);
    assert.deepEqual(await context.submit(pay.fulfil(first, 0, { amount: 6n })), [
      { status: 'rejected', code: codes.notOpen },
    ]);
  });

  test('another fetch under a used sequence is rejected', async () => {
    const other = transfersOf(
      context.network,
      context.network.payers[2]!,
      0n,
      context.network.payers[1]!.address,
      1,
      7n,
    );
    assert.deepEqual(await context.submit(other.fetch), [{ status: 'rejected', code: codes.sequenceUsed }]);
  });
}

function testRejections(context: Context): void {
  test('a signature that is not the account’s leaves no trace', async () => {
    const [payer, thief] = [context.network.payers[3]!, context.network.payers[4]!];
    const to = thief.address;
    const stolen = transfersOf(context.network, payer, 0n, to, 1, 5n, { signer: thief });
    const flipped = transfersOf(context.network, payer, 0n, to, 1).fetch;
    flipped[85] = flipped[85]! ^ 0x80;
    const high = transfersOf(context.network, payer, 0n, to, 1).fetch;
    high.fill(0xff, 85, 117);
    for (const fetch of [stolen.fetch, flipped, high]) {
      assert.deepEqual(await context.submit(fetch), [{ status: 'rejected', code: codes.badSignature }]);
    }
    dealt((await context.submit(transfersOf(context.network, payer, 0n, to, 1).fetch))[0]);
  });

  test('who is no participant, or out of range, is rejected; a refusal on record stays the answer', async () => {
    const payer = context.network.payers[5]!;
    const to = context.network.payers[6]!.address;
    const stranger = {
      key: context.network.payers[5]!.key.map((byte) => byte ^ 1),
      address: ZERO.slice(0, 20),
    };
    const nobody = { ...stranger, address: context.network.curve.addressOf(stranger.key) };
    const of = (sequence: bigint, budget?: bigint): Uint8Array =>
      transfersOf(context.network, payer, sequence, to, 1, 5n, budget === undefined ? {} : { budget }).fetch;
    assert.deepEqual(await context.submit(transfersOf(context.network, nobody, 0n, to, 1).fetch, of(64n)), [
      { status: 'rejected', code: codes.notParticipant },
      { status: 'rejected', code: codes.sequenceOutOfRange },
    ]);
    const poor = of(3n, 1n);
    const [refused] = await context.submit(poor);
    assert.equal(refused!.status === 'refused' && refused!.code, codes.budgetTooSmall);
    assert.equal(refused!.status === 'refused' && refused!.sequence, 3n);
    assert.deepEqual(await context.submit(poor), [refused]);
    assert.deepEqual(await context.submit(of(3n)), [{ status: 'rejected', code: codes.sequenceUsed }]);
  });

  test('fulfilments that do not match are rejected and change nothing', async () => {
    const payer = context.network.payers[6]!;
    const to = context.network.payers[1]!.address;
    const cheap = transfersOf(context.network, payer, 0n, to, 1, 500n, { budget: FEE + 499n });
    const first = dealt((await context.submit(cheap.fetch))[0]);
    const before = context.balance(6);
    const answers = await context.submit(
      cheap.fulfil(first, 0),
      cheap.fulfil(first, 0, { amount: 1n }),
      cheap.fulfil(first + 1000, 0),
    );
    assert.deepEqual(answers, [
      { status: 'rejected', code: codes.overBudget },
      { status: 'rejected', code: codes.wrongOpening },
      { status: 'rejected', code: codes.notOpen },
    ]);
    assert.equal(context.balance(6), before);
  });
}

function testHolds(context: Context): void {
  test('a hold is captured by its payee’s signature only', async () => {
    const [payer, payee] = [context.network.payers[7]!, context.network.payers[1]!];
    const intents: Intent[] = [{ kind: 'hold', payee: payee.address, max: 100n, window: 60 }];
    const first = dealt((await context.submit(fetchOf(context.network, payer, 0n, intents)))[0]);
    const capture = (key: Uint8Array): Uint8Array => {
      const digest = context.network.domain.captureDigest(payer.address, 0n, 0, 40n);
      return encodeFulfil({
        kind: 'hold',
        nonce: first,
        amount: 40n,
        signature: context.network.curve.sign(digest, key),
      });
    };
    const before = context.balance(1);
    assert.deepEqual(await context.submit(capture(payer.key)), [
      { status: 'rejected', code: codes.badCaptureSignature },
    ]);
    assert.equal((await context.submit(capture(payee.key)))[0]!.status, 'fulfilled');
    assert.equal(context.balance(1), before + 40n);
  });

  test('a frame may mix everything; each message gets its own answer in its place', async () => {
    const payer = context.network.payers[0]!;
    const to = context.network.payers[1]!.address;
    const [a, b] = [
      transfersOf(context.network, payer, 1n, to, 1),
      transfersOf(context.network, payer, 2n, to, 1),
    ];
    const first = dealt((await context.submit(a.fetch))[0]);
    const answers = await context.submit(a.fulfil(first + 5000, 0), b.fetch, a.fulfil(first, 0), a.fetch);
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['rejected', 'dealt', 'fulfilled', 'dealt'],
    );
  });
}

function testRecords(context: Context): void {
  test('final context.blocks come in order, linked, signed, with the events of their root', () => {
    for (const [i, block] of context.blocks.entries()) {
      assert.equal(block.height, i + 1);
      const parent = context.blocks[i - 1]?.digest;
      if (parent !== undefined) assert.deepEqual(block.header.parent, parent);
      assert.deepEqual(context.network.domain.headerDigest(block.header), block.digest);
      const { validator, signature } = block.signatures[0]!;
      assert.deepEqual(context.network.curve.recover(block.digest, signature), validator);
      assert.deepEqual(merkleRoot(context.network.hashes, eventsOf(block.events)), block.header.events);
    }
  });

  test('the store tells what was answered', async () => {
    const { store } = context.running;
    const payer = context.network.payers[0]!;
    const record = await store.fetch(payer.address, 0n);
    assert.equal(record?.status, 'dealt');
    const { first } = record!;
    const fetch = transfersOf(context.network, payer, 0n, context.network.payers[1]!.address, 3);
    assert.deepEqual(await store.fulfilBytes(first + 1), fetch.fulfil(first, 1));
    const { account, sequence, count } = (await store.fetchOfNonce(first + 2))!;
    assert.deepEqual(
      [Buffer.from(account).toString('hex'), sequence, count],
      [Buffer.from(payer.address).toString('hex'), 0n, 3],
    );
    const place = (await store.resolution(first))!;
    const event = eventsOf(store.events(place.height)!)[place.index]!;
    assert.equal(readU64(viewOf(event), 1), BigInt(first));
    const cursors = await store.accountEvents(payer.address, { height: 0, index: 0 }, 1000);
    assert.ok(cursors.some(({ height, index }) => height === place.height && index === place.index));
    const rest = await store.accountEvents(payer.address, cursors[2]!, 2);
    assert.deepEqual(rest, cursors.slice(2, 4));
    assert.deepEqual(store.validatorsAt(place.height), context.network.genesis.validators);
    assert.deepEqual(store.header(place.height)!.digest, context.blocks[place.height - 1]!.digest);
  });

  test('the invariants hold', () => {
    assertInvariants(context.running.replica.ledger);
  });
}

function dealt(answer: Answer | undefined): number {
  if (answer?.status !== 'dealt') assert.fail(`${answer?.status} where dealt belongs`);
  return answer.first;
}

/** The events of a list as the core's log packs them. */
function eventsOf(list: Uint8Array): Uint8Array[] {
  const view = viewOf(list);
  const events: Uint8Array[] = [];
  for (let at = 4; at < list.length; at += 2 + view.getUint16(at)) {
    events.push(list.subarray(at + 2, at + 2 + view.getUint16(at)));
  }
  return events;
}
