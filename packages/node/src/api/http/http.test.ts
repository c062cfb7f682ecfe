/** Every route of the HTTP API with the real engine, its document, and what it refuses. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import {
  checkReceipt,
  createDomain,
  decodeEvent,
  decodeGenesis,
  fromHex,
  ITEM,
  nobleHashes,
  receiptFromJson,
  scanBlock,
  toHex,
} from '@upfront/core';
import { createCurve } from '../../signatures/curve.ts';
import { nodeCodeName, nodeCodes } from '../errors.ts';
import { TestNode, TestSocket, until } from '../testing.ts';

const API = readFileSync(new URL('../../../../../docs/api.md', import.meta.url), 'utf8');
const TOPIC = new Uint8Array(32).fill(0x71);

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into at every depth, and compared
type Json = Record<string, any>;

describe('the HTTP API', () => {
  let node: TestNode;
  let client: TestSocket;
  let alice: string;
  let bob: string;
  let paid: number;
  before(async () => {
    node = await TestNode.start({ parameters: { interval: 1 } });
    client = await TestSocket.open(node.node.socketUrl);
    alice = toHex(node.users[0]!.address);
    bob = toHex(node.users[1]!.address);
    [paid = -1] = await node.pay(client, node.users[0]!, node.users[1]!.address, 5_000_000n);
    await node.perform(client, node.post(node.users[0]!, TOPIC, Buffer.from('hello')));
  });
  after(async () => {
    await client.close();
    await node.close();
  });

  const get = async (path: string, status = 200): Promise<Json> => {
    const response = await node.get(path);
    assert.equal(response.status, status, `${path}: ${JSON.stringify(response.body)}`);
    return response.body as Json;
  };
  const refused = async (path: string, code: number, status: number): Promise<void> => {
    const { error } = await get(path, status);
    assert.equal(error.code, code, path);
    assert.equal(error.name, nodeCodeName(code));
  };
  const post = async (body: string | Uint8Array<ArrayBuffer>, type: string, accept = '*/*') =>
    fetch(`${node.node.url}/v1/messages`, {
      method: 'POST',
      body,
      headers: { 'content-type': type, accept },
    });

  test('status', async () => {
    const status = await get('/v1/status');
    assert.equal(status['chainId'], 31_337);
    assert.equal(status['genesisHash'], node.node.genesisHash);
    assert.equal(status['engine'], 'embedded');
    assert.equal(status['nonces'], '4');
    assert.equal(status['unit'], '1000000000');
    assert.deepEqual(status['validators'], [node.node.address]);
    assert.equal(status['l1'].imported, '2');
    assert.equal(status['l1'].status, 'following');
    assert.equal(status['lagging'], false);
  });

  test('genesis', async () => {
    const genesis = await get('/v1/genesis');
    assert.deepEqual(decodeGenesis(fromHex(genesis['bytes'])!), node.genesis);
    assert.equal(genesis['parameters'].interval, '1');
    assert.equal(genesis['hash'], node.node.genesisHash);
  });

  test('an account, and one that never appeared', async () => {
    const account = await get(`/v1/accounts/${alice}`);
    const spent = 5_000_000n + 20n;
    assert.equal(account['balance'], String(10n ** 12n - spent));
    assert.equal(account['reserved'], '0');
    assert.equal(account['highest'], '1');
    assert.equal(account['used'], '0x0000000000000003');
    assert.equal(account['standing'], 65_536);
    assert.deepEqual(account['authority'], { sequence: '1', limit: String(2n ** 62n) });
    assert.equal(account['exiting'], false);
    const blank = await get(`/v1/accounts/0x${'12'.repeat(20)}`);
    assert.equal(blank['balance'], '0');
    assert.equal(blank['highest'], '-1');
    assert.equal(blank['authority'], null);
    assert.equal((await get(`/v1/accounts/${alice.toUpperCase().replace('0X', '0x')}`))['address'], alice);
  });

  test('open nonces, and an open nonce', async () => {
    const user = node.users[1]!;
    const announced = node.transfers(user, node.users[0]!.address, 9n, 3);
    const answer = Buffer.from(await client.submit(announced.fetch));
    const first = Number(answer.readBigUInt64BE(11));
    const { nonces } = await get(`/v1/accounts/${bob}/nonces`);
    assert.deepEqual(
      nonces.map(({ nonce }: Json) => nonce),
      [first, first + 1, first + 2].map(String),
    );
    const open = await get(`/v1/nonces/${first + 1}`);
    assert.equal(open['status'], 'open');
    assert.equal(open['account'], bob);
    assert.equal(open['open'].intent.kind, 'transfer');
    assert.equal(open['open'].index, 1);
    await refused(`/v1/nonces/${first}/receipt`, 107, 404);
    for (const fulfil of announced.fulfils(first)) await client.submit(fulfil);
    assert.deepEqual((await get(`/v1/accounts/${bob}/nonces`))['nonces'], []);
  });

  test('a resolved nonce, one of L1, and one not dealt', async () => {
    const nonce = await get(`/v1/nonces/${paid}`);
    assert.equal(nonce['status'], 'fulfilled');
    assert.equal(nonce['event'].type, 'transferred');
    assert.equal(nonce['event'].amount, '5000000');
    assert.equal(nonce['account'], alice);
    assert.equal(nonce['sequence'], '0');
    assert.equal((await get('/v1/nonces/0'))['event'].type, 'item');
    assert.deepEqual(await get('/v1/nonces/999999'), { status: 'unknown' });
  });

  test('what became of a fetch', async () => {
    const dealt = await get(`/v1/fetches/${alice}/0`);
    assert.equal(dealt['status'], 'dealt');
    assert.equal(dealt['first'], String(paid));
    assert.equal(dealt['count'], 1);
    assert.deepEqual(await get(`/v1/fetches/${alice}/77`), { status: 'unknown' });
    const user = node.newUser(50);
    node.item(ITEM.deposit, user.address, 10n ** 9n);
    await node.observe();
    await client.submit(node.sign(user, { intents: [{ kind: 'validate' }], budget: 10n, limit: 1n }));
    const fetched = await get(`/v1/fetches/${toHex(user.address)}/0`);
    assert.equal(fetched['status'], 'refused');
    assert.equal(fetched['name'], 'limit-too-low');
  });

  test('events of an account, page by page', async () => {
    const whole = await get(`/v1/accounts/${alice}/events?limit=1000`);
    assert.equal(whole['next'], null);
    assert.equal(whole['events'][0].event.type, 'item');
    const pages: Json[] = [];
    let after: string | null = '0.0';
    while (after !== null) {
      const page: Json = await get(`/v1/accounts/${alice}/events?after=${after}&limit=2`);
      pages.push(...page['events']);
      after = page['next'];
    }
    assert.deepEqual(pages, whole['events']);
  });

  test('receipts that verify offline', async () => {
    const { height, index } = await get(`/v1/nonces/${paid}`);
    const json = await get(`/v1/nonces/${paid}/receipt`);
    assert.deepEqual(await get(`/v1/receipts/${height}/${index}`), json);
    const receipt = receiptFromJson(json);
    const curve = createCurve(nobleHashes, () => undefined);
    const domain = createDomain(node.genesis.chainId, node.genesis.contract, nobleHashes);
    const fault = checkReceipt(receipt!, {
      domain,
      hashes: nobleHashes,
      validators: node.genesis.validators,
      recover: (digest, signature) => curve.recover(digest, signature)?.slice(),
    });
    assert.equal(fault, undefined);
    assert.equal(decodeEvent(receipt!.event)?.type, 'transferred');
    await refused(`/v1/receipts/${height}/9999`, 107, 404);
    await refused('/v1/receipts/999999/0', 107, 404);
  });

  test('a block, its bytes, its header', async () => {
    const { height } = await get(`/v1/nonces/${paid}`);
    const block = await get(`/v1/blocks/${height}`);
    const response = await fetch(`${node.node.url}/v1/blocks/${height}/bytes`);
    assert.equal(response.headers.get('content-type'), 'application/octet-stream');
    const bytes = new Uint8Array(await response.arrayBuffer());
    const scanned = scanBlock(bytes, node.genesis.parameters);
    assert.equal(String(scanned?.height), height);
    assert.equal(block['counts'].bytes, bytes.length);
    assert.equal(block['counts'].fulfils, 1);
    assert.equal(block['time'], String(scanned?.time));
    const header = await get(`/v1/headers/${height}`);
    assert.equal(header['digest'], block['digest']);
    assert.deepEqual(header['header'], block['header']);
    assert.deepEqual(
      header['signatures'].map(({ validator }: Json) => validator),
      [node.node.address],
    );
    for (const path of [
      '/v1/blocks/0',
      '/v1/blocks/999999',
      '/v1/blocks/999999/bytes',
      '/v1/headers/999999',
    ]) {
      await refused(path, 107, 404);
    }
  });

  test('deliveries of a topic', async () => {
    const { deliveries, next } = await get(`/v1/topics/${toHex(TOPIC)}`);
    assert.equal(next, null);
    assert.deepEqual(
      deliveries.map(({ data }: Json) => data),
      [toHex(Buffer.from('hello'))],
    );
    assert.deepEqual((await get(`/v1/topics/0x${'00'.repeat(32)}`))['deliveries'], []);
  });

  test('a settlement', async () => {
    await until(async () => Number((await get('/v1/status'))['l1'].formed) > 0);
    const first = await get('/v1/settlements/1');
    assert.equal(first['number'], '1');
    assert.equal(first['status'], 'formed');
    assert.equal(first['transaction'], null);
    const numbers = Number((await get('/v1/status'))['l1'].formed);
    const all = await Promise.all(Array.from({ length: numbers }, (_, i) => get(`/v1/settlements/${i + 1}`)));
    const debited = all.flatMap(({ debits }) => debits).reduce((sum, { amount }) => sum + BigInt(amount), 0n);
    assert.ok(debited >= 5_000_000n, String(debited));
    assert.ok(all.flatMap(({ credits }) => credits).some(({ account }) => account === bob));
    await refused('/v1/settlements/999', 107, 404);
  });

  test('messages as bytes and as JSON', async () => {
    const [one, two] = node.users;
    const first = node.transfers(one!, two!.address, 3n);
    const dealt = await post(Buffer.from(first.fetch), 'application/octet-stream');
    assert.equal(dealt.status, 200);
    const [answer] = ((await dealt.json()) as Json)['answers'];
    assert.equal(answer.status, 'dealt');
    assert.equal(answer.name, null);
    const messages = first.fulfils(Number(answer.number)).map(toHex);
    const done = await post(JSON.stringify({ messages }), 'application/json');
    const [fulfilled] = ((await done.json()) as Json)['answers'];
    assert.equal(fulfilled.status, 'fulfilled');
    const wrong = node.transfers(one!, two!.address, 3n).fulfils(10 ** 9)[0]!;
    const bytes = await post(Buffer.from(wrong), 'application/octet-stream', 'application/octet-stream');
    assert.deepEqual([...new Uint8Array(await bytes.arrayBuffer())].slice(0, 3), [4, 0, 20]);
    const named = await post(JSON.stringify({ messages: [toHex(wrong)] }), 'application/json');
    assert.equal(((await named.json()) as Json)['answers'][0].name, 'not-open');
  });

  test('health, readiness, metrics', async () => {
    assert.deepEqual(await get('/healthz'), { status: 'ok' });
    assert.deepEqual(await get('/readyz'), { ready: true, reasons: [] });
    const text = await (await fetch(node.node.metricsUrl!)).text();
    for (const line of [
      /upfront_messages_total\{kind="fetch",outcome="dealt",code=""\} [1-9]/,
      /upfront_events_total\{type="transferred"\} [1-9]/,
      /upfront_submit_seconds_count [1-9]/,
      /upfront_http_seconds_count\{route="\/v1\/status",status="2xx"\} [1-9]/,
      /upfront_l1_lag_seconds [0-9]/,
      /upfront_store_bytes [1-9]/,
      /upfront_process_cpu_seconds_total [0-9.]/,
    ]) {
      assert.match(text, line);
    }
    assert.equal((await fetch(node.node.metricsUrl!.replace('/metrics', '/'))).status, 404);
  });

  test('browsers of any origin', async () => {
    const response = await fetch(`${node.node.url}/v1/messages`, { method: 'OPTIONS' });
    assert.equal(response.status, 204);
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    assert.equal(response.headers.get('access-control-allow-methods'), 'GET, POST');
    assert.equal((await fetch(`${node.node.url}/v1/status`)).headers.get('access-control-allow-origin'), '*');
    assert.equal((await fetch(`${node.node.url}/nowhere`)).headers.get('access-control-allow-origin'), '*');
  });

  test('malformed parameters and routes that are not there', async () => {
    const long = '9'.repeat(20);
    for (const path of [
      '/v1/accounts/0x12',
      `/v1/accounts/0x${'zz'.repeat(20)}`,
      `/v1/accounts/${alice}?x=1`,
      `/v1/accounts/${alice}/events?limit=0`,
      `/v1/accounts/${alice}/events?limit=1001`,
      `/v1/accounts/${alice}/events?limit=1e1`,
      `/v1/accounts/${alice}/events?limit=5&limit=6`,
      `/v1/accounts/${alice}/events?after=1`,
      `/v1/accounts/${alice}/events?after=1.01`,
      `/v1/accounts/${alice}/events?after=-1.0`,
      `/v1/fetches/${alice}/${2n ** 56n}`,
      `/v1/fetches/${alice}/0x1`,
      '/v1/nonces/-1',
      '/v1/nonces/01',
      '/v1/nonces/+1',
      '/v1/nonces/1.0',
      '/v1/nonces/%201',
      `/v1/nonces/${long}`,
      '/v1/blocks/latest',
      `/v1/receipts/1/${2 ** 32}`,
      '/v1/topics/0x00',
      '/v1/settlements/one',
    ]) {
      await refused(path, 106, 400);
    }
    for (const path of ['/', '/v1', '/v2/status', '/v1/status/', '/v1/accounts', '/v1/%zz']) {
      const { status } = await node.get(path);
      assert.ok(status === 404 || status === 400, `${path}: ${status}`);
    }
    const wrong = await fetch(`${node.node.url}/v1/status`, { method: 'DELETE' });
    assert.equal(wrong.status, 404);
  });

  test('bodies that are malformed, too deep, too large, or none of ours', async () => {
    const refusedBody = async (
      body: string | Uint8Array<ArrayBuffer>,
      type: string,
      code: number,
    ): Promise<void> => {
      const response = await post(body, type);
      const json = (await response.json()) as Json;
      assert.equal(
        json['error']?.code,
        code,
        `${type} ${String(body).slice(0, 60)}: ${JSON.stringify(json)}`,
      );
    };
    const before = (await get('/v1/status'))['nonces'];
    const json = 'application/json';
    for (const body of [
      '',
      '{',
      'null',
      '[]',
      '{}',
      '{"messages":[]}',
      '{"messages":"0x00"}',
      '{"messages":[1]}',
      '{"messages":["00"]}',
      '{"messages":["0x0"]}',
      '{"messages":["0x00"],"more":1}',
      '{"messages":["0x00"]}',
      `{"messages":["0x${'ee'.repeat(100)}"]}`,
      '{"__proto__":{"messages":["0x00"]}}',
    ]) {
      await refusedBody(body, json, 106);
    }
    const many = JSON.stringify({ messages: new Array(4097).fill('0x01') });
    await refusedBody(many, json, 106);
    await refusedBody('['.repeat(900_000), json, 106);
    await refusedBody('{"messages":'.repeat(9) + '1' + '}'.repeat(9), json, 106);
    await refusedBody('['.repeat(3_000_000), json, 102);
    await refusedBody(new Uint8Array((1 << 20) + 1), 'application/octet-stream', 102);
    await refusedBody(new Uint8Array(0), 'application/octet-stream', 106);
    await refusedBody(new Uint8Array(500).fill(3), 'application/octet-stream', 106);
    await refusedBody('0x01', 'text/plain', 106);
    const fulfil = node.transfers(node.users[0]!, node.users[1]!.address, 1n).fulfils(10 ** 9)[0]!;
    await refusedBody(
      new Uint8Array(Buffer.concat(new Array(4097).fill(fulfil))),
      'application/octet-stream',
      101,
    );
    assert.equal((await get('/v1/status'))['nonces'], before);
  });

  test('the OpenAPI document is valid and has every route of docs/api.md', async () => {
    const document = await get('/openapi.json');
    const result = await new Validator().validate(structuredClone(document));
    assert.equal(result.valid, true, JSON.stringify(result, null, 1).slice(0, 2000));
    const documented = Object.entries(document['paths'] as Record<string, Json>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const rows = [...API.matchAll(/^\| (GET|POST) ([^|]+?) \|/gm)].flatMap(([, method, paths = '']) =>
      paths.split(', ').map((path) => `${method} ${path.split('?')[0]}`),
    );
    assert.ok(rows.length >= 17, `${rows.length} rows`);
    assert.deepEqual(documented.sort(), rows.sort());
  });

  test('a request that never ends is given up', async (t) => {
    const slow = await TestNode.start({ limits: { requestMs: 300 } });
    t.after(() => slow.close());
    const { port, hostname } = new URL(slow.node.url);
    const end = await new Promise<number>((resolve) => {
      const headers = { 'content-type': 'application/octet-stream', 'content-length': '10' };
      const pending = request({ port, hostname, method: 'POST', path: '/v1/messages', headers });
      pending.on('error', () => resolve(0));
      pending.on('response', (response) => resolve(response.statusCode ?? 0));
      pending.write('x');
    });
    assert.equal(end, 408);
  });
});

describe('a busy address', () => {
  test('is told to slow down, but may always ask whether the node is well', async () => {
    const node = await TestNode.start({ limits: { requestRate: 1, requestBurst: 30 } });
    const statuses = new Set<number>();
    for (let i = 0; i < 40; i++) statuses.add((await node.get('/v1/genesis')).status);
    assert.deepEqual([...statuses], [200, 429]);
    const { body } = await node.get('/v1/genesis');
    assert.equal((body as Json)['error'].code, nodeCodes.rateLimited);
    assert.equal((await node.get('/healthz')).status, 200);
    await node.close();
  });

  test('over its messages: code 103', async () => {
    const node = await TestNode.start({ limits: { frameMessages: 8, messageRate: 1, messageBurst: 8 } });
    const fulfil = node.transfers(node.users[0]!, node.users[1]!.address, 1n).fulfils(10 ** 9)[0]!;
    const codes: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      const response = await fetch(`${node.node.url}/v1/messages`, {
        method: 'POST',
        body: Buffer.concat(new Array(4).fill(fulfil)),
        headers: { 'content-type': 'application/octet-stream' },
      });
      codes.push([response.status, ((await response.json()) as Json)['error']?.code]);
    }
    assert.deepEqual(codes, [
      [200, undefined],
      [200, undefined],
      [429, 103],
    ]);
    await node.close();
  });
});

describe('a node without a key', () => {
  test('serves what is on disk, and takes no messages', async () => {
    const node = await TestNode.start();
    const client = await TestSocket.open(node.node.socketUrl);
    const [nonce] = await node.pay(client, node.users[0]!, node.users[1]!.address, 5n);
    const fetch = node.transfers(node.users[0]!, node.users[1]!.address, 5n).fetch;
    await client.close();
    await node.node.close();
    await node.open({ validatorKey: undefined });
    assert.equal(((await node.get(`/v1/nonces/${nonce}`)).body as Json)['status'], 'fulfilled');
    const { status, body } = await node.get('/readyz');
    assert.equal(status, 503);
    assert.deepEqual(body, { ready: false, reasons: ['no validator key: messages are not taken'] });
    const reader = await TestSocket.open(node.node.socketUrl);
    await assert.rejects(reader.submit(fetch), /refused with 110/);
    const id = reader.subscribe(0, 0);
    await reader.wait(() => reader.events(id)[2]);
    await reader.close();
    await node.close();
  });
});
