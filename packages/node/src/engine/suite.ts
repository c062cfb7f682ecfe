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

/** Runs the suite on engines that `start` starts on an empty directory. */
export function engineSuite(name: string, start: (network: TestNetwork) => Promise<RunningEngine>): void {
  describe(name, () => {
    let network: TestNetwork;
    let running: RunningEngine;
    const blocks: FinalBlock[] = [];
    const balance = (payer: number): bigint => {
      const { accounts } = running.replica.ledger;
      return accounts.balance[accounts.find(network.payers[payer]!.address, 0)]!;
    };
    const submit = async (...messages: Uint8Array[]): Promise<Answer[]> => {
      const answers = await running.engine.submit(concatBytes(...messages));
      const heights = answers.map((answer) => ('height' in answer ? answer.height : 0));
      assert.ok(Math.max(...heights) <= running.replica.height, 'an answer is durable when it comes');
      return answers;
    };
    const dealt = (answer: Answer | undefined): number => {
      assert.equal(
        answer?.status,
        'dealt',
        JSON.stringify(answer, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
      );
      return answer.status === 'dealt' ? answer.first : -1;
    };

    before(async () => {
      network = await createTestNetwork(8, Date.now());
      running = await start(network);
      running.replica.subscribe((block) => blocks.push(block));
      running.engine.observe(network.l1.observation());
      await until(() => running.replica.ledger.imported === 8, 'the import of all items');
    });
    after(() => running.close());

    test('deposits are balances', async () => {
      assert.equal(await running.replica.read(() => balance(0)), FUNDS);
    });

    test('a fetch is dealt consecutive nonces and fulfilled; both answers are final', async () => {
      const [payer, payee] = [network.payers[0]!, network.payers[1]!];
      const before = balance(1);
      const pay = transfersOf(network, payer, 0n, payee.address, 3);
      const [answer] = await submit(pay.fetch);
      const first = dealt(answer);
      assert.equal(answer!.status === 'dealt' && answer!.count, 3);
      const answers = await submit(pay.fulfils(first));
      assert.deepEqual(
        answers.map((one) => one.status === 'fulfilled' && one.nonce),
        [first, first + 1, first + 2],
      );
      assert.equal(balance(1), before + 15n);
      assert.equal(balance(0), FUNDS - 15n - 3n * FEE);
    });

    test('what is sent again gets the same answer, one after the other or at once', async () => {
      const payer = network.payers[2]!;
      const pay = transfersOf(network, payer, 0n, network.payers[1]!.address, 2);
      const [[one], [two, three]] = await Promise.all([submit(pay.fetch), submit(pay.fetch, pay.fetch)]);
      assert.deepEqual(two, one);
      assert.deepEqual(three, one);
      assert.deepEqual(await submit(pay.fetch), [one]);
      const first = dealt(one);
      const [fulfil, other] = [pay.fulfil(first, 0), pay.fulfil(first, 1)];
      const answers = await Promise.all([submit(fulfil, fulfil), submit(fulfil), submit(other)]);
      assert.equal(answers[0]![0]!.status, 'fulfilled');
      assert.deepEqual(answers[0]![1], answers[0]![0]);
      assert.deepEqual(answers[1], [answers[0]![0]]);
      assert.deepEqual(await submit(other), answers[2]);
      assert.deepEqual(await submit(pay.fulfil(first, 0, { amount: 6n })), [
        { status: 'rejected', code: codes.notOpen },
      ]);
    });

    test('another fetch under a used sequence is rejected', async () => {
      const other = transfersOf(network, network.payers[2]!, 0n, network.payers[1]!.address, 1, 7n);
      assert.deepEqual(await submit(other.fetch), [{ status: 'rejected', code: codes.sequenceUsed }]);
    });

    test('a signature that is not the account’s leaves no trace', async () => {
      const [payer, thief] = [network.payers[3]!, network.payers[4]!];
      const to = thief.address;
      const stolen = transfersOf(network, payer, 0n, to, 1, 5n, { signer: thief });
      const flipped = transfersOf(network, payer, 0n, to, 1).fetch;
      flipped[85] = flipped[85]! ^ 0x80;
      const high = transfersOf(network, payer, 0n, to, 1).fetch;
      high.fill(0xff, 85, 117);
      for (const fetch of [stolen.fetch, flipped, high]) {
        assert.deepEqual(await submit(fetch), [{ status: 'rejected', code: codes.badSignature }]);
      }
      dealt((await submit(transfersOf(network, payer, 0n, to, 1).fetch))[0]);
    });

    test('who is no participant, or out of range, is rejected; a refusal on record stays the answer', async () => {
      const payer = network.payers[5]!;
      const to = network.payers[6]!.address;
      const stranger = { key: network.payers[5]!.key.map((byte) => byte ^ 1), address: ZERO.slice(0, 20) };
      const nobody = { ...stranger, address: network.curve.addressOf(stranger.key) };
      const of = (sequence: bigint, budget?: bigint): Uint8Array =>
        transfersOf(network, payer, sequence, to, 1, 5n, budget === undefined ? {} : { budget }).fetch;
      assert.deepEqual(await submit(transfersOf(network, nobody, 0n, to, 1).fetch, of(64n)), [
        { status: 'rejected', code: codes.notParticipant },
        { status: 'rejected', code: codes.sequenceOutOfRange },
      ]);
      const poor = of(3n, 1n);
      const [refused] = await submit(poor);
      assert.equal(refused!.status === 'refused' && refused!.code, codes.budgetTooSmall);
      assert.equal(refused!.status === 'refused' && refused!.sequence, 3n);
      assert.deepEqual(await submit(poor), [refused]);
      assert.deepEqual(await submit(of(3n)), [{ status: 'rejected', code: codes.sequenceUsed }]);
    });

    test('fulfilments that do not match are rejected and change nothing', async () => {
      const payer = network.payers[6]!;
      const to = network.payers[1]!.address;
      const cheap = transfersOf(network, payer, 0n, to, 1, 500n, { budget: FEE + 499n });
      const first = dealt((await submit(cheap.fetch))[0]);
      const before = balance(6);
      const answers = await submit(
        cheap.fulfil(first, 0),
        cheap.fulfil(first, 0, { amount: 1n }),
        cheap.fulfil(first + 1000, 0),
      );
      assert.deepEqual(answers, [
        { status: 'rejected', code: codes.overBudget },
        { status: 'rejected', code: codes.wrongOpening },
        { status: 'rejected', code: codes.notOpen },
      ]);
      assert.equal(balance(6), before);
    });

    test('a hold is captured by its payee’s signature only', async () => {
      const [payer, payee] = [network.payers[7]!, network.payers[1]!];
      const intents: Intent[] = [{ kind: 'hold', payee: payee.address, max: 100n, window: 60 }];
      const first = dealt((await submit(fetchOf(network, payer, 0n, intents)))[0]);
      const capture = (key: Uint8Array): Uint8Array => {
        const digest = network.domain.captureDigest(payer.address, 0n, 0, 40n);
        return encodeFulfil({
          kind: 'hold',
          nonce: first,
          amount: 40n,
          signature: network.curve.sign(digest, key),
        });
      };
      const before = balance(1);
      assert.deepEqual(await submit(capture(payer.key)), [
        { status: 'rejected', code: codes.badCaptureSignature },
      ]);
      assert.equal((await submit(capture(payee.key)))[0]!.status, 'fulfilled');
      assert.equal(balance(1), before + 40n);
    });

    test('a frame may mix everything; each message gets its own answer in its place', async () => {
      const payer = network.payers[0]!;
      const to = network.payers[1]!.address;
      const [a, b] = [transfersOf(network, payer, 1n, to, 1), transfersOf(network, payer, 2n, to, 1)];
      const first = dealt((await submit(a.fetch))[0]);
      const answers = await submit(a.fulfil(first + 5000, 0), b.fetch, a.fulfil(first, 0), a.fetch);
      assert.deepEqual(
        answers.map(({ status }) => status),
        ['rejected', 'dealt', 'fulfilled', 'dealt'],
      );
    });

    test('final blocks come in order, linked, signed, with the events of their root', () => {
      for (const [i, block] of blocks.entries()) {
        assert.equal(block.height, i + 1);
        const parent = blocks[i - 1]?.digest;
        if (parent !== undefined) assert.deepEqual(block.header.parent, parent);
        assert.deepEqual(network.domain.headerDigest(block.header), block.digest);
        const { validator, signature } = block.signatures[0]!;
        assert.deepEqual(network.curve.recover(block.digest, signature), validator);
        assert.deepEqual(merkleRoot(network.hashes, eventsOf(block.events)), block.header.events);
      }
    });

    test('the store tells what was answered', async () => {
      const { store } = running;
      const payer = network.payers[0]!;
      const record = await store.fetch(payer.address, 0n);
      assert.equal(record?.status, 'dealt');
      const { first } = record!;
      const fetch = transfersOf(network, payer, 0n, network.payers[1]!.address, 3);
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
      assert.deepEqual(store.validatorsAt(place.height), network.genesis.validators);
      assert.deepEqual(store.header(place.height)!.digest, blocks[place.height - 1]!.digest);
    });

    test('the invariants hold', () => {
      assertInvariants(running.replica.ledger);
    });
  });
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
