/**
 * The whole path with nothing pretended: anvil, the contract, a node, clients. Money is counted to the unit at both ends.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { defaultParameters, fromHex, type Parameters, toHex } from '@upfront/core';
import {
  type Anvil,
  createLog,
  DEV_KEYS,
  deployUpfront,
  loadConfig,
  type RunningNode,
  startAnvil,
  startNode,
  validatorBond,
} from '@upfront/node';
import { type Address, createClient as createViemClient, type Hex, http, zeroAddress } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { getBalance } from 'viem/actions';
import { type Client, createClient, DisconnectedError, topicOf, unwrap } from '../src/index.ts';
import { fileJournal } from '../src/node.ts';

const UNIT = 10n ** 9n;
const CLOSE_AGE = 3n * 24n * 3600n;
/** Settlements every few seconds, so that the test ends. */
const PARAMETERS: Parameters = { ...defaultParameters, interval: 2000 };
const ETHER = 1_000_000_000n;

interface Stage {
  readonly anvil: Anvil;
  readonly contract: Address;
  readonly node: RunningNode;
  /** Stops the node, waits, and starts it again where it was. */
  restart(milliseconds: number): Promise<void>;
  /** A client of one of anvil's funded accounts, with a journal in a file. */
  client(index: number): Promise<Client>;
  l1Balance(address: Address): Promise<bigint>;
}

test('end to end: deposit, pay, hold, capture, post, follow, validate, withdraw, settlement, claim', async (t) => {
  const stage = await prepare(t);
  const [a, b] = [await stage.client(1), await stage.client(2)];
  const bob = b.address!;
  const deposited = await a.deposit({ amount: ETHER });
  await a.waitFor({ item: deposited.item });
  assert.equal((await a.balance()).balance, ETHER);

  const paid = unwrap(await a.pay({ to: bob, amount: 100_000_000n }));
  const { json } = await b.receipt({ nonce: paid.nonce });
  assert.equal((await b.verifyReceipt({ receipt: json })).event.type, 'transferred');

  const { hold } = unwrap(await a.hold({ payee: bob, max: 50_000_000n, window: 60 }));
  assert.equal((await b.verifyHold(hold)).isOpen, true);
  unwrap(await b.capture({ ...hold, amount: 20_000_000n }));
  assertReceived((await b.balance()).balance, 120_000_000n);

  const topic = topicOf('hello');
  unwrap(await a.post({ topic, data: 'first' }));
  unwrap(await a.post({ topic, data: 'second' }));
  const read: string[] = [];
  for await (const { data } of b.follow({ topic })) {
    read.push(new TextDecoder().decode(data));
    if (read.length === 2) break;
  }
  assert.deepEqual(read, ['first', 'second']);

  const payments = Array.from({ length: 300 }, () => ({ to: bob, amount: 1000n }));
  const { outcomes } = await a.payMany({ payments });
  assert.deepEqual([...new Set(outcomes.map((outcome) => outcome?.status))], ['done']);
  assertReceived((await b.balance()).balance, 120_300_000n);

  const { height } = await a.status();
  for await (const { signers } of a.validate({ until: height, record: false })) assert.equal(signers, 1);

  unwrap(await b.withdraw({ amount: 60_000_000n }));
  await until(async () => (await b.balance()).l1!.claimable > 0n);
  const before = await stage.l1Balance(bob);
  const claimed = await a.claim({ account: bob });
  // The settlement keeps its entry fee.
  assert.equal(claimed.amount, 60_000_000n - PARAMETERS.entryFee);
  assert.equal((await stage.l1Balance(bob)) - before, claimed.amount * UNIT);

  // After the settlement a second one brings the first debit into the base: the limit stays close to what was taken.
  const { l1, authority, debited, unsettled } = await a.balance();
  assert.equal(l1!.debited > 0n, true);
  assert.ok(authority!.limit >= debited + (unsettled > 0n ? unsettled : 0n));
  unwrap(await a.pay({ to: bob, amount: 1n }));
  // What the payee captured is news to the payer's books; after that there is nothing left to do.
  assert.deepEqual(
    (await a.resume()).map(({ status }) => status),
    ['finished'],
  );
  for (const one of [a, b]) assert.deepEqual(await one.resume(), []);
});

/** What came to an account; whenever a settlement credits it, it pays the entry fee, and a slow machine sees more of them. */
function assertReceived(balance: bigint, amount: bigint): void {
  const fees = amount - balance;
  assert.ok(fees >= 0n && fees % PARAMETERS.entryFee === 0n, `${balance} of ${amount}`);
  assert.ok(fees < amount / 100n, `${fees} of fees`);
}

test('end to end: leaving with an honest operator, and then without any', async (t) => {
  const stage = await prepare(t);
  const [a, b] = [await stage.client(3), await stage.client(4)];
  for (const one of [a, b]) await one.waitFor({ item: (await one.deposit({ amount: ETHER })).item });
  unwrap(await a.pay({ to: b.address!, amount: 250_000_000n }));

  // Honest: acknowledged by the next settlement, and paid in full.
  const left = await a.exit();
  assert.equal(left.sequence, 1n);
  await until(async () => {
    const { acknowledged } = await facts(stage, a);
    return acknowledged >= left.item;
  });
  const gone = await a.claim();
  assert.equal(gone.amount, ETHER - 250_000_000n - PARAMETERS.fee);
  assert.equal(gone.closed, false);

  // What was paid is b's on L1 once it is settled.
  await until(async () => (await b.balance()).l1!.balance > ETHER);
  const settled = (await b.balance()).l1!.balance;
  await stage.node.close();
  await assert.rejects(() => b.status(), DisconnectedError);
  const leaving = await b.exit();
  const early = await b.claim();
  assert.equal(early.amount, 0n);
  assert.match(early.next, /not acknowledged/);
  await stage.anvil.increaseTime(Number(CLOSE_AGE) + 60);
  const paid = await b.claim();
  assert.deepEqual([paid.amount, paid.closed], [settled, true]);
  assert.ok(leaving.sequence >= 1n);
});

test('end to end: a node that restarts, and a client that does', async (t) => {
  const stage = await prepare(t);
  const a = await stage.client(5);
  const to = privateKeyToAccount(generatePrivateKey()).address;
  await a.waitFor({ item: (await a.deposit({ amount: ETHER })).item });
  for (let i = 0; i < 5; i++) unwrap(await a.pay({ to, amount: 1000n }));
  await a.close();
  const again = await stage.client(5);
  unwrap(await again.pay({ to, amount: 1000n }));

  // While the node is away the payment waits; when it is back, it is made, once.
  const away = stage.restart(1000);
  unwrap(await again.pay({ to, amount: 1000n }));
  await away;
  assert.equal((await again.balance({ address: to })).balance, 7000n);
});

async function facts(stage: Stage, client: Client): Promise<{ acknowledged: number }> {
  const l1 = client.l1('test');
  return { acknowledged: Number(await l1.value(stage.contract, 'acknowledged')) };
}

async function until(holds: () => Promise<boolean>, milliseconds = 60_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it did not come to that in time');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function prepare(t: TestContext): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'upfront-client-'));
  const anvil = await startAnvil();
  const viem = createViemClient({ transport: http(anvil.url), pollingInterval: 100 });
  const operator = privateKeyToAccount(DEV_KEYS[0]);
  const { address: contract, block } = await deployUpfront({
    client: viem,
    account: operator,
    asset: zeroAddress,
    unit: UNIT,
    validators: [operator.address],
    closeAge: CLOSE_AGE,
    bondAge: 7n * 24n * 3600n,
    minBond: 1000n,
  });
  await validatorBond({ client: viem, account: operator, contract });
  const key = fromHex(DEV_KEYS[0])!;
  const flags = {
    dataDir: join(folder, 'node'),
    metrics: false,
    l1Url: anvil.url,
    l1PollMs: 100,
    l1FromBlock: block,
  };
  const genesis = {
    chainId: anvil.chainId,
    contract: fromHex(contract)!,
    time: Date.now(),
    parameters: PARAMETERS,
    validators: [fromHex(operator.address)!],
  };
  const start = (port: number): Promise<RunningNode> =>
    startNode(loadConfig({ flags: { ...flags, port, workers: 1 } }), {
      genesis,
      validatorKey: key,
      relayerKey: key,
      log: createLog('fatal'),
    });
  let node = await start(0);
  const restart = async (milliseconds: number): Promise<void> => {
    await node.close();
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    node = await start(Number(new URL(node.url).port));
  };
  const clients: Client[] = [];
  t.after(async () => {
    for (const one of clients) await one.close();
    await node.close();
    await anvil.stop();
    await rm(folder, { recursive: true });
  });
  const client = async (index: number): Promise<Client> => {
    const account = privateKeyToAccount(DEV_KEYS[index] as Hex);
    const journal = await fileJournal(join(folder, `${index}.journal`));
    const genesisHash = node.genesisHash as Hex;
    const made = createClient({ node: node.url, account, journal, genesisHash, l1: anvil.url });
    clients.push(made);
    return made;
  };
  assert.equal(toHex(node.genesis.contract), contract.toLowerCase());
  return { anvil, contract, node, restart, client, l1Balance: (address) => getBalance(viem, { address }) };
}
