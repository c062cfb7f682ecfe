/** A whole node on a real first layer: imports deposits, orders, forms and relays settlements, stops and goes on. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { upfrontAbi } from '@upfront/contracts';
import { defaultParameters, fromHex, type Genesis } from '@upfront/core';
import { privateKeyToAccount } from 'viem/accounts';
import { readContract } from 'viem/actions';
import { until } from './api/testing.ts';
import { loadConfig } from './config/config.ts';
import { ChainBehindError } from './first-layer.ts';
import { DEV_KEYS } from './l1/anvil.ts';
import { startTestChain, type TestChain } from './l1/testing.ts';
import { createLog } from './log.ts';
import { type NodeOverrides, type RunningNode, startNode } from './node.ts';

describe('a node on a first layer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'upfront-node-'));
  const [validatorKey, relayerKey] = DEV_KEYS.map((key) => fromHex(key)!);
  let chain: TestChain;
  let genesis: Genesis;
  let node: RunningNode | undefined;

  const start = async (
    dataDir: string,
    overrides: NodeOverrides = {},
    l1Url = chain.anvil.url,
  ): Promise<RunningNode> => {
    const flags = { dataDir: join(folder, dataDir), port: 0, metricsPort: 0, workers: 1 };
    const config = loadConfig({
      flags: {
        ...flags,
        l1Url,
        l1Tag: 'latest',
        l1PollMs: 50,
        l1FromBlock: chain.deployment.block,
      },
    });
    const log = createLog('silent');
    return startNode(config, { genesis, log, validatorKey, relayerKey, ...overrides });
  };
  const status = async (): Promise<{ asset: string; unit: string; l1: { settled: string } }> => {
    const json: unknown = await (await fetch(`${node!.url}/v1/status`)).json();
    return json as Awaited<ReturnType<typeof status>>;
  };

  before(async () => {
    chain = await startTestChain();
    const validator = privateKeyToAccount(DEV_KEYS[0]!).address;
    genesis = {
      chainId: chain.anvil.chainId,
      contract: fromHex(chain.contract)!,
      time: Date.now(),
      parameters: { ...defaultParameters, interval: 200 },
      validators: [fromHex(validator)!],
    };
  });
  after(async () => {
    await node?.close();
    await chain.anvil.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('imports a deposit, acknowledges it in a settlement, and sees it on L1', async () => {
    node = await start('first');
    const [user] = chain.users;
    await chain.call(user!, 'deposit', [user!.address, 5_000_000n]);
    await until(async () => {
      const response = await fetch(`${node!.url}/v1/accounts/${user!.address}`);
      return ((await response.json()) as { balance: string }).balance === '5000000';
    }, 20_000);
    await until(async () => Number((await status()).l1.settled) >= 1, 30_000);
    const number = await readContract(chain.client, {
      address: chain.contract,
      abi: upfrontAbi,
      functionName: 'number',
    });
    assert.ok(number >= 1n);
    const json = await status();
    assert.equal(json.unit, '1000000000');
    assert.equal(json.asset, `0x${'00'.repeat(20)}`);
    const settlement = (await (await fetch(`${node.url}/v1/settlements/1`)).json()) as Record<string, string>;
    assert.equal(settlement['status'], 'settled');
    assert.match(String(settlement['transaction']), /^0x[0-9a-f]{64}$/);
    assert.equal((await fetch(`${node.url}/readyz`)).status, 200);
    const isCounted = /upfront_settlements_relayed_total\{outcome="confirmed"\} [1-9]/;
    await until(async () => isCounted.test(await (await fetch(node!.metricsUrl!)).text()));
  });

  test('stops, and goes on where it was', async () => {
    const height = node!.height();
    await node!.close();
    await assert.rejects(fetch(node!.url));
    await chain.anvil.mine(3);
    const listener = await listenTo(chain.anvil.url);
    node = await start('first', {}, listener.url);
    assert.ok(node.height() >= height);
    await until(async () => (await fetch(`${node!.url}/readyz`)).status === 200);
    await until(() => listener.logsFrom.length > 0);
    const { block } = JSON.parse(readFileSync(join(folder, 'first/l1-cursor.json'), 'utf8'));
    assert.ok(block > chain.deployment.block);
    assert.ok(
      listener.logsFrom.every((from) => from > block),
      `L1 is read again from ${listener.logsFrom}, and was read up to ${block}`,
    );
    await node.close();
    listener.close();
    node = await start('first');
  });

  test('is not started twice on the same data', async () => {
    await assert.rejects(start('first'), /use|lock/i);
    assert.equal((await fetch(`${node!.url}/healthz`)).status, 200);
  });

  test('is refused if its data lack what L1 has settled, and lets go of everything', async () => {
    await assert.rejects(start('second'), ChainBehindError);
    await assert.rejects(start('second'), ChainBehindError);
  });

  test('is refused with a key that is not the validator’s', async () => {
    await assert.rejects(start('third', { validatorKey: relayerKey }), /key of the one validator/);
  });
});

/** An RPC that passes everything on, and notes from which blocks logs are asked for. */
async function listenTo(url: string) {
  const logsFrom: number[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    for (const { method, params } of [JSON.parse(body)].flat()) {
      if (method === 'eth_getLogs') logsFrom.push(Number(params[0].fromBlock));
    }
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body });
    response.writeHead(200, headers).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, logsFrom, close: () => server.close() };
}
