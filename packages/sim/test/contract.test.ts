/**
 * The contract's model against the contract: histories of the simulator, with real signatures, are played on both, call by
 * call; each ends alike, with the same error, and leaves the same state.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { upfrontAbi } from '@upfront/contracts';
import { toHex } from '@upfront/core';
import { type Anvil, DEV_KEYS, deployUpfront, startAnvil } from '@upfront/node';
import { createCurve, createHashes } from '@upfront/node/parts';
import {
  BaseError,
  ContractFunctionRevertedError,
  createClient,
  getContractAddress,
  type Hex,
  http,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { readContract, simulateContract, waitForTransactionReceipt, writeContract } from 'viem/actions';
import { bytesOf, type Call, Contract, execute, keyOf, Reverted } from '../src/faults/contract.ts';
import { CLOSE_AGE, runSeed } from '../src/faults/run.ts';
import { createTypedHashes } from '../src/faults/typed-hashes.ts';
import { BOND_AGE, MIN_BOND } from '../src/faults/world.ts';

const anvils: Anvil[] = [];
after(async () => {
  for (const anvil of anvils) await anvil.stop();
});

const hashes = await createHashes();
const curve = createCurve(hashes, () => {});
const keyAt = (letter: number, number: number): Uint8Array =>
  hashes.sha256(Uint8Array.of(letter, number, number >> 8));
const deployer = privateKeyToAccount(DEV_KEYS[0]!);
const address = getContractAddress({ from: deployer.address, nonce: 0n });

const HISTORIES = [
  [3, 'operator'],
  [12, 'operator'],
  [5, 'committee'],
  [4, 'byzantine'],
] as const;

// Before any chain is started: while a simulation runs, its timers stand in place of the platform's.
const played = [];
for (const [seed, mode] of HISTORIES) {
  const real = { curve, keyOf: keyAt, contract: bytesOf(address) };
  played.push({ seed, mode, result: await runSeed({ seed, mode, real }) });
}

for (const { seed, mode, result } of played) {
  test(`seed ${seed}, ${mode}: the model and the contract agree`, async (t) => {
    const { calls, genesis, failure } = result;
    assert.equal(failure, undefined);
    const anvil = await startAnvil({ blockTime: 'automine', chainId: genesis.chainId });
    anvils.push(anvil);
    const client = createClient({ transport: http(anvil.url), pollingInterval: 10 });
    const closeAge = mode === 'byzantine' ? CLOSE_AGE : 86_400;
    const validators = genesis.validators.map((one) => toHex(one));
    const ages = { closeAge: BigInt(closeAge), bondAge: BigInt(BOND_AGE), minBond: MIN_BOND };
    const asset: Hex = `0x${'00'.repeat(20)}`;
    const deployed = await deployUpfront({ client, account: deployer, asset, unit: 1n, validators, ...ages });
    assert.equal(deployed.address.toLowerCase(), address.toLowerCase());
    const typed = createTypedHashes(hashes, genesis.chainId, genesis.contract);
    const recover = (digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined =>
      curve.recover(digest, signature);
    const options = {
      hashes,
      typed,
      recover,
      validators: genesis.validators,
      closeAge,
      bondAge: BOND_AGE,
      minBond: MIN_BOND,
    };
    const model = new Contract(options);
    const outcomes = new Map<string, number>();
    let last = 0;
    for (const { call, time } of calls) {
      last = Math.max(last + 1, time);
      const expected = modelOutcome(model, call, last);
      const found = await realOutcome(anvil, client, call, last);
      assert.equal(found, expected, `${call.name} at ${last}`);
      outcomes.set(`${call.name} ${found}`, (outcomes.get(`${call.name} ${found}`) ?? 0) + 1);
      await assertSame(client, model, call);
    }
    t.diagnostic([...outcomes].map(([name, count]) => `${name}: ${count}`).join(', '));
    assert.ok((outcomes.get('settle success') ?? 0) > 0);
  });
}

function modelOutcome(model: Contract, call: Call, time: number): string {
  try {
    execute(model, call, time);
    return 'success';
  } catch (error) {
    if (error instanceof Reverted) return error.message;
    throw error;
  }
}

type Client = ReturnType<typeof createClient>;

function requestOf(call: Call): { from: Hex; functionName: string; args: readonly unknown[]; value: bigint } {
  const nobody = deployer.address;
  if (call.name === 'deposit') {
    return {
      from: nobody,
      functionName: 'deposit',
      args: [toHex(call.account), call.amount],
      value: call.amount,
    };
  }
  if (call.name === 'exit')
    return { from: toHex(call.from), functionName: 'exit', args: [call.sequence], value: 0n };
  if (call.name === 'claim')
    return { from: nobody, functionName: 'claim', args: [toHex(call.account)], value: 0n };
  if (call.name === 'bond') {
    return {
      from: toHex(call.from),
      functionName: 'bond',
      args: [call.amount, toHex(call.key)],
      value: call.amount,
    };
  }
  if (call.name === 'unbond') return { from: toHex(call.from), functionName: 'unbond', args: [], value: 0n };
  const { header, inbox, debits, credits, payouts, rotation, signatures } = call.settle;
  const { height, parent, events, state, settlement } = header;
  const head = {
    height: BigInt(height),
    parent: toHex(parent),
    events: toHex(events),
    state: toHex(state),
    settlement: toHex(settlement),
  };
  const lists = [debits, credits, payouts, rotation, signatures].map((list) => toHex(list));
  return { from: nobody, functionName: 'settle', args: [head, BigInt(inbox), ...lists], value: 0n };
}

/** The transaction is sent whether it will revert or not; the error's name is what a call beforehand says. */
async function realOutcome(anvil: Anvil, client: Client, call: Call, time: number): Promise<string> {
  const { from, functionName, args, value } = requestOf(call);
  await anvil.rpc('anvil_setBalance', [from, '0x21e19e0c9bab2400000']);
  await anvil.rpc('anvil_impersonateAccount', [from]);
  const request = {
    address,
    abi: upfrontAbi,
    functionName,
    args,
    value,
    account: from,
    chain: null,
  } as never;
  let error = 'success';
  try {
    await simulateContract(client, request);
  } catch (cause) {
    const revert =
      cause instanceof BaseError ? cause.walk((one) => one instanceof ContractFunctionRevertedError) : null;
    if (!(revert instanceof ContractFunctionRevertedError)) throw cause;
    error = revert.data?.errorName ?? 'unknown';
  }
  await anvil.rpc('evm_setNextBlockTimestamp', [time]);
  const hash = await writeContract(client, { ...(request as object), gas: 8_000_000n } as never);
  const { status } = await waitForTransactionReceipt(client, { hash });
  assert.equal(status === 'success', error === 'success', `${functionName}: ${error}`);
  return error;
}

async function assertSame(client: Client, model: Contract, call: Call): Promise<void> {
  const at = { address, abi: upfrontAbi } as const;
  const read = (
    functionName: 'total' | 'items' | 'acknowledged' | 'number' | 'pool' | 'validators' | 'closed',
  ) => readContract(client, { ...at, functionName });
  const [total, items, acknowledged, number, pool, validators, closed] = await Promise.all(
    (['total', 'items', 'acknowledged', 'number', 'pool', 'validators', 'closed'] as const).map(read),
  );
  const ours = [
    model.total,
    BigInt(model.items.length),
    BigInt(model.acknowledged),
    BigInt(model.number),
    model.pool,
    model.validators,
    model.closed,
  ];
  assert.deepEqual([total, items, acknowledged, number, pool, validators, closed], ours);
  const head = await readContract(client, { ...at, functionName: 'heads', args: [items as bigint] });
  assert.equal(head, toHex(model.heads.at(-1)!));
  const touched =
    'account' in call
      ? [keyOf(call.account)]
      : 'from' in call
        ? [keyOf(call.from)]
        : [...model.accounts.keys()];
  for (const key of touched) {
    const [balance, debited, claimable, sequence, exiting] = await readContract(client, {
      ...at,
      functionName: 'accounts',
      args: [key as Hex],
    });
    assert.deepEqual(
      { balance, debited, claimable, sequence: BigInt(sequence), exiting },
      { ...model.account(bytesOf(key)) },
    );
    const [bond, leaving, validator] = await readContract(client, {
      ...at,
      functionName: 'members',
      args: [key as Hex],
    });
    const member = model.members.get(key) ?? { bond: 0n, leaving: 0, validator: false };
    assert.deepEqual({ bond, leaving: Number(leaving), validator }, { ...member });
  }
}
