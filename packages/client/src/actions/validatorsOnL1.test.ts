/** The set from a real chain: whole or not at all, and nobody in it who is no validator. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validatorBond } from '@upfront/node';
import { createClient as createViemClient, http } from 'viem';
import { l1World } from '../../test/l1-world.ts';
import { VALIDATOR } from '../../test/test-node.ts';
import { ParameterError } from '../errors/kinds.ts';
import { createL1 } from '../l1/l1.ts';
import { validatorsOnL1 } from './validatorsOnL1.ts';

test('validatorsOnL1', async (t) => {
  const { anvil, contract, user } = await l1World(t);
  const l1 = createL1(anvil.url, undefined);
  const stranger = user(1).account;
  const viem = createViemClient({ transport: http(anvil.url), pollingInterval: 50 });
  // A bond makes nobody a validator.
  await validatorBond({ client: viem, account: stranger, contract });
  await anvil.rpc('anvil_mine', ['0x80']);

  const final = BigInt(
    ((await anvil.rpc('eth_getBlockByNumber', ['finalized', false])) as { number: string }).number,
  );
  const { block, validators } = await validatorsOnL1(l1, {
    contract,
    candidates: [
      stranger.address,
      VALIDATOR.address,
      VALIDATOR.address.toLowerCase() as typeof VALIDATOR.address,
    ],
  });
  assert.deepEqual(validators, [VALIDATOR.address]);
  assert.equal(block, final);
  assert.ok(block > 0n);

  for (const candidates of [[], [stranger.address]])
    await assert.rejects(
      () => validatorsOnL1(l1, { contract, candidates }),
      /name 0 of the contract's 1 validators/,
    );
  await assert.rejects(() => validatorsOnL1(l1, { contract, candidates: ['0x12'] }), ParameterError);
});
