/** What is known before a fetch is signed: L1 that is another chain, that is down or hangs, and that was never seen. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { upfrontAbi } from '@upfront/contracts';
import { decodeFunctionData, encodeFunctionResult, type Hex } from 'viem';
import { CHAIN_ID } from '../../test/test-node.ts';
import { lastingJournal, world } from '../../test/world.ts';
import { L1UnreachableError, LimitDiscrepancyError, NetworkMismatchError } from '../errors/kinds.ts';
import { unwrap } from '../outcome.ts';

/** A first layer that knows two getters. */
async function firstLayer(
  t: TestContext,
  state: { chainId: number; debited: bigint },
): Promise<{ url: string; hang(): void; stop(): void }> {
  const call = (data: Hex): Hex => {
    const { functionName } = decodeFunctionData({ abi: upfrontAbi, data });
    if (functionName === 'number') return encodeFunctionResult({ abi: upfrontAbi, functionName, result: 0n });
    const result = [0n, state.debited, 0n, 0n, false] as const;
    return encodeFunctionResult({ abi: upfrontAbi, functionName: 'accounts', result });
  };
  let isHanging = false;
  const server = createServer((request, response) => {
    if (isHanging) return;
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const { id, method, params } = JSON.parse(body) as {
        id: number;
        method: string;
        params: { data: Hex }[];
      };
      const result = method === 'eth_chainId' ? `0x${state.chainId.toString(16)}` : call(params[0]!.data);
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  t.after(stop);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hang: () => {
      isHanging = true;
    },
    stop,
  };
}

test('outlook: L1\u2019s debited is the base of a new journal', async (t) => {
  const { person } = await world(t);
  const { url } = await firstLayer(t, { chainId: CHAIN_ID, debited: 7000n });
  const a = await person(1_000_000_000n, { l1: url });
  unwrap(await a.client.pay({ to: `0x${'99'.repeat(20)}`, amount: 5n }));
  const book = await a.client.book('test');
  assert.equal(book.own(), 7015n);
  // The node needs less, so less is signed.
  assert.equal((await a.client.node.account(a.account.address)).authority!.limit, 15n);
});

test('outlook: another chain is refused, before anything is signed', async (t) => {
  const { person, node } = await world(t);
  const { url } = await firstLayer(t, { chainId: 1, debited: 0n });
  const a = await person(1_000_000_000n, { l1: url });
  await assert.rejects(() => a.client.pay({ to: `0x${'99'.repeat(20)}`, amount: 5n }), NetworkMismatchError);
  await assert.rejects(() => a.client.deposit({ amount: 5n }), NetworkMismatchError);
  assert.equal(node.frames, 0);
});

const payment = { to: `0x${'99'.repeat(20)}`, amount: 5n } as const;

test('outlook: L1 that is down stops who never saw it, and nobody else', async (t) => {
  const { client, person } = await world(t);
  const { url, stop } = await firstLayer(t, { chainId: CHAIN_ID, debited: 0n });
  const a = await person(1_000_000_000n);
  const journal = lastingJournal();
  const first = client({ account: a.account, journal, l1: url });
  unwrap(await first.pay(payment));
  await first.close();
  stop();
  const again = client({ account: a.account, journal, l1: url });
  unwrap(await again.pay(payment));
  const never = client({ account: a.account, journal: lastingJournal(), l1: url });
  await assert.rejects(
    () => never.pay(payment),
    (error) => {
      assert.ok(error instanceof L1UnreachableError);
      assert.match(error.hint ?? '', /Nothing was signed.*Try again when the first layer answers/);
      return true;
    },
  );
});

test('outlook: with a mark in the journal, L1 that hangs holds nothing up, and no limit is above the own bound', async (t) => {
  const { client, person } = await world(t);
  const { url, hang } = await firstLayer(t, { chainId: CHAIN_ID, debited: 0n });
  const { account } = await person(1_000_000_000n);
  const journal = lastingJournal();
  const first = client({ account, journal, l1: url });
  unwrap(await first.pay(payment));
  await first.close();

  hang();
  const again = client({ account, journal, l1: url });
  const book = await again.book('test');
  assert.equal(book.isBased, true);
  const started = performance.now();
  for (let i = 0; i < 3; i++) {
    const bound = book.own() + payment.amount + 10n;
    unwrap(await again.pay(payment));
    assert.ok((await again.node.account(account.address)).authority!.limit <= bound);
  }
  // The first one waits a second for L1, the others not at all.
  assert.ok(performance.now() - started < 4000);
});

test('outlook: more than the journal explains, and L1 that could is down', async (t) => {
  const { person, node } = await world(t);
  const { url, stop } = await firstLayer(t, { chainId: CHAIN_ID, debited: 0n });
  const { client: a } = await person(1_000_000_000n, { l1: url });
  unwrap(await a.pay(payment));
  stop();
  node.mischief.debitedLie = 1_000_000n;
  a.forgetView();
  const { frames } = node;
  await assert.rejects(
    () => a.pay(payment),
    (error) => {
      assert.ok(error instanceof LimitDiscrepancyError && error.cause instanceof L1UnreachableError);
      assert.match(error.hint ?? '', /was not reached: try again when it is/);
      return true;
    },
  );
  assert.equal(node.frames, frames);
});
