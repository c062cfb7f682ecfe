/** signing.ts: digests do not depend on what was hashed before; wallets get what is hashed. Known answers: vectors.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { L1View } from './block.ts';
import { asciiBytes, concatBytes } from './bytes.ts';
import { nobleHashes as hashes } from './hash.ts';
import type { Header } from './header.ts';
import { toHex } from './hex.ts';
import { encodeFetch, encodeIntents, type Fetch } from './messages.ts';
import { createDomain, typedData, typedTypes, typeStrings } from './signing.ts';

const contract = new Uint8Array(20).fill(0xc0);
const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

const fetch: Fetch = {
  account: new Uint8Array(20).fill(1),
  sequence: 5n,
  limit: 6n,
  budget: 7n,
  expires: 8,
  signature: new Uint8Array(64).fill(9),
  intents: [{ kind: 'validate' }],
};
const header: Header = { height: 3, parent: fill(1), events: fill(2), state: fill(3), settlement: fill(4) };
const view: L1View = {
  time: 1,
  items: 2,
  head: fill(3),
  settled: 4,
  validators: fill(5),
  rotation: new Uint8Array(20).fill(6),
  change: 1,
};

describe('a domain', () => {
  const domain = createDomain(1, contract, hashes);
  const bytes = encodeFetch(fetch);

  it('digests do not depend on what was hashed before', () => {
    const all = [
      () => domain.fetchDigest(bytes, 0, bytes.length),
      () => domain.fetchDigestOf(2n ** 64n - 1n, 2n ** 64n - 1n, fill(0xff)),
      () => domain.captureDigest(new Uint8Array(20).fill(0xff), 2n ** 64n - 1n, 65535, 2n ** 64n - 1n),
      () => domain.captureDigest(new Uint8Array(20), 0n, 0, 0n),
      () => domain.headerDigest(header),
      () => domain.headerDigest({ ...header, height: 2 ** 53 - 1 }),
      () => domain.viewDigest(view),
      () => domain.viewDigest({ ...view, change: 0, rotation: new Uint8Array(20) }),
    ];
    const forth = all.map((digest) => toHex(digest()));
    const back = all.toReversed().map((digest) => toHex(digest()));
    assert.deepEqual(forth, back.reverse());
    assert.equal(new Set(forth).size, forth.length);
  });
  it('each field is bound', () => {
    const digestOf = (changed: Partial<Fetch>): string => {
      const encoded = encodeFetch({ ...fetch, ...changed });
      return toHex(domain.fetchDigest(encoded, 0, encoded.length));
    };
    const digests = [
      digestOf({}),
      digestOf({ sequence: 6n }),
      digestOf({ limit: 7n }),
      digestOf({ budget: 8n }),
      digestOf({ expires: 9 }),
      digestOf({ intents: [{ kind: 'validate' }, { kind: 'validate' }] }),
    ];
    assert.equal(new Set(digests).size, digests.length);
    // Neither is: the account is what the signature recovers to.
    assert.equal(digestOf({ account: new Uint8Array(20), signature: new Uint8Array(64) }), digests[0]);
  });
  it('another chain or contract is another domain', () => {
    const separators = [
      createDomain(2, contract, hashes),
      createDomain(1, new Uint8Array(20), hashes),
      domain,
    ];
    assert.equal(new Set(separators.map(({ separator }) => toHex(separator))).size, 3);
  });
  it('a struct hash is that of EIP-712, put together by hand', () => {
    const word = (value: number): Uint8Array =>
      Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? value : 0));
    const request = hashes.keccak256(
      concatBytes(
        hashes.keccak256(asciiBytes('Request(uint64 budget,uint64 expires,bytes32 intents)')),
        word(7),
        word(8),
        hashes.sha256(encodeIntents(fetch.intents)),
      ),
    );
    assert.deepEqual(domain.requestHash(bytes, 0, domain.intentsHash(bytes, 0, bytes.length)), request);
    assert.deepEqual(domain.fetchDigestOf(5n, 6n, request), domain.fetchDigest(bytes, 0, bytes.length));
  });
  it('refuses what is no deployment', () => {
    assert.throws(() => createDomain(1, new Uint8Array(19), hashes), RangeError);
    assert.throws(() => createDomain(1.5, contract, hashes), RangeError);
    assert.throws(() => createDomain(-1, contract, hashes), RangeError);
    assert.throws(() => createDomain(2 ** 53, contract, hashes), RangeError);
  });
});

describe('typed data', () => {
  it('is what wallets take', () => {
    assert.deepEqual(typedData(31337, contract), {
      types: typedTypes,
      domain: {
        name: 'Upfront',
        version: '1',
        chainId: 31337,
        verifyingContract: '0xc0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0',
      },
    });
  });
  it('names every type once; a referenced one follows', () => {
    assert.deepEqual(Object.keys(typedTypes), ['Fetch', 'Request', 'Capture', 'Header', 'View']);
    assert.equal(typeStrings.Fetch.indexOf(typeStrings.Request) > 0, true);
  });
});
