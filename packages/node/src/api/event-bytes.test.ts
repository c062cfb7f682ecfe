/** What is read out of packed events agrees with the core's decoder. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEvent, EVENT, EventLog } from '@upfront/core';
import {
  accountOffsets,
  eventAt,
  eventPlaces,
  eventToJson,
  lengthAndEventAt,
  postNonceOf,
} from './event-bytes.ts';

/** Bytes of an event of each type (docs/protocol.md, 10). */
const SIZES = [95, 31, 89, 57, 37, 95, 37, 69, 78, 42, 61, 9, 22, 45];

/** An event of this type whose every address, and nothing else, is bytes of 0x01. */
function sample(type: number): Uint8Array {
  const bytes = new Uint8Array(SIZES[type - 1]!);
  bytes[0] = type;
  for (const offset of accountOffsets(type)) bytes.fill(1, offset, offset + 20);
  return bytes;
}

test('offsets of addresses are those of the core’s fields', () => {
  const one = '01'.repeat(20);
  for (const type of Object.values(EVENT)) {
    const event = decodeEvent(sample(type));
    assert.ok(event !== undefined, `type ${type}`);
    const addresses = Object.values(event).filter(
      (value) => value instanceof Uint8Array && value.length === 20,
    );
    assert.equal(addresses.length, accountOffsets(type).length, event.type);
    for (const address of addresses)
      assert.equal(Buffer.from(address as Uint8Array).toString('hex'), one, event.type);
  }
});

test('a packed list is taken apart as it was put together', () => {
  const log = new EventLog();
  const topic = new Uint8Array(32).fill(3);
  const account = new Uint8Array(20).fill(4);
  log.posted(7, account, 0, topic, 0, 5, new Uint8Array(32));
  log.delivered(topic, 0, 7, true);
  log.delivered(topic, 0, 8, false);
  log.settled(1);
  const list = log.bytes();
  const places = eventPlaces(list);
  assert.equal(places.count, 4);
  const view = new DataView(list.buffer, list.byteOffset, list.length);
  assert.deepEqual(
    Array.from({ length: 4 }, (_, i) => postNonceOf(list, view, places.at[i]!)),
    [7, 7, -1, -1],
  );
  for (let i = 0; i < 4; i++) {
    assert.deepEqual(eventAt(list, places, i), log.event(i));
    assert.equal(lengthAndEventAt(list, places, i).length, log.event(i).length + 2);
  }
  assert.throws(() => eventPlaces(list.subarray(0, list.length - 1)), RangeError);
});

test('as JSON: amounts, nonces and times are decimal strings, small counts numbers', () => {
  const json = eventToJson({
    type: 'dealt',
    account: new Uint8Array(20).fill(0xab),
    sequence: 5n,
    first: 9,
    count: 3,
    limit: 2n ** 62n,
    budget: 10n,
    intents: new Uint8Array(32),
    clock: 12,
  });
  assert.deepEqual(json, {
    type: 'dealt',
    account: `0x${'ab'.repeat(20)}`,
    sequence: '5',
    first: '9',
    count: 3,
    limit: '4611686018427387904',
    budget: '10',
    intents: `0x${'00'.repeat(32)}`,
    clock: '12',
  });
});
