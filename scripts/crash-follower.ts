// Re-executes the chain block by block beside the node that is killed, so that every claim of the node is compared
// with what the rules give, and not with what the node remembers.
// Invariant: a block of a height that was applied is never asked for again; its header must stay what it was.

import assert from 'node:assert/strict';
import {
  accountView,
  applyBlock,
  assertInvariants,
  blockChecks,
  blockFault,
  compareBytes,
  createLedger,
  EVENT,
  type Ledger,
  scanBlock,
  toHex,
} from '@upfront/core';
import { accountOffsets } from '../packages/node/src/api/event-bytes.ts';
import { accountToJson, blankAccount } from '../packages/node/src/api/http/views.ts';
import type { TestNetwork } from '../packages/node/src/engine/testing.ts';
import type { Stream } from './crash-link.ts';

/** Blocks that are asked for at the same time. */
const AHEAD = 32;

interface Placed {
  readonly height: number;
  readonly index: number;
  readonly event: Uint8Array;
}

export class Follower {
  readonly ledger: Ledger;
  /** By height; what the node announces must agree with it now and later. */
  readonly digests: string[] = [];
  #events: Placed[] = [];
  #annulled = new Set<number>();
  readonly #network: TestNetwork;

  constructor(network: TestNetwork) {
    this.#network = network;
    this.ledger = createLedger(network.genesis, network.hashes, 1);
  }

  get height(): number {
    return this.ledger.height;
  }

  /** Applies the node's blocks up to this height. */
  async advance(url: string, height: number): Promise<void> {
    while (this.height < height) {
      const from = this.height + 1;
      const wanted = Array.from({ length: Math.min(AHEAD, height - this.height) }, (_, i) => from + i);
      const blocks = await Promise.all(wanted.map((one) => blockAt(url, one)));
      for (const bytes of blocks) this.#apply(bytes);
    }
  }

  /** Nonces annulled so far. */
  get annulled(): number {
    return this.#annulled.size;
  }

  /** Whether the nonce was annulled, on record. */
  isAnnulled(nonce: number): boolean {
    return this.#annulled.has(nonce);
  }

  /** What /v1/accounts says of an account in this state. */
  account(address: Uint8Array): object {
    const { parameters } = this.#network.genesis;
    return accountToJson(accountView(this.ledger, address) ?? blankAccount(address, parameters), this.height);
  }

  /** Each stream has exactly the events of its filter up to this height, each once and in order. */
  compare(streams: readonly Stream[]): number {
    let compared = 0;
    for (const stream of streams) {
      const wanted = this.#events.filter(({ event }) => isWanted(stream, event));
      const got = stream.received.filter(({ height }) => height <= this.height);
      stream.received = stream.received.filter(({ height }) => height > this.height);
      assert.equal(got.length, wanted.length, `a stream of filter ${stream.filter} has a gap or repeats`);
      for (const [i, { height, index, event, data }] of got.entries()) {
        const place = wanted[i]!;
        assert.deepEqual([height, index], [place.height, place.index], 'an event at its cursor');
        assert.equal(compareBytes(event, place.event), 0, `event ${height}.${index}`);
        if (event[0] === EVENT.posted) {
          const digest = this.#network.hashes.sha256(data);
          assert.equal(compareBytes(event.subarray(63, 95), digest), 0, `data of ${height}.${index}`);
        }
      }
      compared += got.length;
    }
    this.#events = [];
    return compared;
  }

  assertInvariants(): void {
    assertInvariants(this.ledger);
  }

  #apply(bytes: Uint8Array): void {
    const { ledger } = this;
    const block = scanBlock(bytes, ledger.genesis.parameters);
    assert.ok(block !== undefined, `block ${this.height + 1} is well-formed`);
    assert.equal(blockFault(ledger, block), undefined, `block ${block.height}`);
    const { curve } = this.#network;
    const verdicts = blockChecks(ledger, block).map((check) => {
      const signer = check && curve.recover(check.digest, check.signature);
      return check === undefined || (signer !== undefined && compareBytes(signer, check.signer) === 0);
    });
    const applied = applyBlock(ledger, block, Uint8Array.from(verdicts, Number));
    this.digests[block.height] = toHex(applied.digest);
    for (let index = 0; index < applied.events.count; index++) {
      const event = applied.events.event(index).slice();
      this.#events.push({ height: block.height, index, event });
      if (event[0] === EVENT.annulled) this.#annul(Buffer.from(event));
    }
  }

  #annul(event: Buffer): void {
    const first = Number(event.readBigUInt64BE(1));
    for (let i = 0; i < 256; i++) {
      if ((event[37 + (i >> 3)]! & (0x80 >> (i & 7))) !== 0) this.#annulled.add(first + i);
    }
  }
}

function isWanted({ filter, key }: Stream, event: Uint8Array): boolean {
  if (filter === 0) return true;
  if (filter === 2) return event[0] === EVENT.delivered && compareBytes(event.subarray(1, 33), key) === 0;
  return accountOffsets(event[0]!).some((at) => compareBytes(event.subarray(at, at + 20), key) === 0);
}

async function blockAt(url: string, height: number): Promise<Uint8Array> {
  const response = await fetch(`${url}/v1/blocks/${height}/bytes`);
  assert.equal(response.status, 200, `block ${height}`);
  return new Uint8Array(await response.arrayBuffer());
}
