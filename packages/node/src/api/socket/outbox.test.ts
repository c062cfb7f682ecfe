/** Answers as WebSocket messages: each form of the length (RFC 6455, 5.2), read back by a decoder of the test's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox } from './outbox.ts';

/** Payloads of unmasked, final, binary messages. */
function payloads(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    assert.equal(bytes[at], 0x82);
    let size = bytes[at + 1]!;
    let from = at + 2;
    if (size === 126) {
      size = bytes.readUInt16BE(from);
      assert.ok(size > 125);
      from += 2;
    } else if (size === 127) {
      size = Number(bytes.readBigUInt64BE(from));
      assert.ok(size > 0xffff);
      from += 8;
    }
    at = from + size;
    found.push(bytes.subarray(from, at));
  }
  return found;
}

test('answers of any length come out whole, in order, with their ids', () => {
  const outbox = new Outbox();
  assert.equal(outbox.length, 0);
  const sizes = [1, 27, 120, 121, 122, 0xffff - 5, 0xffff - 4, 27 * 4096, 27];
  sizes.forEach((size, i) => {
    outbox.add(0xffff_fff0 + i, new Uint8Array(size).fill(i + 1));
  });
  const bytes = outbox.take();
  assert.equal(outbox.length, 0);
  const found = payloads(bytes);
  assert.equal(found.length, sizes.length);
  found.forEach((payload, i) => {
    assert.equal(payload[0], 0x81);
    assert.equal(payload.readUInt32BE(1), 0xffff_fff0 + i);
    assert.deepEqual(payload.subarray(5), Buffer.alloc(sizes[i]!, i + 1));
  });
});

test('what was taken stays as it is while more is added', () => {
  const outbox = new Outbox();
  outbox.add(1, Uint8Array.of(7));
  const taken = outbox.take();
  outbox.add(2, Uint8Array.of(9));
  assert.deepEqual(payloads(taken), [Buffer.of(0x81, 0, 0, 0, 1, 7)]);
  assert.deepEqual(payloads(outbox.take()), [Buffer.of(0x81, 0, 0, 0, 2, 9)]);
});
