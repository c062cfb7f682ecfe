/**
 * Leaving, whatever the operator does: it is honest, it is alive and ignores the first layer, it was killed for good.
 *
 * Three networks on one chain, each made by `init` and run by `node`.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Anvil, DEV_KEYS, startAnvil } from '@upfront/node';
import type { Address } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { type Chain, lookAt } from './chain.ts';
import { createMachine, type Machine, type Started, until } from './support.ts';

const ETH = 10n ** 9n;
const GWEI = 10n ** 9n;
const CLOSE_AGE_S = 3 * 86_400;

export function testLeaving(): void {
  describe('leaving', { timeout: 240_000, concurrency: true }, () => {
    let anvil: Anvil;
    /** The chain's time is moved only when the honest operator has had its turn. */
    const honest = Promise.withResolvers<void>();
    before(async () => {
      anvil = await startAnvil({ blockTime: 1 });
    });
    after(() => anvil.stop());

    it('pays within the next settlement if the operator is honest', async () => {
      const network = await createNetwork(anvil, DEV_KEYS[1], DEV_KEYS[2]).catch((error: unknown) => {
        honest.resolve();
        throw error;
      });
      const { machine, chain, user, environment } = network;
      try {
        await machine.done(['pay', OTHER, '0.4'], environment);
        const before = await chain.ether(user);
        const left = await machine.done(['exit'], environment);
        const { claimed } = await until('the acknowledged exit', async () => {
          const { code, json } = await machine.run(['claim'], environment);
          return code === 0 ? { claimed: json } : undefined;
        });
        // 1 ETH less what was paid and one fee: the settlement listed it, and all the rest was claimable.
        assert.equal(claimed['amount'], '0.59999999');
        assert.equal(claimed['closed'], false);
        const gas = await chain.gasOf([left['transaction'], claimed['transaction']]);
        assert.equal(await chain.ether(user), before - gas + ((6n * ETH) / 10n) * GWEI - 10n * GWEI);
      } finally {
        honest.resolve();
        await network.remove();
      }
    });

    it('pays after the close age if the operator ignores it or is dead', async () => {
      const [ignored, orphaned] = await Promise.all([
        createNetwork(anvil, DEV_KEYS[3], DEV_KEYS[4]),
        createNetwork(anvil, DEV_KEYS[5], DEV_KEYS[6]),
      ]);
      try {
        // One operator looks away from the first layer, and still serves payments; the other one is killed.
        ignored.cutCable();
        await ignored.machine.done(['pay', OTHER, '0.1'], ignored.environment);
        assert.equal(await orphaned.node.stop('SIGKILL'), 'SIGKILL');
        for (const network of [ignored, orphaned]) {
          const { machine, environment } = network;
          await machine.done(['exit'], environment);
          const early = await machine.run(['claim'], environment);
          assert.equal(early.code, 3, early.stderr);
          assert.match(early.json['message'], /waits to be acknowledged/);
        }
        await honest.promise;
        await anvil.increaseTime(CLOSE_AGE_S + 2);
        for (const { machine, environment, chain, user } of [ignored, orphaned]) {
          const before = await chain.ether(user);
          const claimed = await machine.done(['claim'], environment);
          assert.deepEqual([claimed['amount'], claimed['closed']], ['1', true]);
          assert.equal(
            await chain.ether(user),
            before + ETH * GWEI - (await chain.gasOf([claimed['transaction']])),
          );
          assert.equal(await chain.isClosed(), true);
          const again = await machine.run(['claim'], environment);
          assert.equal(again.code, 3);
        }
      } finally {
        await ignored.remove();
        await orphaned.remove();
      }
    });
  });
}

/** Somebody who is paid. */
const OTHER = privateKeyToAccount(DEV_KEYS[9]).address.toLowerCase();

interface TestNetwork {
  readonly machine: Machine;
  readonly node: Started;
  readonly chain: Chain;
  readonly user: Address;
  /** Of the user's commands. */
  readonly environment: Readonly<Record<string, string>>;
  /** From now on the node does not reach the first layer. */
  cutCable(): void;
  remove(): Promise<void>;
}

/** A network with a running node and a user who has deposited 1 ETH. */
async function createNetwork(anvil: Anvil, operatorKey: string, userKey: string): Promise<TestNetwork> {
  const machine = createMachine();
  const cable = await createCable(anvil.port);
  const operator = { UPFRONT_KEY: operatorKey };
  await machine.done(['init', '--l1', anvil.url, '--interval', '4s'], operator);
  const flags = [
    '--port',
    '0',
    '--metrics-port',
    '0',
    '--l1-url',
    cable.url,
    '--l1-poll-ms',
    '300',
    '--log-level',
    'error',
  ];
  const node = await machine.start(['node', ...flags], operator);
  const environment = { UPFRONT_KEY: userKey, UPFRONT_NODE_URL: String(node.first['url']) };
  await machine.done(['deposit', '1'], environment);
  const genesis = JSON.parse(readFileSync(join(machine.home, 'genesis.json'), 'utf8')) as {
    contract: Address;
  };
  return {
    machine,
    node,
    chain: lookAt(anvil.url, genesis.contract),
    user: privateKeyToAccount(userKey as Address).address,
    environment,
    cutCable: cable.cut,
    async remove() {
      await machine.remove();
      cable.close();
    },
  };
}

/** A line to a port that can be cut. */
async function createCable(port: number): Promise<{ url: string; cut(): void; close(): void }> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const server: Server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) keep(socket);
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as { port: number };
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  const close = (): void => {
    cut();
    server.close();
  };
  return { url: `http://127.0.0.1:${address.port}`, cut, close };
}
