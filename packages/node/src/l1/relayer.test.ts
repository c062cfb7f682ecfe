// The relayer against anvil and the real contract: order, restarts, races, fees, refusals.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { upfrontAbi } from '@upfront/contracts';
import { type Address, concat, createClient, type Hex, http, type LocalAccount, toHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { getTransactionCount, readContract } from 'viem/actions';
import { createRelayer, type Relayer, type RelayerOptions, type RelayerState } from './relayer.ts';
import type { Settling } from './settle-call.ts';
import {
  creditLine,
  debitLine,
  handMade,
  layCable,
  startTestChain,
  type TestChain,
  until,
} from './testing.ts';

const POLL_MS = 20;
const GWEI = 1_000_000_000n;

interface Relayed {
  readonly relayer: Relayer;
  readonly states: RelayerState[];
}

const closers: (() => Promise<void>)[] = [];

function relay(
  chain: TestChain,
  account: LocalAccount,
  options: Pick<RelayerOptions, 'next'> & Partial<RelayerOptions>,
): Relayed {
  const states: RelayerState[] = [];
  const relayer = createRelayer({
    client: chain.client,
    account,
    contract: chain.contract,
    chainId: chain.anvil.chainId,
    pollMs: POLL_MS,
    onState: (state) => states.push(state),
    ...options,
  });
  closers.push(() => relayer.close());
  return { relayer, states };
}

/** Settlements with nothing in them but their numbers, from `first` on. */
async function emptyOnes(chain: TestChain, first: number, count: number): Promise<Map<number, Settling>> {
  const inbox = chain.validators.length;
  const head = await chain.head(inbox);
  const settlings = new Map<number, Settling>();
  for (let number = first; number < first + count; number++) {
    settlings.set(number, await handMade(chain, { number, inbox, head }));
  }
  return settlings;
}

const settledOf = async ({ client, contract }: TestChain): Promise<number> =>
  Number(await readContract(client, { address: contract, abi: upfrontAbi, functionName: 'number' }));
const nonceOf = ({ client }: TestChain, address: Address) => getTransactionCount(client, { address });
const become = ({ relayer }: Relayed, status: string) =>
  until(`status ${status}`, () => relayer.state().status === status);
const account = ({ client, contract }: TestChain, address: Address) =>
  readContract(client, { address: contract, abi: upfrontAbi, functionName: 'accounts', args: [address] });

describe('the relayer', () => {
  let chain: TestChain;
  let ann: LocalAccount;
  let ben: LocalAccount;
  let carrier: LocalAccount;

  before(async () => {
    chain = await startTestChain({}, 3);
    [ann, ben, carrier] = chain.users as [LocalAccount, LocalAccount, LocalAccount];
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  after(() => chain.anvil.stop());

  it('settles what is formed, in order, to the unit', async () => {
    await chain.call(ann, 'deposit', [ann.address, 1_000n]);
    const head = await chain.head(3);
    const first = await handMade(chain, {
      number: 1,
      inbox: 3,
      head,
      debits: await debitLine(chain, ann, { amount: 400n, sequence: 3n, limit: 900n }),
      credits: creditLine(ben.address, 250n),
      payouts: creditLine(ann.address, 100n),
    });
    const second = await handMade(chain, {
      number: 2,
      inbox: 3,
      head,
      debits: await debitLine(chain, ann, { amount: 500n, sequence: 3n, limit: 900n }),
      credits: concat([creditLine(ben.address, 1n), creditLine(carrier.address, 2n)]),
    });
    const settlings = new Map([
      [1, first],
      [2, second],
    ]);
    const relayed = relay(chain, carrier, { next: (number) => settlings.get(number) });
    await until('two settlements', async () => (await settledOf(chain)) === 2);
    await become(relayed, 'idle');
    assert.deepEqual(await account(chain, ann.address), [100n, 900n, 100n, 3n, false]);
    assert.deepEqual(await account(chain, ben.address), [251n, 0n, 0n, 0n, false]);
    assert.equal(relayed.relayer.state().sent, 2);
    assert.equal(relayed.relayer.state().settled, 2);
    assert.deepEqual(relayed.relayer.state().pending, []);
  });

  it('sends nothing again after a restart, and goes on when woken', async () => {
    const settlings = await emptyOnes(chain, 1, 3);
    const nonce = await nonceOf(chain, carrier.address);
    // 3 is not formed yet.
    const relayed = relay(chain, carrier, {
      next: (n) => (n < 3 ? settlings.get(n) : undefined),
      pollMs: 60_000,
    });
    await become(relayed, 'idle');
    assert.equal(await nonceOf(chain, carrier.address), nonce);
    await relayed.relayer.close();
    const again = relay(chain, carrier, {
      next: (n) => (isFormed ? settlings.get(n) : undefined),
      pollMs: 60_000,
    });
    let isFormed = false;
    await become(again, 'idle');
    isFormed = true;
    again.relayer.wake();
    await until('three settlements', async () => (await settledOf(chain)) === 3);
  });

  it('races with others, and all of them are content', async () => {
    const settlings = await emptyOnes(chain, 4, 12);
    const next = (n: number) => settlings.get(n);
    const racers = [ann, ben, carrier].map((racer) => relay(chain, racer, { next, pollMs: 5 }));
    await until('15 settlements', async () => (await settledOf(chain)) === 15);
    for (const racer of racers) {
      await become(racer, 'idle');
      assert.equal(racer.relayer.state().settled, 15);
      const unwell = racer.states.filter(({ status }) => !['starting', 'relaying', 'idle'].includes(status));
      assert.deepEqual(unwell, []);
    }
  });

  it('leaves out signatures that do not count on L1', async () => {
    const [settling] = (await emptyOnes(chain, 16, 1)).values();
    const stranger = { validator: new Uint8Array(20).fill(1), signature: settling!.signatures[0]!.signature };
    const signatures = [stranger, ...[...settling!.signatures].reverse()];
    relay(chain, carrier, { next: (n) => (n === 16 ? { ...settling!, signatures } : undefined) });
    await until('16 settlements', async () => (await settledOf(chain)) === 16);
  });

  it('sends nothing that would revert, and says why', async () => {
    const head = await chain.head(1);
    const wrong = await handMade(chain, { number: 17, inbox: 1, head });
    const nonce = await nonceOf(chain, carrier.address);
    const relayed = relay(chain, carrier, { next: (n) => (n === 17 ? wrong : undefined) });
    await become(relayed, 'reverting');
    assert.match(relayed.relayer.state().reason, /settlement 17: InboxOutOfRange/);
    const poor = relay(chain, carrier, {
      next: (n) => (n === 17 ? { ...wrong, formed: { ...wrong.formed, inbox: 4 } } : undefined),
    });
    await become(poor, 'reverting');
    assert.match(poor.relayer.state().reason, /settlement 17: WrongSettlement/);
    await until('three looks', () => relayed.relayer.state().failures >= 3);
    assert.equal(await nonceOf(chain, carrier.address), nonce);
    assert.equal(relayed.relayer.state().sent, 0);
  });

  it('says when it cannot pay, and goes on when it can', async () => {
    const settling = await handMade(chain, { number: 17, inbox: 4, head: await chain.head(4) });
    const poor = privateKeyToAccount(generatePrivateKey());
    const relayed = relay(chain, poor, { next: (n) => (n === 17 ? settling : undefined) });
    await become(relayed, 'underfunded');
    await chain.anvil.rpc('anvil_setBalance', [poor.address, toHex(10n ** 18n)]);
    await until('17 settlements', async () => (await settledOf(chain)) === 17);
    await become(relayed, 'idle');
  });

  it('waits through an outage', async () => {
    const cable = await layCable(chain.anvil.port);
    closers.push(() => cable.close());
    const client = createClient({ transport: http(cable.url, { retryCount: 0 }) });
    const settling = await handMade(chain, { number: 18, inbox: 4, head: await chain.head(4) });
    let isFormed = false;
    const relayed = relay(chain, carrier, {
      client,
      next: (n) => (isFormed && n === 18 ? settling : undefined),
    });
    await become(relayed, 'idle');
    await cable.cut();
    await become(relayed, 'unreachable');
    isFormed = true;
    await cable.mend();
    await until('18 settlements', async () => (await settledOf(chain)) === 18);
    const other = relay(chain, carrier, { chainId: 5, next: () => undefined });
    await become(other, 'misconfigured');
  });

  it('ends with the contract', async () => {
    await chain.call(ben, 'exit', [1n]);
    await chain.anvil.increaseTime(3 * 86_400 + 1);
    await chain.call(ben, 'claim', [ben.address]);
    const relayed = relay(chain, carrier, { next: () => assert.fail('nothing is asked for') });
    await become(relayed, 'closed');
  });
});

describe('the relayer while nothing is mined', () => {
  let chain: TestChain;
  let carrier: LocalAccount;
  let settlings: Map<number, Settling>;
  const next = (n: number) => settlings.get(n);
  /** Mines a block that is too dear for whatever is pending. */
  const mineWithout = async (): Promise<void> => {
    await chain.anvil.rpc('anvil_setNextBlockBaseFeePerGas', [toHex(50n * GWEI)]);
    await chain.anvil.mine();
  };
  const mineWith = async (): Promise<void> => {
    await chain.anvil.rpc('anvil_setNextBlockBaseFeePerGas', [toHex(GWEI)]);
    await chain.anvil.mine();
  };
  const pending = ({ relayer }: Relayed) => relayer.state().pending;

  beforeEach(async () => {
    chain = await startTestChain();
    carrier = chain.users[0]!;
    settlings = await emptyOnes(chain, 1, 4);
    await chain.anvil.rpc('evm_setAutomine', [false]);
    await mineWith();
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    await chain.anvil.stop();
  });

  it('has several under way, and sends none twice', async () => {
    const relayed = relay(chain, carrier, { next, pipeline: 3 });
    await until('three under way', () => pending(relayed).length === 3);
    assert.deepEqual(
      pending(relayed).map(({ number }) => number),
      [1, 2, 3],
    );
    const steps = relayed.states.length;
    await until('more looks', () => relayed.states.length > steps + 5);
    assert.equal(relayed.relayer.state().sent, 3);
    await chain.anvil.mine();
    await until('the fourth', () => pending(relayed)[0]?.number === 4);
    await chain.anvil.mine();
    await become(relayed, 'idle');
    assert.equal(await settledOf(chain), 4);
    assert.equal(await nonceOf(chain, carrier.address), 4);
  });

  it('offers more when it is not mined, up to its limit', async () => {
    const maxFeePerGas = 4n * GWEI;
    const relayed = relay(chain, carrier, { next, pipeline: 1, maxFeePerGas: 100n * GWEI });
    const [first] = await until('one under way', () => pending(relayed).length === 1 && pending(relayed));
    for (let i = 0; i < 3; i++) await mineWithout();
    const [second] = await until(
      'a replacement',
      () => relayed.relayer.state().replaced === 1 && pending(relayed),
    );
    assert.notEqual(second!.transaction, first!.transaction);
    assert.ok(second!.fees.maxFeePerGas * 8n >= first!.fees.maxFeePerGas * 9n);
    assert.ok(second!.fees.maxPriorityFeePerGas * 8n >= first!.fees.maxPriorityFeePerGas * 9n);
    assert.equal(await chain.anvil.rpc('eth_getTransactionByHash', [first!.transaction]), null);
    await relayed.relayer.close();

    // At 50 gwei a block this one has nothing to offer.
    const capped = relay(chain, carrier, { next, pipeline: 1, maxFeePerGas });
    await until('blocks without it', async () => {
      await mineWithout();
      return capped.relayer.state().status === 'fee-capped';
    });
    assert.match(capped.relayer.state().reason, /4000000000 wei/);
    await until('settled', async () => {
      await mineWith();
      return (await settledOf(chain)) === 4;
    });
    assert.ok((await nonceOf(chain, carrier.address)) >= 4);
  });

  it('waits after a restart for what is pending, then replaces it', async () => {
    const relayed = relay(chain, carrier, { next, pipeline: 2 });
    await until('two under way', () => pending(relayed).length === 2);
    await relayed.relayer.close();
    const waiting = relay(chain, carrier, { next, pipeline: 2 });
    await until('some looks', () => waiting.states.length > 5);
    assert.equal(waiting.relayer.state().sent, 0);
    await mineWith();
    await until('two more under way', () => pending(waiting).length === 2);
    assert.equal(await settledOf(chain), 2);
    await waiting.relayer.close();

    const replacing = relay(chain, carrier, { next, pipeline: 2 });
    await until('some looks', () => replacing.states.length > 5);
    await until('a replacement', async () => {
      await mineWithout();
      return replacing.relayer.state().replaced > 0;
    });
    await until('settled', async () => {
      await mineWith();
      return (await settledOf(chain)) === 4;
    });
    await become(replacing, 'idle');
    assert.equal(await nonceOf(chain, carrier.address), 4);
  });

  it('is content when somebody else settles what it has pending', async () => {
    const relayed = relay(chain, carrier, { next, pipeline: 1 });
    await until('one under way', () => pending(relayed).length === 1);
    await mineWithout();
    await chain.anvil.rpc('anvil_setNextBlockBaseFeePerGas', [toHex(40n * GWEI)]);
    const other = relay(chain, chain.users[1]!, { next: (n) => (n < 3 ? next(n) : undefined), pipeline: 2 });
    await until('two under way', () => pending(other).length === 2);
    await chain.anvil.mine();
    await until('two settlements', async () => (await settledOf(chain)) === 2);
    await until('the third under way', () => pending(relayed)[0]?.number === 3);
    await until('settled', async () => {
      await mineWith();
      return (await settledOf(chain)) === 4;
    });
    await become(relayed, 'idle');
    const hashes: Hex[] = relayed.states.flatMap((state) =>
      state.pending.map(({ transaction }) => transaction),
    );
    assert.ok(new Set(hashes).size >= 3);
    assert.equal(await nonceOf(chain, carrier.address), 2);
  });
});
