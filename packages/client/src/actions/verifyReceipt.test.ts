/** Receipts offline: one that holds, and every way in which one does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hex } from 'viem';
import { CHAIN_ID, CONTRACT, VALIDATOR } from '../../test/test-node.ts';
import { world } from '../../test/world.ts';
import { BadReceiptError, NodeError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';
import { verifyReceipt } from './verifyReceipt.ts';

test('verifyReceipt: holds offline, and every change of it breaks it', async (t) => {
  const { person, node } = await world(t);
  const [a, b] = [await person(), await person(0n)];
  const { nonce } = unwrap(await a.client.pay({ to: b.account.address, amount: 5n }));
  await assert.rejects(() => a.client.receipt({ nonce: 999 }), NodeError);
  const { json, receipt } = await a.client.receipt({ nonce });
  await node.stop();

  const trust = {
    chainId: CHAIN_ID as number,
    contract: CONTRACT as Hex,
    validators: [VALIDATOR.address] as Hex[],
  };
  const { event, signers } = await verifyReceipt({ receipt: json, ...trust });
  assert.equal(event.type === 'transferred' && event.amount, 5n);
  assert.deepEqual(signers, [VALIDATOR.address]);
  await verifyReceipt({ receipt, ...trust });

  const good = json as Record<string, unknown> & { header: Record<string, string> };
  const bad: [unknown, Partial<typeof trust>][] = [
    [{ ...good, event: (good['event'] as string).replace(/..$/, 'ff') }, {}],
    [{ ...good, signatures: [] }, {}],
    [{ ...good, header: { ...good.header, height: '7' } }, {}],
    [{ ...good, index: '9' }, {}],
    [{}, {}],
    [good, { validators: [a.account.address] }],
    [good, { validators: [VALIDATOR.address, a.account.address] }],
    [good, { chainId: 1 }],
    [good, { contract: a.account.address }],
  ];
  for (const [given, other] of bad) {
    await assert.rejects(() => verifyReceipt({ receipt: given, ...trust, ...other }), BadReceiptError);
  }
});
