/** equivocation.ts: what proves that a validator signed two headers of one height, and what does not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  checkEquivocation,
  type Equivocation,
  equivocationFromJson,
  equivocationToJson,
} from './equivocation.ts';
import { nobleHashes as hashes } from './hash.ts';
import type { Header } from './header.ts';
import { toHex } from './hex.ts';
import { createDomain } from './signing.ts';

const domain = createDomain(1, new Uint8Array(20), hashes);
const zero = new Uint8Array(32);
const validator = new Uint8Array(20).fill(5);
const signed = (header: Header, by = 5) => ({
  header,
  signature: new Uint8Array([...domain.headerDigest(header), ...new Uint8Array(32).fill(by)]),
});
const recover = (digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined =>
  toHex(signature.subarray(0, 32)) === toHex(digest) ? new Uint8Array(20).fill(signature[32]!) : undefined;
const a: Header = { height: 9, parent: zero, events: zero, state: zero, settlement: zero };
const b: Header = { ...a, state: new Uint8Array(32).fill(1) };
const good: Equivocation = { validator, a: signed(a), b: signed(b) };

describe('an equivocation', () => {
  it('is two headers of one height that one validator signed', () => {
    const faultOf = (given: Equivocation) => checkEquivocation(given, { domain, recover });
    assert.equal(faultOf(good), undefined);
    assert.equal(faultOf({ ...good, b: signed({ ...b, height: 10 }) }), 'height');
    assert.equal(faultOf({ ...good, b: good.a }), 'same-header');
    assert.equal(faultOf({ ...good, b: signed(b, 6) }), 'signature');
    assert.equal(faultOf({ ...good, a: signed(a, 6) }), 'signature');
    assert.equal(faultOf({ ...good, b: { ...good.b, signature: good.a.signature } }), 'signature');
    assert.equal(faultOf({ ...good, validator: zero.slice(0, 20) }), 'signature');
  });
  it('goes through JSON, and anything else is malformed', () => {
    const json = JSON.parse(JSON.stringify(equivocationToJson(good)));
    assert.deepEqual(equivocationFromJson(json), good);
    for (const bad of [
      undefined,
      null,
      {},
      { ...json, a: {} },
      { ...json, validator: '0x' },
      { ...json, b: 1 },
    ])
      assert.equal(equivocationFromJson(bad), undefined);
  });
});
