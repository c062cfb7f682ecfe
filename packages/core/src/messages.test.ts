/** messages.ts: scanners against decoders and against a plain reading of section 3 with bigints. Cases by hand: vectors.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { viewOf } from './bytes.ts';
import { defaultParameters, type Parameters } from './genesis.ts';
import {
  decodeFetch,
  decodeFulfil,
  decodeMessage,
  encodeFetch,
  encodeFulfil,
  encodeIntents,
  FETCH,
  type Fetch,
  type Fulfil,
  type Intent,
  scanFetch,
  scanFulfil,
  splitMessages,
} from './messages.ts';

const parameters: Parameters = { ...defaultParameters, maxIntents: 8, postMost: 300 };

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(model, { noNullPrototype: true });
const run = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const amount = fc.oneof(fc.bigInt(0n, 2n ** 20n), fc.bigInt(0n, 2n ** 63n - 1n));
const payee = run(20).filter((bytes) => bytes.some((byte) => byte !== 0));
const intent: fc.Arbitrary<Intent> = fc.oneof(
  record({ kind: fc.constant('transfer' as const), commitment: run(32) }),
  record({
    kind: fc.constant('hold' as const),
    payee,
    max: fc.bigInt(1n, 2n ** 40n),
    window: fc.integer({ min: 5, max: 600 }),
  }),
  record({ kind: fc.constant('withdraw' as const), commitment: run(32) }),
  record({
    kind: fc.constant('post' as const),
    topic: run(32),
    stake: fc.bigInt(0n, 2n ** 40n),
    size: fc.nat(300),
    commitment: run(32),
  }),
  fc.constant({ kind: 'validate' as const }),
);
const fetches: fc.Arbitrary<Fetch> = record({
  account: run(20),
  sequence: fc.bigInt(0n, 2n ** 56n - 1n),
  limit: amount,
  budget: amount,
  expires: fc.maxSafeNat(),
  signature: run(64),
  intents: fc.array(intent, { minLength: 1, maxLength: 8 }),
});
const nonce = fc.maxSafeNat();
const u64 = fc.bigInt(0n, 2n ** 64n - 1n);
const fulfils: fc.Arbitrary<Fulfil> = fc.oneof(
  record({
    kind: fc.constant('transfer' as const),
    nonce,
    salt: run(16),
    to: run(20),
    amount: u64,
    reference: run(32),
  }),
  record({ kind: fc.constant('hold' as const), nonce, amount: u64, signature: run(64) }),
  record({ kind: fc.constant('withdraw' as const), nonce, salt: run(16), amount: u64 }),
  record({
    kind: fc.constant('post' as const),
    nonce,
    salt: run(16),
    data: fc.uint8Array({ maxLength: 300 }),
  }),
  record({ kind: fc.constant('validate' as const), nonce, height: fc.maxSafeNat(), signature: run(64) }),
);

const scan = (bytes: Uint8Array, p = parameters): number =>
  (bytes[0] === 1 ? scanFetch : scanFulfil)(bytes, viewOf(bytes), 0, bytes.length, p);

/** Section 3 on whole bytes, once more and as slowly as it reads. */
function isFetch(bytes: Uint8Array, { maxIntents, fee, ...p }: Parameters): boolean {
  const at = (offset: number, size: number): bigint =>
    BigInt(`0x0${Buffer.from(bytes.subarray(offset, offset + size)).toString('hex')}`);
  if (bytes.length < 120 || bytes[0] !== 1 || at(21, 8) >= 2n ** 56n) return false;
  if (at(29, 8) >= 2n ** 63n || at(37, 8) >= 2n ** 63n || at(45, 8) >= 2n ** 53n) return false;
  const count = Number(at(117, 2));
  if (count < 1 || count > maxIntents) return false;
  let total = BigInt(count) * fee;
  let offset = 119;
  for (let i = 0; i < count; i++) {
    const kind = bytes[offset] ?? 0;
    const size = [0, 33, 31, 33, 75, 1][kind] ?? 0;
    if (size === 0 || offset + size > bytes.length) return false;
    if (kind === 2) {
      const window = Number(at(offset + 29, 2));
      if (at(offset + 1, 20) === 0n || at(offset + 21, 8) === 0n) return false;
      if (window < p.windowHoldLeast || window > p.windowHoldMost) return false;
      total += at(offset + 21, 8);
    }
    if (kind === 4) {
      if (Number(at(offset + 41, 2)) > p.postMost) return false;
      total += at(offset + 33, 8);
    }
    offset += size;
  }
  return offset === bytes.length && total < 2n ** 63n;
}

describe('fetches', () => {
  it('back and forth', () => {
    fc.assert(
      fc.property(fetches, (fetch) => {
        const bytes = encodeFetch(fetch);
        assert.deepEqual(decodeFetch(bytes, parameters), fetch);
        assert.deepEqual(decodeMessage(bytes, parameters), { type: 'fetch', fetch });
        assert.deepEqual(bytes.subarray(FETCH.intents), encodeIntents(fetch.intents));
      }),
    );
  });
  it('a changed byte: scanner, decoder and the page agree', () => {
    fc.assert(
      fc.property(fetches, fc.nat(), fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff), (fetch, where, value) => {
        const bytes = encodeFetch(fetch);
        // Half of the changes hit the integers and the first intent, where the bounds are.
        bytes[where % 2 === 0 ? (where / 2) % bytes.length : 21 + (((where - 1) / 2) % 32)] = value;
        const expected = isFetch(bytes, parameters);
        assert.equal(decodeFetch(bytes, parameters) !== undefined, expected);
        if (bytes[0] === 1) assert.equal(scan(bytes) === bytes.length, expected);
      }),
      { numRuns: 2000 },
    );
  });
  it('sums around 2^63, with any fee', () => {
    const part = fc.bigInt(0n, 2n ** 64n - 1n);
    const near = fc.bigInt(-3n, 3n);
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 7 }),
        near,
        fc.bigInt(1n, 2n ** 53n - 1n),
        (parts, off, fee) => {
          const stakes = parts.map((stake) => stake % (2n ** 63n / BigInt(parts.length)));
          const used = BigInt(parts.length + 1) * fee + stakes.reduce((a, b) => a + b, 0n);
          const last = 2n ** 63n - 1n - used + off;
          fc.pre(last >= 0n && last < 2n ** 64n);
          const intents = [...stakes, last].map(
            (stake): Intent => ({
              kind: 'post',
              topic: new Uint8Array(32),
              stake,
              size: 0,
              commitment: new Uint8Array(32),
            }),
          );
          const bytes = encodeFetch({ ...sample, intents });
          assert.equal(scan(bytes, { ...parameters, fee }) === bytes.length, off <= 0n);
          assert.equal(isFetch(bytes, { ...parameters, fee }), off <= 0n);
        },
      ),
    );
  });
  it('parameters are the bounds', () => {
    const validate: Intent = { kind: 'validate' };
    const bytes = encodeFetch({ ...sample, intents: Array<Intent>(9).fill(validate) });
    assert.equal(scan(bytes), -1);
    assert.equal(scan(bytes, { ...parameters, maxIntents: 9 }), bytes.length);
  });
  it('encoding refuses what does not fit', () => {
    const refused: Partial<Fetch>[] = [
      { account: new Uint8Array(19) },
      { signature: new Uint8Array(65) },
      { sequence: 2n ** 64n },
      { limit: -1n },
      { expires: 0.5 },
      { intents: [{ kind: 'hold', payee: new Uint8Array(20), max: 1n, window: 65536 }] },
      { intents: [{ kind: 'transfer', commitment: new Uint8Array(31) }] },
    ];
    for (const change of refused) assert.throws(() => encodeFetch({ ...sample, ...change }), RangeError);
  });
});

const sample: Fetch = {
  account: new Uint8Array(20),
  sequence: 0n,
  limit: 0n,
  budget: 0n,
  expires: 0,
  signature: new Uint8Array(64),
  intents: [{ kind: 'validate' }],
};

describe('fulfilments', () => {
  it('back and forth', () => {
    fc.assert(
      fc.property(fulfils, (fulfil) => {
        const bytes = encodeFulfil(fulfil);
        assert.deepEqual(decodeFulfil(bytes, parameters), fulfil);
        assert.deepEqual(decodeMessage(bytes, parameters), { type: 'fulfil', fulfil });
        assert.equal(scan(bytes), bytes.length);
      }),
    );
  });
  it('every prefix is malformed', () => {
    fc.assert(
      fc.property(fulfils, (fulfil) => {
        const bytes = encodeFulfil(fulfil);
        for (let size = 0; size < bytes.length; size++) {
          assert.equal(decodeFulfil(bytes.subarray(0, size), parameters), undefined);
          assert.equal(scanFulfil(bytes, viewOf(bytes), 0, size, parameters), -1);
        }
      }),
      { numRuns: 20 },
    );
  });
  it('encoding refuses what does not fit', () => {
    const salt = new Uint8Array(16);
    assert.throws(
      () => encodeFulfil({ kind: 'post', nonce: 1, salt, data: new Uint8Array(65536) }),
      RangeError,
    );
    assert.throws(() => encodeFulfil({ kind: 'withdraw', nonce: -1, salt, amount: 1n }), RangeError);
    assert.throws(() => encodeFulfil({ kind: 'withdraw', nonce: 1, salt, amount: 2n ** 64n }), RangeError);
  });
});

describe('messages in a row', () => {
  const messages = fc.array(fc.oneof(fetches.map(encodeFetch), fulfils.map(encodeFulfil)), { maxLength: 6 });

  it('are found, wherever the buffer begins', () => {
    fc.assert(
      fc.property(messages, fc.nat(9), (list, margin) => {
        const joined = new Uint8Array(
          Buffer.concat([new Uint8Array(margin), ...list, new Uint8Array(margin)]),
        );
        const bytes = joined.subarray(margin, joined.length - margin);
        const index = splitMessages(bytes, parameters);
        assert.ok(index);
        const found = [...index.offsets].map((at, i) => bytes.slice(at, at + index.sizes[i]!));
        assert.deepEqual(found, list);
      }),
    );
  });
  it('none is no message', () => {
    const empty = new Uint8Array(0);
    assert.deepEqual(splitMessages(empty, parameters), {
      view: new DataView(empty.buffer),
      offsets: new Uint32Array(0),
      sizes: new Uint32Array(0),
    });
  });
  it('one that is cut makes all malformed', () => {
    fc.assert(
      fc.property(messages, (list) => {
        fc.pre(list.length > 0);
        const bytes = new Uint8Array(Buffer.concat(list));
        assert.equal(splitMessages(bytes.subarray(0, bytes.length - 1), parameters), undefined);
        assert.equal(splitMessages(new Uint8Array([...bytes, 0]), parameters), undefined);
      }),
    );
  });
  it('a scan never looks behind its end', () => {
    const bytes = encodeFetch(sample);
    assert.equal(scanFetch(bytes, viewOf(bytes), 0, bytes.length - 1, parameters), -1);
    const two = new Uint8Array([...bytes, ...bytes]);
    assert.equal(scanFetch(two, viewOf(two), 0, two.length, parameters), bytes.length);
    assert.equal(scanFetch(two, viewOf(two), bytes.length, two.length, parameters), bytes.length);
  });
  it('any bytes: malformed, never a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(1, 2), (bytes, type) => {
        bytes[0] = type;
        const decoded = decodeMessage(bytes, parameters);
        assert.equal(decoded !== undefined, bytes.length > 0 && scan(bytes) === bytes.length);
      }),
    );
  });
});
