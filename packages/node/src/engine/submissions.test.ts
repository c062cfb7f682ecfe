/** What an engine has taken in: its bound, its codes, and that each submission is completed once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, createLedger } from '@upfront/core';
import { nodeCodes } from '../api/errors.ts';
import type { Submission } from './submission.ts';
import { Submissions, type SubmissionsOptions } from './submissions.ts';
import { createTestNetwork, fetchOf } from './testing.ts';

const network = await createTestNetwork(1, 1_000_000);
const ledger = createLedger(network.genesis, network.hashes);
const [payer] = network.payers;
const frame = (count: number): Uint8Array =>
  concatBytes(
    ...Array.from({ length: count }, (_, i) => fetchOf(network, payer!, BigInt(i), [{ kind: 'validate' }])),
  );

function setUp(more: Partial<SubmissionsOptions> = {}) {
  const taken: Submission[] = [];
  /** Resolves when height 1 is on disk. */
  const disk = Promise.withResolvers<void>();
  const durable = (height: number) => (height === 0 ? undefined : disk.promise);
  const admit = (submission: Submission): void => void taken.push(submission);
  const submissions = new Submissions({ chain: { durable, ledger }, messagesMost: 4, admit, ...more });
  const take = (count: number) =>
    submissions.take(frame(count), submissions.split(frame(count)), submissions);
  return { submissions, taken, disk, take };
}

const codesOf = async (answers: Promise<Uint8Array>): Promise<number[]> => {
  const bytes = await answers;
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 27 }, (_, i) => view.getUint16(27 * i + 1));
};

test('above the bound all is refused; room comes back with the answers', async () => {
  const { submissions, taken, take } = setUp();
  const first = take(3);
  assert.deepEqual(await codesOf(take(2)), [nodeCodes.overloaded, nodeCodes.overloaded]);
  for (let i = 0; i < 3; i++) taken[0]!.rejected(i, 0, 9);
  submissions.settle(taken[0]!);
  assert.deepEqual(await codesOf(first), [9, 9, 9]);
  void take(4);
  assert.equal(taken.length, 2);
});

test('a submission that is settled twice gives its room back once', async () => {
  const { submissions, taken, disk, take } = setUp();
  const first = take(2);
  for (let i = 0; i < 2; i++) taken[0]!.refused(i, 1, 0n, 9);
  submissions.settle(taken[0]!);
  submissions.settle(taken[0]!);
  disk.resolve();
  await first;
  submissions.settle(taken[0]!);
  void take(4);
  void take(1);
  assert.equal(taken.length, 2, 'the bound is where it was');
});

test('answers wait for the disk, and the end for the answers', async () => {
  const { submissions, taken, disk, take } = setUp();
  const first = take(1);
  const order: string[] = [];
  void first.then(() => order.push('answered'));
  taken[0]!.refused(0, 1, 0n, 9);
  submissions.settle(taken[0]!);
  submissions.close();
  const drained = submissions.drained().then(() => order.push('drained'));
  assert.deepEqual(await codesOf(take(1)), [nodeCodes.stopping]);
  assert.deepEqual(order, []);
  disk.resolve();
  await drained;
  assert.deepEqual(order.sort(), ['answered', 'drained']);
  await submissions.drained();
});

test('an engine may refuse for reasons of its own; what was not taken is not settled', async () => {
  const { submissions, taken, take } = setUp({ refusal: () => nodeCodes.unavailable });
  assert.deepEqual(await codesOf(take(1)), [nodeCodes.unavailable]);
  assert.equal(taken.length, 0);
  const other = setUp();
  void other.take(1);
  other.taken[0]!.rejected(0, 0, 9);
  submissions.settle(other.taken[0]!);
  await submissions.drained();
});
