/** Receipts offline: one that holds, and every way in which one does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDomain, fromHex, type HeaderSignature, nobleHashes, type Receipt, toHex } from '@upfront/core';
import { getAddress, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { CHAIN_ID, CONTRACT, VALIDATOR } from '../../test/test-node.ts';
import { world } from '../../test/world.ts';
import { BadReceiptError, NodeError, ParameterError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';
import { compactSignature } from '../signer.ts';
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

test('verifyReceipt: counts the members of the set that is given, whoever else has signed', async (t) => {
  const { person, node } = await world(t);
  const [a, b] = [await person(), await person(0n)];
  const { nonce } = unwrap(await a.client.pay({ to: b.account.address, amount: 5n }));
  const { receipt } = await a.client.receipt({ nonce });
  await node.stop();

  const domain = createDomain(CHAIN_ID, fromHex(CONTRACT)!, nobleHashes);
  const keys = Array.from({ length: 6 }, (_, i) => privateKeyToAccount(`0x${`0${i + 1}`.repeat(32)}`));
  const set = (...of: number[]): Hex[] => of.map((i) => keys[i]!.address);
  const signature = async (
    i: number,
    hash = domain.headerDigest(receipt.header),
  ): Promise<HeaderSignature> => ({
    validator: fromHex(keys[i]!.address)!,
    signature: compactSignature(await keys[i]!.sign({ hash: toHex(hash) }))!,
  });
  const by = async (...of: number[]): Promise<Receipt> => ({
    ...receipt,
    signatures: await Promise.all(of.map((i) => signature(i))),
  });
  const verify = (given: Receipt, validators: Hex[]) =>
    verifyReceipt({ receipt: given, chainId: CHAIN_ID, contract: CONTRACT, validators });

  // 4 came in, 0 went out: the set of before, of between and of after, each by what its own members signed.
  const rotated = await by(1, 2, 3, 4);
  for (const validators of [set(0, 1, 2, 3), set(0, 1, 2, 3, 4), set(1, 2, 3, 4)]) {
    const { signers } = await verify(rotated, validators);
    const counted = keys
      .slice(1, 5)
      .map(({ address }) => address)
      .filter((one) => validators.includes(one));
    assert.deepEqual(
      signers.map((one) => getAddress(one)),
      counted,
    );
  }
  const garbage = { validator: fromHex(keys[5]!.address)!, signature: new Uint8Array(64).fill(1) };
  await verify({ ...rotated, signatures: [garbage, ...rotated.signatures] }, set(0, 1, 2, 3));

  const reasonOf = async (given: Receipt, validators: Hex[]): Promise<[string, boolean]> => {
    const error = await verify(given, validators).then(
      () => assert.fail('it held'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof BadReceiptError);
    return [error.shortMessage.replace(/^.*?: /, ''), error.hint !== undefined];
  };
  const others = await signature(2, new Uint8Array(32));
  const twice = (await by(1, 2, 2, 4)) satisfies Receipt;
  const rows: [Receipt, Hex[], string, boolean][] = [
    [
      await by(2, 3, 4, 5),
      set(0, 1, 2, 3),
      '2 of 4 validators signed, not more than 2/3; 2 more signed who are not of this set.',
      true,
    ],
    [
      await by(1, 2, 4),
      set(0, 1, 2),
      '2 of 3 validators signed, not more than 2/3; 1 more signed who is not of this set.',
      true,
    ],
    [await by(1, 2), set(0, 1, 2, 3), '2 of 4 validators signed, not more than 2/3.', false],
    [twice, set(0, 1, 2, 3), 'a validator is listed twice.', false],
    [
      { ...rotated, signatures: [...(await by(1, 3)).signatures, others] },
      set(1, 2, 3),
      'a signature is not its validator\u2019s.',
      false,
    ],
    [
      rotated,
      [],
      '0 of 0 validators signed, not more than 2/3; 4 more signed who are not of this set.',
      true,
    ],
  ];
  for (const [given, validators, reason, hasHint] of rows)
    assert.deepEqual(await reasonOf(given, validators), [reason, hasHint]);
  // A set in which somebody counts twice is none.
  await assert.rejects(() => verify(rotated, set(1, 1, 2, 3)), ParameterError);
});
