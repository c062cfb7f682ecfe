/** Four validators and a follower on this machine, each with its own CometBFT. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertInvariants, codes, concatBytes } from '@upfront/core';
import { createTestNetwork, FUNDS, type TestNetwork, transfersOf, until } from '../testing.ts';
import { assertOneChain, type Binary, binaryOrSkip, Committee } from './testing.ts';

/** CometBFT's number for a round in which a validator has prevoted and waits for the others. */
const STEP_PREVOTE = 4;

const binary = binaryOrSkip();
if (binary !== undefined) describe('a committee of four', () => committeeOf(binary));

function committeeOf(cometbft: Binary): void {
  let network: TestNetwork;
  let committee: Committee;
  const FOLLOWER = 4;
  const heights = (): number[] => committee.running.map(({ chain }) => chain.height);
  const pay = async (through: number, payer: number, sequence: bigint, count = 1): Promise<number> => {
    const engine = committee.nodes[through]!.engine;
    const transfers = transfersOf(
      network,
      network.payers[payer]!,
      sequence,
      network.payers[1]!.address,
      count,
    );
    const [dealt] = await engine.submit(transfers.fetch);
    assert.equal(
      dealt?.status,
      'dealt',
      JSON.stringify(dealt, (_, v) => String(v)),
    );
    const first = dealt.status === 'dealt' ? dealt.first : -1;
    const answers = await engine.submit(transfers.fulfils(first));
    for (const answer of answers) assert.equal(answer.status, 'fulfilled');
    return first;
  };

  before(async () => {
    network = await createTestNetwork(8, Date.now(), {}, 4);
    committee = await Committee.start({ binary: cometbft, network, followers: 1 });
    committee.observe();
    await until(
      () => committee.running.every(({ chain }) => chain.ledger.imported === 8),
      'the import on all nodes',
    );
  });
  after(() => committee.close());

  test('payments are final through every node, the one that follows included', async () => {
    for (const [i] of committee.nodes.entries()) await pay(i, 0, BigInt(i), 3);
    await Promise.all(committee.nodes.map((_, i) => pay(i, 2 + i, 0n, 16)));
    const spent = 15n * (5n + 10n);
    const top = Math.max(...heights());
    await until(() => Math.min(...heights()) >= top, 'the same height everywhere');
    for (const { chain } of committee.running) {
      const { accounts } = chain.ledger;
      assert.equal(accounts.balance.get(accounts.find(network.payers[0]!.address, 0)), FUNDS - spent);
      assertInvariants(chain.ledger);
    }
  });

  test('blocks of many parts: the largest fetches of all payers at once', async () => {
    const most = network.genesis.parameters.maxIntents / 4;
    const payee = network.payers[1]!.address;
    const fulfils = await Promise.all(
      network.payers.map(async (payer, i) => {
        const transfers = transfersOf(network, payer, 20n, payee, most);
        const [dealt] = await committee.nodes[i % 5]!.engine.submit(transfers.fetch);
        assert.equal(dealt?.status, 'dealt');
        return transfers.fulfils(dealt.status === 'dealt' ? dealt.first : -1);
      }),
    );
    // Handed over as one, so that whoever proposes has all of them.
    for (const { status } of await committee.nodes[0]!.engine.submit(concatBytes(...fulfils)))
      assert.equal(status, 'fulfilled');
    const { store, chain } = committee.nodes[0]!;
    const sizes = Array.from({ length: chain.height }, (_, i) => store.block(i + 1)!.length);
    // CometBFT cuts a block into parts of 64 KiB, and its requests arrive in as many pieces.
    assert.ok(Math.max(...sizes) > 30_000, `${Math.max(...sizes)} bytes`);
  });

  test('what was sent to one node is answered by another', async () => {
    const transfers = transfersOf(network, network.payers[0]!, 0n, network.payers[1]!.address, 3);
    const answers = await Promise.all(committee.running.map(({ engine }) => engine.submit(transfers.fetch)));
    for (const [answer] of answers) assert.deepEqual(answer, answers[0]![0]);
    const other = transfersOf(network, network.payers[0]!, 0n, network.payers[1]!.address, 1, 9n);
    const [rejected] = await committee.nodes[FOLLOWER]!.engine.submit(other.fetch);
    assert.deepEqual(rejected, { status: 'rejected', code: codes.sequenceUsed });
  });

  test('headers have the signatures of more than 2/3 two blocks later, on every node', async () => {
    const top = Math.min(...heights()) - 1;
    await until(() => Math.min(...heights()) >= top + 2, 'two more blocks');
    for (const { store } of committee.running) {
      const { digest, signatures } = store.header(top)!;
      assert.ok(signatures.length >= 3, `${signatures.length} signatures`);
      for (const { validator, signature } of signatures) {
        assert.deepEqual(network.curve.recover(digest, signature), validator);
      }
    }
  });

  test('three go on while one is down; it catches up to the same chain', async () => {
    await committee.stopNode(2);
    const before = Math.max(...heights());
    await pay(0, 7, 0n);
    await pay(FOLLOWER, 7, 1n);
    await until(() => Math.min(...heights()) >= before + 5, 'five blocks of three validators');
    await committee.startNode(2);
    committee.observe();
    const top = Math.max(...heights());
    await until(() => committee.nodes[2]!.chain.height >= top, 'what it missed');
    await pay(2, 7, 2n);
    assert.ok(assertOneChain(committee.running) > before);
    assert.deepEqual(committee.failures, []);
  });

  test('two of four make no block; the third one back, blocks go on', async () => {
    await committee.stopNode(0);
    await committee.stopNode(1);
    // Both have voted, each has the other's vote, and no third one comes: nothing is left that could make a block.
    const places = (): Promise<(number | undefined)[]> =>
      Promise.all([2, 3].map((i) => heldUp(committee, i)));
    let [height, other] = await places();
    for (const end = performance.now() + 20_000; height === undefined || height !== other; ) {
      assert.ok(performance.now() < end, 'two votes on a block');
      [height, other] = await places();
    }
    const before = Math.max(...heights());
    assert.equal(before, height - 1);
    await committee.startNode(0);
    await committee.startNode(1);
    committee.observe();
    await until(() => Math.min(...heights()) > before + 2, 'blocks after the return');
    await pay(0, 7, 3n);
    assertOneChain(committee.running);
    assert.deepEqual(committee.failures, []);
  });
}

/** The height at which a node's CometBFT has the prevotes of itself and one other, and no more; else undefined. */
async function heldUp(committee: Committee, i: number): Promise<number | undefined> {
  const response = await fetch(`${committee.rpcUrl(i)}/consensus_state`);
  const { result } = (await response.json()) as {
    result: {
      round_state: { 'height/round/step': string; height_vote_set: { prevotes_bit_array: string }[] };
    };
  };
  const { 'height/round/step': place, height_vote_set: votes } = result.round_state;
  const [height, round, step] = place.split('/').map(Number) as [number, number, number];
  const [given = ''] = /(?<=:)[x_]+/.exec(votes[round]?.prevotes_bit_array ?? '') ?? [];
  return step === STEP_PREVOTE && given.replaceAll('_', '') === 'xx' ? height : undefined;
}
