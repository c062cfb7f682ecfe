/** What a first layer that is silent, says no or breaks down becomes: told by class, without the key in its URL. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { upfrontAbi } from '@upfront/contracts';
import { createPublicClient, encodeErrorResult, type Hex, http } from 'viem';
import { clientCodes } from '../errors/codes.ts';
import { L1Error, L1PendingError, L1RevertedError, L1UnreachableError } from '../errors/kinds.ts';
import { createL1, type L1 } from './l1.ts';
import { l1ErrorOf } from './l1-error.ts';

const CONTRACT = `0x${'c0'.repeat(20)}` as const;
const KEY = 'S3CRETKEY';

/** A first layer that answers everything alike. */
async function firstLayer(t: TestContext, status: number, answer: object): Promise<L1> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      response.statusCode = status;
      response.end(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(body).id, ...answer }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return l1At(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/${KEY}`);
}

function l1At(url: string): L1 {
  return createL1(createPublicClient({ transport: http(url, { retryCount: 0 }) }), undefined);
}

async function thrownBy(l1: L1): Promise<L1Error> {
  try {
    await l1.value(CONTRACT, 'closed');
  } catch (error) {
    assert.ok(error instanceof L1Error);
    const { message, cause, stack } = error;
    assert.ok(!`${message}${stack}${(cause as Error).message}${(cause as Error).stack}`.includes(KEY));
    return error;
  }
  throw new Error('it answered');
}

test('l1: who does not answer, or not now, is unreachable', async (t) => {
  const silent = [l1At(`http://127.0.0.1:9/${KEY}`)];
  for (const status of [429, 503]) silent.push(await firstLayer(t, status, {}));
  for (const l1 of silent) {
    const error = await thrownBy(l1);
    assert.ok(error instanceof L1UnreachableError, error.message);
    assert.equal(error.code, clientCodes.l1Unreachable);
  }
});

test('l1: a contract that says no is reverted, with the name of its error', async (t) => {
  const reverted = (data: Hex | undefined) =>
    firstLayer(t, 200, { error: { code: 3, message: 'execution reverted', data } });
  const named = encodeErrorResult({ abi: upfrontAbi, errorName: 'AlreadyClosed' });
  const textAbi = [{ type: 'error', name: 'Error', inputs: [{ name: 'text', type: 'string' }] }] as const;
  const told = encodeErrorResult({ abi: textAbi, errorName: 'Error', args: ['too\u001b[2J early'] });
  const rows: [Hex | undefined, string | undefined][] = [
    [named, 'AlreadyClosed'],
    [told, 'too?[2J early'],
    ['0xdeadbeef', '0xdeadbeef'],
    [undefined, undefined],
  ];
  for (const [data, reason] of rows) {
    const error = await thrownBy(await reverted(data));
    assert.ok(error instanceof L1RevertedError, error.message);
    assert.deepEqual([error.code, error.reason, error.hash], [clientCodes.l1Reverted, reason, undefined]);
  }
});

test('l1: whatever else it says is neither', async (t) => {
  const others = [
    await firstLayer(t, 401, {}),
    await firstLayer(t, 200, { error: { code: -32603, message: 'internal error' } }),
    await firstLayer(t, 200, { error: { code: -32000, message: 'nonce too low' } }),
    await firstLayer(t, 200, { result: '0x' }),
  ];
  for (const l1 of others) {
    const error = await thrownBy(l1);
    assert.equal(error.constructor, L1Error, error.message);
    assert.equal(error.code, clientCodes.l1Failed);
  }
  assert.equal(l1ErrorOf('It', new Error('?')).constructor, L1Error);
});

test('l1: an error of this package stays what it is', () => {
  const pending = new L1PendingError('The deposit', `0x${'ab'.repeat(32)}`);
  assert.equal(l1ErrorOf('It', pending), pending);
  assert.match(pending.message, /before you do it over/);
});
