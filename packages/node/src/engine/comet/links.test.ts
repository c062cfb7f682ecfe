/** Links over real sockets: who is let in, what is thrown out, and what a slow or greedy node may cost. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { concatBytes, createLedger, type Genesis, genesisHash } from '@upfront/core';
import { createTestNetwork, silent, until } from '../testing.ts';
import { FRAME_BYTES_MOST, FrameReader, frame } from './frames.ts';
import { FOLLOWER_BYTES_MOST, FOLLOWERS_MOST, HANDSHAKE_MS, LINK_QUEUE_BYTES_MOST } from './limits.ts';
import { type LinkAddress, Links } from './links.ts';

const HOST = '127.0.0.1';
const network = await createTestNetwork(2, Date.now(), {}, 2);
const { hashes, curve, genesis, validators } = network;
const [first, second] = validators;
const stranger = network.payers[0]!;
const closers: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
});

interface Node {
  readonly links: Links;
  readonly bundles: Uint8Array[];
}

/** A node that takes bundles which do not begin with 0xbad. */
async function startNode(
  privateKey: Uint8Array | undefined,
  links: readonly LinkAddress[] = [],
  port = 0,
  of: Genesis = genesis,
): Promise<Node> {
  const bundles: Uint8Array[] = [];
  const node = new Links({
    ledger: createLedger(of, hashes, 1),
    hashes,
    curve,
    listen: { host: HOST, port },
    links,
    privateKey,
    log: silent,
    receive(bundle) {
      bundles.push(bundle);
      return bundle[0] !== 0xba;
    },
  });
  await node.start();
  closers.push(() => node.close());
  return { links: node, bundles };
}

const addressOf = ({ links }: Node): LinkAddress => ({ host: HOST, port: links.port });

/** The other end of a link, by hand. */
class Peer {
  readonly socket: Socket;
  readonly frames: Uint8Array[] = [];
  isClosed = false;
  readonly #reader = new FrameReader();

  constructor(socket: Socket) {
    this.socket = socket;
    closers.push(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.isClosed = true;
    });
    socket.on('data', (chunk) => this.frames.push(...this.#reader.push(chunk)));
  }

  static async to(node: Node): Promise<Peer> {
    const peer = new Peer(connect(node.links.port, HOST));
    await peer.got(1, 'its challenge');
    return peer;
  }

  got(count: number, what: string): Promise<void> {
    return until(() => this.frames.length >= count, what);
  }

  closed(): Promise<void> {
    return until(() => this.isClosed, 'the end of the connection');
  }

  say(...messages: Uint8Array[]): void {
    for (const message of messages) this.socket.write(frame(message));
  }

  /** Challenge, and the proof that this end has the key. */
  prove({ key, address }: { key: Uint8Array; address: Uint8Array }, of: Genesis = genesis): void {
    const tag = Buffer.from('upfront/link/1', 'ascii');
    const said = concatBytes(tag, genesisHash(of, hashes), this.frames[0]!, address);
    this.say(new Uint8Array(32).fill(7), curve.sign(hashes.sha256(said), key).slice(), address);
  }
}

describe('links', () => {
  test('hand bundles from node to node, and to nobody else', async () => {
    const [a, b] = [await startNode(first!.key), await startNode(second!.key)];
    const follower = await startNode(undefined, [addressOf(a), addressOf(b)]);
    // A bundle that is not open yet is dropped, and handed on again by the engine.
    await until(() => {
      follower.links.broadcast([Uint8Array.of(1, 2), Uint8Array.of(3)]);
      return a.bundles.length > 0 && b.bundles.length > 0;
    }, 'a bundle on both');
    assert.deepEqual([...a.bundles[0]!], [1, 2, 3]);
    assert.deepEqual(follower.bundles, []);
  });

  test('do not lead a validator to itself', async () => {
    const calls: string[] = [];
    const listenAs = async (name: string): Promise<number> => {
      const server = createServer((socket) => {
        calls.push(name);
        socket.destroy();
      });
      return await listen(server);
    };
    // Reached one after the other: when the second is called, the first would have been.
    const own = { host: HOST, port: await listenAs('own'), validator: first!.address };
    await startNode(first!.key, [
      own,
      { host: HOST, port: await listenAs('other'), validator: second!.address },
    ]);
    await until(() => calls.length > 1, 'two calls');
    assert.deepEqual(new Set(calls), new Set(['other']));
  });

  test('are made again when the other node comes back', async () => {
    const b = await startNode(second!.key);
    const { port } = b.links;
    const a = await startNode(first!.key, [addressOf(b)]);
    const reached = (node: Node) => () => {
      a.links.broadcast([Uint8Array.of(1)]);
      return node.bundles.length > 0;
    };
    await until(reached(b), 'a bundle');
    await b.links.close();
    await until(reached(await startNode(second!.key, [], port)), 'a bundle after the return');
  });

  test('take nothing from who does not prove who it is', async () => {
    const node = await startNode(first!.key);
    const { key, address } = stranger;
    const digestless = curve.sign(hashes.sha256(Buffer.from('another thing')), key).slice();
    const other: Genesis = { ...genesis, chainId: 5 };
    const rows: [string, (peer: Peer) => void][] = [
      ['a bundle where a challenge is due', (peer) => peer.say(new Uint8Array(100))],
      ['its own challenge', (peer) => peer.say(peer.frames[0]!)],
      ['a bundle where a proof is due', (peer) => peer.say(new Uint8Array(32), new Uint8Array(100))],
      ['a signature of another thing', (peer) => peer.say(new Uint8Array(32), digestless, address)],
      ["another one's address", (peer) => peer.prove({ key, address: second!.address })],
      ['an address of 19 bytes', (peer) => peer.say(new Uint8Array(32), digestless, address.slice(1))],
      ['a proof of another network', (peer) => peer.prove(stranger, other)],
    ];
    for (const [what, act] of rows) {
      const peer = await Peer.to(node);
      act(peer);
      peer.say(Uint8Array.of(1));
      await peer.closed().catch(() => assert.fail(what));
    }
    assert.deepEqual(node.bundles, []);
    const good = await Peer.to(node);
    good.prove(stranger);
    good.say(Uint8Array.of(1));
    await until(() => node.bundles.length === 1, 'the bundle of who did');
  });

  test('close on garbage, and only that link', async () => {
    const node = await startNode(first!.key);
    const good = await Peer.to(node);
    good.prove(second!);
    const rows: [string, Uint8Array][] = [
      ['a length of six bytes', new Uint8Array(6).fill(0xff)],
      ['a length beyond the most', varint(FRAME_BYTES_MOST + 1)],
      ['a bundle that makes no sense', frame(Uint8Array.of(0xba, 0xd0))],
    ];
    for (const [what, bytes] of rows) {
      const peer = await Peer.to(node);
      peer.prove(stranger);
      peer.socket.write(bytes);
      await peer.closed().catch(() => assert.fail(what));
    }
    const before = node.bundles.length;
    good.say(Uint8Array.of(1));
    await until(() => node.bundles.length > before, 'a bundle over the good link');
    assert.equal(good.isClosed, false);
  });

  test('end when nobody proves anything in time, or in the middle of a frame', async (t) => {
    const node = await startNode(first!.key);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const peer = new Peer(connect(node.links.port, HOST));
    await once(peer.socket, 'data');
    t.mock.timers.tick(HANDSHAKE_MS);
    await once(peer.socket, 'close');
    const half = new Peer(connect(node.links.port, HOST));
    await once(half.socket, 'data');
    half.socket.end(Uint8Array.of(0x80));
    await once(half.socket, 'close');
    assert.deepEqual(node.bundles, []);
  });

  test('are bounded in number', async () => {
    const node = await startNode(first!.key);
    const most = genesis.validators.length + FOLLOWERS_MOST;
    await Promise.all(Array.from({ length: most }, () => Peer.to(node)));
    const late = new Peer(connect(node.links.port, HOST));
    await late.closed();
    assert.deepEqual(late.frames, []);
  });

  test('keep no more than their bound for a node that does not read', async () => {
    const server = createServer();
    const slow = Promise.withResolvers<Peer>();
    server.on('connection', (socket) => slow.resolve(new Peer(socket)));
    const node = await startNode(first!.key, [{ host: HOST, port: await listen(server) }]);
    const peer = await slow.promise;
    await peer.got(1, 'its challenge');
    peer.prove(second!);
    await until(() => {
      node.links.broadcast([Uint8Array.of(1)]);
      return peer.frames.length > 3;
    }, 'an open link');
    peer.socket.pause();
    const size = 4 << 20;
    const count = Math.ceil((4 * LINK_QUEUE_BYTES_MOST) / size);
    for (let i = 0; i < count; i++) node.links.broadcast([new Uint8Array(size)]);
    peer.frames.length = 0;
    peer.socket.resume();
    // What comes after the queue was empty again is the last of it.
    await until(() => {
      node.links.broadcast([Uint8Array.of(2)]);
      return peer.frames.some((one) => one[0] === 2);
    }, 'what was sent later');
    const bytes = peer.frames.reduce((sum, one) => sum + one.length, 0);
    assert.ok(bytes >= LINK_QUEUE_BYTES_MOST / 2, `${bytes} bytes`);
    assert.ok(bytes <= LINK_QUEUE_BYTES_MOST + 4 * size, `${bytes} bytes of ${count * size}`);
  });

  test("read a stranger's share a second and no more; a validator's without measure", async (t) => {
    const node = await startNode(first!.key);
    const [greedy, validator] = [await Peer.to(node), await Peer.to(node)];
    t.mock.timers.enable({ apis: ['setTimeout'] });
    greedy.prove(stranger);
    validator.prove(second!);
    const bundle = (kind: number): Uint8Array => new Uint8Array(FOLLOWER_BYTES_MOST / 2 + 1).fill(kind);
    const count = (kind: number): number => node.bundles.filter((one) => one[0] === kind).length;
    for (let i = 0; i < 6; i++) greedy.say(bundle(1));
    for (const share of [2, 4, 6]) {
      for (let i = 0; i < 6; i++) validator.say(bundle(share));
      while (count(share) < 6 || count(1) < share) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(count(1), share);
      t.mock.timers.tick(1000);
    }
  });
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  closers.push(() => server.close());
  return (server.address() as { port: number }).port;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left >>>= 7) bytes.push((left & 0x7f) | 0x80);
  return Uint8Array.from([...bytes, left]);
}
