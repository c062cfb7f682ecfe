/** A newcomer comes in by rotation and votes, another one goes out: proposal, settlement, confirmation, CometBFT's set. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeEventList, ITEM } from '@upfront/core';
import type { WantedRotation } from '../evidence.ts';
import { createTestNetwork, type Payer, type TestNetwork, until } from '../testing.ts';
import { assertOneChain, type Binary, binaryOrSkip, Committee } from './testing.ts';

const binary = binaryOrSkip();
if (binary !== undefined) describe('rotation', () => rotationOf(binary));

function rotationOf(cometbft: Binary): void {
  let network: TestNetwork;
  let committee: Committee;
  let newcomer: Payer;
  let wanted: WantedRotation | undefined;
  const NEWCOMER = 4;
  const addresses = (): Uint8Array[] => network.validators.map(({ address }) => address);

  before(async () => {
    network = await createTestNetwork(2, Date.now(), { interval: 200 }, 4);
    newcomer = network.payers[0]!;
    committee = await Committee.start({
      binary: cometbft,
      network,
      followers: 1,
      more: { wanted: () => wanted },
    });
    await committee.stopNode(NEWCOMER);
    await committee.startNode(NEWCOMER, { privateKey: newcomer.key, wanted: () => wanted });
    network.l1.add(ITEM.bond, newcomer.address, 10n ** 9n, committee.consensusKey(NEWCOMER));
  });
  after(() => committee.close());

  /** Waits until a settlement with the change is formed, lets L1 take all that are formed, and waits for the new set. */
  const rotateTo = async (change: WantedRotation, set: Uint8Array[]): Promise<void> => {
    wanted = change;
    committee.observe();
    const { ledger } = committee.nodes[0]!.chain;
    const isFormed = (): boolean =>
      ledger.settlements.unconfirmed.some(({ rotation }) => rotation !== undefined);
    // L1 takes what is formed meanwhile, or nothing more would be.
    await until(() => {
      if (!isFormed() && ledger.settlements.formed > network.l1.settled) settle();
      return isFormed();
    }, 'a settlement with the rotation');
    wanted = undefined;
    network.l1.rotate(set);
    settle();
    await until(
      () => committee.running.every(({ chain }) => names(chain.ledger.validators) === names(set)),
      'the set',
    );
  };
  const settle = (): void => {
    network.l1.settled = committee.nodes[0]!.chain.ledger.settlements.formed;
    network.l1.time = Date.now();
    committee.observe();
  };
  const names = (set: readonly Uint8Array[]): string =>
    set
      .map((one) => Buffer.from(one).toString('hex'))
      .sort()
      .join();

  test('who comes in votes: with it four of five are enough', async () => {
    const set = [...addresses(), newcomer.address].sort(Buffer.compare);
    await rotateTo({ validator: newcomer.address, isIn: true }, set);
    const { chain, store } = committee.nodes[0]!;
    await until(
      () => signers(chain.height - 2).includes(nameOf(newcomer.address)),
      'a header that the newcomer signed',
    );
    assert.equal(committee.nodes[NEWCOMER]!.signer !== undefined, true);
    const events = decodeEventList(store.events(rotatedAt())!)!;
    assert.ok(events.some((event) => event.type === 'rotated'));
    // Three of five without the newcomer would be too few.
    await committee.stopNode(0);
    const height = committee.nodes[1]!.chain.height;
    await until(() => committee.nodes[1]!.chain.height > height + 3, 'blocks of four of five');
    await committee.startNode(0, { wanted: () => wanted });
    committee.observe();
  });

  test('who goes out votes no more, and blocks go on without it', async () => {
    const out = addresses()[3]!;
    const set = [...addresses().slice(0, 3), newcomer.address].sort(Buffer.compare);
    await rotateTo({ validator: out, isIn: false }, set);
    const { chain } = committee.nodes[0]!;
    const from = chain.height;
    await until(() => chain.height > from + 6, 'blocks of the new set');
    assert.equal(signers(chain.height - 2).includes(nameOf(out)), false);
    await committee.stopNode(3);
    const height = chain.height;
    await until(() => chain.height > height + 3, 'blocks without the one that went out');
    assertOneChain(committee.running);
    assert.deepEqual(committee.failures, []);
  });

  const nameOf = (address: Uint8Array): string => Buffer.from(address).toString('hex');
  const signers = (height: number): string[] =>
    (committee.nodes[0]!.store.header(height)?.signatures ?? []).map(({ validator }) => nameOf(validator));
  const rotatedAt = (): number => {
    const { store, chain } = committee.nodes[0]!;
    for (let height = chain.height; height > 0; height--)
      if (store.validatorsAt(height).length === 4) return height + 1;
    return 0;
  };
}
