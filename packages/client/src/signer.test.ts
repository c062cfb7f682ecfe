/** Signatures of accounts and wallets against the core's digests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDomain, defaultParameters, fromHex, nobleHashes, toHex } from '@upfront/core';
import { createWalletClient, custom, type Hex, parseSignature, serializeSignature } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { CHAIN_ID, CONTRACT } from '../test/test-node.ts';
import { world } from '../test/world.ts';
import { ConfigurationError, SigningError } from './errors/kinds.ts';
import { memoryJournal } from './journal/memory.ts';
import { unwrap } from './outcome.ts';
import { compactSignature, createSigner, recoverSigner } from './signer.ts';

const account = privateKeyToAccount(`0x${'42'.repeat(32)}`);
const genesis = {
  chainId: CHAIN_ID,
  contract: fromHex(CONTRACT)!,
  time: 0,
  parameters: defaultParameters,
  validators: [fromHex(account.address)!],
};
const domain = createDomain(CHAIN_ID, genesis.contract, nobleHashes);

/** A wallet as browsers have it: it shows typed data and signs, here with s in the upper half. */
function wallet(sign: (data: string) => Promise<Hex>) {
  const request = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
    if (method === 'eth_signTypedData_v4') return await sign((params as string[])[1]!);
    throw new Error(`no ${method}`);
  };
  return createWalletClient({ account: account.address, transport: custom({ request }) });
}

const highS = async (data: string): Promise<Hex> => {
  const { r, s, yParity } = parseSignature(await account.signTypedData(JSON.parse(data)));
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const high = `0x${(order - BigInt(s)).toString(16).padStart(64, '0')}` as const;
  return serializeSignature({ r, s: high, yParity: 1 - yParity });
};

test('signer: an account and a wallet give the signature that the core\u2019s digest wants', async () => {
  for (const signer of [createSigner(account), createSigner(wallet(highS))]) {
    const payer = account.address;
    const signature = await signer.capture(genesis, { payer, sequence: 7n, index: 3, amount: 99n });
    const digest = domain.captureDigest(fromHex(payer)!, 7n, 3, 99n);
    assert.equal(toHex((await recoverSigner(digest, signature))!), account.address.toLowerCase());
    const bytes = new Uint8Array(32).fill(5);
    const header = { height: 9, parent: bytes, events: bytes, state: bytes, settlement: bytes };
    const signed = await recoverSigner(domain.headerDigest(header), await signer.header(genesis, header));
    assert.equal(toHex(signed!), account.address.toLowerCase());
  }
});

test('signer: a wallet pays, and shows the request in full', async (t) => {
  const { node, client } = await world(t);
  await node.deposit(account.address, 1_000_000_000n);
  const shown: Record<string, unknown>[] = [];
  const payer = client({
    journal: memoryJournal(),
    account: wallet(async (data) => {
      shown.push((JSON.parse(data) as { message: Record<string, unknown> }).message);
      return await highS(data);
    }),
  });
  unwrap(await payer.pay({ to: `0x${'99'.repeat(20)}`, amount: 5n }));
  assert.deepEqual(Object.keys(shown[0]!), ['sequence', 'limit', 'request']);
  assert.equal(String(shown[0]!['limit']), '15');
});

test('signer: a wallet that says no sends nothing, and leaves no gap', async (t) => {
  const { node, client } = await world(t);
  await node.deposit(account.address, 1_000_000_000n);
  let isWilling = false;
  const sign = async (data: string): Promise<Hex> => {
    if (!isWilling) throw new Error('User rejected the request.');
    return await highS(data);
  };
  const payer = client({ journal: memoryJournal(), account: wallet(sign) });
  const payment = { to: `0x${'99'.repeat(20)}`, amount: 5n } as const;
  await assert.rejects(() => payer.pay(payment), SigningError);
  assert.equal(node.frames, 0);
  isWilling = true;
  assert.equal(unwrap(await payer.pay(payment)).sequence, 0n);
});

test('signer: what cannot sign typed data is refused; what is no signature recovers nobody', async () => {
  assert.throws(() => createSigner({ address: account.address, type: 'json-rpc' }), ConfigurationError);
  assert.equal(compactSignature('0x1234'), undefined);
  const digest = new Uint8Array(32).fill(1);
  for (const bad of [new Uint8Array(64), new Uint8Array(64).fill(0xff), new Uint8Array(63)]) {
    assert.equal(await recoverSigner(digest, bad), undefined);
  }
});
