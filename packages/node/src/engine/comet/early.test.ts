/** A message that came before its nonce was dealt was not checked, however long its bundle waited for others' signatures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFulfil } from '@upfront/core';
import { createTestNetwork, fetchOf, transfersOf, until } from '../testing.ts';
import { assertOneChain, binaryOrSkip, Committee } from './testing.ts';

const binary = binaryOrSkip();
test('a forged capture that waits at one node while its nonce is dealt is checked there', {
  skip: binary === undefined,
}, async () => {
  const network = await createTestNetwork(6, Date.now(), {}, 4);
  const committee = await Committee.start({ binary: binary!, network, blockMs: 50 });
  try {
    committee.observe();
    await until(() => committee.running.every(({ chain }) => chain.ledger.imported === 6), 'import');
    const [payer, payee, other] = network.payers;
    const nodes = committee.running;
    const gate = Promise.withResolvers<void>();
    const mark = Buffer.from(other!.address);
    const { verifier, engine } = nodes[0]!;
    const check = verifier.check.bind(verifier);
    verifier.check = async (records: Uint8Array) => {
      if (Buffer.from(records).includes(mark)) await gate.promise;
      return check(records);
    };
    const nonce = nodes[0]!.chain.ledger.nextNonce;
    const forged = encodeFulfil({ kind: 'hold', nonce, amount: 0n, signature: new Uint8Array(64).fill(7) });
    const helper = transfersOf(network, other!, 0n, payee!.address, 1).fetch;
    engine.receive(new Uint8Array(Buffer.concat([forged, helper])), {}, () => undefined);
    assert.equal(
      engine.receive(new Uint8Array(0), {}, () => undefined),
      false,
      'a bundle of nothing',
    );
    const hold = fetchOf(network, payer!, 0n, [
      { kind: 'hold', payee: payee!.address, max: 100n, window: 600 },
    ]);
    const [dealt] = await nodes[3]!.engine.submit(hold);
    assert.equal(dealt?.status === 'dealt' && dealt.first, nonce);
    await until(() => nodes.every(({ chain }) => chain.ledger.nonces.find(nonce) >= 0), 'dealt everywhere');
    gate.resolve();
    const from = Math.max(...nodes.map(({ chain }) => chain.height));
    await until(() => nodes.every(({ chain }) => chain.height > from + 8), 'some blocks at all nodes');
    for (const { chain } of nodes) assert.ok(chain.ledger.nonces.find(nonce) >= 0, 'the hold is open');
    assertOneChain(nodes);
    assert.deepEqual(committee.failures, []);
  } finally {
    await committee.close();
  }
});
