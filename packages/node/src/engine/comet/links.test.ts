/** Links over real sockets: who is let in, what is thrown out, and what a slow or greedy node may cost. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectPlain, createServer as createPlainServer, type Server } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { concatBytes, createLedger, type Genesis, genesisHash } from '@upfront/core';
import { createTestNetwork, silent, until } from '../testing.ts';
import { FRAME_BYTES_MOST, FrameReader, frame } from './frames.ts';
import {
  FOLLOWER_BYTES_MOST,
  FOLLOWERS_MOST,
  HANDSHAKE_MS,
  LINK_QUEUE_BYTES_MOST,
  LINK_UNCHECKED_BYTES_MOST,
} from './limits.ts';
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
  /** To say that the signatures of a bundle are checked, if they were not at once. */
  readonly unchecked: (() => void)[];
}

/** A node that takes bundles which do not begin with 0xbad. */
async function startNode(
  privateKey: Uint8Array | undefined,
  links: readonly LinkAddress[] = [],
  port = 0,
  of: Genesis = genesis,
  isChecking = true,
): Promise<Node> {
  const bundles: Uint8Array[] = [];
  const unchecked: (() => void)[] = [];
  const node = new Links({
    ledger: createLedger(of, hashes, 1),
    hashes,
    curve,
    listen: { host: HOST, port },
    links,
    privateKey,
    log: silent,
    receive(bundle, _, done) {
      bundles.push(bundle);
      if (isChecking) done();
      else unchecked.push(done);
      return bundle[0] !== 0xba;
    },
  });
  await node.start();
  closers.push(() => node.close());
  return { links: node, bundles, unchecked };
}

const addressOf = ({ links }: Node): LinkAddress => ({ host: HOST, port: links.port });

const TAG = Buffer.from('upfront/link/2', 'ascii');
const TLS = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' } as const;
const secretOf = (of: Genesis): Buffer =>
  Buffer.from(hashes.sha256(concatBytes(TAG, genesisHash(of, hashes))));

interface Identity {
  readonly key: Uint8Array;
  readonly address: Uint8Array;
}

/** The other end of a link, by hand. */
class Peer {
  readonly socket: TLSSocket;
  readonly frames: Uint8Array[] = [];
  isClosed = false;
  readonly #role: number;
  readonly #reader = new FrameReader();

  /** `role`: 1 if it called, 2 if it was. */
  constructor(socket: TLSSocket, role: number) {
    this.socket = socket;
    this.#role = role;
    closers.push(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.isClosed = true;
    });
    socket.on('data', (chunk) => this.frames.push(...this.#reader.push(chunk)));
  }

  static calling(node: Node, of: Genesis = genesis): Peer {
    const pskCallback = () => ({ psk: secretOf(of), identity: 'a test' });
    const port = node.links.port;
    return new Peer(
      connect({ ...TLS, host: HOST, port, pskCallback, checkServerIdentity: () => undefined }),
      1,
    );
  }

  static async to(node: Node): Promise<Peer> {
    const peer = Peer.calling(node);
    await peer.got(1, 'its proof');
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

  /** That this end has the key, on this connection and as what it is. */
  proof({ key, address }: Identity, role = this.#role, claimed = address): Uint8Array {
    const exported = this.socket.exportKeyingMaterial(32, 'EXPORTER-upfront-link', Buffer.alloc(0));
    const said = concatBytes(TAG, genesisHash(genesis, hashes), exported, Uint8Array.of(role), claimed);
    return concatBytes(curve.sign(hashes.sha256(said), key).slice(), claimed);
  }

  prove(identity: Identity): void {
    this.say(this.proof(identity));
  }
}

/** Where nodes call, and what the test does with each call. */
function listenAsNode(called: (peer: Peer) => void): Promise<number> {
  const settings = { ...TLS, pskCallback: () => secretOf(genesis) };
  return listen(createServer(settings, (socket) => called(new Peer(socket, 2))));
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
      const server = createPlainServer((socket) => {
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
    const elsewhere = await Peer.to(await startNode(second!.key));
    const rows: [string, (peer: Peer) => Uint8Array][] = [
      ['a bundle where a proof is due', () => new Uint8Array(100)],
      ['its own proof', (peer) => peer.frames[0]!],
      [
        'a signature of another thing',
        (peer) => concatBytes(new Uint8Array(64).fill(7), peer.proof(stranger).slice(64)),
      ],
      ["another one's address", (peer) => peer.proof(stranger, 1, second!.address)],
      ['an address of 19 bytes', (peer) => peer.proof(stranger).slice(0, 83)],
      ['a byte too many', (peer) => concatBytes(peer.proof(stranger), Uint8Array.of(0))],
      ['a proof as who was called', (peer) => peer.proof(stranger, 2)],
      ['a proof of another connection', () => elsewhere.proof(stranger)],
    ];
    for (const [what, act] of rows) {
      const peer = await Peer.to(node);
      peer.say(act(peer), Uint8Array.of(1));
      await peer.closed().catch(() => assert.fail(what));
    }
    assert.deepEqual(node.bundles, []);
    const other = Peer.calling(node, { ...genesis, chainId: 5 });
    await other.closed();
    assert.deepEqual(other.frames, [], 'who has not the secret of the network is told nothing');
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
    const peer = Peer.calling(node);
    await once(peer.socket, 'data');
    t.mock.timers.tick(HANDSHAKE_MS);
    await once(peer.socket, 'close');
    const half = Peer.calling(node);
    await once(half.socket, 'data');
    half.socket.end(Uint8Array.of(0x80));
    await once(half.socket, 'close');
    assert.deepEqual(node.bundles, []);
  });

  test('are not made over anything but TLS', async () => {
    const node = await startNode(first!.key);
    const plain = connectPlain(node.links.port, HOST);
    plain.on('error', () => undefined);
    plain.write(frame(new Uint8Array(84)));
    await once(plain, 'close');
    const good = await Peer.to(node);
    good.prove(stranger);
    good.say(Uint8Array.of(1));
    await until(() => node.bundles.length === 1, 'a bundle');
  });

  test('are bounded in number', async () => {
    const node = await startNode(first!.key);
    const most = genesis.validators.length + FOLLOWERS_MOST;
    await Promise.all(Array.from({ length: most }, () => Peer.to(node)));
    const late = Peer.calling(node);
    await late.closed();
    assert.deepEqual(late.frames, []);
  });

  test('keep no more than their bound for a node that does not read', async () => {
    const slow = Promise.withResolvers<Peer>();
    const node = await startNode(first!.key, [{ host: HOST, port: await listenAsNode(slow.resolve) }]);
    const peer = await slow.promise;
    await peer.got(1, 'its proof');
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

  test('let who stands between two nodes cut them, and not speak for either', async () => {
    const b = await startNode(second!.key);
    const caught = Promise.withResolvers<Peer>();
    const a = await startNode(first!.key, [{ host: HOST, port: await listenAsNode(caught.resolve) }]);
    // It has a connection to each, and hands the proof of each to the other.
    const [fromA, toB] = [await caught.promise, await Peer.to(b)];
    await fromA.got(1, 'the proof of who called');
    toB.say(fromA.frames[0]!, Uint8Array.of(1));
    fromA.say(toB.frames[0]!);
    await Promise.all([fromA.closed(), toB.closed()]);
    a.links.broadcast([Uint8Array.of(2)]);
    assert.deepEqual([fromA.frames.length, b.bundles.length], [1, 0]);
  });

  test('break when a byte on the way is changed, and nothing of it is taken', async () => {
    const b = await startNode(second!.key);
    let isTampering = false;
    let cut = 0;
    const middle = createPlainServer((near) => {
      const far = connectPlain(b.links.port, HOST);
      closers.push(() => near.destroy());
      for (const end of [near, far]) end.on('error', () => undefined);
      far.on('data', (chunk) => near.write(chunk));
      far.once('close', () => {
        cut++;
        near.destroy();
      });
      near.once('close', () => far.destroy());
      near.on('data', (chunk) => {
        if (isTampering) chunk[chunk.length - 1]! ^= 1;
        far.write(chunk);
      });
    });
    const a = await startNode(first!.key, [{ host: HOST, port: await listen(middle) }]);
    await until(() => {
      a.links.broadcast([Uint8Array.of(1)]);
      return b.bundles.length > 0;
    }, 'a bundle through the middle');
    isTampering = true;
    await until(() => {
      a.links.broadcast([Uint8Array.of(2)]);
      return cut > 0;
    }, 'the end of the link');
    assert.equal(
      b.bundles.some((bundle) => bundle[0] !== 1),
      false,
    );
  });

  test("read a stranger's share a second and no more; a validator's without measure", async (t) => {
    const node = await startNode(first!.key);
    const [greedy, validator] = [await Peer.to(node), await Peer.to(node)];
    t.mock.timers.enable({ apis: ['setTimeout'] });
    greedy.prove(stranger);
    validator.prove(second!);
    const bundle = (kind: number): Uint8Array => new Uint8Array(FOLLOWER_BYTES_MOST / 4).fill(kind);
    const count = (kind: number): number => node.bundles.filter((one) => one[0] === kind).length;
    for (let i = 0; i < 15; i++) greedy.say(bundle(1));
    // One more than the share, since it is stopped when it has had it.
    for (const [i, share] of [5, 10, 15].entries()) {
      for (let j = 0; j < 15; j++) validator.say(bundle(2 + i));
      while (count(2 + i) < 15 || count(1) < share) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(count(1), share);
      t.mock.timers.tick(1000);
    }
  });

  test('read no further while the signatures of what came are not checked', async () => {
    const node = await startNode(first!.key, [], 0, genesis, false);
    const [flooding, other] = [await Peer.to(node), await Peer.to(node)];
    flooding.prove(second!);
    other.prove(stranger);
    const bundle = new Uint8Array(LINK_UNCHECKED_BYTES_MOST / 2);
    for (let i = 0; i < 8; i++) flooding.say(bundle);
    await until(() => node.bundles.length === 3, 'what may wait, and the bundle that is more');
    // A link of its own is read meanwhile.
    other.say(Uint8Array.of(7));
    await until(() => node.bundles.at(-1)![0] === 7, "another link's bundle");
    assert.equal(node.bundles.length, 4);
    const [done] = node.unchecked;
    done!();
    await until(() => node.bundles.length === 5, 'the next one, once there is room');
    assert.equal(node.unchecked.length, 5);
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
