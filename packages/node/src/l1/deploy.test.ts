// A deployment on anvil, and the bond that makes a first validator count, in ETH and in a token.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { upfrontAbi } from '@upfront/contracts';
import { mockTokenAbi, mockTokenBytecode } from '@upfront/contracts/mocks';
import { type Address, BaseError, type LocalAccount, zeroAddress } from 'viem';
import { deployContract, readContract, waitForTransactionReceipt, writeContract } from 'viem/actions';
import { deployUpfront, validatorBond } from './deploy.ts';
import { MIN_BOND, startTestChain, type TestChain } from './testing.ts';

describe('deployUpfront and validatorBond', () => {
  let chain: TestChain;
  let operator: LocalAccount;

  before(async () => {
    chain = await startTestChain();
    operator = chain.users[0]!;
  });
  after(() => chain.anvil.stop());

  const deploy = (asset: Address, minBond = MIN_BOND, unit = 10n) =>
    deployUpfront({
      client: chain.client,
      account: operator,
      asset,
      unit,
      validators: [operator.address],
      closeAge: 60n,
      bondAge: 60n,
      minBond,
    });
  const member = (contract: Address) =>
    readContract(chain.client, {
      address: contract,
      abi: upfrontAbi,
      functionName: 'members',
      args: [operator.address],
    });

  it('bonds the least that counts, once', async () => {
    const { address: contract, block } = await deploy(zeroAddress);
    const { client } = chain;
    assert.equal(block, Number(await chain.anvil.rpc('eth_blockNumber')));
    assert.deepEqual(await member(contract), [0n, 0n, true]);
    assert.equal(await validatorBond({ client, account: operator, contract }), MIN_BOND);
    assert.equal(await validatorBond({ client, account: operator, contract }), 0n);
    assert.deepEqual(await member(contract), [MIN_BOND, 0n, true]);
    assert.equal(await validatorBond({ client, account: operator, contract, amount: 5n }), 5n);
    assert.deepEqual(await member(contract), [MIN_BOND + 5n, 0n, true]);
  });

  it('bonds something even if the least is nothing', async () => {
    const { address: contract } = await deploy(zeroAddress, 0n);
    assert.equal(await validatorBond({ client: chain.client, account: operator, contract }), 1n);
  });

  it('bonds a token', async () => {
    const { client } = chain;
    const hash = await deployContract(client, {
      abi: mockTokenAbi,
      bytecode: mockTokenBytecode,
      args: ['Mock', 'MOCK', 6],
      account: operator,
      chain: null,
    });
    const { contractAddress: token } = await waitForTransactionReceipt(client, { hash });
    const at = { address: token!, abi: mockTokenAbi, account: operator, chain: null } as const;
    await writeContract(client, { ...at, functionName: 'mint', args: [operator.address, MIN_BOND * 10n] });
    const { address: contract } = await deploy(token!);
    assert.equal(await validatorBond({ client, account: operator, contract }), MIN_BOND);
    assert.deepEqual(await member(contract), [MIN_BOND, 0n, true]);
  });

  it('rejects parameters that the contract does not take', async () => {
    await assert.rejects(deploy(zeroAddress, MIN_BOND, 3n), BaseError);
  });
});
