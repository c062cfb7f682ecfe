/** Whose signatures are checked when: turns between peers, and verdicts that find their messages across batches. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, createLedger, splitMessages } from '@upfront/core';
import { createChecker, RECORD_SIZE } from '../signatures/records.ts';
import { CHECKS_A_BATCH_MOST, CHECKS_A_TURN, CHECKS_IN_FLIGHT_MOST } from './limits.ts';
import { SignatureBatches } from './signature-batches.ts';
import { STAGE, Submission } from './submission.ts';
import { createTestNetwork, fetchOf } from './testing.ts';

const network = await createTestNetwork(2, 1_000_000);
const ledger = createLedger(network.genesis, network.hashes);
const [honest, flooder] = network.payers;

const fail = (error: unknown): void => assert.fail(String(error));

/** A verifier whose batches end when the test says so; the verdicts are real. */
function heldVerifier() {
  const check = createChecker(network.curve);
  const held: { readonly size: number; finish(): void }[] = [];
  return {
    held,
    workers: 0,
    curve: network.curve,
    checked: 0,
    waiting: 0,
    check(records: Uint8Array): Promise<Uint8Array> {
      const { promise, resolve } = Promise.withResolvers<Uint8Array>();
      const size = records.length / RECORD_SIZE;
      const verdicts = Uint8Array.from({ length: size }, (_, i) => (check(records, i * RECORD_SIZE) ? 1 : 0));
      held.push({ size, finish: () => resolve(verdicts) });
      return promise;
    },
    close: async () => {},
  };
}

function setUp() {
  const verifier = heldVerifier();
  const signed: Submission[] = [];
  const batches = new SignatureBatches(ledger, verifier, (done) => signed.push(done), fail);
  const submit = (peer: object, fetches: readonly Uint8Array[]): Submission => {
    const bytes = concatBytes(...fetches);
    const submission = new Submission(bytes, splitMessages(bytes, network.genesis.parameters)!);
    for (let i = 0; i < fetches.length; i++) assert.ok(batches.add(submission, i));
    batches.enqueue(submission, peer);
    return submission;
  };
  return { verifier, signed, submit };
}

const fetchAt = (sequence: number, isForged = false): Uint8Array =>
  fetchOf(network, isForged ? flooder! : honest!, BigInt(sequence), [{ kind: 'validate' }], {
    expires: 2_000_000,
    ...(isForged && { signer: network.operator }),
  });

test("a peer's flood makes another wait for no more than what is under way", async () => {
  const { verifier, signed, submit } = setUp();
  const flood = Array.from({ length: 4 * CHECKS_A_BATCH_MOST }, () => fetchAt(0, true));
  const many = submit({}, flood);
  const second = submit({}, [fetchAt(1)]);
  const third = submit({}, [fetchAt(2)]);
  assert.equal(verifier.held.length, CHECKS_IN_FLIGHT_MOST);
  const signedAfter: number[] = [];
  for (let i = 0; i < verifier.held.length; i++) {
    verifier.held[i]!.finish();
    await new Promise(setImmediate);
    signedAfter.push(signed.length);
  }
  assert.deepEqual(signed, [second, third, many]);
  assert.deepEqual(signedAfter, [0, 1, 2, 2, 3], 'each is in the first batch that began after it came');
  assert.equal(third.stages[0], STAGE.ready);
  assert.ok(many.stages.every((stage) => stage === STAGE.done));
});

test('peers take turns within a batch', async () => {
  const { verifier, signed, submit } = setUp();
  submit({}, [fetchAt(0)]);
  submit({}, [fetchAt(1)]);
  // Two batches are under way; now three peers wait, each with more than a turn.
  const forged = new Array(CHECKS_A_BATCH_MOST).fill(fetchAt(0, true)) as Uint8Array[];
  const [first, second] = [submit({}, forged), submit({}, forged)];
  const third = submit({}, new Array(CHECKS_A_TURN).fill(fetchAt(3)) as Uint8Array[]);
  verifier.held[0]!.finish();
  await new Promise(setImmediate);
  assert.equal(verifier.held[2]!.size, CHECKS_A_BATCH_MOST);
  verifier.held[2]!.finish();
  await new Promise(setImmediate);
  assert.ok(signed.includes(third), 'a turn of each of the three fits in the first batch');
  assert.ok(third.stages.every((stage) => stage === STAGE.ready));
  assert.ok(first.left > 0 && second.left > 0);
});

test('verdicts of a submission that is cut over batches find its messages, in whichever order they end', async () => {
  const { verifier, signed, submit } = setUp();
  const good = fetchAt(5);
  const bad = fetchAt(0, true);
  const count = 2 * CHECKS_A_BATCH_MOST;
  const isBad = (i: number): boolean => i % 7 === 0;
  const submission = submit(
    {},
    Array.from({ length: count }, (_, i) => (isBad(i) ? bad : good)),
  );
  assert.equal(verifier.held.length, 1, 'it is enqueued once, and starts once');
  submit({}, [good]);
  assert.equal(verifier.held.length, 2);
  for (const i of [1, 2, 0]) {
    verifier.held[i]!.finish();
    await new Promise(setImmediate);
  }
  assert.equal(signed.at(-1), submission);
  submission.stages.forEach((stage, i) => {
    assert.equal(stage, isBad(i) ? STAGE.done : STAGE.ready, `message ${i}`);
  });
});
