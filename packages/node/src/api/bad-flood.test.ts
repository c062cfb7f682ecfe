/**
 * A flood of garbage against a node in a process of its own, with the limits that strangers get: memory stays within a
 * margin, each thing has its code, nothing is taken in, and who pays meanwhile is served.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { concatBytes, type Intent } from '@upfront/core';
import { createCrashNetwork } from '../../../../scripts/crash-network.ts';
import { type Addresses, NodeProcess } from '../../../../scripts/crash-process.ts';
import { fetchOf, type TestNetwork, transfersOf } from '../engine/testing.ts';
import { readAnswers, TestSocket, until } from './testing.ts';

const MIB = 1 << 20;
/**
 * MiB of resident memory that the flood may add at its height: the intake's 64 and the sockets' buffers, twice, since
 * garbage is collected late. Half of what is sent: whatever keeps it all fails.
 */
const MARGIN = 192;
const INTENTS: Intent[] = [{ kind: 'validate' }];
const FETCHES = 4000;

/** Codes of errors and of answers, and how often each came. */
type Tally = Map<string, number>;

interface Flood {
  readonly network: TestNetwork;
  readonly addresses: Addresses;
  readonly tally: Tally;
  /** Bytes sent. */
  sent: number;
}

test('400 MB of garbage: memory stays within its margin, and payments go on', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'upfront-flood-'));
  const network = await createCrashNetwork(3, Date.now());
  const node = new NodeProcess({ dataDir, payers: 3, network, isPublic: true });
  t.after(async () => {
    await node.kill();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const addresses = await node.serving;
  const flood: Flood = { network, addresses, tally: new Map(), sent: 0 };
  const status = async (): Promise<{ nonces: string; l1: { imported: string } }> =>
    (await fetch(`${addresses.url}/v1/status`)).json() as never;
  await until(async () => (await status()).l1.imported === '3');
  const client = await TestSocket.open(addresses.socketUrl);
  await pay(client, network, 0n);
  const { nonces } = await status();

  const before = (await node.memory()).rss;
  let [peak, paid, isOver] = [before, 0, false];
  const watching = (async () => {
    for (; !isOver; paid++) {
      await pay(client, network, BigInt(paid + 1));
      peak = Math.max(peak, (await node.memory()).rss);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  await Promise.all([garbage(flood), oversized(flood), forged(flood), deepJson(flood)]);
  isOver = true;
  await watching;

  const tally = Object.fromEntries([...flood.tally].sort());
  const grown = (peak - before) / MIB;
  t.diagnostic(
    `${Math.round(flood.sent / 1e6)} MB sent, ${grown.toFixed(0)} MiB more at its height than the ` +
      `${(before / MIB).toFixed(0)} before, ${paid} payments meanwhile; ${JSON.stringify(tally)}`,
  );
  assert.ok(flood.sent >= 400e6, `${flood.sent} bytes`);
  assert.ok(grown < MARGIN, `${grown} MiB more, ${MARGIN} at most`);
  for (const code of ['error 102', 'error 106', 'answer 4/2']) assert.ok(code in tally, code);
  assert.equal(Number((await status()).nonces), Number(nonces) + paid, 'only the payments were taken in');
  await client.close();
});

/** A payment of the first account. */
async function pay(client: TestSocket, network: TestNetwork, sequence: bigint): Promise<void> {
  const one = transfersOf(network, network.payers[0]!, sequence, network.payers[1]!.address, 1);
  const [dealt] = readAnswers(await client.submit(one.fetch));
  assert.equal(dealt!.status, 1);
  const [fulfilled] = readAnswers(await client.submit(one.fulfils(dealt!.number)));
  assert.equal(fulfilled!.status, 2);
}

function count({ tally }: Flood, what: string): void {
  tally.set(what, (tally.get(what) ?? 0) + 1);
}

/** Frames of 1 MB of garbage, until the socket is closed for its faults; then on another. */
async function garbage(flood: Flood): Promise<void> {
  for (let socket = 0; socket < 20; socket++) {
    const client = await TestSocket.open(flood.addresses.socketUrl);
    const payload = Buffer.alloc(1_000_000, 0xa0 + socket);
    for (let i = 0; i < 16; i++) client.send(0x01, i + 1, payload);
    flood.sent += 16 * payload.length;
    const { code } = await client.wait(() => client.closed, 30_000);
    assert.equal(code, 1008);
    for (const { payload } of client.frames) count(flood, `error ${payload.readUInt16BE()}`);
  }
}

/** Frames above the most that a frame may have. */
async function oversized(flood: Flood): Promise<void> {
  for (let socket = 0; socket < 40; socket++) {
    const client = await TestSocket.open(flood.addresses.socketUrl);
    const payload = Buffer.alloc(2_000_000, 0x01);
    client.send(0x01, 1, payload);
    flood.sent += payload.length;
    assert.equal((await client.wait(() => client.closed, 30_000)).code, 1009);
    count(flood, `error ${client.frames[0]!.payload.readUInt16BE()}`);
  }
}

/** Full frames of fetches that are well-formed and forged, a few at the same time on each of two sockets. */
async function forged(flood: Flood): Promise<void> {
  const { network, addresses } = flood;
  const victim = network.payers[2]!;
  const fetches = Array.from({ length: FETCHES }, (_, i) =>
    fetchOf(network, victim, BigInt(i % 64), INTENTS, { signer: network.operator, budget: BigInt(i) }),
  );
  const frame = concatBytes(...fetches);
  const one = async (): Promise<void> => {
    const client = await TestSocket.open(addresses.socketUrl);
    for (let round = 0; round < 3; round++) {
      const ids = Array.from({ length: 4 }, () => client.nextId());
      for (const id of ids) client.send(0x01, id, frame);
      flood.sent += ids.length * frame.length;
      for (const wanted of ids) {
        const { type, payload } = await client.wait(
          () => client.frames.find(({ id }) => id === wanted),
          30_000,
        );
        if (type === 0x8f) count(flood, `error ${payload.readUInt16BE()}`);
        else for (const { status, code } of readAnswers(payload)) count(flood, `answer ${status}/${code}`);
      }
    }
    await client.close();
  };
  await Promise.all([one(), one()]);
}

async function deepJson(flood: Flood): Promise<void> {
  const body = `{"messages":${'['.repeat(2_000_000)}`;
  for (let i = 0; i < 16; i++) {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${flood.addresses.url}/v1/messages`, { method: 'POST', body, headers });
    flood.sent += body.length;
    const { error } = (await response.json()) as { error: { code: number } };
    count(flood, `error ${error.code}`);
  }
}
