/** events.ts: the log writes what the encoder writes, for every type. Cases by hand: vectors.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  decodeEvent,
  decodeEventList,
  EVENT,
  EVENT_ADDRESSES,
  EVENT_FIELDS,
  type Event,
  EventLog,
  type EventType,
  encodeEvent,
  isAnnulled,
  markAnnulled,
  splitEventList,
} from './events.ts';
import { nobleHashes as hashes } from './hash.ts';
import { merkleRoot } from './merkle.ts';

const run = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const values = {
  address: run(20),
  hash: run(32),
  u64: fc.bigInt(0n, 2n ** 64n - 1n),
  count: fc.maxSafeNat(),
  u32: fc.nat(2 ** 32 - 1),
  u16: fc.nat(65535),
  u8: fc.nat(255),
  flag: fc.boolean(),
};

function eventOf(type: EventType): fc.Arbitrary<Event> {
  const fields = Object.entries(EVENT_FIELDS[type]) as [string, keyof typeof values][];
  const model = Object.fromEntries(
    fields.map(([name, kind]) => [name, values[kind] as fc.Arbitrary<unknown>]),
  );
  return fc.record({ type: fc.constant(type), ...model }, { noNullPrototype: true }) as fc.Arbitrary<Event>;
}

const types = Object.keys(EVENT_FIELDS) as EventType[];
const events = fc.oneof(...types.map(eventOf));

/** Appends an event, with its runs at an offset in a larger buffer. */
function append(log: EventLog, e: Event): void {
  const at = 3;
  const in_ = (bytes: Uint8Array): Uint8Array => new Uint8Array([9, 9, 9, ...bytes, 9]);
  switch (e.type) {
    case 'dealt':
      log.dealt(in_(e.account), at, e.sequence, e.first, e.count, e.limit, e.budget, e.intents, e.clock);
      break;
    case 'refused':
      log.refused(in_(e.account), at, e.sequence, e.code);
      break;
    case 'transferred':
      log.transferred(e.nonce, in_(e.from), at, in_(e.to), at, e.amount, in_(e.reference), at);
      break;
    case 'captured':
      log.captured(e.nonce, in_(e.payer), at, in_(e.payee), at, e.amount);
      break;
    case 'withdrawn':
      log.withdrawn(e.nonce, in_(e.account), at, e.amount);
      break;
    case 'posted':
      log.posted(e.nonce, in_(e.account), at, in_(e.topic), at, e.size, e.data);
      break;
    case 'validated':
      log.validated(e.nonce, in_(e.account), at, e.height);
      break;
    case 'annulled':
      log.annulled(e.first, in_(e.account), at, e.sequence, e.bitmap);
      break;
    case 'item':
      log.item(e.nonce, e.number, e.kind, in_(e.account), at, e.amount, e.data);
      break;
    case 'delivered':
      log.delivered(in_(e.topic), at, e.nonce, e.fulfilled);
      break;
    case 'formed':
      log.formed(e.number, e.inbox, e.settlement, e.debits, e.credits, e.payouts);
      break;
    case 'settled':
      log.settled(e.number);
      break;
    case 'rotated':
      log.rotated(in_(e.validator), at, e.in);
      break;
    case 'cut':
      log.cut(e.cut, e.debits, e.credits, e.payouts, e.fee, e.entries);
      break;
  }
}

describe('events', () => {
  for (const type of types) {
    it(`${type}: back and forth, and in the log`, () => {
      fc.assert(
        fc.property(eventOf(type), (event) => {
          const bytes = encodeEvent(event);
          assert.deepEqual(decodeEvent(bytes), event);
          const log = new EventLog(4);
          append(log, event);
          assert.deepEqual(log.event(0), bytes);
        }),
        { numRuns: 30 },
      );
    });
  }
  it('any bytes: malformed, never a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const event = decodeEvent(bytes);
        if (event) assert.deepEqual(encodeEvent(event), bytes);
      }),
    );
  });
  it('encoding refuses what does not fit', () => {
    assert.throws(() => encodeEvent({ type: 'settled', number: -1 }), RangeError);
    assert.throws(
      () => encodeEvent({ type: 'rotated', validator: new Uint8Array(19), in: true }),
      RangeError,
    );
  });
});

describe('the log', () => {
  it('list, root and count are those of its events', () => {
    const log = new EventLog(4);
    fc.assert(
      fc.property(fc.array(events, { maxLength: 40 }), (list) => {
        log.reset();
        for (const event of list) append(log, event);
        const raw = list.map(encodeEvent);
        assert.equal(log.count, list.length);
        assert.deepEqual(log.root(hashes), merkleRoot(hashes, raw));
        assert.deepEqual(splitEventList(log.bytes()), raw);
        assert.deepEqual(decodeEventList(log.bytes()), list);
        assert.deepEqual(log.root(hashes), merkleRoot(hashes, raw), 'a root changes nothing');
      }),
    );
  });
  it('grows past 1024 events', () => {
    const log = new EventLog();
    for (let i = 0; i < 3000; i++) log.settled(i);
    assert.deepEqual(
      decodeEventList(log.bytes()),
      Array.from({ length: 3000 }, (_, number) => ({ type: 'settled', number })),
    );
  });
  it('an event that is not there', () => {
    const log = new EventLog();
    log.settled(1);
    for (const index of [-1, 1, 0.5, Number.NaN]) assert.throws(() => log.event(index), RangeError);
    log.reset();
    assert.throws(() => log.event(0), RangeError);
    assert.deepEqual(log.bytes(), new Uint8Array(4));
  });
  it('what bytes gave stays', () => {
    const log = new EventLog();
    log.settled(1);
    const bytes = log.bytes();
    log.reset();
    log.settled(2);
    assert.deepEqual(decodeEventList(bytes), [{ type: 'settled', number: 1 }]);
  });
});

describe('a list', () => {
  const log = new EventLog();
  log.settled(1);
  log.settled(2);
  const bytes = log.bytes();

  it('every prefix is malformed, and so is a byte more', () => {
    for (let size = 0; size < bytes.length; size++) {
      assert.equal(splitEventList(bytes.subarray(0, size)), undefined);
      assert.equal(decodeEventList(bytes.subarray(0, size)), undefined);
    }
    assert.equal(splitEventList(new Uint8Array([...bytes, 0])), undefined);
  });
  it('so is one with a malformed event', () => {
    const broken = bytes.slice();
    broken[6] = 15;
    assert.equal(splitEventList(broken)?.length, 2);
    assert.equal(decodeEventList(broken), undefined);
  });
  it('a count that lies', () => {
    const lying = bytes.slice();
    lying.fill(0xff, 0, 4);
    assert.equal(splitEventList(lying), undefined);
  });
});

describe('the bitmap of an annulment', () => {
  it('holds what was marked', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(255)), (marked) => {
        const bitmap = new Uint8Array(32);
        for (const index of marked) markAnnulled(bitmap, index);
        const found = Array.from({ length: 256 }, (_, i) => i).filter((i) => isAnnulled(bitmap, i));
        assert.deepEqual(
          found,
          marked.toSorted((a, b) => a - b),
        );
      }),
    );
  });
  it('has no bit behind its end', () => assert.equal(isAnnulled(new Uint8Array(32).fill(0xff), 256), false));
});

it('the offsets of the addresses are where docs/protocol.md, 10, puts them', () => {
  assert.deepEqual(EVENT_ADDRESSES[EVENT.dealt], [1]);
  assert.deepEqual(EVENT_ADDRESSES[EVENT.transferred], [9, 29]);
  assert.deepEqual(EVENT_ADDRESSES[EVENT.item], [18]);
  assert.deepEqual(EVENT_ADDRESSES[EVENT.delivered], []);
});
