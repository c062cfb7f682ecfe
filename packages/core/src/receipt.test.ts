/** receipt.ts: the quorum's arithmetic, JSON of any shape, any bytes. Cases by hand, with every fault: vectors.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Descent } from './descent.ts';
import { encodeEvent } from './events.ts';
import { nobleHashes as hashes } from './hash.ts';
import { toHex } from './hex.ts';
import { auditPath, merkleRoot } from './merkle.ts';
import {
  checkReceipt,
  decodeReceipt,
  encodeReceipt,
  type Receipt,
  receiptFaults,
  receiptFromJson,
  receiptToJson,
} from './receipt.ts';
import { createDomain } from './signing.ts';

const domain = createDomain(1, new Uint8Array(20), hashes);
const raw = [1, 2, 3].map((number) => encodeEvent({ type: 'settled', number }));
const validatorOf = (n: number): Uint8Array => new Uint8Array(20).fill(n + 1);

/** A scheme for the test: a signature is the digest and, 32 times, the validator's byte. */
function sign(digest: Uint8Array, n: number): Uint8Array {
  return new Uint8Array([...digest, ...new Uint8Array(32).fill(n + 1)]);
}
const recover = (digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined =>
  toHex(signature.subarray(0, 32)) === toHex(digest) ? new Uint8Array(20).fill(signature[32]!) : undefined;

function receiptOf(signers: number): Receipt {
  const zero = new Uint8Array(32);
  const header = { height: 1, parent: zero, events: merkleRoot(hashes, raw), state: zero, settlement: zero };
  const digest = domain.headerDigest(header);
  const signatures = Array.from({ length: signers }, (_, n) => ({
    validator: validatorOf(n),
    signature: sign(digest, n),
  }));
  return { header, signatures, index: 1, count: 3, path: auditPath(hashes, raw, 1), event: raw[1]! };
}

describe('a check', () => {
  it('needs more than 2/3 of the validators', () => {
    const least = [1, 2, 3, 3, 4, 5, 5, 6, 7, 7];
    least.forEach((needed, i) => {
      const validators = Array.from({ length: i + 1 }, (_, n) => validatorOf(n));
      const faultOf = (signers: number) =>
        checkReceipt(receiptOf(signers), { domain, hashes, validators, recover });
      assert.equal(faultOf(needed), undefined, `${needed} of ${i + 1}`);
      assert.equal(faultOf(needed - 1), 'quorum', `${needed - 1} of ${i + 1}`);
    });
  });
  it('nobody signs for an empty set', () => {
    assert.equal(checkReceipt(receiptOf(0), { domain, hashes, validators: [], recover }), 'quorum');
  });
  it('the first fault in order is the answer', () => {
    const validators = [0, 1, 2, 3].map(validatorOf);
    const good = receiptOf(3);
    const [a, b, c] = good.signatures as [
      (typeof good.signatures)[0],
      (typeof good.signatures)[0],
      (typeof good.signatures)[0],
    ];
    const bad = { validator: b.validator, signature: c.signature };
    const stranger = { validator: validatorOf(9), signature: a.signature };
    const apart = { headers: [good.header], signatures: [stranger, bad, bad] };
    const rows: [string, Receipt, Descent?][] = [
      ['path', { ...good, index: 0, signatures: [stranger, bad, bad] }, apart],
      ['descent', good, apart],
      ['not-validator', { ...good, signatures: [stranger, bad, bad] }],
      ['duplicate-signer', { ...good, signatures: [bad, bad] }],
      ['signature', { ...good, signatures: [bad] }],
      ['quorum', { ...good, signatures: [a] }],
    ];
    assert.deepEqual(
      rows.map(([fault]) => fault),
      [...receiptFaults],
    );
    for (const [fault, receipt, descent] of rows) {
      assert.equal(checkReceipt(receipt, { domain, hashes, validators, recover }, descent), fault);
    }
  });
});

describe('a receipt in bytes', () => {
  it('back and forth; every prefix is malformed', () => {
    const receipt = receiptOf(2);
    const bytes = encodeReceipt(receipt);
    assert.deepEqual(decodeReceipt(bytes), receipt);
    for (let size = 0; size < bytes.length; size++) {
      assert.equal(decodeReceipt(bytes.subarray(0, size)), undefined);
    }
  });
  it('any bytes: malformed, or exactly what encodes to them', () => {
    const bytes = encodeReceipt(receiptOf(1));
    fc.assert(
      fc.property(fc.nat(), fc.nat(255), (at, value) => {
        const changed = bytes.slice();
        changed[at % bytes.length] = value;
        const decoded = decodeReceipt(changed);
        if (decoded) assert.deepEqual(encodeReceipt(decoded), changed);
      }),
    );
  });
  it('encoding refuses what does not fit', () => {
    assert.throws(() => encodeReceipt({ ...receiptOf(1), index: -1 }), RangeError);
    assert.throws(() => encodeReceipt({ ...receiptOf(1), path: [new Uint8Array(31)] }), RangeError);
    assert.throws(() => encodeReceipt({ ...receiptOf(1), event: new Uint8Array(65536) }), RangeError);
  });
});

describe('a receipt in JSON', () => {
  const receipt = receiptOf(2);
  const json = receiptToJson(receipt);

  it('back and forth through text', () => {
    assert.deepEqual(receiptFromJson(JSON.parse(JSON.stringify(json))), receipt);
  });
  it('unknown fields are passed over', () =>
    assert.deepEqual(receiptFromJson({ ...json, more: 1 }), receipt));

  const { header, signatures } = json;
  const malformed: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['text', '{}'],
    ['a list', []],
    ['nothing in it', {}],
    ['no header', { ...json, header: undefined }],
    ['a header of null', { ...json, header: null }],
    ['a height that is a number', { ...json, header: { ...header, height: 1 } }],
    ['a height with a leading zero', { ...json, header: { ...header, height: '01' } }],
    ['a height below 0', { ...json, header: { ...header, height: '-1' } }],
    ['a height of 2^53', { ...json, header: { ...header, height: '9007199254740992' } }],
    ['a height in hex', { ...json, header: { ...header, height: '0x1' } }],
    ['a state of 31 bytes', { ...json, header: { ...header, state: `0x${'00'.repeat(31)}` } }],
    ['signatures that are no list', { ...json, signatures: {} }],
    ['a signature of null', { ...json, signatures: [null] }],
    [
      'a signature of 65 bytes',
      { ...json, signatures: [{ ...signatures[0], signature: `0x${'00'.repeat(65)}` }] },
    ],
    ['a signature without validator', { ...json, signatures: [{ signature: signatures[0]!.signature }] }],
    ['an index of 2^32', { ...json, index: '4294967296' }],
    ['a count that is empty', { ...json, count: '' }],
    ['a path that is no list', { ...json, path: '0x' }],
    ['a path of 33', { ...json, path: Array<string>(33).fill(header.state) }],
    ['a path with a hole', { ...json, path: [undefined] }],
    ['an event without 0x', { ...json, event: 'ff' }],
    ['an event of 65536 bytes', { ...json, event: `0x${'00'.repeat(65536)}` }],
  ];
  for (const [name, value] of malformed) {
    it(`malformed: ${name}`, () => assert.equal(receiptFromJson(value), undefined));
  }
  it('any value: malformed, never a throw', () => {
    fc.assert(fc.property(fc.anything(), (value) => assert.equal(receiptFromJson(value), undefined)));
  });
});
