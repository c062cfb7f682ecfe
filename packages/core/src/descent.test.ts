/** descent.ts: a receipt without enough signatures of its own, proven by a later header; and every way it is not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DESCENT_MOST, type Descent, descentFromJson, descentToJson, lastOfDescent } from './descent.ts';
import { encodeEvent } from './events.ts';
import { nobleHashes as hashes } from './hash.ts';
import type { Header } from './header.ts';
import { toHex } from './hex.ts';
import { auditPath, merkleRoot } from './merkle.ts';
import { checkReceipt, type Receipt } from './receipt.ts';
import { createDomain } from './signing.ts';

const domain = createDomain(1, new Uint8Array(20), hashes);
const zero = new Uint8Array(32);
const events = [1, 2, 3].map((number) => encodeEvent({ type: 'settled', number }));
const validators = [1, 2, 3, 4].map((n) => new Uint8Array(20).fill(n));
const others = [5, 6, 7, 8].map((n) => new Uint8Array(20).fill(n));

/** A scheme for the test: a signature is the digest and, 32 times, the validator's byte. */
const signaturesOf = (header: Header, signers: readonly Uint8Array[]) =>
  signers.map((validator) => ({
    validator,
    signature: new Uint8Array([...domain.headerDigest(header), ...new Uint8Array(32).fill(validator[0]!)]),
  }));
const recover = (digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined =>
  toHex(signature.subarray(0, 32)) === toHex(digest) ? new Uint8Array(20).fill(signature[32]!) : undefined;

const first: Header = {
  height: 7,
  parent: zero,
  events: merkleRoot(hashes, events),
  state: zero,
  settlement: zero,
};
/** Signed by those of then. */
const receipt: Receipt = {
  header: first,
  signatures: signaturesOf(first, others),
  index: 1,
  count: 3,
  path: auditPath(hashes, events, 1),
  event: events[1]!,
};
const headersOf = (count: number): Header[] => {
  const headers: Header[] = [];
  let last = first;
  for (let i = 0; i < count; i++) {
    const state = new Uint8Array(32).fill(i);
    last = {
      height: last.height + 1,
      parent: domain.headerDigest(last),
      events: zero,
      state,
      settlement: zero,
    };
    headers.push(last);
  }
  return headers;
};
const headers = headersOf(5);
const good: Descent = { headers, signatures: signaturesOf(headers[4]!, validators.slice(0, 3)) };
const faultOf = (descent?: Descent, of: Receipt = receipt) =>
  checkReceipt(of, { domain, hashes, validators, recover }, descent);

describe('a descent', () => {
  it('proves what the validators of now never signed', () => {
    assert.equal(faultOf(), 'not-validator');
    assert.equal(faultOf(good), undefined);
    assert.equal(faultOf(good, { ...receipt, signatures: [] }), undefined);
  });
  it('needs every header between, in order, and nothing else', () => {
    const changed = (i: number, change: Partial<Header>): Header[] =>
      headers.map((header, at) => (at === i ? { ...header, ...change } : header));
    const bad: Header[][] = [
      headers.slice(1),
      [...headers.slice(0, 2), ...headers.slice(3)],
      [...headers].reverse(),
      [first, ...headers],
      ...headers.slice(0, 4).map((_, i) => changed(i, { state: new Uint8Array(32).fill(99) })),
      changed(2, { height: 11 }),
      changed(0, { parent: zero }),
    ];
    for (const [i, list] of bad.entries())
      assert.equal(faultOf({ ...good, headers: list }), 'descent', `${i}`);
    // The last one is what is signed: another one is none of theirs.
    assert.equal(faultOf({ ...good, headers: changed(4, { state: zero }) }), 'signature');
    assert.equal(faultOf({ ...good, headers: headers.slice(0, 4) }), 'signature');
  });
  it('counts the signatures of its last header only', () => {
    const [a, b, c] = good.signatures;
    assert.equal(faultOf({ ...good, signatures: [a!, b!] }), 'quorum');
    assert.equal(faultOf({ ...good, signatures: [a!, b!, b!] }), 'duplicate-signer');
    assert.equal(
      faultOf({ ...good, signatures: [a!, b!, { ...c!, validator: others[0]! }] }),
      'not-validator',
    );
    assert.equal(faultOf({ ...good, signatures: signaturesOf(headers[3]!, validators) }), 'signature');
  });
  it('does not make up for another event', () => {
    assert.equal(faultOf(good, { ...receipt, event: events[0]! }), 'path');
    assert.equal(
      faultOf(good, { ...receipt, header: { ...first, state: new Uint8Array(32).fill(1) } }),
      'descent',
    );
  });
  it('is bounded', () => {
    const many = new Array<Header>(DESCENT_MOST + 1).fill(headers[0]!);
    assert.equal(lastOfDescent(domain, first, { headers: many, signatures: [] }), undefined);
    assert.equal(descentFromJson({ headers: many.map(() => ({})), signatures: [] }), undefined);
  });
  it('goes through JSON, and anything else is malformed', () => {
    const json = JSON.parse(JSON.stringify(descentToJson(good)));
    assert.deepEqual(descentFromJson(json), good);
    for (const bad of [
      undefined,
      null,
      [],
      {},
      { ...json, headers: 1 },
      { ...json, signatures: [{}] },
      { ...json, headers: [{ ...json.headers[0], height: '01' }] },
      { ...json, headers: [{ ...json.headers[0], parent: '0x00' }] },
    ]) {
      assert.equal(descentFromJson(bad), undefined);
    }
  });
});
