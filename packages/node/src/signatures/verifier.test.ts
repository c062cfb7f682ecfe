/** Signatures: every fault of docs/protocol.md, 4, on every number of threads and every library. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Hashes } from '@upfront/core';
import { createHashes } from '../hashes.ts';
import { buildCurve, type Curve, createCurve } from './curve.ts';
import { loadSystem } from './libsecp256k1.ts';
import { RECORD_SIZE, Records } from './records.ts';
import { RING_RECORDS } from './ring.ts';
import { createSigner } from './signer.ts';
import { createVerifier, type Verifier } from './verifier.ts';

/** Order of the curve. */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

let hashes: Hashes;
let curve: Curve;
const verifiers: Verifier[] = [];

before(async () => {
  hashes = await createHashes();
  curve = createCurve(hashes, assert.fail);
  for (const workers of [0, 1, 2]) {
    verifiers.push(await createVerifier({ hashes, workers, warn: assert.fail, fatal: assert.fail }));
  }
});
after(() => Promise.all(verifiers.map((verifier) => verifier.close())));

const key = (i: number): Uint8Array => hashes.sha256(Uint8Array.of(i & 255, i >> 8, 1));
const digest = (i: number): Uint8Array => hashes.keccak256(Uint8Array.of(i & 255, i >> 8, 2));
const zero = (bytes: Uint8Array, from: number, to: number): Uint8Array => bytes.fill(0, from, to);

function put(bytes: Uint8Array, offset: number, value: bigint): Uint8Array {
  bytes.set(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'), offset);
  return bytes;
}
function get(bytes: Uint8Array, offset: number): bigint {
  return BigInt(`0x${Buffer.from(bytes.subarray(offset, offset + 32)).toString('hex')}`);
}

/** What may be wrong with a signature (docs/protocol.md, 4); `change` gets a valid one. */
const faults: [name: string, change: (signature: Uint8Array) => Uint8Array][] = [
  ['r is 0', (s) => zero(s, 0, 32)],
  ['r is the order', (s) => put(s, 0, N)],
  ['s is 0', (s) => zero(s, 32, 64)],
  [
    's is above half the order',
    (s) => put(s, 32, (N - (get(s, 32) & (2n ** 255n - 1n))) & (2n ** 255n - 1n)),
  ],
  ['s is half the order and one', (s) => put(s, 32, N / 2n + 1n)],
  ['the parity is flipped', (s) => s.fill(s[32]! ^ 0x80, 32, 33)],
  ['a bit of r is another', (s) => s.fill(s[31]! ^ 1, 31, 32)],
  ['a bit of s is another', (s) => s.fill(s[63]! ^ 1, 63, 64)],
];

test('valid signatures pass, each fault fails, in any batch and with any number of threads', async () => {
  const records = new Records();
  const expected: number[] = [];
  for (let i = 0; i < 200; i++) {
    const signer = curve.addressOf(key(i));
    const signature = curve.sign(digest(i), key(i));
    records.add(digest(i), signature, signer);
    expected.push(1);
    const [, change] = faults[i % faults.length]!;
    records.add(digest(i), change(signature.slice()), signer);
    records.add(digest(i + 1), signature, signer);
    records.add(digest(i), signature, curve.addressOf(key(i + 1)));
    expected.push(0, 0, 0);
  }
  const all = records.take();
  for (const verifier of verifiers) {
    assert.deepEqual([...(await verifier.check(all))], expected, `${verifier.workers} workers`);
  }
});

test('batches above the ring, and many at once, come back whole and in their own order', async () => {
  const records = new Records();
  for (let i = 0; i < 64; i++) {
    const signer = curve.addressOf(key(i % 3 === 0 ? 99 : i));
    records.add(digest(i), curve.sign(digest(i), key(i)), signer);
  }
  const some = records.take();
  const expected = Array.from({ length: 64 }, (_, i) => (i % 3 === 0 ? 0 : 1));
  const times = Math.ceil((RING_RECORDS * 1.5) / 64);
  const large = new Uint8Array(some.length * times);
  for (let i = 0; i < times; i++) large.set(some, i * some.length);
  const verifier = verifiers[1]!;
  const results = await Promise.all([
    verifier.check(large),
    ...Array.from({ length: 200 }, (_, i) => verifier.check(some.slice((i % 64) * RECORD_SIZE))),
  ]);
  assert.deepEqual(
    [...results[0]!],
    Array.from({ length: 64 * times }, (_, i) => expected[i % 64]),
  );
  for (let i = 0; i < 200; i++) assert.deepEqual([...results[i + 1]!], expected.slice(i % 64));
  assert.equal(verifier.waiting, 0);
});

test('no record, no wait; half a record is a bug', async () => {
  const verifier = verifiers[1]!;
  assert.equal((await verifier.check(new Uint8Array(0))).length, 0);
  assert.throws(() => void verifier.check(new Uint8Array(RECORD_SIZE + 1)), RangeError);
});

for (const kind of ['system', 'native', 'wasm'] as const) {
  test(`the library "${kind}" takes what is valid, no fault, and agrees with WebAssembly in every byte`, (t) => {
    const library = buildCurve(kind, hashes);
    if (library === undefined) return t.skip('this machine has no libsecp256k1');
    const wasm = buildCurve('wasm', hashes)!;
    for (let i = 0; i < 20; i++) {
      const signer = wasm.addressOf(key(i));
      const signature = wasm.sign(digest(i), key(i));
      assert.deepEqual(library.addressOf(key(i)), signer);
      assert.deepEqual(library.sign(digest(i), key(i)), signature);
      assert.deepEqual(library.recover(digest(i), signature), signer);
      for (const [name, change] of faults) {
        const changed = change(signature.slice());
        assert.notDeepEqual(library.recover(digest(i), changed), signer, name);
        assert.deepEqual(library.recover(digest(i), changed), wasm.recover(digest(i), changed), name);
      }
    }
    for (const bad of [new Uint8Array(32), new Uint8Array(31), put(new Uint8Array(32), 0, N)]) {
      assert.throws(() => library.addressOf(bad), RangeError);
    }
  });
}

test('a library that is not there is none, and what loads and is no libsecp256k1 is none', () => {
  assert.equal(loadSystem(['libsecp256k1.so.none']), undefined);
  assert.equal(loadSystem(['libc.so.6']), undefined);
});

test('a signer signs what its address is checked against, and no other key is one', () => {
  const signer = createSigner(curve, key(5));
  assert.deepEqual(curve.recover(digest(5), signer.sign(digest(5))), signer.address);
  for (const bad of [new Uint8Array(32), new Uint8Array(31), put(new Uint8Array(32), 0, N)]) {
    assert.throws(() => createSigner(curve, bad), RangeError);
  }
});

test('a closed verifier gives nothing for valid', async () => {
  const verifier = await createVerifier({ hashes, workers: 1, warn: assert.fail, fatal: assert.fail });
  const records = new Records();
  for (let i = 0; i < 500; i++)
    records.add(digest(i), curve.sign(digest(i), key(i)), curve.addressOf(key(i)));
  const pending = assert.rejects(verifier.check(records.take()));
  await verifier.close();
  await pending;
  await assert.rejects(verifier.check(new Uint8Array(RECORD_SIZE)));
});
