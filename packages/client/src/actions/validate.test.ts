/** Re-executing the chain: the same headers, and a node whose headers are others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from '../../test/world.ts';
import { DivergenceError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';

test('validate: re-executes to the same headers, and puts it on record', async (t) => {
  const { person, node } = await world(t);
  const [a, b] = [await person(), await person(0n)];
  for (let i = 0; i < 3; i++) unwrap(await a.client.pay({ to: b.account.address, amount: 1n }));
  const until = node.ledger.height;
  let recorded = 0;
  for await (const { height, signers, recorded: outcome } of a.client.validate({ until })) {
    assert.equal(signers, 1);
    if (outcome !== undefined) recorded = unwrap(outcome).height;
    if (height === until) assert.ok(recorded > until);
  }
  const validated = node.blocks.flatMap(({ events }) => events).find(({ type }) => type === 'validated');
  assert.equal(validated?.type === 'validated' && validated.height, until);
});

test('validate: another header than the rules give is divergence', async (t) => {
  const { person, node, client } = await world(t);
  await person();
  await node.pass(2);
  node.mischief.forgeFrom = 3;
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const { height } of client({}).validate({ until: 3 })) seen.push(height);
  }, DivergenceError);
  assert.deepEqual(seen, [1, 2]);
});
